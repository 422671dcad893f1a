//! Names as text for people: shortened and escaped.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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
    if !text.chars().any(must_be_escaped) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if must_be_escaped(c) {
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
    let room = width.saturating_sub(1);
    let head = prefix(text.chars(), room.div_ceil(2));
    let tail: Vec<char> = prefix(text.chars().rev(), room / 2);
    let tail = tail.into_iter().rev();
    head.into_iter().chain(std::iter::once('…')).chain(tail).collect()
}

/// Control characters, other line breaks, marks that turn the reading direction of what follows, the byte order
/// mark, and the two that are no characters.
pub(crate) fn must_be_escaped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// The characters at the front that take at most `width` columns.
fn prefix(chars: impl Iterator<Item = char>, width: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= width
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
}
