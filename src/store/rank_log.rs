//! One rank's log: an append-only file of checksummed blocks.
//!
//! ```text
//! file   = magic[8] version:u32 reserved:u32 block*
//! block  = kind:u32 length:u32 crc32:u32 payload[length]     crc over kind, length and payload
//! ```
//!
//! All numbers are little-endian, texts are a u32 length and UTF-8. A log that is cut off anywhere,
//! or damaged, is good up to its last whole block. Blocks of unknown kinds are skipped. The payloads
//! are listed in `docs/format.md`.

use super::codec::{Decoder, Encoder};
use crate::clock::Anchor;
use crate::error::{Error, Result};
use crate::profile::{Metadata, Value};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

const MAGIC: [u8; 8] = *b"SCOPELOG";
/// The version that this crate writes; it reads this and all before it.
const VERSION: u32 = 1;
const HEADER_BYTES: u64 = 16;
const BLOCK_HEADER_BYTES: usize = 12;
/// No block is larger: a length beyond it is damage.
const MAX_PAYLOAD: usize = 1 << 20;
const EVENT_BYTES: usize = 24;
/// Events in one block, at the most.
pub(crate) const MAX_EVENTS: usize = 1 << 15;

/// An interval in ticks, as the log stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogEvent {
    pub(crate) region: u32,
    pub(crate) depth: u32,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// What a block says.
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
    /// Finished intervals of one thread, in the order in which they ended.
    Events { thread: u32, events: Vec<LogEvent> },
    /// A moment on both clocks.
    Anchor(Anchor),
    /// Calls of a region that left no interval; the last block of a region wins.
    Counters { region: u32, counted: u64, dropped: u64 },
    /// A call that was open when recording ended.
    Open { thread: u32, region: u32, start: u64 },
    /// Recording ended here, in an orderly way.
    End,
}

mod kind {
    pub(super) const RUN: u32 = 1;
    pub(super) const NAME: u32 = 2;
    pub(super) const THREAD: u32 = 3;
    pub(super) const EVENTS: u32 = 4;
    pub(super) const ANCHOR: u32 = 5;
    pub(super) const COUNTERS: u32 = 6;
    pub(super) const OPEN: u32 = 7;
    pub(super) const END: u32 = 8;
}

/// Appends blocks to a new log.
#[derive(Debug)]
pub(crate) struct LogWriter {
    file: File,
    path: PathBuf,
    /// Up to here every block is whole.
    good: u64,
    buffer: Encoder,
}

impl LogWriter {
    /// Starts a log under a name that does not exist yet.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().append(true).create_new(true).open(path)?;
        let mut header = Vec::from(MAGIC);
        header.extend(VERSION.to_le_bytes());
        header.extend(0u32.to_le_bytes());
        file.write_all(&header)?;
        Ok(Self {
            file,
            path: path.into(),
            good: HEADER_BYTES,
            buffer: Encoder::default(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn run(&mut self, facts: &Metadata) -> io::Result<()> {
        for (key, value) in facts {
            self.block(kind::RUN, |out| {
                out.text(key);
                match value {
                    Value::Text(text) => out.u8(0).text(text),
                    Value::Int(n) => out.u8(1).i64(*n),
                    Value::Float(x) => out.u8(2).u64(x.to_bits()),
                    Value::List(texts) => texts.iter().fold(out.u8(3), |out, text| out.text(text)),
                };
            })?;
        }
        Ok(())
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

    pub(crate) fn events(
        &mut self,
        thread: u32,
        events: impl ExactSizeIterator<Item = LogEvent>,
    ) -> io::Result<()> {
        debug_assert!(events.len() <= MAX_EVENTS);
        self.block(kind::EVENTS, |out| {
            out.u32(thread);
            for event in events {
                out.u32(event.region)
                    .u32(event.depth)
                    .u64(event.start)
                    .u64(event.end);
            }
        })
    }

    pub(crate) fn anchor(&mut self, anchor: Anchor) -> io::Result<()> {
        self.block(kind::ANCHOR, |out| {
            out.u64(anchor.tick).i64(anchor.ns);
        })
    }

    pub(crate) fn counters(&mut self, region: u32, counted: u64, dropped: u64) -> io::Result<()> {
        self.block(kind::COUNTERS, |out| {
            out.u32(region).u64(counted).u64(dropped);
        })
    }

    pub(crate) fn open(&mut self, thread: u32, region: u32, start: u64) -> io::Result<()> {
        self.block(kind::OPEN, |out| {
            out.u32(thread).u32(region).u64(start);
        })
    }

    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.block(kind::END, |_| ())
    }

    /// Appends one block with one write. When that fails what was written of it is cut off again,
    /// so that later blocks can follow once there is room.
    fn block(&mut self, kind: u32, payload: impl FnOnce(&mut Encoder)) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.u32(kind).u32(0).u32(0);
        payload(&mut self.buffer);
        let bytes = self.buffer.bytes_mut();
        let length = u32::try_from(bytes.len() - BLOCK_HEADER_BYTES)
            .ok()
            .filter(|&length| length as usize <= MAX_PAYLOAD)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a log block is too large"))?;
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        let crc = checksum(&bytes[..8], &bytes[BLOCK_HEADER_BYTES..]);
        bytes[8..12].copy_from_slice(&crc.to_le_bytes());
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.good += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.file.set_len(self.good).ok();
                Err(error)
            }
        }
    }
}

fn checksum(header: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(payload);
    hasher.finalize()
}

/// Reads a log block by block and trusts no length in it.
#[derive(Debug)]
pub(crate) struct LogReader<R = BufReader<File>> {
    input: R,
    position: u64,
    length: u64,
    payload: Vec<u8>,
}

impl LogReader {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::io(path, "cannot open the rank log", error))?;
        let length = file
            .metadata()
            .map_err(|error| Error::io(path, "cannot read the rank log", error))?
            .len();
        Self::new(BufReader::with_capacity(1 << 16, file), length, path)
    }
}

impl<R: Read> LogReader<R> {
    fn new(mut input: R, length: u64, path: &Path) -> Result<Self> {
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
            position: HEADER_BYTES,
            length,
            payload: Vec::new(),
        })
    }

    /// Bytes from here to the end of the file: what is lost when [`next`](Self::next) gives none.
    pub(crate) fn remaining(&self) -> u64 {
        self.length.saturating_sub(self.position)
    }

    /// The next whole block; none at the end, or where the rest is cut off or damaged.
    pub(crate) fn next(&mut self) -> io::Result<Option<Block>> {
        loop {
            let mut header = [0; BLOCK_HEADER_BYTES];
            if !self.fill(&mut header)? {
                return Ok(None);
            }
            let word =
                |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
            let (kind, length, crc) = (word(0), word(4) as usize, word(8));
            if length > MAX_PAYLOAD {
                return Ok(None);
            }
            let mut payload = std::mem::take(&mut self.payload);
            payload.resize(length, 0);
            let whole = self.fill(&mut payload)? && checksum(&header[..8], &payload) == crc;
            let block = if whole {
                decode(kind, &payload)
            } else {
                Decoded::Damaged
            };
            self.payload = payload;
            match block {
                Decoded::Damaged => return Ok(None),
                Decoded::Unknown => self.position += (BLOCK_HEADER_BYTES + length) as u64,
                Decoded::Block(block) => {
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
    Unknown,
    Damaged,
}

fn decode(kind: u32, payload: &[u8]) -> Decoded {
    let mut input = Decoder::new(payload);
    let block = match kind {
        kind::RUN => decode_run(&mut input),
        kind::NAME => decode_name(&mut input),
        kind::THREAD => decode_thread(&mut input),
        kind::EVENTS => decode_events(&mut input),
        kind::ANCHOR => input
            .u64()
            .zip(input.i64())
            .map(|(tick, ns)| Block::Anchor(Anchor { tick, ns })),
        kind::COUNTERS => decode_counters(&mut input),
        kind::OPEN => decode_open(&mut input),
        kind::END => Some(Block::End),
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

fn decode_events(input: &mut Decoder<'_>) -> Option<Block> {
    let thread = input.u32()?;
    let mut events = Vec::with_capacity(input.len() / EVENT_BYTES);
    while !input.is_empty() {
        events.push(LogEvent {
            region: input.u32()?,
            depth: input.u32()?,
            start: input.u64()?,
            end: input.u64()?,
        });
    }
    Some(Block::Events { thread, events })
}

fn decode_counters(input: &mut Decoder<'_>) -> Option<Block> {
    Some(Block::Counters {
        region: input.u32()?,
        counted: input.u64()?,
        dropped: input.u64()?,
    })
}

fn decode_open(input: &mut Decoder<'_>) -> Option<Block> {
    Some(Block::Open {
        thread: input.u32()?,
        region: input.u32()?,
        start: input.u64()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn sample() -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = LogWriter::create(&path).unwrap();
        log.run(&Metadata::from([
            ("a".into(), Value::Text("x\ny".into())),
            ("b".into(), Value::List(vec!["1".into(), String::new()])),
            ("c".into(), Value::Float(0.5)),
        ]))
        .unwrap();
        log.anchor(Anchor { tick: 7, ns: -3 }).unwrap();
        log.thread(4, 99, "worker").unwrap();
        log.name(2, "solve", Some(("a.rs", 12))).unwrap();
        log.events(
            4,
            (0..3u32).map(|n| LogEvent {
                region: 2,
                depth: 0,
                start: n.into(),
                end: u64::from(n) + 5,
            }),
        )
        .unwrap();
        log.counters(2, 3, 1).unwrap();
        log.open(4, 2, 77).unwrap();
        log.end().unwrap();
        std::fs::read(path).unwrap()
    }

    fn blocks(bytes: &[u8]) -> Vec<Block> {
        let mut reader = LogReader::new(Cursor::new(bytes), bytes.len() as u64, Path::new("log")).unwrap();
        let mut blocks = Vec::new();
        while let Some(block) = reader.next().unwrap() {
            blocks.push(block);
        }
        blocks
    }

    #[test]
    fn every_kind_of_block_comes_back_as_it_was_written() {
        let blocks = blocks(&sample());
        assert_eq!(blocks.len(), 10);
        assert_eq!(
            blocks[1],
            Block::Run(Metadata::from([(
                "b".into(),
                Value::List(vec!["1".into(), String::new()])
            )]))
        );
        assert_eq!(blocks[3], Block::Anchor(Anchor { tick: 7, ns: -3 }));
        assert_eq!(
            blocks[4],
            Block::Thread {
                thread: 4,
                native_id: 99,
                name: "worker".into()
            }
        );
        assert_eq!(
            blocks[5],
            Block::Name {
                region: 2,
                name: "solve".into(),
                file: "a.rs".into(),
                line: 12
            }
        );
        let Block::Events { thread: 4, events } = &blocks[6] else {
            panic!("{:?}", blocks[6])
        };
        assert_eq!(
            events[2],
            LogEvent {
                region: 2,
                depth: 0,
                start: 2,
                end: 7
            }
        );
        assert_eq!(blocks[9], Block::End);
    }

    #[test]
    fn a_log_cut_off_anywhere_is_good_up_to_its_last_whole_block() {
        let bytes = sample();
        let whole = blocks(&bytes);
        let mut most = 0;
        for length in HEADER_BYTES as usize..bytes.len() {
            let read = blocks(&bytes[..length]);
            assert_eq!(read, whole[..read.len()], "cut at {length}");
            assert!(read.len() >= most && read.len() < whole.len());
            most = read.len();
        }
    }

    #[test]
    fn no_flipped_bit_is_taken_for_data() {
        let bytes = sample();
        let whole = blocks(&bytes);
        for at in HEADER_BYTES as usize..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            let read = blocks(&damaged);
            assert_eq!(read, whole[..read.len()], "byte {at}");
            assert!(read.len() < whole.len(), "byte {at}");
        }
    }

    #[test]
    fn a_block_of_an_unknown_kind_is_skipped() {
        let mut bytes = sample();
        let whole = blocks(&bytes);
        let payload = b"from the future";
        let mut block = Vec::new();
        block.extend(99u32.to_le_bytes());
        block.extend((payload.len() as u32).to_le_bytes());
        let crc = checksum(&block, payload);
        block.extend(crc.to_le_bytes());
        block.extend(payload);
        bytes.splice(HEADER_BYTES as usize..HEADER_BYTES as usize, block);
        assert_eq!(blocks(&bytes), whole);
    }

    #[test]
    fn other_files_and_newer_versions_are_refused_by_name() {
        let refuse = |bytes: &[u8]| {
            LogReader::new(Cursor::new(bytes), bytes.len() as u64, Path::new("some.log"))
                .unwrap_err()
                .to_string()
        };
        assert!(refuse(b"").contains("some.log: not a rank log"));
        assert!(refuse(b"\x89HDF\r\n\x1a\n........").contains("not a rank log"));
        let mut newer = sample();
        newer[8] = 9;
        assert!(refuse(&newer).contains("version 9"));
    }
}
