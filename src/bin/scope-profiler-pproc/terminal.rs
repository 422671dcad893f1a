//! Standard output: what it can show, and what happens when nobody reads it.

use crate::Failure;
use scope_profiler::chart::axis::printable;
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

/// Prints one line to standard output, whatever names are in it.
pub(crate) fn print_line(line: &str) -> Result<(), Failure> {
    print(&format!("{}\n", one_line(line, true)))
}

/// Prints one line to standard error, whatever names are in the message.
pub(crate) fn complain(message: &str) {
    // Nothing is left to tell it to when standard error is closed.
    let _ = writeln!(io::stderr(), "scope-profiler-pproc: {}", one_line(message, true));
}

/// The text with everything escaped that would control the terminal; without `unicode` everything
/// beyond ASCII as well.
pub(crate) fn one_line(text: &str, unicode: bool) -> String {
    let line = printable(text);
    if unicode || line.is_ascii() {
        return line.into_owned();
    }
    let escape = |c: char| {
        c.is_ascii()
            .then_some(c)
            .map_or_else(|| c.escape_default().to_string(), String::from)
    };
    line.chars().map(escape).collect()
}

/// Shows a line on standard error in place of the last one; the empty one takes it away.
pub(crate) fn progress(line: &str) {
    let _ = write!(io::stderr(), "\r\x1b[2K{line}");
}
