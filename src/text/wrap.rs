//! Sentences in lines.

use super::{take, width};

/// The text in lines of at most `max` columns, broken between words; lines after the first are indented.
pub(crate) fn wrap(text: &str, max: Option<usize>) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_broken_between_words_and_words_only_where_they_must() {
        assert_eq!(
            wrap("three calls were dropped, for want of memory", Some(20)),
            ["three calls were", "  dropped, for want", "  of memory"]
        );
        assert_eq!(wrap("abcdefgh i", Some(3)), ["abc", "def", "gh", "i"]);
        assert_eq!(wrap("as it is", None), ["as it is"]);
    }
}
