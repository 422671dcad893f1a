//! Standard output: what it can show, and what happens when nobody reads it.

use crate::Failure;
use std::io::{self, ErrorKind, Write};

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::BrokenPipe,
            _ => Failure::Message(format!("standard output cannot be written: {error}")),
        })
}

/// Prints one line to standard error, whatever names are in the message.
pub(crate) fn complain(message: &str) {
    let mut line = String::from("scope-profiler-pproc: ");
    for c in message.chars() {
        if c.is_control() {
            line.extend(c.escape_default())
        } else {
            line.push(c)
        }
    }
    // Nothing is left to tell it to when standard error is closed.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Shows a line on standard error in place of the last one; the empty one takes it away.
pub(crate) fn progress(line: &str) {
    let _ = write!(io::stderr(), "\r\x1b[2K{line}");
}
