//! Blocking signals on a thread.

use std::mem::MaybeUninit;
use std::ptr;

/// Blocks signals on this thread until it is dropped, except those that an instruction raises; they arrive then.
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

    /// Also blocks signals that an instruction raises: these then end the process at once.
    pub(super) fn by_any() -> Self {
        // SAFETY: `set` is a set.
        Self::with(|set| unsafe {
            libc::sigfillset(set);
        })
    }

    /// Blocks only the signal of a write beyond the limit for the size of a file: for long work that Ctrl-C
    /// should still end.
    #[cfg(feature = "hdf5")]
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
            // It was sent for a write that has failed, and the failure was handled.
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
