//! The program while it serves.

use super::client::{self, Answer};
use super::common::usual_child;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// The program, which serves; it is killed where a test forgets it.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// What it has printed up to the link.
    pub(crate) printed: String,
    pub(crate) link: String,
    pub(crate) port: u16,
    /// The path of the link, with the token.
    pub(crate) path: String,
}

/// The program without what its caller has set.
pub(crate) fn program() -> Command {
    let mut command = usual_child::command(env!("CARGO_BIN_EXE_scope-profiler-pproc"));
    command.env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

impl Running {
    /// Serves these files.
    pub(crate) fn serve(arguments: &[&str]) -> Self {
        let mut command = program();
        command.arg("serve").args(arguments).arg("--no-open");
        Self::start(&mut command)
    }

    /// Starts a command, and waits until it has said where the page is.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        let link = loop {
            let from = printed.len();
            if stdout.read_line(&mut printed).unwrap() == 0 {
                let mut complaint = String::new();
                child
                    .stderr
                    .take()
                    .unwrap()
                    .read_to_string(&mut complaint)
                    .unwrap();
                panic!("it ended: {printed}{complaint}");
            }
            if let Some(at) = printed[from..].find("http://127.0.0.1:") {
                break printed[from + at..].trim().to_owned();
            }
        };
        let rest = link.strip_prefix("http://127.0.0.1:").unwrap();
        let (port, path) = rest.split_once('/').unwrap();
        Self {
            child,
            stdout,
            printed,
            port: port.parse().unwrap(),
            path: format!("/{path}"),
            link,
        }
    }

    /// What is there below the link.
    pub(crate) fn get(&self, below: &str) -> Answer {
        client::get(self.port, &format!("{}{below}", self.path))
    }

    /// Has a file read to its end for its page, of which all questions are answered then.
    pub(crate) fn read(&self, file: usize) {
        let load = || assert_eq!(self.get(&format!("{file}/")).status, 200);
        load();
        let state = format!("{file}/state?version=1");
        while self.get(&state).text().contains("reading") {}
        load();
    }

    pub(crate) fn process(&self) -> i32 {
        self.child.id() as i32
    }

    pub(crate) fn signal(&self, signal: i32) {
        send(self.process(), signal);
    }

    /// Waits for the end; what it has printed after the link, and what it has complained about.
    pub(crate) fn end(mut self) -> (ExitStatus, String, String) {
        let (mut rest, mut complaint) = (String::new(), String::new());
        self.stdout.read_to_string(&mut rest).unwrap();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut complaint).unwrap();
        (self.child.wait().unwrap(), rest, complaint)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its subprocess ends with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[allow(unsafe_code)]
pub(crate) fn send(process: i32, signal: i32) {
    // SAFETY: takes numbers.
    assert_eq!(unsafe { libc::kill(process, signal) }, 0);
}
