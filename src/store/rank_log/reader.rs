//! Reading a log.

use super::super::codec::Decoder;
use super::samples::{decode_counter, decode_lost, decode_samples};
use super::span_numbers::{self, When};
use super::{
    BLOCK_HEADER_BYTES, Block, Counts, FIRST_WITH_SERIALS, FLOAT, HEADER_BYTES, MAGIC, MAX_PAYLOAD, NumberAt,
    VERSION, checksum, kind,
};
use crate::clock::{Anchor, ClockMeasurement};
use crate::error::{Error, Result};
use crate::event::{EVENT_BYTES, Event};
use crate::note::{Noted, SpanNote};
use crate::profile::{Metadata, Number, Value};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// What is read at once. Long blocks are read without a copy beyond it.
const AHEAD_BYTES: usize = 1 << 13;

/// Reads a log block by block, and trusts no length in it.
#[derive(Debug)]
pub(crate) struct LogReader<R = BufReader<File>> {
    pub(super) input: R,
    pub(super) has_serials: bool,
    pub(super) position: u64,
    length: u64,
    /// Blocks from here on are left.
    pub(super) until: u64,
    payload: Vec<u8>,
    /// The numbers of the intervals of the next block, and their thread.
    pub(super) numbers: Option<(u32, Vec<NumberAt>)>,
    ending: Ending,
}

/// Why there are no more blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Every byte was read.
    Clean,
    /// The file ends inside a block, for example because its writer was killed.
    CutOff,
    /// A block is damaged.
    Damaged,
}

/// Whether a file begins like a rank log.
pub(crate) fn is_log(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && begins_as_log(&start)
}

/// Whether these are the first bytes of a rank log.
pub(crate) fn begins_as_log(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

impl LogReader {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, AHEAD_BYTES)
    }

    /// As [`open`](Self::open), with another number of bytes that are read at once beside long blocks.
    pub(super) fn open_with(path: &Path, ahead: usize) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::io(path, "cannot open the rank log", error))?;
        let length = file
            .metadata()
            .map_err(|error| Error::io(path, "cannot read the rank log", error))?
            .len();
        Self::new(BufReader::with_capacity(ahead, file), length, path)
    }

    /// Continues with the block that begins here.
    #[cfg(feature = "hdf5")]
    pub(crate) fn go_to(&mut self, position: u64) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(position))?;
        self.position = position;
        self.numbers = None;
        Ok(())
    }

    /// Continues after the last whole block: the log may have grown since [`next`](Self::next) gave none.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(self.position))?;
        self.length = self.input.get_ref().metadata()?.len();
        self.ending = Ending::Clean;
        Ok(())
    }
}

impl<R: Read> LogReader<R> {
    pub(crate) fn new(mut input: R, length: u64, path: &Path) -> Result<Self> {
        let mut header = [0; HEADER_BYTES as usize];
        match input.read_exact(&mut header) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(Error::format(
                    path,
                    "not a rank log: it is shorter than a log's header",
                ));
            }
            Err(error) => return Err(Error::io(path, "cannot read the rank log", error)),
        }
        if header[..8] != MAGIC {
            return Err(Error::format(path, "not a rank log: it does not start as one"));
        }
        let version = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
        if version == 0 || version > VERSION {
            return Err(Error::format(
                path,
                format!(
                    "a rank log of version {version}; this program reads versions up to {VERSION}, a newer one may read it"
                ),
            ));
        }
        Ok(Self {
            input,
            has_serials: version >= FIRST_WITH_SERIALS,
            position: HEADER_BYTES,
            length,
            until: u64::MAX,
            payload: Vec::new(),
            numbers: None,
            ending: Ending::Clean,
        })
    }

    /// The length of the log when it was opened.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes from here to the end of the file: these are lost when [`next`](Self::next) gives none.
    pub(crate) fn remaining(&self) -> u64 {
        self.length.saturating_sub(self.position)
    }

    /// Where the next block begins.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Why [`next`](Self::next) gave none.
    pub(crate) fn ending(&self) -> Ending {
        self.ending
    }

    /// The next whole block; none at the end, and where the rest is cut off or damaged.
    pub(crate) fn next(&mut self) -> io::Result<Option<Block>> {
        loop {
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            match self.contents(&header)? {
                Some(Decoded::Block(block)) => return Ok(Some(block)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// What is said of the next block before its contents; none at the end, and where there is no block.
    pub(super) fn header(&mut self) -> io::Result<Option<Header>> {
        let mut bytes = [0; BLOCK_HEADER_BYTES];
        if self.position >= self.until {
            return Ok(None);
        }
        if !self.fill(&mut bytes)? {
            if self.remaining() > 0 {
                self.ending = Ending::CutOff;
            }
            return Ok(None);
        }
        let header = Header::of(&bytes);
        if header.is_none() {
            self.ending = Ending::Damaged;
        }
        Ok(header)
    }

    /// What is in the block with this header; none where it is cut off or damaged.
    pub(super) fn contents(&mut self, header: &Header) -> io::Result<Option<Decoded>> {
        let mut payload = std::mem::take(&mut self.payload);
        payload.resize(header.length, 0);
        let whole = self.fill(&mut payload)?;
        let decoded = if whole && header.is_of(&payload) {
            decode(header.kind, &payload, self.has_serials)
        } else {
            None
        };
        self.payload = payload;
        let Some(mut decoded) = decoded else {
            self.ending = if whole { Ending::Damaged } else { Ending::CutOff };
            return Ok(None);
        };
        self.position += header.block_bytes();
        match &mut decoded {
            Decoded::Numbers(thread, numbers) => self.numbers = Some((*thread, std::mem::take(numbers))),
            Decoded::Block(block) => {
                let of_next = self.numbers.take();
                if let (
                    Block::Events {
                        thread,
                        events,
                        numbers,
                    },
                    Some((of, found)),
                ) = (block, of_next)
                {
                    *numbers = found;
                    numbers.retain(|number| of == *thread && (number.at as usize) < events.len());
                }
            }
            Decoded::Unknown => {}
        }
        Ok(Some(decoded))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<bool> {
        match self.input.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// What comes before the contents of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) kind: u32,
    /// Bytes of the contents.
    pub(super) length: usize,
    checksum: u32,
}

impl Header {
    /// None where a block cannot be so long.
    pub(super) fn of(bytes: &[u8; BLOCK_HEADER_BYTES]) -> Option<Self> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let length = word(4) as usize;
        (length <= MAX_PAYLOAD).then_some(Self {
            kind: word(0),
            length,
            checksum: word(8),
        })
    }

    /// Whether it was written with these contents.
    pub(super) fn is_of(&self, payload: &[u8]) -> bool {
        let start = [self.kind.to_le_bytes(), (self.length as u32).to_le_bytes()].concat();
        checksum(&start, payload) == self.checksum
    }

    /// Bytes of the block.
    pub(super) fn block_bytes(&self) -> u64 {
        (BLOCK_HEADER_BYTES + self.length) as u64
    }
}

/// What is in a block.
pub(super) enum Decoded {
    Block(Block),
    /// The numbers of the intervals of the next block, which are kept for it.
    Numbers(u32, Vec<NumberAt>),
    Unknown,
}

/// None where the contents are not those of a block of this kind.
fn decode(kind: u32, payload: &[u8], has_serials: bool) -> Option<Decoded> {
    let mut input = Decoder::new(payload);
    let block = match kind {
        kind::RUN => decode_run(&mut input),
        kind::NAME => decode_name(&mut input),
        kind::THREAD => decode_thread(&mut input),
        kind::EVENTS => decode_events(&mut input, has_serials),
        kind::ANCHOR => input
            .u64()
            .zip(input.i64())
            .map(|(tick, ns)| Block::Anchor(Anchor { tick, ns })),
        kind::COUNTS => decode_counts(&mut input),
        kind::OPEN => decode_open(&mut input),
        kind::END => Some(Block::End),
        kind::CLOCK => decode_clock(&mut input),
        kind::SPANS => decode_spans(&mut input),
        kind::FIELD => decode_field(&mut input),
        kind::COUNTER => decode_counter(&mut input),
        kind::SAMPLES => decode_samples(&mut input),
        kind::LOST_SAMPLES => decode_lost(&mut input),
        kind::LATE => span_numbers::decode(&mut input, When::Last),
        kind::WAITING_LATE => span_numbers::decode_waiting(&mut input, When::Last),
        kind::SPAN_NUMBERS => span_numbers::decode(&mut input, When::Stored),
        kind::WAITING => span_numbers::decode_waiting(&mut input, When::Stored),
        kind::NUMBERS => {
            return decode_numbers(&mut input).map(|(thread, numbers)| Decoded::Numbers(thread, numbers));
        }
        _ => return Some(Decoded::Unknown),
    };
    block.map(Decoded::Block)
}

fn decode_run(input: &mut Decoder<'_>) -> Option<Block> {
    let key = input.text()?;
    let value = match input.u8()? {
        0 => Value::Text(input.text()?),
        1 => Value::Int(input.i64()?),
        2 => Value::Float(f64::from_bits(input.u64()?)),
        3 => {
            let mut texts = Vec::new();
            while !input.is_empty() {
                texts.push(input.text()?);
            }
            Value::List(texts)
        }
        _ => return None,
    };
    Some(Block::Run(Metadata::from([(key, value)])))
}

fn decode_name(input: &mut Decoder<'_>) -> Option<Block> {
    Some(Block::Name {
        region: input.u32()?,
        name: input.text()?,
        file: input.text()?,
        line: input.u32()?,
    })
}

fn decode_thread(input: &mut Decoder<'_>) -> Option<Block> {
    Some(Block::Thread {
        thread: input.u32()?,
        native_id: input.i64()?,
        name: input.text()?,
    })
}

fn decode_events(input: &mut Decoder<'_>, has_serials: bool) -> Option<Block> {
    let thread = input.u32()?;
    let bytes = input.rest();
    if bytes.len() % EVENT_BYTES != 0 {
        return None;
    }
    let mut events: Vec<Event> = Event::each_of(bytes).collect();
    if !has_serials {
        events.iter_mut().for_each(|event| event.serial = 0);
    }
    Some(Block::Events {
        thread,
        events,
        numbers: Vec::new(),
    })
}

fn decode_field(input: &mut Decoder<'_>) -> Option<Block> {
    Some(Block::Field {
        field: input.u32()?,
        name: input.text()?,
        unit: input.text()?,
    })
}

pub(super) fn decode_numbers(input: &mut Decoder<'_>) -> Option<(u32, Vec<NumberAt>)> {
    let thread = input.u32()?;
    let mut numbers = Vec::new();
    while !input.is_empty() {
        let (at, field, bits) = (input.u32()?, input.u32()?, input.u64()?);
        let number = if field & FLOAT == 0 {
            Number::Int(bits as i64)
        } else {
            Number::Float(f64::from_bits(bits))
        };
        numbers.push(NumberAt {
            at,
            field: field & !FLOAT,
            number,
        });
    }
    // They are written in this order; where they are not, the log is of somebody else.
    numbers
        .is_sorted_by_key(|number| number.at)
        .then_some((thread, numbers))
}

fn decode_spans(input: &mut Decoder<'_>) -> Option<Block> {
    let thread = input.u32()?;
    let mut notes = Vec::new();
    while !input.is_empty() {
        let (kind, serial, value) = (input.u32()?, input.u32()?, input.u64()?);
        // A later version may note more.
        let what = Noted::decode(kind, value);
        notes.extend(what.map(|what| SpanNote { serial, what }));
    }
    Some(Block::Spans { thread, notes })
}

fn decode_counts(input: &mut Decoder<'_>) -> Option<Block> {
    let region = input.u32()?;
    let counts = Counts {
        counted: input.u64()?,
        dropped: input.u64()?,
        throttled: input.u64()?,
        throttled_ticks: input.u64()?,
        spans: input.u64()?,
    };
    Some(Block::Counts { region, counts })
}

fn decode_clock(input: &mut Decoder<'_>) -> Option<Block> {
    Some(Block::Clock(ClockMeasurement {
        at: input.i64()?,
        offset: input.i64()?,
        bound: input.u64()?,
        hops: input.u32()?,
    }))
}

fn decode_open(input: &mut Decoder<'_>) -> Option<Block> {
    Some(Block::Open {
        thread: input.u32()?,
        region: input.u32()?,
        start: input.u64()?,
        // Earlier logs do not have it.
        serial: input.u32().unwrap_or(0),
    })
}
