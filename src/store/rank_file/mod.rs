//! Converts one rank's log to HDF5: ticks become nanoseconds, events are sorted into their regions.
//!
//! The log is read twice for that: once from its end, to verify it and to learn what is in it, and once for the events,
//! unless they are few and were kept.
//! These go straight into the HDF5 file if they are in order of start already, as those of a region are that was never
//! entered twice at a time. All others are collected in batches of bounded size, split by region and sorted; if there
//! is more than one batch, each goes to a scratch file, and the regions are merged from there. So memory does not
//! grow with the log. The next log is read from its end on another thread meanwhile.

mod ahead;
mod counters;
mod fields;
mod scan;
mod summary;
#[cfg(test)]
mod tests;
mod times;
mod write;

use super::clock_sync::ClockCorrection;
use super::rank_log::{Counts, OpenCalls, Stretches};
use super::span_notes::SpanNotes;
use crate::clock::{ClockMeasurement, Timeline};
use crate::error::Error;
use crate::profile::{Metadata, Value};
use crate::span_numbers::SpanNumbers;
pub(crate) use ahead::LogsAhead;
use counters::FoundCounters;
use fields::{FoundFields, LogFields};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is in a log, apart from events.
#[derive(Debug, Default)]
pub(crate) struct LogContents {
    pub(crate) path: PathBuf,
    pub(crate) run: Metadata,
    pub(crate) regions: BTreeMap<u32, RegionEntry>,
    threads: BTreeMap<u32, (i64, String)>,
    stretches: Stretches,
    /// By thread.
    calls: FxHashMap<u32, CallsOfThread>,
    spans: SpanNotes,
    /// Before the events have been read, and afterwards.
    found_fields: FoundFields,
    fields: LogFields,
    span_numbers: SpanNumbers,
    counters: FoundCounters,
    timeline: Timeline,
    clock: ClockCorrection,
    measurements: Vec<ClockMeasurement>,
    pub(crate) intervals: u64,
    /// Whether recording ended normally.
    pub(crate) complete: bool,
    /// Bytes at the end that are not a whole block.
    pub(crate) lost_bytes: u64,
    /// The number of calls that the recording side counted.
    recorded: Option<Value>,
    /// The number of numbers that no interval has.
    lost_numbers: Option<Value>,
    /// The number of samples that the recording side counted.
    recorded_samples: Option<Value>,
}

#[derive(Debug, Default)]
pub(crate) struct RegionEntry {
    pub(crate) name: Option<String>,
    source: Option<(String, u32)>,
    intervals: u64,
    counts: Counts,
    open: OpenCalls,
    /// Intervals that end before they start; their length becomes 0.
    clamped: u64,
    /// Whether two intervals overlap, or start together.
    overlaps: bool,
    /// Whether there are intervals of threads other than 0.
    has_threads: bool,
    /// Whether there are intervals of spans.
    has_spans: bool,
}

/// The intervals of a thread.
#[derive(Clone, Copy, Debug, Default)]
struct CallsOfThread {
    number: u64,
    /// When the last one ends, ticks.
    last_end: u64,
}

/// Why a log was not converted.
#[derive(Debug)]
pub(crate) enum LogFailure {
    /// It cannot be read. Other logs may be readable.
    Log(Error),
    /// The output cannot be written.
    Output(Error),
}

impl LogContents {
    pub(crate) fn dropped(&self) -> u64 {
        let dropped = self.regions.values().map(|region| region.counts.dropped);
        dropped.fold(0, u64::saturating_add)
    }

    pub(crate) fn open(&self) -> u64 {
        self.regions.values().map(|region| region.open.number()).sum()
    }
}

fn cannot_read(path: &Path, error: std::io::Error) -> Error {
    Error::io(path, "cannot read the rank log", error)
}
