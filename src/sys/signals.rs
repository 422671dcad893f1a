//! Signals: a handler for those that end a process, and threads that none interrupts.
//!
//! [`watch`] puts a handler before whatever was there. What the application had is called first and
//! may deal with the signal; only where the process is really going to end, `last_words` runs. Then
//! the signal takes its usual course: same exit status, same core dump.

pub(crate) use super::alternate_stack::prepare_this_thread;
use super::{LastWords, Outlook, fork};
use libc::{c_int, c_void, siginfo_t};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A signal that ends a process, and the handler that was there before ours.
struct Ending {
    signal: c_int,
    name: &'static str,
    /// The instruction or the process itself is at fault, so that nobody can go on.
    is_fault: bool,
    ours: AtomicBool,
    previous: AtomicUsize,
    previous_takes_info: AtomicBool,
}

impl Ending {
    const fn new(signal: c_int, name: &'static str, is_fault: bool) -> Self {
        Self {
            signal,
            name,
            is_fault,
            ours: AtomicBool::new(false),
            previous: AtomicUsize::new(libc::SIG_DFL),
            previous_takes_info: AtomicBool::new(false),
        }
    }
}

static ENDINGS: [Ending; 11] = [
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
];

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
    // The first process of a container is spared signals that it has no handler for.
    let is_init = std::process::id() == 1;
    for ending in ENDINGS.iter().filter(|ending| ending.is_fault || !is_init) {
        install(ending);
    }
    Watch(())
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
            ENDINGS.iter().for_each(uninstall);
        }
    }
}

/// What is done at a signal now.
fn disposition(signal: c_int) -> Option<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: nothing is changed, and `action` is written where the call succeeds.
    unsafe { (libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0).then(|| action.assume_init()) }
}

fn set_disposition(signal: c_int, action: &libc::sigaction) {
    replace_disposition(signal, action);
}

/// What was done before.
fn replace_disposition(signal: c_int, action: &libc::sigaction) -> libc::sigaction {
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: `action` is whole: either what the system gave, or filled in below. The handlers in it
    // are functions of the signatures that its flags say. A sigaction of zeros is a valid one.
    unsafe {
        libc::sigaction(signal, action, before.as_mut_ptr());
        before.assume_init()
    }
}

/// Ours, while all is being saved.
fn last_action() -> libc::sigaction {
    action_of(our_handler(), libc::SA_SIGINFO | libc::SA_ONSTACK, true)
}

fn our_handler() -> usize {
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = on_signal;
    handler as usize
}

fn is_ours(action: &libc::sigaction) -> bool {
    action.sa_sigaction == our_handler()
}

fn action_of(handler: usize, flags: c_int, all_blocked: bool) -> libc::sigaction {
    // SAFETY: a sigaction of zeros is a valid one, and the set belongs to it.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        if all_blocked {
            libc::sigfillset(&mut action.sa_mask);
        }
        action
    }
}

fn install(ending: &Ending) {
    let Some(previous) = disposition(ending.signal) else {
        return;
    };
    // An ignored signal does not end the process. A handler that is taken away before it runs could
    // not be told from one that gives up.
    // A handler that was put over ours may call it.
    let is_below = ending.ours.load(Ordering::Acquire) && previous.sa_sigaction != libc::SIG_DFL;
    let leave_alone = is_ours(&previous)
        || is_below
        || previous.sa_sigaction == libc::SIG_IGN
        || previous.sa_flags & libc::SA_RESETHAND != 0;
    if leave_alone {
        return;
    }
    ending.previous.store(previous.sa_sigaction, Ordering::Release);
    let takes_info = previous.sa_flags & libc::SA_SIGINFO != 0;
    ending.previous_takes_info.store(takes_info, Ordering::Release);
    ending.ours.store(true, Ordering::Release);
    set_disposition(ending.signal, &our_action(ending, &previous));
}

/// Ours in place of `previous`, under the conditions that it asked for.
fn our_action(ending: &Ending, previous: &libc::sigaction) -> libc::sigaction {
    // A stack that has overflowed cannot be used any more.
    let stack = match ending.signal {
        libc::SIGSEGV | libc::SIGBUS => libc::SA_ONSTACK,
        _ => 0,
    };
    if previous.sa_sigaction == libc::SIG_DFL {
        return action_of(our_handler(), libc::SA_SIGINFO | stack, true);
    }
    let mut action = *previous;
    action.sa_sigaction = our_handler();
    action.sa_flags |= libc::SA_SIGINFO | stack;
    action
}

fn uninstall(ending: &Ending) {
    if !ending.ours.load(Ordering::Acquire) {
        return;
    }
    let Some(mut action) = disposition(ending.signal).filter(is_ours) else {
        // Somebody has put a handler over ours, and may call it: it stays as it is.
        return;
    };
    ending.ours.store(false, Ordering::Release);
    let previous = ending.previous.load(Ordering::Acquire);
    if previous == libc::SIG_DFL {
        action = action_of(previous, 0, false);
    } else {
        action.sa_sigaction = previous;
        if !ending.previous_takes_info.load(Ordering::Acquire) {
            action.sa_flags &= !libc::SA_SIGINFO;
        }
    }
    set_disposition(ending.signal, &action);
}

/// Does nothing but what a signal handler may: no lock that is waited for, no allocation.
extern "C" fn on_signal(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(ending) = ENDINGS.iter().find(|ending| ending.signal == signal) else {
        return;
    };
    let errno = Errno::save();
    let previous = ending.previous.load(Ordering::Acquire);
    if ENDS.load(Ordering::SeqCst) && ending.is_fault {
        // Another thread was first.
    } else if previous != libc::SIG_DFL {
        if ending.is_fault {
            let undisturbed = Undisturbed::by_any();
            speak(ending, Outlook::Open);
            drop(undisturbed);
        }
        errno.restore();
        // SAFETY: it is the handler that was installed for this signal, called with the arguments that
        // the system gave, in the form that it was installed for.
        unsafe {
            if ending.previous_takes_info.load(Ordering::Acquire) {
                let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                    std::mem::transmute(previous);
                handler(signal, info, context);
            } else {
                let handler: extern "C" fn(c_int) = std::mem::transmute(previous);
                handler(signal);
            }
        }
        // It has dealt with the signal, unless it took itself away, as that of Rust's standard library. At
        // once ours is back, so that the same fault of another thread does not end the process meanwhile.
        let now = replace_disposition(signal, &last_action());
        if now.sa_sigaction != libc::SIG_DFL {
            set_disposition(signal, &now);
            return;
        }
    } else if !ending.is_fault && !disposition(signal).is_some_and(|now| is_ours(&now)) {
        // A handler that was put over ours has called it, and decides itself what happens.
        return;
    }

    // Until all is said, nobody else may end the process by the same signal, and nothing interrupts:
    // a fault from here on ends the process at once.
    ENDS.store(true, Ordering::SeqCst);
    set_disposition(signal, &last_action());
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

fn speak(ending: &Ending, outlook: Outlook) {
    let last_words = LAST_WORDS.load(Ordering::Acquire);
    if !last_words.is_null() {
        // SAFETY: only `watch` stores there, and only functions of this type.
        let last_words: LastWords = unsafe { std::mem::transmute(last_words) };
        last_words(ending.name, outlook);
    }
}

/// The calling thread's error number, which a handler has to leave as it was.
struct Errno(c_int);

impl Errno {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn place() -> *mut c_int {
        #[cfg(target_os = "linux")]
        // SAFETY: always a valid place, of this thread.
        return unsafe { libc::__errno_location() };
        #[cfg(target_os = "android")]
        // SAFETY: as above.
        return unsafe { libc::__errno() };
    }

    #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
    fn place() -> *mut c_int {
        // SAFETY: always a valid place, of this thread.
        unsafe { libc::__error() }
    }

    #[cfg(not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "macos",
        target_os = "ios",
        target_os = "freebsd"
    )))]
    fn place() -> *mut c_int {
        ptr::null_mut()
    }

    fn save() -> Self {
        let place = Self::place();
        // SAFETY: not null, so a valid place of this thread.
        Self(if place.is_null() { 0 } else { unsafe { *place } })
    }

    fn restore(&self) {
        let place = Self::place();
        if !place.is_null() {
            // SAFETY: as in `save`.
            unsafe { *place = self.0 };
        }
    }
}

/// Keeps signals from interrupting this thread until it is dropped, those aside that an instruction
/// raises; they arrive then.
/// Meanwhile a write beyond the limit for the size of a file fails, instead of ending the process.
#[derive(Debug)]
pub(crate) struct Undisturbed {
    before: libc::sigset_t,
}

impl Undisturbed {
    pub(crate) fn begin() -> Self {
        Self::with(|set| {
            // SAFETY: `set` is a set; what an instruction raises cannot wait. An abort can: it lifts the
            // block itself.
            unsafe {
                libc::sigfillset(set);
                for fault in [
                    libc::SIGSEGV,
                    libc::SIGBUS,
                    libc::SIGILL,
                    libc::SIGFPE,
                    libc::SIGTRAP,
                ] {
                    libc::sigdelset(set, fault);
                }
            }
        })
    }

    /// Not even what an instruction raises: that ends the process at once.
    fn by_any() -> Self {
        // SAFETY: `set` is a set.
        Self::with(|set| unsafe {
            libc::sigfillset(set);
        })
    }

    /// Only a write beyond the limit for the size of a file is taken care of: for work that takes
    /// long, which Ctrl-C shall end.
    pub(crate) fn by_file_size() -> Self {
        // SAFETY: `set` is a set.
        Self::with(|set| unsafe {
            libc::sigaddset(set, libc::SIGXFSZ);
        })
    }

    fn with(block: impl FnOnce(*mut libc::sigset_t)) -> Self {
        // SAFETY: the sets are of this function, and initialised before they are used.
        unsafe {
            let mut blocked = MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigemptyset(blocked.as_mut_ptr());
            block(blocked.as_mut_ptr());
            let mut before = MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigemptyset(before.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_BLOCK, blocked.as_ptr(), before.as_mut_ptr());
            Self {
                before: before.assume_init(),
            }
        }
    }
}

impl Drop for Undisturbed {
    fn drop(&mut self) {
        // SAFETY: the sets are of this function or were given by the system.
        unsafe {
            let mut waiting = MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigemptyset(waiting.as_mut_ptr());
            libc::sigpending(waiting.as_mut_ptr());
            // The write that it was for has failed, and that was seen to.
            if libc::sigismember(waiting.as_ptr(), libc::SIGXFSZ) == 1
                && libc::sigismember(&self.before, libc::SIGXFSZ) == 0
            {
                let mut file_size = MaybeUninit::<libc::sigset_t>::uninit();
                libc::sigemptyset(file_size.as_mut_ptr());
                libc::sigaddset(file_size.as_mut_ptr(), libc::SIGXFSZ);
                let mut signal = 0;
                libc::sigwait(file_size.as_ptr(), &mut signal);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, ptr::null_mut());
        }
    }
}
