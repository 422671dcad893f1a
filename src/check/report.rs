//! What a check found.

use crate::export::text::printable;
use crate::units::count;
use std::fmt;
use std::path::{Path, PathBuf};

/// Findings that are kept; of a file that is damaged all over the first ones tell enough.
const MAX_FINDINGS: usize = 1000;

/// What a [`check`](crate::check) found out about one file.
///
/// Printing it gives the file with what is in it, the invariant, and a line for each finding and
/// note, all of which begin with the name of the file.
#[derive(Clone, Debug)]
pub struct Report {
    path: PathBuf,
    pub(super) contents: String,
    pub(super) recorded: Option<u64>,
    pub(super) written: u64,
    pub(super) dropped: u64,
    pub(super) open: u64,
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
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.into(),
            contents: String::new(),
            recorded: None,
            written: 0,
            dropped: 0,
            open: 0,
            findings: Vec::new(),
            more: 0,
            notes: Vec::new(),
        }
    }

    pub(super) fn find(&mut self, finding: impl AsRef<str>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding(printable(finding.as_ref(), true)));
        } else {
            self.more += 1;
        }
    }

    pub(super) fn find_more(&mut self, more: u64) {
        self.more += more;
    }

    pub(super) fn note(&mut self, note: impl AsRef<str>) {
        self.notes.push(printable(note.as_ref(), true));
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
        self.recorded
    }

    /// Intervals in the file.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Intervals that were dropped, for want of memory or disk.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Calls that were open when recording ended.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.open
    }

    fn accounted_for(&self) -> u64 {
        [self.written, self.dropped, self.open]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// The invariant in numbers.
    #[must_use]
    pub fn invariant(&self) -> String {
        let recorded = match self.recorded {
            None => "recorded, not counted".into(),
            Some(recorded) if recorded == self.accounted_for() => {
                format!("recorded {} =", count(recorded))
            }
            Some(recorded) => format!("recorded {}, not", count(recorded)),
        };
        format!(
            "{recorded}{} written {} + dropped {} + still open {}",
            if self.recorded.is_none() { ":" } else { "" },
            count(self.written),
            count(self.dropped),
            count(self.open)
        )
    }

    /// What the file is and how much is in it.
    #[must_use]
    pub fn contents(&self) -> &str {
        &self.contents
    }

    /// Says so where the invariant does not hold for the part of the file called `place`.
    pub(super) fn account(&mut self, place: &str, recorded: u64, written: u64, dropped: u64, open: u64) {
        let sum = [written, dropped, open].into_iter().fold(0, u64::saturating_add);
        if recorded != sum {
            self.find(format!(
                "{place}: {recorded} calls were recorded, but {written} written + {dropped} dropped + {open} still open are {sum}"
            ));
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = printable(&self.path.to_string_lossy(), true);
        write!(f, "{path}: {}\n{path}: {}", self.contents, self.invariant())?;
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
