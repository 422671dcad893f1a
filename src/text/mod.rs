//! Names as text for people: shortened and escaped.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() || is_invisible(c) {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    if text.width() <= width {
        return text;
    }
    let room = width.saturating_sub(1);
    let head = prefix(text.chars(), room.div_ceil(2));
    let tail: Vec<char> = prefix(text.chars().rev(), room / 2);
    let tail = tail.into_iter().rev();
    head.into_iter().chain(std::iter::once('…')).chain(tail).collect()
}

/// Line breaks that are no control characters, and marks that turn the reading direction of what
/// follows.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
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
    }
}
