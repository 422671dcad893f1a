//! Converts one rank's log to HDF5: ticks become nanoseconds, events are sorted into their regions.
//!
//! The log is read twice for that: once to learn what is in it, once for the events. These go straight into the HDF5
//! file if they are in order of start already, as those of a region are that was never entered twice at a time.
//! All others are collected in batches of bounded size, split by region and sorted; if there is more than one
//! batch, each goes to a scratch file, and the regions are merged from there. So memory does not grow with the
//! log. On other threads it is read once more, from its end, for its summary, and the next log is looked at.

mod ahead;
mod fields;
mod summary;
#[cfg(test)]
mod tests;
mod write;

use super::clock_sync::ClockCorrection;
use super::names;
use super::rank_log::{Block, Counts, LogReader, OpenCalls};
use super::span_notes::SpanNotes;
use crate::clock::{Anchor, ClockMeasurement, Timeline};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::places::Places;
use crate::profile::{Metadata, Value};
pub(crate) use ahead::LogsAhead;
use fields::{FoundFields, LogFields};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use summary::EventBlocks;

/// The most clock comparisons that are kept; a run has two.
const MAX_MEASUREMENTS: usize = 64;

/// What is in a log, apart from events.
#[derive(Debug, Default)]
pub(crate) struct LogContents {
    pub(crate) path: PathBuf,
    pub(crate) run: Metadata,
    pub(crate) regions: BTreeMap<u32, RegionEntry>,
    threads: BTreeMap<u32, (i64, String)>,
    blocks: EventBlocks,
    spans: SpanNotes,
    fields: LogFields,
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
    /// Start and end of the last interval, ticks.
    last_start: u64,
    last_end: u64,
    /// Whether two intervals overlap, or start together.
    overlaps: bool,
    /// Whether there are intervals of threads other than 0.
    has_threads: bool,
    /// Whether there are intervals of spans.
    has_spans: bool,
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
    /// Reads a log through.
    pub(crate) fn scan(path: &Path) -> Result<Self> {
        let mut log = LogReader::open(path)?;
        let mut contents = Self {
            path: path.into(),
            ..Self::default()
        };
        let mut anchors: Vec<Anchor> = Vec::new();
        let mut regions = Regions::default();
        let mut fields = FoundFields::default();
        while let Some(block) = log.next().map_err(|error| cannot_read(path, error))? {
            match block {
                Block::Run(facts) => contents.run.extend(facts),
                Block::Name {
                    region,
                    name,
                    file,
                    line,
                } => {
                    let entry = regions.of(region);
                    entry.name = Some(name);
                    entry.source = (!file.is_empty()).then_some((file, line));
                }
                Block::Thread {
                    thread,
                    native_id,
                    name,
                } => {
                    contents.threads.insert(thread, (native_id, name));
                }
                Block::Field { field, name, unit } => fields.name(field, &name, &unit),
                Block::Events {
                    thread,
                    events,
                    numbers,
                } => {
                    contents.threads.entry(thread).or_insert((-1, String::new()));
                    contents.intervals += events.len() as u64;
                    let last_end = events.last().map_or(0, |event| event.end);
                    contents
                        .blocks
                        .add(thread, log.position(), events.len(), last_end);
                    for event in &events {
                        regions.of(event.region).count(thread, event);
                    }
                    fields.count(&events, &numbers);
                }
                Block::Spans { thread, notes } => {
                    notes
                        .into_iter()
                        .for_each(|note| contents.spans.add(thread, note));
                }
                Block::Anchor(anchor) => anchors.push(anchor),
                Block::Counters { region, counts } => regions.of(region).counts = counts,
                Block::Open {
                    thread,
                    region,
                    start,
                    serial,
                } => regions.of(region).open.add(thread, start, serial),
                Block::End => contents.complete = true,
                Block::Clock(measured) if contents.measurements.len() < MAX_MEASUREMENTS => {
                    contents.measurements.push(measured);
                }
                Block::Clock(_) => {}
            }
        }
        contents.regions = regions.in_order();
        contents.fields = LogFields::new(fields);
        contents.recorded = contents.run.remove(names::RECORDED);
        contents.lost_numbers = contents.run.remove(names::LOST_NUMBERS);
        contents.lost_bytes = log.remaining();
        contents.timeline = Timeline::new(anchors);
        let (first, last) = contents.timeline.ends_ns();
        contents.clock = ClockCorrection::new(&contents.measurements, first, last);
        Ok(contents)
    }

    pub(crate) fn dropped(&self) -> u64 {
        let dropped = self.regions.values().map(|region| region.counts.dropped);
        dropped.fold(0, u64::saturating_add)
    }

    pub(crate) fn open(&self) -> u64 {
        self.regions.values().map(|region| region.open.number()).sum()
    }
}

/// The regions of a log while it is read, which are looked up for each event.
#[derive(Default)]
struct Regions {
    places: Places,
    entries: Vec<RegionEntry>,
}

impl Regions {
    #[inline]
    fn of(&mut self, region: u32) -> &mut RegionEntry {
        let place = self.places.of(region);
        if place == self.entries.len() {
            self.entries.push(RegionEntry::default());
        }
        &mut self.entries[place]
    }

    fn in_order(self) -> BTreeMap<u32, RegionEntry> {
        self.places.seen().iter().copied().zip(self.entries).collect()
    }
}

impl RegionEntry {
    /// Takes note of an interval of a thread.
    #[inline]
    fn count(&mut self, thread: u32, event: &Event) {
        self.has_threads |= thread != 0;
        self.has_spans |= event.serial != 0;
        self.clamped += u64::from(event.end < event.start);
        // Two that start together, both without a length, could be in either order.
        self.overlaps |= event.start < self.last_end;
        self.overlaps |= self.intervals > 0 && event.start == self.last_start;
        self.last_start = event.start;
        self.last_end = event.end.max(event.start);
        self.intervals += 1;
    }
}

fn cannot_read(path: &Path, error: std::io::Error) -> Error {
    Error::io(path, "cannot read the rank log", error)
}
