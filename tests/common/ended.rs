//! Programs that are ended from outside once they have said something.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command};

/// Gives its output, too: what it writes to must stay open.
fn once_it_says(program: &mut Command, line: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child = program.spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut said = output.by_ref().lines();
    assert!(said.any(|said| said.unwrap() == line));
    (child, output)
}

/// Kills a program, whose output is piped, once it says this line.
pub(crate) fn kill(program: &mut Command, line: &str) {
    let (mut child, _output) = once_it_says(program, line);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Sends SIGTERM to a program, whose output is piped, once it says this line, and waits until it has ended.
#[cfg(unix)]
pub(crate) fn terminate(program: &mut Command, line: &str) {
    let (mut child, _output) = once_it_says(program, line);
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(sent.unwrap().success());
    child.wait().unwrap();
}
