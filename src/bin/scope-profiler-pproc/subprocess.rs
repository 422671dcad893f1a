//! Runs the program in a subprocess: on some damaged files the HDF5 library crashes or loops forever, and the user
//! should then learn which file it was.
//!
//! The subprocess does the whole run and writes to the output of this process, so nothing is read twice; this
//! process only waits for it.

use crate::args::Args;
use crate::signals;
use crate::terminal::complain;
use std::io::Read;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

/// Runs the program again with the same arguments, and gives its exit code. None when no process could be
/// started, or this is the subprocess.
pub(crate) fn run(args: &Args) -> Option<ExitCode> {
    if args.in_subprocess {
        std::thread::spawn(end_with_parent);
        return None;
    }
    // A command stays the first word.
    let words = usize::from(args.command.is_some());
    let mut child = Command::new(std::env::current_exe().ok()?)
        .args(std::env::args_os().skip(1).take(words))
        .arg("--in-subprocess")
        .args(std::env::args_os().skip(1 + words))
        // Stays open as long as this process lives; the program does not read standard input.
        .stdin(Stdio::piped())
        .spawn()
        .ok()?;
    if args.serves() {
        signals::pass_on_to(child.id());
    }
    // Kept here, because `wait` would close it.
    let _alive = child.stdin.take();
    let status = child.wait().ok()?;
    Some(exit_code(args, status))
}

/// Ends this process when the one that started it is gone.
fn end_with_parent() {
    let mut stdin = std::io::stdin().lock();
    let mut buffer = [0; 64];
    while matches!(stdin.read(&mut buffer), Ok(1..)) {}
    end_at_once();
}

/// Ends the process with exit code 1, whatever its other threads do. HDF5's exit handlers must not
/// run while another thread is inside the library, so this is no ordinary exit.
#[allow(unsafe_code)]
pub(crate) fn end_at_once() -> ! {
    #[cfg(unix)]
    // SAFETY: takes a number, runs no code of this process, and does not return.
    unsafe {
        libc::_exit(1)
    }
    #[cfg(not(unix))]
    std::process::abort()
}

fn exit_code(args: &Args, status: ExitStatus) -> ExitCode {
    if let Some(code) = status.code() {
        return ExitCode::from(u8::try_from(code).unwrap_or(1));
    }
    let files: Vec<String> = args
        .profiles()
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    complain(&format!("{}: {}", files.join(", "), cause_of_death(status)));
    ExitCode::FAILURE
}

#[cfg(unix)]
fn cause_of_death(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal().unwrap_or_default();
    let name = match signal {
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        11 => "SIGSEGV",
        9 => return "reading was ended by SIGKILL, as the system does when memory runs out".into(),
        _ => return format!("reading was ended by signal {signal}"),
    };
    format!("damaged: the HDF5 library crashed while reading it ({name})")
}

#[cfg(not(unix))]
fn cause_of_death(_: ExitStatus) -> String {
    "damaged: the HDF5 library crashed while reading it".into()
}
