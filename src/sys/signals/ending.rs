//! The signals that end a process, and the handlers that ours are in front of.
//!
//! A handler may be installed over ours at any time, and may call the previous one, which is ours. So when ours is
//! put in front of that handler, it has another address: one for each handler behind it, called a level. A call of the
//! earlier address then goes on to the handler behind that level, and no call goes round in a circle.

use libc::c_int;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

/// The most handlers of one signal that ours can be put in front of, in the life of a process.
pub(super) const LEVELS: usize = 8;

/// The handler behind one of ours, or the default action.
pub(super) struct Level {
    is_used: AtomicBool,
    handler: AtomicUsize,
    flags: AtomicI32,
    /// Whether it was to be removed before its first call, and has been called.
    is_spent: AtomicBool,
}

impl Level {
    const fn unused() -> Self {
        Self {
            is_used: AtomicBool::new(false),
            handler: AtomicUsize::new(libc::SIG_DFL),
            flags: AtomicI32::new(0),
            is_spent: AtomicBool::new(false),
        }
    }

    fn set(&self, action: &libc::sigaction) {
        self.handler.store(action.sa_sigaction, Ordering::Release);
        self.flags.store(action.sa_flags, Ordering::Release);
        self.is_spent.store(false, Ordering::Release);
        self.is_used.store(true, Ordering::Release);
    }

    fn is_of(&self, action: &libc::sigaction) -> bool {
        self.is_used.load(Ordering::Acquire) && self.handler() == action.sa_sigaction
    }

    pub(super) fn handler(&self) -> usize {
        self.handler.load(Ordering::Acquire)
    }

    pub(super) fn has(&self, flag: c_int) -> bool {
        self.flags.load(Ordering::Acquire) & flag != 0
    }

    /// The handler, to be called now; none where the default applies.
    pub(super) fn take(&self) -> Option<usize> {
        let handler = self.handler();
        let is_gone = self.has(libc::SA_RESETHAND) && self.is_spent.swap(true, Ordering::SeqCst);
        (handler != libc::SIG_DFL && !is_gone).then_some(handler)
    }
}

/// A signal that ends a process.
pub(super) struct Ending {
    pub(super) signal: c_int,
    pub(super) name: &'static str,
    /// Whether it is caused by a faulting instruction or by the process itself, which cannot go on.
    pub(super) is_fault: bool,
    pub(super) levels: [Level; LEVELS],
}

/// When a handler is put in front of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// A session begins.
    Begin,
    /// While one runs.
    Renewal,
}

impl Ending {
    pub(super) const fn new(signal: c_int, name: &'static str, is_fault: bool) -> Self {
        Self {
            signal,
            name,
            is_fault,
            levels: [const { Level::unused() }; LEVELS],
        }
    }

    /// The level of our handler that is installed.
    pub(super) fn installed(&self, ours: &[usize; LEVELS]) -> Option<usize> {
        let now = disposition(self.signal)?;
        ours.iter().position(|&handler| handler == now.sa_sigaction)
    }

    /// Puts one of `ours` in front of the present handler.
    pub(super) fn install(&self, ours: &[usize; LEVELS], occasion: Occasion) {
        let Some(previous) = disposition(self.signal) else {
            return;
        };
        let is_default = previous.sa_sigaction == libc::SIG_DFL;
        // An ignored signal does not end the process. The default of SIGABRT is what `abort` sets at its end.
        let leave_alone = ours.contains(&previous.sa_sigaction)
            || previous.sa_sigaction == libc::SIG_IGN
            || (is_default && self.signal == libc::SIGABRT && occasion == Occasion::Renewal);
        if leave_alone {
            return;
        }
        let known = self.levels.iter().position(|level| level.is_of(&previous));
        let free = || {
            self.levels
                .iter()
                .position(|level| !level.is_used.load(Ordering::Acquire))
        };
        // After too many handlers ours is no longer put in front.
        let Some(level) = known.or_else(free) else {
            return;
        };
        self.levels[level].set(&previous);
        let replaced = replace_disposition(self.signal, &self.action(ours[level], &previous));
        if replaced.sa_sigaction != previous.sa_sigaction {
            // Another handler was installed at this moment; ours is put in front of it the next time.
            set_disposition(self.signal, &replaced);
        }
    }

    /// `handler` of ours instead of `previous`, with the flags and mask of that.
    pub(super) fn action(&self, handler: usize, previous: &libc::sigaction) -> libc::sigaction {
        // A stack that has overflowed cannot be used.
        let stack = match self.signal {
            libc::SIGSEGV | libc::SIGBUS => libc::SA_ONSTACK,
            _ => 0,
        };
        if previous.sa_sigaction == libc::SIG_DFL {
            return action_of(handler, libc::SA_SIGINFO | stack, true);
        }
        let mut action = *previous;
        action.sa_sigaction = handler;
        action.sa_flags = (action.sa_flags & !libc::SA_RESETHAND) | libc::SA_SIGINFO | stack;
        action
    }

    /// A handler that is removed before it is called has installed itself again.
    pub(super) fn rearm(&self, level: usize, ours: usize, now: &libc::sigaction) {
        self.levels[level].set(now);
        set_disposition(self.signal, &self.action(ours, now));
    }

    /// Restores the handler behind ours. A handler that was installed over ours stays: it may call ours.
    pub(super) fn uninstall(&self, ours: &[usize; LEVELS]) {
        let Some(level) = self.installed(ours).map(|level| &self.levels[level]) else {
            return;
        };
        let is_gone = level.has(libc::SA_RESETHAND) && level.is_spent.load(Ordering::Acquire);
        let mut action = match disposition(self.signal) {
            Some(action) if level.handler() != libc::SIG_DFL && !is_gone => action,
            _ => return set_disposition(self.signal, &action_of(libc::SIG_DFL, 0, false)),
        };
        action.sa_sigaction = level.handler();
        action.sa_flags = level.flags.load(Ordering::Acquire);
        set_disposition(self.signal, &action);
    }
}

/// The present action of a signal.
fn disposition(signal: c_int) -> Option<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: nothing is changed, and `action` is written where the call succeeds.
    unsafe { (libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0).then(|| action.assume_init()) }
}

pub(super) fn set_disposition(signal: c_int, action: &libc::sigaction) {
    replace_disposition(signal, action);
}

/// Sets the action of a signal; gives the previous one.
pub(super) fn replace_disposition(signal: c_int, action: &libc::sigaction) -> libc::sigaction {
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: `action` is whole: either what the system gave, or filled in below. The handlers in it
    // are functions of the signatures that its flags say. A sigaction of zeros is a valid one.
    unsafe {
        libc::sigaction(signal, action, before.as_mut_ptr());
        before.assume_init()
    }
}

pub(super) fn action_of(handler: usize, flags: c_int, all_blocked: bool) -> libc::sigaction {
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
