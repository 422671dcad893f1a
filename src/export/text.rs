//! Names of any content, fit for one cell of a terminal.

use crate::text::{must_be_escaped, visible};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a printable text takes in a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The name so that it can be seen, with everything escaped that would move the cursor, colour the terminal or
/// turn the direction of writing; without `unicode` everything beyond ASCII as well.
pub(crate) fn printable(name: &str, unicode: bool) -> String {
    let mut out = String::with_capacity(name.len());
    for c in visible(name).chars() {
        if must_be_escaped(c) || (!unicode && !c.is_ascii()) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
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

/// The text in lines of at most `max` columns, broken between words; lines after the first are indented.
pub(super) fn wrap(text: &str, max: Option<usize>) -> Vec<String> {
    let Some(max) = max.filter(|&max| width(text) > max) else {
        return vec![text.to_owned()];
    };
    let indent = if max > 16 { "  " } else { "" };
    let mut lines = Vec::new();
    let mut line = String::new();
    for mut word in words(text) {
        let is_start = line.trim().is_empty();
        if !is_start && width(&line) + 1 + width(&word) > max {
            lines.push(std::mem::replace(&mut line, indent.into()));
        } else if !is_start {
            line.push(' ');
        }
        while width(&line) + width(&word) > max {
            // Longer than a line by itself.
            let head: String = take(word.chars(), max.saturating_sub(width(&line)));
            let head = if head.is_empty() {
                word.chars().take(1).collect()
            } else {
                head
            };
            word.drain(..head.len());
            line += &head;
            lines.push(std::mem::replace(&mut line, indent.into()));
        }
        line += &word;
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

/// The words of a text; a number and what follows it, its next group of digits or its unit, are one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let is_number = |word: &String| {
            word.trim_start_matches('(')
                .chars()
                .all(|c| c.is_ascii_digit() || c == '.')
        };
        match words.last_mut() {
            Some(last) if is_number(last) && !last.is_empty() => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
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
        assert_eq!(printable(" ", true), "\" \"");
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
    fn sentences_are_broken_between_words_and_words_only_where_they_must() {
        assert_eq!(
            wrap("three calls were dropped, for want of memory", Some(20)),
            ["three calls were", "  dropped, for want", "  of memory"]
        );
        assert_eq!(wrap("abcdefgh i", Some(3)), ["abc", "def", "gh", "i"]);
        assert_eq!(wrap("as it is", None), ["as it is"]);
    }

    #[test]
    fn wide_characters_count_double() {
        assert_eq!(width("計算"), 4);
        assert!(width(&shorten("計算計算計算", 7, true)) <= 7);
    }
}
