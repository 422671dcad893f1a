//! A profiled program in a process of its own, which goes on when it is told to.

use scope_profiler::profile::{Source, Value};
use scope_profiler::{ProfileManager, ProfilingConfig, ProfilingH5Reader};
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

/// The name of the program's region.
const REGION: &str = "TEST_REGION";
/// Set: the program starts another of itself while it runs.
const PARENT: &str = "TEST_PARENT";
/// Set: it goes through without waiting.
pub(crate) const AT_ONCE: &str = "TEST_AT_ONCE";
/// Set: the directory that it goes to while it runs.
pub(crate) const GOES_TO: &str = "TEST_GOES_TO";
/// The file_path that the program sets; none otherwise.
pub(crate) const FILE_PATH: &str = "TEST_FILE_PATH";

const READY: &str = "the session has begun";

crate::again::programs! { "session" => session }

fn session() {
    let region = std::env::var(REGION).unwrap();
    let mut config = ProfilingConfig::new();
    if let Some(path) = std::env::var_os(FILE_PATH) {
        config = config.file_path(path);
    }
    if let Err(error) = ProfileManager::setup(config) {
        eprintln!("{error}");
        std::process::exit(3);
    }
    if std::env::var_os(AT_ONCE).is_none() {
        println!("\n{READY}");
        std::io::stdout().flush().unwrap();
        std::io::stdin().lock().read_line(&mut String::new()).unwrap();
    }
    if std::env::var_os(PARENT).is_some() {
        let child = again("session")
            .env(REGION, "child")
            .env(AT_ONCE, "1")
            .env_remove(PARENT)
            .status();
        assert!(child.unwrap().success());
    }
    if let Some(directory) = std::env::var_os(GOES_TO) {
        std::env::set_current_dir(directory).unwrap();
    }
    ProfileManager::profile(&region, || ());
    if let Err(error) = ProfileManager::finalize() {
        eprintln!("{error}");
        std::process::exit(4);
    }
}

/// A program that is to be started, in `directory`.
pub(crate) fn program(directory: &Path) -> Command {
    let mut command = again("session");
    bare(&mut command, directory);
    command.env(REGION, "step");
    command
}

/// Takes away everything but what a program is given and what it needs to be found.
fn bare(command: &mut Command, directory: &Path) {
    let given = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let given: Vec<_> = given.collect();
    command.env_clear().envs(given).current_dir(directory);
    let calm = "SCOPE_PROFILER_TEST_CALM";
    for key in ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "LLVM_PROFILE_FILE", calm] {
        if let Some(value) = std::env::var_os(key) {
            command.env(key, value);
        }
    }
}

/// Runs it to the end.
pub(crate) fn run(command: &mut Command) -> Output {
    command.env(AT_ONCE, "1").stdin(Stdio::null()).output().unwrap()
}

/// What a program that came to a good end printed, on both streams.
pub(crate) fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// The complaint of a program whose session could not begin.
pub(crate) fn refusal(command: &mut Command) -> String {
    let output = run(command);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// One whose session has begun.
pub(crate) struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while line.trim_end() != READY {
            line.clear();
            assert!(
                stdout.read_line(&mut line).unwrap() > 0,
                "{:?}",
                child.wait_with_output()
            );
        }
        Self {
            stdin: child.stdin.take().unwrap(),
            child,
            stdout,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn go_on(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }

    /// What it printed from then on, on both streams.
    pub(crate) fn end(mut self) -> String {
        drop(self.stdin);
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).unwrap();
        let output = self.child.wait_with_output().unwrap();
        assert!(output.status.success(), "{text} {output:?}");
        text + &String::from_utf8_lossy(&output.stderr)
    }
}

/// Lets all of them end at the same moment, as far as that can be had.
pub(crate) fn end_together(mut all: Vec<Running>) -> Vec<String> {
    all.iter_mut().for_each(Running::go_on);
    all.into_iter().map(Running::end).collect()
}

/// What lies in a directory, in order.
pub(crate) fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The process that a profile is of.
pub(crate) fn process_of(file: &Path) -> i64 {
    match ProfilingH5Reader::open(file)
        .unwrap()
        .metadata()
        .get("process_id")
    {
        Some(Value::Int(id)) => *id,
        other => panic!("{}: {other:?}", file.display()),
    }
}

/// The regions of a profile.
pub(crate) fn regions(file: &Path) -> Vec<String> {
    let mut names = ProfilingH5Reader::open(file).unwrap().names().to_vec();
    names.sort();
    names
}

/// The command that a program printed for its user to paste.
#[cfg(feature = "cli")]
pub(crate) fn advice(text: &str) -> String {
    let at = text
        .find("scope-profiler-pproc merge")
        .unwrap_or_else(|| panic!("{text}"));
    text[at..]
        .lines()
        .next()
        .unwrap()
        .trim_end_matches('`')
        .to_owned()
}

/// Pastes it into a shell; what was printed.
#[cfg(feature = "cli")]
pub(crate) fn paste(command: &str, directory: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_scope-profiler-pproc"));
    let mut shell = Command::new("bash");
    bare(&mut shell, directory);
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    said(&shell.env("PATH", path).args(["-c", command]).output().unwrap())
}

/// As an absolute path, for what is not started in the directory.
pub(crate) fn set_file(command: &mut Command, file: impl AsRef<OsStr>) -> &mut Command {
    command.env("SCOPE_PROFILER_FILE", file)
}

/// The profiles in a directory.
pub(crate) fn profiles_in(directory: &Path) -> Vec<PathBuf> {
    names_in(directory)
        .into_iter()
        .filter(|name| name.ends_with(".h5"))
        .map(|name| directory.join(name))
        .collect()
}
