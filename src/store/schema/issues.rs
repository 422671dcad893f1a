//! Collects what is wrong with a file.

use crate::error::{Error, Result};

/// The most findings that are kept: a badly damaged file must not fill the memory.
const MAX_FINDINGS: usize = 1000;

/// Collects what is wrong with a file. Reading is strict and fails at the first part that cannot be read;
/// checking is lenient and continues. The same code does both.
#[derive(Debug)]
pub(crate) struct Issues {
    strict: bool,
    findings: Vec<String>,
    more: u64,
    notes: Vec<String>,
}

impl Issues {
    /// The first part that cannot be read is an error.
    pub(crate) fn strict() -> Self {
        Self::new(true)
    }

    /// Parts that cannot be read are collected.
    pub(crate) fn lenient() -> Self {
        Self::new(false)
    }

    fn new(strict: bool) -> Self {
        Self {
            strict,
            findings: Vec::new(),
            more: 0,
            notes: Vec::new(),
        }
    }

    /// Whether the file is opened to be shown, and not to be checked.
    #[cfg(feature = "hdf5")]
    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }

    /// A part of the file. One that cannot be read is an error, or none with a finding.
    pub(crate) fn part<T>(&mut self, outcome: Result<T>) -> Result<Option<T>> {
        match outcome {
            Ok(part) => Ok(Some(part)),
            Err(error) if self.strict => Err(error),
            Err(error) => {
                self.find_error(&error);
                Ok(None)
            }
        }
    }

    /// Adds an error that does not end the reading.
    pub(crate) fn find_error(&mut self, error: &Error) {
        self.find(error.without_path());
    }

    /// Adds an inconsistency that does not keep the file from being read.
    pub(crate) fn find(&mut self, line: impl Into<String>) {
        if self.strict {
            return;
        }
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(line.into());
        } else {
            self.more += 1;
        }
    }

    /// Adds a note that is no fault of the file.
    pub(crate) fn note(&mut self, line: impl Into<String>) {
        if !self.strict {
            self.notes.push(line.into());
        }
    }

    /// The findings, in order; at most a thousand.
    pub(crate) fn findings(&self) -> &[String] {
        &self.findings
    }

    /// How many findings there were beyond those.
    pub(crate) fn more(&self) -> u64 {
        self.more
    }

    /// The notes.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn damage() -> Result<u32> {
        Err(Error::format(Path::new("run.h5"), "rank0 is damaged"))
    }

    #[test]
    fn strict_fails_at_the_first_part_and_lenient_collects_them() {
        let mut strict = Issues::strict();
        assert_eq!(strict.part(Ok(5)).unwrap(), Some(5));
        strict.find("odd");
        assert!(strict.part(damage()).unwrap_err().is_format());

        let mut lenient = Issues::lenient();
        assert_eq!(lenient.part(damage()).unwrap(), None);
        lenient.find("odd");
        assert_eq!(lenient.findings(), ["rank0 is damaged", "odd"]);
    }

    #[test]
    fn a_file_that_is_damaged_all_over_does_not_fill_the_memory() {
        let mut issues = Issues::lenient();
        (0..MAX_FINDINGS + 5).for_each(|n| issues.find(n.to_string()));
        assert_eq!((issues.findings().len(), issues.more()), (MAX_FINDINGS, 5));
    }
}
