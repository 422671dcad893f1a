//! Appending to a log.

use super::super::codec::Encoder;
use super::medium::{self, Medium};
use super::{
    BLOCK_HEADER_BYTES, Counts, ENDED_BY, FLOAT, HEADER_BYTES, MAGIC, MAX_EVENTS, MAX_PAYLOAD,
    TAIL_BUFFER_BYTES, VERSION, checksum, kind,
};
use crate::clock::{Anchor, ClockMeasurement};
use crate::event::{EVENT_BYTES, Event};
use crate::note::SpanNote;
use crate::profile::{Metadata, Number, Value};
use std::io;
use std::path::{Path, PathBuf};

/// Disk space that intervals leave free, for names, counts and the end of the log.
const END_BYTES: u64 = 256 << 10;
/// How much disk space is reserved at once beyond what is needed.
const RESERVED_AT_ONCE: u64 = 1 << 20;

/// Appends blocks to a new log.
#[derive(Debug)]
pub(crate) struct LogWriter {
    medium: Box<dyn Medium>,
    path: PathBuf,
    /// Every block up to this position is whole.
    good: u64,
    /// Whether part of a block that failed is still after that.
    torn: bool,
    /// Disk space is reserved up to this position.
    reserved: u64,
    buffer: Encoder,
}

impl LogWriter {
    /// Starts a log under a name that does not exist yet.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = medium::create(path)?;
        Self::begin(Box::new(file), path).inspect_err(|_| {
            std::fs::remove_file(path).ok();
        })
    }

    /// Starts a log on an empty medium; messages name it `path`.
    pub(crate) fn begin(mut medium: Box<dyn Medium>, path: &Path) -> io::Result<Self> {
        let mut header = Vec::from(MAGIC);
        header.extend(VERSION.to_le_bytes());
        header.extend(0u32.to_le_bytes());
        medium.write_all(&header)?;
        Ok(Self {
            medium,
            path: path.into(),
            good: HEADER_BYTES,
            torn: false,
            reserved: 0,
            buffer: Encoder::default(),
        })
    }

    /// A second writer of the same log, to take over from the first. It writes blocks of at most
    /// [`TAIL_EVENTS`](super::TAIL_EVENTS) intervals without an allocation.
    pub(crate) fn tail(&self) -> io::Result<Self> {
        Ok(Self {
            medium: self.medium.another()?,
            path: self.path.clone(),
            good: 0,
            torn: false,
            reserved: u64::MAX,
            buffer: Encoder::with_capacity(TAIL_BUFFER_BYTES),
        })
    }

    /// Continues where the first writer has stopped; gives that position.
    pub(crate) fn take_over(&mut self) -> io::Result<u64> {
        self.good = self.medium.length()?;
        Ok(self.good)
    }

    /// Cuts the log off after `length` bytes, and continues there.
    pub(crate) fn go_back_to(&mut self, length: u64) -> io::Result<()> {
        self.medium.cut(length)?;
        self.good = length;
        Ok(())
    }

    /// Every block up to this position is whole.
    pub(crate) fn position(&self) -> u64 {
        self.good
    }

    /// Whether the file has been deleted.
    pub(crate) fn is_removed(&self) -> bool {
        self.medium.is_removed()
    }

    /// Writes a deleted file again, under its old name.
    pub(crate) fn restore(&mut self) -> io::Result<()> {
        self.medium.restore(&self.path)?;
        self.reserved = 0;
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the log another name in its directory, where that is free.
    pub(crate) fn rename(&mut self, path: &Path) -> io::Result<()> {
        // Unlike a rename, a link never replaces a log that is there.
        std::fs::hard_link(&self.path, path)?;
        std::fs::remove_file(&self.path)?;
        self.path = path.into();
        Ok(())
    }

    pub(crate) fn run(&mut self, facts: &Metadata) -> io::Result<()> {
        facts.iter().try_for_each(|(key, value)| self.fact(key, value))
    }

    /// A fact about the run.
    pub(crate) fn fact(&mut self, key: &str, value: &Value) -> io::Result<()> {
        self.block(kind::RUN, |out| {
            out.text(key);
            match value {
                Value::Text(text) => out.u8(0).text(text),
                Value::Int(n) => out.u8(1).i64(*n),
                Value::Float(x) => out.u8(2).u64(x.to_bits()),
                Value::List(texts) => texts.iter().fold(out.u8(3), |out, text| out.text(text)),
            };
        })
    }

    /// The signal that ended recording.
    pub(crate) fn ended_by(&mut self, signal: &str) -> io::Result<()> {
        self.block(kind::RUN, |out| {
            out.text(ENDED_BY).u8(0).text(signal);
        })
    }

    pub(crate) fn name(&mut self, region: u32, name: &str, source: Option<(&str, u32)>) -> io::Result<()> {
        let (file, line) = source.unwrap_or(("", 0));
        self.block(kind::NAME, |out| {
            out.u32(region).text(name).text(file).u32(line);
        })
    }

    pub(crate) fn thread(&mut self, thread: u32, native_id: i64, name: &str) -> io::Result<()> {
        self.block(kind::THREAD, |out| {
            out.u32(thread).i64(native_id).text(name);
        })
    }

    /// The name of a field.
    pub(crate) fn field(&mut self, field: u32, name: &str, unit: &str) -> io::Result<()> {
        self.block(kind::FIELD, |out| {
            out.u32(field).text(name).text(unit);
        })
    }

    /// The intervals among some events, and their numbers, which come before them; gives the number of intervals.
    pub(crate) fn events(&mut self, thread: u32, events: &[Event]) -> io::Result<usize> {
        debug_assert!(events.len() <= MAX_EVENTS);
        let intervals = || events.iter().filter(|event| event.is_interval());
        let number = intervals().count();
        if number == 0 {
            return Ok(0);
        }
        let headers = 2 * (BLOCK_HEADER_BYTES + size_of::<u32>());
        self.make_room((headers + events.len() * EVENT_BYTES) as u64)?;
        self.buffer.clear();
        if number < events.len() {
            self.add_numbers(thread, events)?;
        }
        self.add_block(kind::EVENTS, |out| {
            out.u32(thread);
            for event in intervals() {
                out.u32(event.region)
                    .u32(event.serial)
                    .u64(event.start)
                    .u64(event.end);
            }
        })?;
        self.write_blocks()?;
        Ok(number)
    }

    /// Adds a block of the numbers among some events, if there are any.
    fn add_numbers(&mut self, thread: u32, events: &[Event]) -> io::Result<()> {
        let mut intervals = 0;
        let mut numbers = events.iter().filter_map(|event| {
            intervals += u32::from(event.is_interval());
            Some((intervals, event.number_note()?))
        });
        let Some(first) = numbers.next() else {
            return Ok(());
        };
        self.add_block(kind::NUMBERS, |out| {
            out.u32(thread);
            for (at, note) in std::iter::once(first).chain(numbers) {
                let (mark, bits) = match note.number {
                    Number::Float(x) => (FLOAT, x.to_bits()),
                    Number::Int(n) => (0, n as u64),
                };
                out.u32(at).u32(note.field | mark).u64(bits);
            }
        })
    }

    /// The notes of spans among some events.
    pub(crate) fn notes_among(&mut self, thread: u32, events: &[Event]) -> io::Result<()> {
        debug_assert!(events.len() <= MAX_EVENTS);
        self.notes(thread, events.iter().filter_map(Event::span_note))
    }

    /// At most [`MAX_EVENTS`] notes of spans.
    pub(crate) fn notes(
        &mut self,
        thread: u32,
        notes: impl Iterator<Item = SpanNote> + Clone,
    ) -> io::Result<()> {
        let number = notes.clone().count();
        if number == 0 {
            return Ok(());
        }
        self.make_room((BLOCK_HEADER_BYTES + size_of::<u32>() + number * EVENT_BYTES) as u64)?;
        self.block(kind::SPANS, |out| {
            out.u32(thread);
            for note in notes {
                let (kind, value) = note.what.encode();
                out.u32(kind).u32(note.serial).u64(value);
            }
        })
    }

    pub(crate) fn anchor(&mut self, anchor: Anchor) -> io::Result<()> {
        self.block(kind::ANCHOR, |out| {
            out.u64(anchor.tick).i64(anchor.ns);
        })
    }

    pub(crate) fn clock(&mut self, measured: ClockMeasurement) -> io::Result<()> {
        self.block(kind::CLOCK, |out| {
            out.i64(measured.at)
                .i64(measured.offset)
                .u64(measured.bound)
                .u32(measured.hops);
        })
    }

    pub(crate) fn counts(&mut self, region: u32, counts: Counts) -> io::Result<()> {
        self.block(kind::COUNTS, |out| {
            out.u32(region).u64(counts.counted).u64(counts.dropped);
            out.u64(counts.throttled)
                .u64(counts.throttled_ticks)
                .u64(counts.spans);
        })
    }

    pub(crate) fn open(&mut self, thread: u32, region: u32, start: u64, serial: u32) -> io::Result<()> {
        self.block(kind::OPEN, |out| {
            out.u32(thread).u32(region).u64(start).u32(serial);
        })
    }

    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.block(kind::END, |_| ())?;
        // Frees the reserved disk space.
        self.medium.cut(self.good)
    }

    /// Makes sure that so many bytes can be written and still leave space for the end of the log:
    /// a disk that is full of intervals must still take the counts of those that it did not.
    pub(super) fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        let needed = self.good.saturating_add(bytes + END_BYTES);
        if needed > self.reserved {
            // In steps, as long as the disk is not nearly full.
            let generous = needed + RESERVED_AT_ONCE;
            self.reserved = match self.medium.reserve(generous) {
                Ok(()) => generous,
                Err(_) => self.medium.reserve(needed).map(|()| needed)?,
            };
        }
        Ok(())
    }

    /// Appends one block with one write.
    pub(super) fn block(&mut self, kind: u32, payload: impl FnOnce(&mut Encoder)) -> io::Result<()> {
        self.buffer.clear();
        self.add_block(kind, payload)?;
        self.write_blocks()
    }

    /// Adds a block to those that are written together.
    fn add_block(&mut self, kind: u32, payload: impl FnOnce(&mut Encoder)) -> io::Result<()> {
        let first = self.buffer.bytes_mut().len();
        self.buffer.u32(kind).u32(0).u32(0);
        payload(&mut self.buffer);
        let bytes = &mut self.buffer.bytes_mut()[first..];
        let length = u32::try_from(bytes.len() - BLOCK_HEADER_BYTES)
            .ok()
            .filter(|&length| length as usize <= MAX_PAYLOAD)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a log block is too large"))?;
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        let crc = checksum(&bytes[..8], &bytes[BLOCK_HEADER_BYTES..]);
        bytes[8..12].copy_from_slice(&crc.to_le_bytes());
        Ok(())
    }

    /// Appends what has been collected. If that fails, the part that was written is cut off again, so that later blocks
    /// can follow once there is space.
    fn write_blocks(&mut self) -> io::Result<()> {
        if self.torn {
            self.medium.cut(self.good)?;
            self.torn = false;
        }
        let bytes = self.buffer.bytes_mut();
        match self.medium.write_all(bytes) {
            Ok(()) => {
                self.good += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.torn = self.medium.cut(self.good).is_err();
                Err(error)
            }
        }
    }
}
