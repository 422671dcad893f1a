//! Ctrl-C while the page is served: that is how one ends it, so it is no failure.

#[cfg(unix)]
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// The process that serves, where this one only waits for it.
#[cfg(unix)]
static SERVES: AtomicI32 = AtomicI32::new(0);
/// Whether there is nothing any more that an end could leave half done.
#[cfg(unix)]
static READY: AtomicBool = AtomicBool::new(false);

/// From now on SIGINT and SIGTERM end the process by themselves, where they are not ignored.
#[cfg(unix)]
#[allow(unsafe_code)]
pub(crate) fn handle() {
    let handler: extern "C" fn(libc::c_int) = end;
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: the handler only does what is allowed in one: it reads atomics, and calls `kill` and `_exit`.
        unsafe {
            let before = libc::signal(signal, handler as libc::sighandler_t);
            if before == libc::SIG_IGN {
                libc::signal(signal, libc::SIG_IGN);
            }
        }
    }
}

/// The signals are for this process, which serves.
#[cfg(unix)]
pub(crate) fn pass_on_to(process: u32) {
    SERVES.store(i32::try_from(process).unwrap_or(0), Ordering::Relaxed);
}

/// Nothing is half done from now on: an end is a success.
#[cfg(unix)]
pub(crate) fn all_is_written() {
    READY.store(true, Ordering::Relaxed);
}

#[cfg(unix)]
#[allow(unsafe_code)]
extern "C" fn end(signal: libc::c_int) {
    let serves = SERVES.load(Ordering::Relaxed);
    let code = if READY.load(Ordering::Relaxed) {
        0
    } else {
        128 + signal
    };
    // SAFETY: both take numbers, and may be called in a handler. HDF5's exit handlers must not run while a thread is
    // inside the library, so this is no ordinary exit.
    unsafe {
        if serves > 0 {
            libc::kill(serves, signal);
        } else {
            libc::_exit(code);
        }
    }
}

#[cfg(not(unix))]
pub(crate) fn handle() {}

#[cfg(not(unix))]
pub(crate) fn pass_on_to(_: u32) {}

#[cfg(not(unix))]
pub(crate) fn all_is_written() {}
