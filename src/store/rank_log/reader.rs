//! Reading a log.

use super::super::codec::Decoder;
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
    input: R,
    has_serials: bool,
    position: u64,
    length: u64,
    payload: Vec<u8>,
    /// The numbers of the intervals of the next block, and their thread.
    numbers: Option<(u32, Vec<NumberAt>)>,
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
        let file = File::open(path).map_err(|error| Error::io(path, "cannot open the rank log", error))?;
        let length = file
            .metadata()
            .map_err(|error| Error::io(path, "cannot read the rank log", error))?
            .len();
        Self::new(BufReader::with_capacity(AHEAD_BYTES, file), length, path)
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
            let mut header = [0; BLOCK_HEADER_BYTES];
            if !self.fill(&mut header)? {
                if self.remaining() > 0 {
                    self.ending = Ending::CutOff;
                }
                return Ok(None);
            }
            let word =
                |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
            let (kind, length, crc) = (word(0), word(4) as usize, word(8));
            if length > MAX_PAYLOAD {
                self.ending = Ending::Damaged;
                return Ok(None);
            }
            let mut payload = std::mem::take(&mut self.payload);
            payload.resize(length, 0);
            let whole = self.fill(&mut payload)?;
            let block = if whole && checksum(&header[..8], &payload) == crc {
                decode(kind, &payload, self.has_serials)
            } else {
                Decoded::Damaged
            };
            self.payload = payload;
            match block {
                Decoded::Damaged => {
                    self.ending = if whole { Ending::Damaged } else { Ending::CutOff };
                    return Ok(None);
                }
                Decoded::Unknown => self.position += (BLOCK_HEADER_BYTES + length) as u64,
                Decoded::Numbers(thread, numbers) => {
                    self.position += (BLOCK_HEADER_BYTES + length) as u64;
                    self.numbers = Some((thread, numbers));
                }
                Decoded::Block(mut block) => {
                    let of_next = self.numbers.take();
                    if let (
                        Block::Events {
                            thread,
                            events,
                            numbers,
                        },
                        Some((of, found)),
                    ) = (&mut block, of_next)
                    {
                        *numbers = found;
                        numbers.retain(|number| of == *thread && (number.at as usize) < events.len());
                    }
                    self.position += (BLOCK_HEADER_BYTES + length) as u64;
                    return Ok(Some(block));
                }
            }
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<bool> {
        match self.input.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}

enum Decoded {
    Block(Block),
    Numbers(u32, Vec<NumberAt>),
    Unknown,
    Damaged,
}

fn decode(kind: u32, payload: &[u8], has_serials: bool) -> Decoded {
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
        kind::COUNTERS => decode_counters(&mut input),
        kind::OPEN => decode_open(&mut input),
        kind::END => Some(Block::End),
        kind::CLOCK => decode_clock(&mut input),
        kind::SPANS => decode_spans(&mut input),
        kind::FIELD => decode_field(&mut input),
        kind::NUMBERS => {
            return decode_numbers(&mut input).map_or(Decoded::Damaged, |(thread, numbers)| {
                Decoded::Numbers(thread, numbers)
            });
        }
        _ => return Decoded::Unknown,
    };
    block.map_or(Decoded::Damaged, Decoded::Block)
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

fn decode_numbers(input: &mut Decoder<'_>) -> Option<(u32, Vec<NumberAt>)> {
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

fn decode_counters(input: &mut Decoder<'_>) -> Option<Block> {
    let region = input.u32()?;
    let counts = Counts {
        counted: input.u64()?,
        dropped: input.u64()?,
        throttled: input.u64()?,
        throttled_ticks: input.u64()?,
        spans: input.u64()?,
    };
    Some(Block::Counters { region, counts })
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
