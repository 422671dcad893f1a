//! Programs that a test starts and ends.
#![cfg(unix)]
#![allow(unsafe_code)]

use std::os::unix::process::CommandExt;
use std::process::Command;

/// The limits that a program starts with in most places; a hard limit may be lower.
const LIMITS: [(libc::__rlimit_resource_t, libc::rlim_t); 4] = [
    (libc::RLIMIT_CORE, 0),
    // A stack without end takes all memory before it overflows.
    (libc::RLIMIT_STACK, 8 << 20),
    (libc::RLIMIT_FSIZE, libc::RLIM_INFINITY),
    (libc::RLIMIT_AS, libc::RLIM_INFINITY),
];

/// Starts it with the dispositions and limits that are usual. Otherwise a child inherits signals that are
/// ignored: under `nohup`, in the background of a script, from some CI runners.
pub(crate) fn usual(command: &mut Command) -> &mut Command {
    let prepare = || {
        for signal in 1..32 {
            // SAFETY: may be called between fork and exec; fails for the two that cannot be changed.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        for (resource, usual) in LIMITS {
            // SAFETY: may be called between fork and exec; `limit` is whole.
            unsafe {
                let mut limit = std::mem::zeroed::<libc::rlimit>();
                libc::getrlimit(resource, &mut limit);
                limit.rlim_cur = usual.min(limit.rlim_max);
                libc::setrlimit(resource, &limit);
            }
        }
        Ok(())
    };
    // SAFETY: `prepare` does only what may be done between fork and exec: it allocates nothing and takes
    // no lock.
    unsafe { command.pre_exec(prepare) }
}
