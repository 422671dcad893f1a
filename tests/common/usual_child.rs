//! Programs that a test starts and ends.
#![cfg(unix)]
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A program that starts with the dispositions and limits that are usual; a test may change them after that.
/// Otherwise it would inherit signals that are ignored: under `nohup`, in the background of a script, from
/// some CI runners.
#[allow(dead_code, reason = "not all test programs start others by their paths")]
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    as_usual(&mut command);
    command
}

/// Starts a program as [`command`] does.
pub(crate) fn as_usual(command: &mut Command) {
    // SAFETY: `prepare` does only what may be done between fork and exec.
    unsafe { command.pre_exec(prepare) };
}

fn prepare() -> std::io::Result<()> {
    for signal in 1..32 {
        // SAFETY: sets a default; fails for the two that cannot be changed.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // A stack without end takes all memory before it overflows. A hard limit may be lower than usual.
    let usual = [
        (libc::RLIMIT_STACK, 8 << 20),
        (libc::RLIMIT_FSIZE, libc::RLIM_INFINITY),
        (libc::RLIMIT_AS, libc::RLIM_INFINITY),
    ];
    for (resource, usual) in usual {
        // SAFETY: a limit of zeros is whole, and nobody else has it.
        unsafe {
            let mut limit = std::mem::zeroed::<libc::rlimit>();
            libc::getrlimit(resource, &mut limit);
            limit.rlim_cur = usual.min(limit.rlim_max);
            libc::setrlimit(resource, &limit);
        }
    }
    Ok(())
}
