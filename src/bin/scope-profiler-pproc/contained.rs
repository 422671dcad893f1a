//! Reading in a process of its own: the HDF5 library below us crashes on some damaged files, and the
//! user is then to be told which file it was.
//!
//! The child does the whole run with the output of this process, so nothing is read twice; this
//! process only waits for it.

use crate::args::Args;
use crate::terminal;
use std::io::Read;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

/// Runs the program once more with the same arguments and tells how it ended; none when no process
/// could be started, or this is the one that was.
pub(crate) fn run(args: &Args) -> Option<ExitCode> {
    if args.contained {
        end_with_parent();
        return None;
    }
    let mut child = Command::new(std::env::current_exe().ok()?)
        .arg("--contained")
        .args(std::env::args_os().skip(1))
        // Stays open for as long as this process lives; nobody reads from standard input.
        .stdin(Stdio::piped())
        .spawn()
        .ok()?;
    // Kept here: `wait` would close it.
    let _alive = child.stdin.take();
    let status = child.wait().ok()?;
    Some(exit_code(args, status))
}

/// Ends this process when the one that started it is gone.
fn end_with_parent() {
    std::thread::spawn(|| {
        let mut stdin = std::io::stdin().lock();
        let mut buffer = [0; 64];
        while matches!(stdin.read(&mut buffer), Ok(1..)) {}
        // At once: HDF5's own handlers must not run beside a thread that is using it.
        std::process::abort();
    });
}

fn exit_code(args: &Args, status: ExitStatus) -> ExitCode {
    if let Some(code) = status.code() {
        return ExitCode::from(u8::try_from(code).unwrap_or(1));
    }
    let files: Vec<String> = args.files.iter().map(|file| file.display().to_string()).collect();
    terminal::complain(&format!("{}: {}", files.join(", "), cause_of_death(status)));
    ExitCode::FAILURE
}

#[cfg(unix)]
fn cause_of_death(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(9) => "reading was ended by SIGKILL, as the system does when memory runs out".into(),
        Some(2 | 15) => "reading was interrupted".into(),
        signal => {
            let name = match signal {
                Some(4) => "SIGILL".into(),
                Some(6) => "SIGABRT".into(),
                Some(7) => "SIGBUS".into(),
                Some(8) => "SIGFPE".into(),
                Some(11) => "SIGSEGV".into(),
                other => format!("signal {}", other.unwrap_or_default()),
            };
            format!("damaged: the HDF5 library crashed while reading it ({name})")
        }
    }
}

#[cfg(not(unix))]
fn cause_of_death(_: ExitStatus) -> String {
    "damaged: the HDF5 library crashed while reading it".into()
}
