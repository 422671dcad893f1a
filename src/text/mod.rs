//! Names and sentences as text for people: escaped, shortened and wrapped.

mod wrap;

pub(crate) use wrap::wrap;

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a printable text takes in a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text with everything escaped that would control a terminal, break a line, turn the reading direction, or
/// may not stand in XML.
///
/// ```
/// use scope_profiler::chart::axis::printable;
///
/// assert_eq!(printable("two\nlines"), "two\\nlines");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, must_be_escaped)
}

/// A name for one cell of a terminal: one that can be seen and is printable; without `unicode` everything beyond
/// ASCII is escaped as well.
pub(crate) fn cell(name: &str, unicode: bool) -> String {
    let must_be = |c: char| must_be_escaped(c) || (!unicode && !c.is_ascii());
    escaped(&visible(name), must_be).into_owned()
}

fn escaped(text: &str, must_be: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&must_be) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if must_be(c) {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    escaped.into()
}

/// A name that can be seen: in quotation marks where it is empty or blank.
pub(crate) fn visible(name: &str) -> Cow<'_, str> {
    if name.chars().all(|c| c.is_whitespace() || c.width() == Some(0)) {
        return format!("\"{name}\"").into();
    }
    name.into()
}

/// A name that fits into `width` columns of a terminal: shortened in the middle if need be, as
/// both ends of a name tell more, and with control characters escaped.
///
/// ```
/// use scope_profiler::chart::axis::shorten;
///
/// assert_eq!(shorten("solver", 10), "solver");
/// assert_eq!(shorten("solver::conjugate_gradient", 11), "solve…dient");
/// assert_eq!(shorten("two\nlines", 20), "two\\nlines");
/// ```
#[must_use]
pub fn shorten(name: &str, width: usize) -> String {
    let text = printable(name);
    if text.width() <= width {
        return text.into_owned();
    }
    both_ends(&text, width.saturating_sub(1), "…")
}

/// A printable text in at most `max` columns: its middle gives way to an ellipsis.
pub(crate) fn clip(text: &str, max: usize, unicode: bool) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let ellipsis = if unicode { "…" } else { "..." };
    match max.checked_sub(width(ellipsis)) {
        Some(room) if room >= 2 => both_ends(text, room, ellipsis),
        _ => take(text.chars(), max),
    }
}

/// The beginning and the end of a text, which share `room`.
fn both_ends(text: &str, room: usize, ellipsis: &str) -> String {
    let tail: String = take(text.chars().rev(), room / 2).chars().rev().collect();
    take(text.chars(), room - room / 2) + ellipsis + &tail
}

/// Control characters, other line breaks, marks that turn the reading direction of what follows, the byte order
/// mark, and the two that are no characters.
fn must_be_escaped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
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
    fn names_are_shortened_by_the_width_they_take() {
        assert_eq!(shorten("日本語日本語", 7), "日…語");
        assert_eq!(shorten("日本語日本語", 12), "日本語日本語");
        assert_eq!(shorten("abc", 0), "…");
        assert_eq!(shorten("", 5), "");
        let long = "x".repeat(200);
        assert_eq!(shorten(&long, 30).width(), 30);
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(shorten("a\tb\u{1b}[31m", 40), "a\\tb\\u{1b}[31m");
        assert_eq!(shorten("a\u{202e}b", 40), "a\\u{202e}b");
        assert_eq!(shorten("a\u{ffff}", 40), "a\\u{ffff}");
    }

    #[test]
    fn names_without_anything_to_see_are_quoted() {
        assert_eq!(visible("\u{3000}\t"), "\"\u{3000}\t\"");
        assert_eq!(visible("\u{200b}"), "\"\u{200b}\"");
        assert_eq!(
            ["solve", "", " ", " a"].map(visible),
            ["solve", "\"\"", "\" \"", " a"]
        );
    }

    #[test]
    fn names_cannot_control_the_terminal() {
        assert_eq!(
            cell("a\nb\u{1b}[31m\u{202e}c", true),
            "a\\nb\\u{1b}[31m\\u{202e}c"
        );
        assert_eq!(cell("", true), "\"\"");
        assert_eq!(cell(" ", true), "\" \"");
        assert_eq!(cell("λ", true), "λ");
        assert_eq!(cell("λ", false), "\\u{3bb}");
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(clip("solver::inner_loop", 11, true), "solve…_loop");
        assert_eq!(clip("solver::inner_loop", 11, false), "solv...loop");
        assert_eq!(clip("short", 11, true), "short");
        assert_eq!(clip("abc", 2, true), "ab");
    }

    #[test]
    fn wide_characters_count_double() {
        assert_eq!(width("計算"), 4);
        assert!(width(&clip("計算計算計算", 7, true)) <= 7);
    }
}
