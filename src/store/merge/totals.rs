//! The sums over all ranks of a merged file, and its root attributes.

use super::super::hdf5::NewFile;
use super::super::rank_file::{LogContents, LogFailure};
use super::super::rank_log::ENDED_BY;
use super::super::{SCHEMA_VERSION, names};
use super::inputs::{Inputs, UnreadableLog};
use super::{MergeMode, Merged};
use crate::error::{Error, Result};
use crate::profile::{Metadata, Value};
use crate::units::ranges;
use std::path::Path;

/// The counts of one rank, or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) regions: u64,
    pub(super) intervals: u64,
    pub(super) dropped: u64,
    pub(super) open: u64,
}

impl Totals {
    fn add(&mut self, other: Self) {
        self.regions = self.regions.saturating_add(other.regions);
        self.intervals = self.intervals.saturating_add(other.intervals);
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.open = self.open.saturating_add(other.open);
    }
}

/// What is known of a rank that is in a file.
#[derive(Clone, Debug)]
pub(super) struct RankSummary {
    pub(super) totals: Totals,
    /// Whether the log has its end mark.
    pub(super) complete: bool,
    pub(super) run: Metadata,
}

impl From<&LogContents> for RankSummary {
    fn from(log: &LogContents) -> Self {
        Self {
            totals: Totals {
                regions: log.regions.len() as u64,
                intervals: log.intervals,
                dropped: log.dropped(),
                open: log.open(),
            },
            complete: log.complete,
            run: log.run.clone(),
        }
    }
}

/// Ranks of the run that a file lacks, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Lacking {
    /// Ranks of which there is nothing.
    wholly: Vec<u32>,
    /// Ranks of which only a part is in the file.
    partly: Vec<u32>,
}

/// The ranks that are in a file so far.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    merged: Merged,
    pub(super) ranks: Vec<(u32, Totals)>,
    totals: Totals,
    lacking: Lacking,
    /// Facts about the run, from the lowest rank.
    run: Option<Metadata>,
    first_error: Option<Error>,
}

impl Gathered {
    pub(super) fn new(mode: MergeMode) -> Self {
        let merged = Merged {
            mode,
            ..Merged::default()
        };
        Self {
            merged,
            ..Self::default()
        }
    }

    /// Adds the result for a rank; ranks come in ascending order. A log that cannot be read is listed;
    /// only a file that cannot be written is an error.
    pub(super) fn add(
        &mut self,
        rank: u32,
        log: &Path,
        outcome: Result<RankSummary, LogFailure>,
    ) -> Result<bool> {
        match outcome {
            Ok(summary) => {
                self.merged.ranks.push(rank);
                self.ranks.push((rank, summary.totals));
                self.totals.add(summary.totals);
                if !summary.complete {
                    self.merged.incomplete.push(log.into());
                    self.lacking.partly.push(rank);
                }
                self.run.get_or_insert(summary.run);
                Ok(true)
            }
            Err(LogFailure::Log(error)) => {
                self.merged.unreadable.push(UnreadableLog::new(log, &error));
                self.first_error.get_or_insert(error);
                Ok(false)
            }
            Err(LogFailure::Output(error)) => Err(error),
        }
    }

    /// Writes the root attributes of the file, after all ranks have been added.
    pub(super) fn finish(&mut self, inputs: Inputs, file: &NewFile) -> Result<()> {
        if let (None, Some(error)) = (&self.run, self.first_error.take()) {
            return Err(error);
        }
        let merged = &mut self.merged;
        merged.missing = inputs.missing(&merged.ranks);
        merged.unreadable.splice(0..0, inputs.unreadable);
        merged.intervals = self.totals.intervals;
        merged.dropped = self.totals.dropped;
        merged.open = self.totals.open;
        let run = self.run.take().unwrap_or_default();
        self.lacking.wholly.clone_from(&merged.missing);
        write_attributes(file, run, self.totals, &self.lacking)
    }

    pub(super) fn into_merged(self) -> Merged {
        self.merged
    }
}

/// Writes the facts about a run and the counts of its ranks.
pub(super) fn write_attributes(
    file: &NewFile,
    run: Metadata,
    totals: Totals,
    lacking: &Lacking,
) -> Result<()> {
    let mut facts = run;
    // These are facts of one rank.
    facts.remove("rank");
    facts.remove(names::CLOCK_ID);
    if facts.get("size").is_some_and(|size| *size != Value::Int(1)) {
        facts.remove(ENDED_BY);
    }
    facts.insert(names::SCHEMA.into(), Value::Int(SCHEMA_VERSION));
    for (key, n) in [
        (names::WRITTEN_INTERVALS, totals.intervals),
        (names::DROPPED_INTERVALS, totals.dropped),
        (names::OPEN_CALLS, totals.open),
    ] {
        facts.insert(key.into(), int(n));
    }
    for (key, ranks) in [
        (names::MISSING_RANKS, &lacking.wholly),
        (names::INCOMPLETE_RANKS, &lacking.partly),
    ] {
        if !ranks.is_empty() {
            facts.insert(key.into(), Value::Text(ranges(ranks)));
        }
    }
    facts
        .iter()
        .try_for_each(|(key, value)| file.attribute(key, value))
}

pub(super) fn int(n: u64) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}
