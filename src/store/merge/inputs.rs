//! The logs to merge, and the rank of each according to its first blocks.

use super::super::rank_log::{Block, LogReader};
use super::super::run_directory;
use super::MergeProgress;
use crate::error::{Error, Result};
use crate::profile::{Metadata, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// More ranks than any machine has: a larger number in a log is ignored.
const MAX_SIZE: i64 = 1 << 24;

/// A log that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableLog {
    /// The log.
    pub path: PathBuf,
    /// Why it could not be read.
    pub reason: String,
}

impl UnreadableLog {
    pub(super) fn new(path: &Path, error: &Error) -> Self {
        // Most errors name the file already.
        let text = error.to_string();
        let reason = text
            .strip_prefix(&format!("{}: ", path.display()))
            .unwrap_or(&text);
        Self {
            path: path.into(),
            reason: reason.into(),
        }
    }
}

/// One rank's log.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

/// The logs of a run.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) ranks: BTreeMap<u32, Input>,
    pub(super) unreadable: Vec<UnreadableLog>,
    /// The number of ranks according to the logs; 0 where they do not say.
    size: u32,
    /// The name of the run, from the log of the lowest rank.
    pub(super) run: String,
}

impl Inputs {
    /// Reads the head of every log.
    pub(super) fn look_at(logs: &[impl AsRef<Path>], output: &Path) -> Result<Self> {
        let mut inputs = Self::default();
        let mut first_error = None;
        let mut lowest = None;
        let mut launch: Option<(String, PathBuf)> = None;
        for path in logs.iter().map(AsRef::as_ref) {
            if is_same_file(path, output) {
                return Err(Error::config(format!(
                    "{}: is one of the logs; give another name for the file to write",
                    output.display()
                )));
            }
            let head = match LogHead::read(path) {
                Ok(head) => head,
                Err(error) => {
                    inputs.unreadable.push(UnreadableLog::new(path, &error));
                    first_error.get_or_insert(error);
                    continue;
                }
            };
            if run_directory::is_name_of_a_launch(&head.run) {
                let (run, first) = launch.get_or_insert_with(|| (head.run.clone(), path.into()));
                if *run != head.run {
                    return Err(Error::config(format!(
                        "{} and {} are of two runs; merge the logs of one at a time",
                        first.display(),
                        path.display()
                    )));
                }
            }
            let input = Input {
                path: path.into(),
                bytes: head.bytes,
            };
            if let Some(other) = inputs.ranks.insert(head.rank, input) {
                return Err(Error::config(format!(
                    "{} and {} are both of rank {}; merge the logs of one run at a time",
                    other.path.display(),
                    path.display(),
                    head.rank
                )));
            }
            inputs.size = inputs.size.max(head.size);
            if lowest.is_none_or(|lowest| head.rank < lowest) {
                lowest = Some(head.rank);
                inputs.run = head.run;
            }
        }
        match (inputs.ranks.is_empty(), first_error) {
            (true, Some(error)) => Err(error),
            (true, None) => Err(Error::not_found(format!(
                "{}: there are no rank logs to merge into it",
                output.display()
            ))),
            (false, _) => Ok(inputs),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.ranks.values().map(|input| input.bytes).sum()
    }

    /// The ranks of the run that are not among `present`, which ascend.
    pub(super) fn missing(&self, present: &[u32]) -> Vec<u32> {
        (0..self.size)
            .filter(|rank| present.binary_search(rank).is_err())
            .collect()
    }

    /// The progress after the first `ranks` ranks.
    pub(super) fn progress(&self, ranks: usize) -> MergeProgress {
        MergeProgress {
            ranks,
            of_ranks: self.ranks.len(),
            bytes: self.ranks.values().take(ranks).map(|input| input.bytes).sum(),
            of_bytes: self.bytes(),
        }
    }
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// What a log says before its first interval.
#[derive(Debug)]
pub(super) struct LogHead {
    pub(super) rank: u32,
    size: u32,
    pub(super) run: String,
    pub(super) bytes: u64,
}

impl LogHead {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mut log = LogReader::open(path)?;
        let bytes = log.length();
        let mut facts = Metadata::new();
        // The facts come first; the log of a process that was killed while it wrote them has no intervals.
        while let Some(Block::Run(more)) = log
            .next()
            .map_err(|error| Error::io(path, "cannot read the rank log", error))?
        {
            facts.extend(more);
        }
        let number = |key: &str| match facts.get(key) {
            Some(Value::Int(n)) => Some(*n),
            _ => None,
        };
        let rank = number("rank")
            .and_then(|rank| u32::try_from(rank).ok())
            .or_else(|| run_directory::rank_of_log(path));
        let size = number("size").filter(|size| (0..=MAX_SIZE).contains(size));
        Ok(Self {
            rank: rank
                .ok_or_else(|| Error::format(path, "the rank log ends before it says which rank it is of"))?,
            size: size.and_then(|size| u32::try_from(size).ok()).unwrap_or(0),
            run: match facts.get("run") {
                Some(Value::Text(run)) => run.clone(),
                _ => run_directory::run_of_log(path).unwrap_or_default().into(),
            },
            bytes,
        })
    }
}
