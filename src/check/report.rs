//! What a check found.

use super::account::Checked;
use crate::store::schema::Issues;
use crate::text::cell;
use crate::units::count;
use std::fmt;
use std::path::{Path, PathBuf};

/// What a [`check`](crate::check::check) found out about one file.
///
/// Printing it gives the file with what is in it, the invariant, and a line for each finding and
/// note, all of which begin with the name of the file.
#[derive(Clone, Debug)]
pub struct Report {
    path: PathBuf,
    checked: Checked,
    findings: Vec<Finding>,
    more: u64,
    notes: Vec<String>,
}

/// Something in a file that does not hold, with the place where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding(String);

impl fmt::Display for Finding {
    /// One line without control characters, whatever names are in the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Report {
    pub(super) fn new(path: &Path, checked: Checked, issues: &Issues) -> Self {
        let line = |line: &String| cell(line, true);
        Self {
            path: path.into(),
            checked,
            findings: issues.findings().iter().map(line).map(Finding).collect(),
            more: issues.more(),
            notes: issues.notes().iter().map(line).collect(),
        }
    }

    /// The file, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether everything holds that was looked at.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }

    /// What does not hold, in the order of the file; at most a thousand, see
    /// [`num_findings`](Self::num_findings).
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings there were.
    #[must_use]
    pub fn num_findings(&self) -> u64 {
        self.findings.len() as u64 + self.more
    }

    /// What is worth knowing and no fault of the file: that the run was killed, or what could not
    /// be looked at.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Calls that were recorded, as counted while the program ran; none when the file does not say,
    /// as of a program that was killed.
    #[must_use]
    pub fn recorded(&self) -> Option<u64> {
        self.checked.recorded
    }

    /// Intervals in the file.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.checked.account.written
    }

    /// Intervals that were dropped, for want of memory or disk.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.checked.account.dropped
    }

    /// Calls that were open when recording ended.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.checked.account.open
    }

    /// The invariant in numbers.
    #[must_use]
    pub fn invariant(&self) -> String {
        self.checked.invariant()
    }

    /// What the file is and how much is in it.
    #[must_use]
    pub fn contents(&self) -> &str {
        &self.checked.contents
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = cell(&self.path.to_string_lossy(), true);
        write!(f, "{path}: {}\n{path}: {}", self.contents(), self.invariant())?;
        for finding in &self.findings {
            write!(f, "\n{path}: wrong: {finding}")?;
        }
        if self.more > 0 {
            write!(f, "\n{path}: wrong: and {} more", count(self.more))?;
        }
        for note in &self.notes {
            write!(f, "\n{path}: note: {note}")?;
        }
        Ok(())
    }
}
