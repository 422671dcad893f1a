//! What the library prints, and where: standard output is the program's own.
#![cfg(all(unix, feature = "hdf5"))]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;

use scope_profiler::{ProfileManager, ProfilingConfig};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};

const FILE: &str = "PRINTING_TEST_FILE";

again::programs! { "solver" => solver }

fn solver() {
    let file = std::env::var(FILE).unwrap();
    let session = ProfileManager::session(ProfilingConfig::new().file_path(file)).unwrap();
    ProfileManager::profile("solve", || ());
    println!("{{\"answer\": 42}}");
    session.finalize().unwrap();
}

/// Variables that decide on colours, here or wherever the tests run.
const DECIDING: [&str; 10] = [
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "TERM",
    "SLURM_JOB_ID",
    "SLURM_PROCID",
    "OMPI_COMM_WORLD_RANK",
    "PMIX_RANK",
    "PMI_RANK",
    "PBS_JOBID",
];

fn program(file: &std::path::Path, environment: &[(&str, &str)]) -> Command {
    let mut command = again("solver");
    command.stdin(Stdio::null()).env(FILE, file);
    for name in DECIDING {
        command.env_remove(name);
    }
    for name in ["ACTIVATED", "FILE", "VERBOSE"] {
        command.env_remove(format!("SCOPE_PROFILER_{name}"));
    }
    command.envs(environment.iter().copied());
    command
}

#[test]
fn the_summary_goes_to_standard_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let output = program(&file, &[]).output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{err}");
    assert!(out.contains("{\"answer\": 42}"), "{out}");
    for word in ["solve", "wrote", "interval"] {
        assert!(!out.contains(word), "{out}");
        assert!(err.contains(word), "{err}");
    }
    assert!(!err.contains('\x1b'), "{err:?}");
}

#[test]
fn what_cannot_be_measured_is_said_once_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let said = |value| {
        let output = program(&file, &[("SCOPE_PROFILER_ALLOCATIONS", value)])
            .output()
            .unwrap();
        assert!(output.status.success() && file.exists());
        String::from_utf8(output.stderr).unwrap()
    };
    let warnings = |said: &str| said.matches("allocations are not recorded").count();
    let asked = said("1");
    assert_eq!(warnings(&asked), 1, "{asked}");
    assert!(
        asked.contains("#[global_allocator]") && asked.contains("scope_profiler::ScopeAllocator"),
        "{asked}"
    );
    assert_eq!(warnings(&said("0")), 0);
}

#[test]
fn the_name_of_the_file_cannot_control_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run\u{1b}[31m\n\u{202e}.h5");
    let escaped = "run\\u{1b}[31m\\n\\u{202e}.h5";
    let output = program(&file, &[]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.trim_end().ends_with(escaped) && !said.contains('\u{1b}'),
        "{said:?}"
    );
    let missing = file.join("x.h5");
    let config = ProfilingConfig::new().file_path(&missing);
    let error = scope_profiler::Profiler::new(config).unwrap_err().to_string();
    assert!(error.contains(escaped) && !error.contains('\u{1b}'), "{error:?}");
}

#[test]
fn a_closed_standard_error_is_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let mut shell = Command::new("sh");
    shell.args(["-c", r#""$0" "$@" 2>&-"#]);
    again::start_through(&mut shell, &again("solver"));
    shell.env(FILE, &file);
    let output = shell.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(file.exists());
}

/// What the program prints to a terminal that is its standard error.
fn on_a_terminal(environment: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let (terminal, its_end) = pseudo_terminal();
    let mut command = program(&file, environment);
    command.stdout(Stdio::null()).stderr(its_end);
    let mut child = command.spawn().unwrap();
    // The last end but the child's own, so that reading ends with the child.
    drop(command);
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    let mut terminal = File::from(terminal);
    // Linux answers EIO, others the end of the file, once the other end is closed.
    while let Ok(n @ 1..) = terminal.read(&mut buffer) {
        text.write_all(&buffer[..n]).unwrap();
    }
    assert!(child.wait().unwrap().success());
    String::from_utf8_lossy(&text).into_owned()
}

#[allow(unsafe_code)]
fn pseudo_terminal() -> (OwnedFd, OwnedFd) {
    let (mut ours, mut theirs) = (-1, -1);
    let size = libc::winsize {
        ws_row: 24,
        ws_col: 60,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the pointers are to live values or null, as openpty allows; it gives two descriptors
    // that nobody else owns.
    unsafe {
        let null = std::ptr::null_mut();
        let opened = libc::openpty(
            &raw mut ours,
            &raw mut theirs,
            null,
            std::ptr::null_mut(),
            (&raw const size).cast_mut(),
        );
        assert_eq!(opened, 0, "{}", std::io::Error::last_os_error());
        // Other children must not hold them open.
        libc::fcntl(ours, libc::F_SETFD, libc::FD_CLOEXEC);
        libc::fcntl(theirs, libc::F_SETFD, libc::FD_CLOEXEC);
        (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs))
    }
}

#[test]
fn a_terminal_gets_colours_and_lines_that_fit() {
    let text = on_a_terminal(&[("TERM", "xterm"), ("LANG", "C.UTF-8")]);
    assert!(text.contains("\x1b[1m"), "{text:?}");
    let longest = text
        .lines()
        .filter(|line| line.contains("solve"))
        .map(str::len)
        .max();
    assert!(longest.is_some_and(|longest| longest <= 80), "{text}");
    assert!(!text.contains("std"), "what does not fit is left out: {text}");
}

#[test]
fn the_terminal_of_a_rank_or_a_batch_job_gets_none() {
    for name in ["OMPI_COMM_WORLD_RANK", "SLURM_JOB_ID", "PBS_JOBID"] {
        let text = on_a_terminal(&[("TERM", "xterm"), (name, "0")]);
        assert!(text.contains("solve"), "{name}: {text:?}");
        assert!(!text.contains('\x1b'), "{name}: {text:?}");
        assert!(text.contains("std"), "{name}: a file has any width: {text}");
    }
}

#[test]
fn who_wants_no_colours_gets_none_and_who_wants_them_does() {
    for pair in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = on_a_terminal(&[pair]);
        assert!(!text.contains('\x1b'), "{pair:?}: {text:?}");
    }
    let forced = on_a_terminal(&[("SLURM_JOB_ID", "7"), ("CLICOLOR_FORCE", "1")]);
    assert!(forced.contains("\x1b[1m"), "{forced:?}");
}
