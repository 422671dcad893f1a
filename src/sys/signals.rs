//! Signals: a handler for those that end a process, and threads that none interrupts.
//!
//! [`watch`] puts a handler before whatever was there, and [`renew`] before what was put over it since.
//! What the application had is called first and may deal with the signal; only where the process is
//! really going to end, `last_words` runs. Then the signal takes its usual course: same exit status, same
//! core dump.

mod ending;
mod errno;
mod undisturbed;

pub(crate) use super::alternate_stack::prepare_this_thread;
pub(crate) use undisturbed::Undisturbed;

use super::{LastWords, Outlook, fork};
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

/// Our handlers, by the level of the handler that each stands before.
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

static LAST_WORDS: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());
/// Whether the process is known to end.
static ENDS: AtomicBool = AtomicBool::new(false);
static WATCHERS: Mutex<usize> = Mutex::new(0);

/// Has `last_words` called before a signal ends the process, until it is dropped. It must only do
/// what a signal handler may.
pub(crate) fn watch(last_words: LastWords) -> Watch {
    LAST_WORDS.store(last_words as *mut (), Ordering::Release);
    let _inside = fork::enter();
    let mut watchers = WATCHERS.lock().unwrap_or_else(PoisonError::into_inner);
    *watchers += 1;
    install(Occasion::Begin);
    Watch(())
}

/// Puts our handler before those that the application, or a library of it, has installed since.
pub(crate) fn renew() {
    let _inside = fork::enter();
    let watchers = WATCHERS.lock().unwrap_or_else(PoisonError::into_inner);
    if *watchers > 0 && !ENDS.load(Ordering::SeqCst) {
        install(Occasion::Renewal);
    }
}

fn install(occasion: Occasion) {
    // The first process of a container is spared signals that it has no handler for.
    let is_init = std::process::id() == 1;
    for ending in ENDINGS.iter().filter(|ending| ending.is_fault || !is_init) {
        ending.install(&ours(), occasion);
    }
}

/// Whoever holds it is told before a signal ends the process.
#[derive(Debug)]
pub(crate) struct Watch(());

impl Drop for Watch {
    fn drop(&mut self) {
        let _inside = fork::enter();
        let mut watchers = WATCHERS.lock().unwrap_or_else(PoisonError::into_inner);
        *watchers -= 1;
        if *watchers == 0 {
            ENDINGS.iter().for_each(|ending| ending.uninstall(&ours()));
        }
    }
}

/// Ours, while all is being saved.
fn last_action(ours: usize) -> libc::sigaction {
    action_of(ours, libc::SA_SIGINFO | libc::SA_ONSTACK, true)
}

/// Does nothing but what a signal handler may: no lock that is waited for, no allocation.
extern "C" fn on_signal<const LEVEL: usize>(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(ending) = ENDINGS.iter().find(|ending| ending.signal == signal) else {
        return;
    };
    let errno = Errno::save();
    let ours = ours();
    let level = &ending.levels[LEVEL];
    if ENDS.load(Ordering::SeqCst) && ending.is_fault {
        // Another thread was first.
    } else if let Some(handler) = level.take() {
        if ending.is_fault {
            let undisturbed = Undisturbed::by_any();
            speak(ending, Outlook::Open);
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
        // It has dealt with the signal, unless it took itself away, as that of Rust's standard library. At
        // once ours is back, so that the same fault of another thread does not end the process meanwhile.
        let now = replace_disposition(signal, &last_action(ours[LEVEL]));
        if now.sa_sigaction != libc::SIG_DFL {
            if now.sa_sigaction == handler {
                ending.rearm(LEVEL, ours[LEVEL], &now);
            } else {
                set_disposition(signal, &now);
            }
            if signal == libc::SIGABRT && was_sent_by_this_process(info) {
                // From `abort` there is no way back: the next thing it does is to end the process.
                let errno = Errno::save();
                let undisturbed = Undisturbed::by_any();
                speak(ending, Outlook::Returned);
                drop(undisturbed);
                errno.restore();
            }
            return;
        }
    } else if !ending.is_fault && ending.installed(&ours) != Some(LEVEL) {
        // A handler that was put over ours has called it, and decides itself what happens.
        return;
    }

    // Until all is said, nobody else may end the process by the same signal, and nothing interrupts:
    // a fault from here on ends the process at once.
    ENDS.store(true, Ordering::SeqCst);
    set_disposition(signal, &last_action(ours[LEVEL]));
    // Returning from the handler lifts the block.
    std::mem::forget(Undisturbed::by_any());
    speak(
        ending,
        if ending.is_fault {
            Outlook::Fault
        } else {
            Outlook::Request
        },
    );

    set_disposition(signal, &action_of(libc::SIG_DFL, 0, false));
    // An instruction that failed fails again when the handler returns; what was sent is sent again, and
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

/// As `abort` and `raise` do it.
fn was_sent_by_this_process(info: *mut siginfo_t) -> bool {
    // SAFETY: the system passes a valid description of the signal; one that was sent has a sender.
    unsafe { (*info).si_code <= 0 && (*info).si_pid() == libc::getpid() }
}

fn speak(ending: &Ending, outlook: Outlook) {
    let last_words = LAST_WORDS.load(Ordering::Acquire);
    if !last_words.is_null() {
        // SAFETY: only `watch` stores there, and only functions of this type.
        let last_words: LastWords = unsafe { std::mem::transmute(last_words) };
        last_words(ending.name, outlook);
    }
}
