//! What standard output can show.

use super::table::TableOptions;
use std::env;
use std::io::{IsTerminal, stdout};

impl TableOptions {
    /// Width, characters and colours as standard output can show them: on a terminal its width, and
    /// colour unless `NO_COLOR` is set; elsewhere any width and no colour. Unicode where the locale's
    /// characters are UTF-8.
    #[must_use]
    pub fn for_stdout() -> Self {
        let terminal = stdout().is_terminal();
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            unicode: is_utf8(),
            color: terminal && !set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb"),
            width: if terminal { terminal_width() } else { None },
            ..Self::default()
        }
    }
}

fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size()
        .map(|(width, _)| width.0.into())
        .or_else(|| env::var("COLUMNS").ok()?.parse().ok())
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
