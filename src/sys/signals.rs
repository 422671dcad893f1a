//! Signals: a handler for those that end a process, and threads that no signal interrupts.
//!
//! [`install`] puts our handler in front of the existing one, and [`renew`] in front of handlers that were installed
//! since. The application's handler is called first and may deal with the signal; `on_signal` runs when the process is
//! really going to end. Then the signal takes its usual course: same exit status, same core dump.

mod ending;
mod errno;
mod undisturbed;

pub(crate) use super::alternate_stack::prepare_this_thread;
pub(crate) use super::roomy_stack::call as with_room;
pub(crate) use undisturbed::Undisturbed;

use super::{OnSignal, Outlook, fork, roomy_stack};
use ending::{Ending, LEVELS, Occasion, action_of, replace_disposition, set_disposition};
use errno::Errno;
use libc::{c_int, c_void, siginfo_t};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};

static ENDINGS: [Ending; 14] = [
    Ending::new(libc::SIGSEGV, "SIGSEGV", true),
    Ending::new(libc::SIGBUS, "SIGBUS", true),
    Ending::new(libc::SIGILL, "SIGILL", true),
    Ending::new(libc::SIGFPE, "SIGFPE", true),
    Ending::new(libc::SIGABRT, "SIGABRT", true),
    Ending::new(libc::SIGSYS, "SIGSYS", true),
    Ending::new(libc::SIGTERM, "SIGTERM", false),
    Ending::new(libc::SIGINT, "SIGINT", false),
    Ending::new(libc::SIGHUP, "SIGHUP", false),
    Ending::new(libc::SIGQUIT, "SIGQUIT", false),
    Ending::new(libc::SIGXCPU, "SIGXCPU", false),
    // Batch systems send these before they end a job.
    Ending::new(libc::SIGUSR1, "SIGUSR1", false),
    Ending::new(libc::SIGUSR2, "SIGUSR2", false),
    Ending::new(libc::SIGALRM, "SIGALRM", false),
];

type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// Our handlers, one for each level.
fn ours() -> [usize; LEVELS] {
    let ours: [Handler; LEVELS] = [
        on_signal::<0>,
        on_signal::<1>,
        on_signal::<2>,
        on_signal::<3>,
        on_signal::<4>,
        on_signal::<5>,
        on_signal::<6>,
        on_signal::<7>,
    ];
    ours.map(|handler| handler as usize)
}

static CALLBACK: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());
/// Whether the process is known to end.
static ENDS: AtomicBool = AtomicBool::new(false);
static USERS: Mutex<usize> = Mutex::new(0);

/// Has `callback` called before a signal ends the process, until the result is dropped. It must only do
/// what a signal handler may, and what takes much of the stack [`with_room`]. No signal interrupts it.
pub(crate) fn install(callback: OnSignal) -> Installed {
    roomy_stack::prepare();
    CALLBACK.store(callback as *mut (), Ordering::Release);
    let _inside = fork::enter();
    let mut users = USERS.lock().unwrap_or_else(PoisonError::into_inner);
    *users += 1;
    install_all(Occasion::Begin);
    Installed(())
}

/// Puts our handler in front of those that the application, or one of its libraries, has installed since.
pub(crate) fn renew() {
    let _inside = fork::enter();
    let users = USERS.lock().unwrap_or_else(PoisonError::into_inner);
    if *users > 0 && !ENDS.load(Ordering::SeqCst) {
        install_all(Occasion::Renewal);
    }
}

fn install_all(occasion: Occasion) {
    // The first process of a container does not get signals that it has no handler for.
    let is_init = std::process::id() == 1;
    for ending in ENDINGS.iter().filter(|ending| ending.is_fault || !is_init) {
        ending.install(&ours(), occasion);
    }
}

/// While one of these lives, our handler is installed.
#[derive(Debug)]
pub(crate) struct Installed(());

impl Drop for Installed {
    fn drop(&mut self) {
        let _inside = fork::enter();
        let mut users = USERS.lock().unwrap_or_else(PoisonError::into_inner);
        *users -= 1;
        if *users == 0 {
            ENDINGS.iter().for_each(|ending| ending.uninstall(&ours()));
        }
    }
}

/// Our handler while everything is being saved.
fn last_action(ours: usize) -> libc::sigaction {
    action_of(ours, libc::SA_SIGINFO | libc::SA_ONSTACK, true)
}

/// Does only what a signal handler may: waits for no lock and allocates nothing.
extern "C" fn on_signal<const LEVEL: usize>(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(ending) = ENDINGS.iter().find(|ending| ending.signal == signal) else {
        return;
    };
    let errno = Errno::save();
    let ours = ours();
    let level = &ending.levels[LEVEL];
    if ENDS.load(Ordering::SeqCst) && ending.is_fault {
        // Another thread saves everything already.
    } else if let Some(handler) = level.take() {
        if ending.is_fault {
            let undisturbed = Undisturbed::by_any();
            call_back(ending, Outlook::Open);
            drop(undisturbed);
        }
        errno.restore();
        // SAFETY: it is the handler that was installed for this signal, called with the arguments that
        // the system gave, in the form that it was installed for.
        unsafe {
            if level.has(libc::SA_SIGINFO) {
                let handler: Handler = std::mem::transmute(handler);
                handler(signal, info, context);
            } else {
                let handler: extern "C" fn(c_int) = std::mem::transmute(handler);
                handler(signal);
            }
        }
        // The handler has dealt with the signal, unless it removed itself, as that of Rust's standard library does.
        // Ours is put back at once, so that the same fault of another thread does not end the process meanwhile.
        let now = replace_disposition(signal, &last_action(ours[LEVEL]));
        if now.sa_sigaction != libc::SIG_DFL {
            if now.sa_sigaction == handler {
                ending.rearm(LEVEL, ours[LEVEL], &now);
            } else {
                set_disposition(signal, &now);
            }
            if signal == libc::SIGABRT && was_sent_by_this_process(info) {
                // `abort` ends the process next, whatever a handler did.
                let errno = Errno::save();
                let undisturbed = Undisturbed::by_any();
                call_back(ending, Outlook::Returned);
                drop(undisturbed);
                errno.restore();
            }
            return;
        }
    } else if !ending.is_fault && ending.installed(&ours) != Some(LEVEL) {
        // A handler that was installed over ours has called it, and decides what happens.
        return;
    }

    // Until everything is saved, no other thread may end the process by the same signal, and no signal interrupts:
    // a fault from here on ends the process at once.
    ENDS.store(true, Ordering::SeqCst);
    set_disposition(signal, &last_action(ours[LEVEL]));
    // Returning from the handler lifts the block.
    std::mem::forget(Undisturbed::by_any());
    call_back(
        ending,
        if ending.is_fault {
            Outlook::Fault
        } else {
            Outlook::Request
        },
    );

    set_disposition(signal, &action_of(libc::SIG_DFL, 0, false));
    // A faulting instruction faults again when the handler returns; a signal that was sent is sent again, and
    // arrives then.
    // SAFETY: the system passes a valid description of the signal; `raise` may be called in a handler.
    unsafe {
        let sent = (*info).si_code <= 0;
        if sent || !ending.is_fault || signal == libc::SIGSYS {
            libc::raise(signal);
        }
    }
    errno.restore();
}

/// As by `abort` and `raise`.
fn was_sent_by_this_process(info: *mut siginfo_t) -> bool {
    // SAFETY: the system passes a valid description of the signal; one that was sent has a sender.
    unsafe { (*info).si_code <= 0 && (*info).si_pid() == libc::getpid() }
}

fn call_back(ending: &Ending, outlook: Outlook) {
    let callback = CALLBACK.load(Ordering::Acquire);
    if !callback.is_null() {
        // SAFETY: only `install` stores there, and only functions of this type.
        let callback: OnSignal = unsafe { std::mem::transmute(callback) };
        callback(ending.name, outlook);
    }
}
