//! Include and exclude patterns for region names, the same for recording and for reading.

use crate::error::{Error, Result};
use regex::{Regex, RegexBuilder};

/// Which region names to keep: those that match an include pattern (all, when there is none) and
/// no exclude pattern. Each pattern is anchored at the start of the name but not at its end, as
/// Python's `re.match` does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns {
    include: Vec<Regex>,
    exclude: Vec<Regex>,
}

impl Patterns {
    pub(crate) fn include(&mut self, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<()> {
        compile_into(&mut self.include, patterns)
    }

    pub(crate) fn exclude(&mut self, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<()> {
        compile_into(&mut self.exclude, patterns)
    }

    pub(crate) fn keeps(&self, name: &str) -> bool {
        (self.include.is_empty() || self.include.iter().any(|p| p.is_match(name)))
            && !self.exclude.iter().any(|p| p.is_match(name))
    }
}

/// Compiled, what a pattern may take, bytes: `(\w{9}){9}{9}` would take all memory and minutes.
const MAX_COMPILED: usize = 4 << 20;

fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build()
}

fn compile_into(list: &mut Vec<Regex>, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<()> {
    for pattern in patterns {
        let pattern = pattern.as_ref();
        // Compiled alone first, so that the message shows the user's pattern and not our anchor.
        regex(pattern)
            .and_then(|_| regex(&format!("^(?:{pattern})")))
            .map(|regex| list.push(regex))
            .map_err(|error| {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or("invalid").trim_start_matches("error: ").to_string();
                Error::config(format!(
                    "the pattern {pattern:?} is not a regular expression ({reason}); a literal . * + ? ( ) [ ] {{ }} | needs a backslash"
                ))
            })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(include: &[&str], exclude: &[&str]) -> Patterns {
        let mut patterns = Patterns::default();
        patterns.include(include).unwrap();
        patterns.exclude(exclude).unwrap();
        patterns
    }

    #[test]
    fn a_pattern_is_anchored_at_the_start_only() {
        let p = patterns(&["solve"], &[]);
        assert!(p.keeps("solver"));
        assert!(!p.keeps("presolve"));
    }

    #[test]
    fn alternatives_are_anchored_as_a_whole() {
        let p = patterns(&["a|b"], &[]);
        assert!(p.keeps("beta"));
        assert!(!p.keeps("cab"));
    }

    #[test]
    fn exclusion_wins_over_inclusion() {
        let p = patterns(&["io"], &["io.read"]);
        assert!(p.keeps("io.write"));
        assert!(!p.keeps("io.read"));
    }

    #[test]
    fn a_bad_pattern_is_shown_as_it_was_typed() {
        let error = Patterns::default().include(["(open"]).unwrap_err();
        assert!(error.is_config());
        assert!(error.to_string().contains("\"(open\""), "{error}");
        assert!(!error.to_string().contains("^(?:"), "{error}");
    }
}
