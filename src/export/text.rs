//! Names of any content, fit for one cell of a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a printable text takes in a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The name with everything escaped that would move the cursor, colour the terminal or turn the
/// direction of writing; without `unicode` everything beyond ASCII as well.
pub(crate) fn printable(name: &str, unicode: bool) -> String {
    if name.is_empty() {
        return "\"\"".into();
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() || is_invisible(c) || (!unicode && !c.is_ascii()) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Line and paragraph separators, marks of direction, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text in at most `max` columns: its middle gives way to an ellipsis.
pub(crate) fn shorten(text: &str, max: usize, unicode: bool) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let ellipsis = if unicode { "…" } else { "..." };
    let Some(room) = max.checked_sub(width(ellipsis)).filter(|&room| room >= 2) else {
        return take(text.chars(), max);
    };
    let tail: String = take(text.chars().rev(), room / 2).chars().rev().collect();
    let head = take(text.chars(), room - room / 2);
    head + ellipsis + &tail
}

/// As many characters as fit.
fn take(chars: impl Iterator<Item = char>, room: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_control_the_terminal() {
        assert_eq!(
            printable("a\nb\u{1b}[31m\u{202e}c", true),
            "a\\nb\\u{1b}[31m\\u{202e}c"
        );
        assert_eq!(printable("", true), "\"\"");
        assert_eq!(printable("λ", true), "λ");
        assert_eq!(printable("λ", false), "\\u{3bb}");
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shorten("solver::inner_loop", 11, true), "solve…_loop");
        assert_eq!(shorten("solver::inner_loop", 11, false), "solv...loop");
        assert_eq!(shorten("short", 11, true), "short");
        assert_eq!(shorten("abc", 2, true), "ab");
    }

    #[test]
    fn wide_characters_count_double() {
        assert_eq!(width("計算"), 4);
        assert!(width(&shorten("計算計算計算", 7, true)) <= 7);
    }
}
