//! Where a log's intervals are, so that they can be read forwards, backwards and again.
//!
//! An [outline](LogReader::outline) passes over the intervals, which are nearly all of a log: they are neither read nor
//! verified. What it passes over goes into stretches of whole blocks, each long enough to be read at once.

use super::super::codec::Decoder;
use super::reader::{Decoded, Header, LogReader, decode_numbers};
use super::{BLOCK_HEADER_BYTES, Block, NumberAt, kind};
use crate::error::{Error, Result};
use crate::event::{EVENT_BYTES, Event};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

/// A stretch ends after the block of intervals that makes it as long as this, with room to spare in a core's cache.
const STRETCH_BYTES: u64 = if cfg!(test) { 1 << 8 } else { 1 << 18 };
/// Not longer than this, whatever is between the blocks.
const MOST_BYTES: u64 = 1 << 22;

/// What is read at once between blocks of intervals: the end of one, and what is said of the next.
pub(super) const BETWEEN_BYTES: usize = 1 << 8;

/// Bytes of the number of a thread before its intervals, and of the end of an interval.
const THREAD_BYTES: usize = 4;
const END_BYTES: usize = 8;

/// What an [outline](LogReader::outline) finds.
#[derive(Debug)]
pub(crate) enum Outlined {
    /// A block, also of intervals where they have numbers.
    Block(Block),
    /// Some intervals of a thread.
    Events {
        thread: u32,
        number: u64,
        /// When the last of them ends, ticks.
        last_end: u64,
    },
    /// A block that belongs to the next one, or of an unknown kind.
    Other,
}

impl LogReader {
    /// As [`open`](Self::open), to go through the [outline](Self::outline) up to a position.
    pub(crate) fn open_outline(path: &Path, until: u64) -> Result<Self> {
        let mut log = Self::open_with(path, BETWEEN_BYTES)?;
        log.until = until;
        Ok(log)
    }

    /// The next block, but of intervals only how many there are; none at the end, and where the rest is cut off or
    /// damaged.
    pub(crate) fn outline(&mut self) -> io::Result<Option<Outlined>> {
        let Some(header) = self.header()? else {
            return Ok(None);
        };
        match self.number_of_events(&header) {
            Some(number) if number > 0 && self.remaining() >= header.block_bytes() => {
                let mut thread = [0; THREAD_BYTES];
                let mut last_end = [0; END_BYTES];
                let between = header.length - THREAD_BYTES - END_BYTES;
                self.input.read_exact(&mut thread)?;
                self.input.seek_relative(between as i64)?;
                self.input.read_exact(&mut last_end)?;
                self.position += header.block_bytes();
                Ok(Some(Outlined::Events {
                    thread: u32::from_le_bytes(thread),
                    number,
                    last_end: u64::from_le_bytes(last_end),
                }))
            }
            _ => Ok(self.contents(&header)?.map(|decoded| match decoded {
                Decoded::Block(block) => Outlined::Block(block),
                Decoded::Numbers(..) | Decoded::Unknown => Outlined::Other,
            })),
        }
    }

    /// Of a block of intervals without numbers, how many they are.
    fn number_of_events(&self, header: &Header) -> Option<u64> {
        let bytes = header.length.checked_sub(THREAD_BYTES)?;
        let is_of_events = header.kind == kind::EVENTS && bytes % EVENT_BYTES == 0;
        (is_of_events && self.numbers.is_none()).then_some((bytes / EVENT_BYTES) as u64)
    }
}

/// Whole blocks that follow one another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    start: u64,
    bytes: u64,
}

/// The stretches of a log.
#[derive(Debug, Default)]
pub(crate) struct Stretches {
    all: Vec<Stretch>,
    /// Where the last one begins, while it grows.
    open: Option<u64>,
}

impl Stretches {
    /// Takes the next block, which is from `start` to `end`.
    pub(crate) fn add(&mut self, start: u64, end: u64, what: &Outlined) {
        let is_of_events = matches!(
            what,
            Outlined::Events { .. } | Outlined::Block(Block::Events { .. })
        );
        // What comes right before intervals may be their numbers.
        if self.open.is_none() && !is_of_events && !matches!(what, Outlined::Other) {
            return;
        }
        let from = *self.open.get_or_insert(start);
        if (is_of_events && end - from >= STRETCH_BYTES) || end - from >= MOST_BYTES {
            self.close(end);
        }
    }

    /// Ends the last one here.
    pub(crate) fn close(&mut self, end: u64) {
        if let Some(start) = self.open.take() {
            let bytes = end - start;
            self.all.push(Stretch { start, bytes });
        }
    }

    /// All of them, in the order of the log.
    pub(crate) fn all(&self) -> &[Stretch] {
        &self.all
    }
}

/// A stretch that was read.
#[derive(Debug, Default)]
pub(super) struct InMemory {
    bytes: Vec<u8>,
    blocks: Vec<EventsAt>,
}

/// A block of intervals in a stretch.
#[derive(Clone, Debug)]
struct EventsAt {
    thread: u32,
    events: Range<usize>,
    numbers: Option<Range<usize>>,
}

/// Intervals of a thread in a stretch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventsIn<'a> {
    pub(crate) thread: u32,
    bytes: &'a [u8],
    numbers: Option<&'a [u8]>,
    /// Ones where serial numbers are what they are.
    serials: u32,
}

/// Whether what is read for the first time is as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verify {
    Yes,
    /// It was verified before.
    No,
}

impl InMemory {
    /// Reads a stretch in the place of the last one. Gives whether there are whole blocks, and as they were written.
    pub(super) fn read(&mut self, mut file: &File, stretch: Stretch, verify: Verify) -> io::Result<bool> {
        self.blocks.clear();
        self.bytes.resize(stretch.bytes as usize, 0);
        file.seek(SeekFrom::Start(stretch.start))?;
        file.read_exact(&mut self.bytes)?;
        let mut numbers = None;
        let mut at = 0;
        while at < self.bytes.len() {
            let header = self.bytes[at..].first_chunk::<BLOCK_HEADER_BYTES>();
            let Some(header) = header.and_then(Header::of) else {
                return Ok(false);
            };
            let payload = at + BLOCK_HEADER_BYTES..at + BLOCK_HEADER_BYTES + header.length;
            at = payload.end;
            let Some(bytes) = self.bytes.get(payload.clone()) else {
                return Ok(false);
            };
            match header.kind {
                kind::EVENTS => {
                    let Some((thread, events)) = bytes.split_first_chunk::<THREAD_BYTES>() else {
                        return Ok(false);
                    };
                    if events.len() % EVENT_BYTES != 0 || (verify == Verify::Yes && !header.is_of(bytes)) {
                        return Ok(false);
                    }
                    self.blocks.push(EventsAt {
                        thread: u32::from_le_bytes(*thread),
                        events: payload.start + THREAD_BYTES..payload.end,
                        numbers: numbers.take(),
                    });
                }
                kind::NUMBERS => numbers = Some(payload),
                kind if kind::is_known(kind) => numbers = None,
                _ => {}
            }
        }
        Ok(true)
    }

    /// Its intervals, block by block.
    pub(super) fn blocks(&self, has_serials: bool) -> impl DoubleEndedIterator<Item = EventsIn<'_>> {
        self.blocks.iter().map(move |block| EventsIn {
            thread: block.thread,
            bytes: &self.bytes[block.events.clone()],
            numbers: block.numbers.clone().map(|numbers| &self.bytes[numbers]),
            serials: if has_serials { u32::MAX } else { 0 },
        })
    }
}

impl<'a> EventsIn<'a> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() / EVENT_BYTES
    }

    /// The intervals in the order in which they ended.
    #[inline]
    pub(crate) fn events(&self) -> impl DoubleEndedIterator<Item = Event> + ExactSizeIterator + use<'a> {
        let serials = self.serials;
        Event::each_of(self.bytes).map(move |event| Event {
            serial: event.serial & serials,
            ..event
        })
    }

    /// Their numbers, in the order of their intervals.
    pub(crate) fn numbers(&self) -> Vec<NumberAt> {
        let decode = |bytes| decode_numbers(&mut Decoder::new(bytes));
        let Some((thread, mut numbers)) = self.numbers.and_then(decode) else {
            return Vec::new();
        };
        let len = self.len();
        numbers.retain(|number| thread == self.thread && (number.at as usize) < len);
        numbers
    }
}

/// Where the last whole block of a log ends: all of it is read and verified.
pub(crate) fn whole_bytes(path: &Path) -> Result<u64> {
    let mut log = LogReader::open(path)?;
    let cannot_read = |error| Error::io(path, "cannot read the rank log", error);
    while log.next().map_err(cannot_read)?.is_some() {}
    Ok(log.position())
}
