//! The program that makes pages, and the server.

use crate::runs::process;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What making a page took.
pub(crate) struct Made {
    /// The time, s; none for a server, which has no end.
    pub(crate) seconds: Option<f64>,
    /// The most memory, MB.
    pub(crate) memory: f64,
    /// Of what was made; none for a server.
    pub(crate) bytes: Option<u64>,
}

impl Made {
    pub(crate) fn with_bytes_of(self, file: &Path) -> Self {
        let bytes = fs::metadata(file).expect("the file was made").len();
        Made {
            bytes: Some(bytes),
            ..self
        }
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scope-profiler-pproc"));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Made {
    let (took, _) = process::run(program().args(arguments));
    Made {
        seconds: Some(took.wall),
        memory: took.memory,
        bytes: None,
    }
}

/// The most memory that a process and its children have had, MB.
fn most_memory(process: u32) -> f64 {
    let read = |what: String| fs::read_to_string(what).unwrap_or_default();
    let status = read(format!("/proc/{process}/status"));
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    let children = read(format!("/proc/{process}/task/{process}/children"));
    let of_children = children.split_whitespace().filter_map(|child| child.parse().ok());
    kib.map_or(f64::NAN, |kib| kib * 1024.0 / 1e6) + of_children.map(most_memory).sum::<f64>()
}

/// The program while it serves a file.
pub(crate) struct Server {
    child: Child,
    pub(crate) link: String,
}

impl Server {
    pub(crate) fn start(file: &Path) -> Self {
        let mut child = program()
            .arg("serve")
            .arg(file)
            .arg("--no-open")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program");
        let printed = BufReader::new(child.stdout.take().expect("a pipe"));
        let link = printed
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.find("http://").map(|at| line[at..].trim().to_owned()));
        Server {
            child,
            link: link.expect("a link"),
        }
    }

    /// Ends it; what it took.
    pub(crate) fn end(mut self) -> Made {
        let memory = most_memory(self.child.id());
        self.child.kill().expect("a process");
        self.child.wait().expect("a process");
        Made {
            seconds: None,
            memory,
            bytes: None,
        }
    }
}
