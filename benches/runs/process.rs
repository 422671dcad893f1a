//! What a process took.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What a process took from its start to its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// Time, s.
    pub wall: f64,
    /// Processor time of the user and the system, s.
    pub processor: f64,
    /// The most memory, MB.
    pub memory: f64,
}

/// Runs a command to its end; gives what it took and what it printed.
///
/// # Panics
///
/// When it fails.
pub fn run(command: &mut Command) -> (Took, String) {
    // A file, as a pipe would have to be read meanwhile.
    let printed = tempfile::NamedTempFile::new().expect("a file");
    command.stdin(Stdio::null());
    command.stdout(printed.reopen().expect("a file"));
    let started = Instant::now();
    #[allow(clippy::zombie_processes, reason = "wait4 waits for it")]
    let child = command.spawn().expect("a program");
    let mut status = 0;
    // SAFETY: `rusage` is plain data, for which zero is a value.
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    let process = child.id() as libc::pid_t;
    // SAFETY: both places are valid and exclusively borrowed; the child is not waited for elsewhere.
    let ended = unsafe { libc::wait4(process, &mut status, 0, &mut used) };
    let wall = started.elapsed().as_secs_f64();
    assert!(ended == process && status == 0, "{command:?}: {status}");
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    let took = Took {
        wall,
        processor: seconds(used.ru_utime) + seconds(used.ru_stime),
        memory: used.ru_maxrss as f64 * 1024.0 / 1e6,
    };
    let mut said = String::new();
    let mut printed = File::open(printed.path()).expect("a file");
    printed.read_to_string(&mut said).expect("UTF-8");
    (took, said.trim().to_owned())
}
