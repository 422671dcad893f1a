//! Running the program under test.

use std::path::Path;
use std::process::{Command, Output, Stdio};

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scope-profiler-pproc"));
    command.env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

/// Runs `export` with these arguments.
pub(crate) fn export(file: &Path, arguments: &[&str]) -> Output {
    program()
        .arg("export")
        .arg(file)
        .args(arguments)
        .output()
        .unwrap()
}

/// What `export` writes to standard output.
pub(crate) fn exported(file: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = export(file, arguments);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    output.stdout
}

/// As [`exported`], of a format that is text.
pub(crate) fn text(file: &Path, arguments: &[&str]) -> String {
    String::from_utf8(exported(file, arguments)).unwrap()
}

/// The one line of complaint of an `export` that failed with exit code 1.
pub(crate) fn complaint(file: &Path, arguments: &[&str]) -> String {
    let output = export(file, arguments);
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let line = text.strip_prefix("scope-profiler-pproc: ").unwrap_or(&text);
    assert_eq!(line.lines().count(), 1, "{text}");
    line.trim_end().to_owned()
}

pub(crate) fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
