//! One rank's log: an append-only file of checksummed blocks.
//!
//! ```text
//! file   = magic[8] version:u32 reserved:u32 block*
//! block  = kind:u32 length:u32 crc32:u32 payload[length]     crc over kind, length and payload
//! ```
//!
//! All numbers are little-endian; a text is a u32 length and UTF-8. A log that is cut off anywhere
//! or damaged is valid up to its last whole block. Blocks of unknown kinds are skipped. The payloads
//! are listed in `docs/format.md`.

mod medium;
mod open_calls;
mod reader;
mod samples;
mod span_numbers;
#[cfg(feature = "hdf5")]
mod stretch_reader;
#[cfg(feature = "hdf5")]
mod stretches;
mod writer;

#[cfg(test)]
pub(crate) use medium::Medium;
pub(crate) use open_calls::OpenCalls;
pub(crate) use reader::{Ending, LogReader, begins_as_log, is_log};
#[cfg(feature = "hdf5")]
pub(crate) use stretch_reader::{OtherThread, StretchReader};
#[cfg(feature = "hdf5")]
pub(crate) use stretches::{EventsIn, Outlined, Stretches, Verify, whole_bytes};
pub(crate) use writer::LogWriter;

pub(crate) use crate::store::names::{ENDED_BY, SUSPENDED};

use crate::clock::{Anchor, ClockMeasurement};
use crate::event::Event;
use crate::note::{SampleNote, SpanNote, SpanNumber};
use crate::profile::{Metadata, Number};

const MAGIC: [u8; 8] = *b"SCOPELOG";
/// The version that this crate writes; it reads this and all before it.
const VERSION: u32 = 2;
/// In earlier versions the bytes of the span's serial number had another meaning.
const FIRST_WITH_SERIALS: u32 = 2;
const HEADER_BYTES: u64 = 16;
const BLOCK_HEADER_BYTES: usize = 12;
/// The largest block: a larger length is damage.
const MAX_PAYLOAD: usize = 1 << 20;
/// The most events in one block.
pub(crate) const MAX_EVENTS: usize = 1 << 15;

/// The most events in one block that is written without an allocation.
pub(crate) const TAIL_EVENTS: usize = 1 << 12;
/// Room for any block that is written without an allocation: its events, or a region's name and file.
const TAIL_BUFFER_BYTES: usize = 3 << 16;

/// What was counted of a region beside its intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Calls that were only counted.
    pub(crate) counted: u64,
    /// Calls whose interval was dropped.
    pub(crate) dropped: u64,
    /// Calls whose time was only summed up, because the region was throttled.
    pub(crate) throttled: u64,
    /// Their time, ticks.
    pub(crate) throttled_ticks: u64,
    /// Spans created.
    pub(crate) spans: u64,
}

impl Counts {
    /// Calls that left no interval.
    pub(crate) fn calls(&self) -> u64 {
        self.counted + self.dropped + self.throttled
    }
}

/// A number of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NumberAt {
    /// The place of the interval among those of its block.
    pub(crate) at: u32,
    pub(crate) field: u32,
    pub(crate) number: Number,
}

/// Marks the field or the counter of a floating-point number.
const FLOAT: u32 = 1 << 31;

/// The contents of a block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    /// Facts about the run; later ones win.
    Run(Metadata),
    /// The name of a region number, with its call site where that is known.
    Name {
        region: u32,
        name: String,
        file: String,
        line: u32,
    },
    /// A thread.
    Thread {
        thread: u32,
        native_id: i64,
        name: String,
    },
    /// The name of a field number, with its unit; empty where that is not known.
    Field { field: u32, name: String, unit: String },
    /// Finished intervals of one thread, in the order in which they ended, and their numbers, in the order of their
    /// intervals.
    Events {
        thread: u32,
        events: Vec<Event>,
        numbers: Vec<NumberAt>,
    },
    /// What a thread noted of spans.
    Spans { thread: u32, notes: Vec<SpanNote> },
    /// A moment on both clocks.
    Anchor(Anchor),
    /// The name of a counter's number, with its unit; empty where that is not known.
    Counter {
        counter: u32,
        name: String,
        unit: String,
    },
    /// Values of counters that a thread gave, in the order in which it did.
    Samples { thread: u32, samples: Vec<SampleNote> },
    /// Samples of a counter that are in no block; the last block of a counter wins.
    LostSamples { counter: u32, samples: u64 },
    /// Numbers of spans that were recorded while their span was not open. Of two of a field that turn out to be of one
    /// interval the last counts.
    SpanNumbers(Vec<SpanNumber>),
    /// The same, of which the writer does not know the intervals yet. They take the place of those of such blocks
    /// before, or add to the last one.
    Waiting { instead: bool, numbers: Vec<SpanNumber> },
    /// Calls of a region that left no interval, and its spans; the last block of a region wins.
    Counts { region: u32, counts: Counts },
    /// A call that was open when recording ended.
    Open {
        thread: u32,
        region: u32,
        start: u64,
        /// The serial number of its span, 0 for a guard.
        serial: u32,
    },
    /// The end mark: recording was finalized, or the process exited normally.
    End,
    /// The difference between this rank's clock and rank 0's at one moment.
    Clock(ClockMeasurement),
}

mod kind {
    pub(super) const RUN: u32 = 1;
    pub(super) const NAME: u32 = 2;
    pub(super) const THREAD: u32 = 3;
    pub(super) const EVENTS: u32 = 4;
    pub(super) const ANCHOR: u32 = 5;
    pub(super) const COUNTS: u32 = 6;
    pub(super) const OPEN: u32 = 7;
    pub(super) const END: u32 = 8;
    pub(super) const CLOCK: u32 = 9;
    pub(super) const SPANS: u32 = 10;
    pub(super) const FIELD: u32 = 11;
    /// The numbers of the intervals of the next block.
    pub(super) const NUMBERS: u32 = 12;
    pub(super) const COUNTER: u32 = 13;
    pub(super) const SAMPLES: u32 = 14;
    pub(super) const LOST_SAMPLES: u32 = 15;
    /// Numbers of the last interval of their span, in logs of before.
    pub(super) const LATE: u32 = 16;
    pub(super) const WAITING_LATE: u32 = 17;
    pub(super) const SPAN_NUMBERS: u32 = 18;
    pub(super) const WAITING: u32 = 19;

    /// Whether blocks of this kind are read.
    #[cfg(feature = "hdf5")]
    pub(super) fn is_known(kind: u32) -> bool {
        (RUN..=WAITING).contains(&kind)
    }
}

fn checksum(header: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests;
