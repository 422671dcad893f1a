//! Standard output: what it can show, and what happens when nobody reads it.

use crate::Failure;
use scope_profiler::export::table::TableOptions;
use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};

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

/// Width, characters and colours that standard output can show.
pub(crate) fn table_options() -> TableOptions {
    let terminal = io::stdout().is_terminal();
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut options = TableOptions::default();
    options.unicode = is_utf8();
    options.color = terminal && !set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb");
    if terminal {
        let told = || env::var("COLUMNS").ok()?.parse().ok();
        options.width = terminal_size::terminal_size()
            .map(|(width, _)| width.0.into())
            .or_else(told);
    }
    options
}

/// Whether the locale's characters are UTF-8: the first of these that is set decides.
fn is_utf8() -> bool {
    if cfg!(windows) {
        return true;
    }
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty())
        .is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}
