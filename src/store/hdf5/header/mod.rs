//! Headers of objects, read without the library.
//!
//! To open a group or a dataset takes the library about ten microseconds, and a profile of many ranks has a hundred
//! thousand of them. What this crate writes has small headers of few kinds, which are read here as the specification
//! says (HDF5 File Format Specification 3.0, IV.A.1.b). Whatever is not as expected is none here: the library reads it,
//! or says what is wrong.

mod checksum;
mod heap;
mod messages;

pub(super) use messages::{Integers, MessageKind, Value};

use messages::Reader;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Bytes that are read at once: headers that were made one after the other are near each other.
const WINDOW: usize = 1 << 16;
/// A header has no more bytes.
const MOST_BYTES: u64 = 1 << 16;
/// And no more pieces.
const MOST_PIECES: usize = 8;

/// The first byte that all headers in an open file are counted from is that of the file.
#[derive(Debug)]
pub(super) struct RawFile {
    file: File,
    len: u64,
    window: Mutex<Window>,
}

/// Some bytes of the file.
#[derive(Debug, Default)]
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

/// The messages of a header.
#[derive(Debug, Default)]
pub(super) struct Header {
    bytes: Vec<u8>,
    messages: Vec<(MessageKind, Range<usize>)>,
}

impl RawFile {
    /// The file at `path`, `len` bytes long, which begins with `head`; none of a kind that is not read here.
    pub(super) fn open(path: &Path, len: u64, head: &[u8]) -> Option<Self> {
        let mut superblock = Reader::new(head.strip_prefix(b"\x89HDF\r\n\x1a\n")?);
        // Numbers of 8 bytes for addresses and lengths, and nothing before the file.
        let is_known = matches!(superblock.bytes(3)?, [2 | 3, 8, 8]);
        superblock.bytes(1)?;
        if !is_known || superblock.number(8)? != 0 || cfg!(target_endian = "big") {
            return None;
        }
        let file = File::open(path).ok()?;
        let is_the_same = file.metadata().is_ok_and(|found| found.len() == len);
        is_the_same.then(|| Self {
            file,
            len,
            window: Mutex::default(),
        })
    }

    /// The length of the file, bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Fills `bytes` from a position on.
    pub(super) fn read_at(&self, position: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, position)
    }

    /// The header of the object at an address.
    pub(super) fn header(&self, address: u64) -> Option<Header> {
        let mut header = Header::default();
        let mut pieces = vec![self.first_piece(address)?];
        let mut read = 0;
        while let Some((place, prefix, has_order)) = pieces.pop() {
            read += 1;
            if read > MOST_PIECES {
                return None;
            }
            self.with(&place, |bytes| header.add(bytes, prefix, has_order, &mut pieces))??;
        }
        Some(header)
    }

    /// Where the first piece of a header is, the bytes before its messages, and whether messages have an order.
    fn first_piece(&self, address: u64) -> Option<(Range<u64>, usize, bool)> {
        // Signature, version, flags, four times, two numbers of attributes, and the length.
        const LONGEST_PREFIX: u64 = 4 + 1 + 1 + 16 + 4 + 8;
        let start = address..address.checked_add(LONGEST_PREFIX)?.min(self.len);
        let (prefix, length, flags) = self.with(&start, |bytes| {
            let mut reader = Reader::new(bytes.strip_prefix(b"OHDR\x02")?);
            let flags = reader.bytes(1)?[0];
            let times = if flags & 0x20 != 0 { 16 } else { 0 };
            let attributes = if flags & 0x10 != 0 { 4 } else { 0 };
            reader.bytes(times + attributes)?;
            let width = 1 << (flags & 3);
            let length = reader.number(width)?;
            Some((6 + times + attributes + width, length, flags))
        })??;
        let end = address.checked_add(prefix as u64)?.checked_add(length)?;
        Some((address..end.checked_add(4)?, prefix, flags & 4 != 0))
    }

    /// What `take` makes of the bytes at a place.
    pub(super) fn with<T>(&self, place: &Range<u64>, take: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let length = place.end.checked_sub(place.start)?;
        if length > MOST_BYTES || place.end > self.len {
            return None;
        }
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let end = window.start + window.bytes.len() as u64;
        if place.start < window.start || place.end > end {
            // Pieces of a header are before and behind it.
            let start = place.start.saturating_sub(WINDOW as u64 / 8);
            let until = (start + WINDOW as u64).max(place.end).min(self.len);
            window.bytes.resize((until - start) as usize, 0);
            window.start = start;
            if self.read_at(start, &mut window.bytes).is_err() {
                window.bytes.clear();
                return None;
            }
        }
        let from = (place.start - window.start) as usize;
        Some(take(&window.bytes[from..from + length as usize]))
    }
}

impl Header {
    /// Takes the messages of a piece, whose last four bytes are its checksum, and notes where others are.
    fn add(
        &mut self,
        piece: &[u8],
        prefix: usize,
        has_order: bool,
        pieces: &mut Vec<(Range<u64>, usize, bool)>,
    ) -> Option<()> {
        let (piece, sum) = piece.split_at_checked(piece.len().checked_sub(4)?)?;
        if checksum::of(piece) != u32::from_le_bytes(sum.try_into().ok()?) {
            return None;
        }
        let offset = self.bytes.len();
        self.bytes.extend_from_slice(piece);
        let mut at = prefix;
        let width = if has_order { 6 } else { 4 };
        // What is left behind the last message is too short for another one.
        while at + width <= piece.len() {
            let mut reader = Reader::new(&piece[at..]);
            let (kind, length) = (reader.number(1)? as u8, reader.number(2)? as usize);
            let flags = reader.bytes(1)?[0];
            let kind = MessageKind::of(kind, flags)?;
            at += width;
            let end = at.checked_add(length).filter(|&end| end <= piece.len())?;
            if kind == MessageKind::Continuation {
                let mut reader = Reader::new(&piece[at..end]);
                let (address, length) = (reader.number(8)?, reader.number(8)?);
                // Its signature is before its messages.
                pieces.push((address..address.checked_add(length)?, 4, has_order));
            }
            self.messages.push((kind, offset + at..offset + end));
            at = end;
        }
        Some(())
    }

    /// The messages of a kind.
    pub(super) fn all(&self, kind: MessageKind) -> impl Iterator<Item = Reader<'_>> {
        let messages = self.messages.iter().filter(move |(other, _)| *other == kind);
        messages.map(|(_, place)| Reader::new(&self.bytes[place.clone()]))
    }

    /// The only message of a kind; none where there are several.
    pub(super) fn only(&self, kind: MessageKind) -> Option<Reader<'_>> {
        let mut all = self.all(kind);
        let first = all.next()?;
        all.next().is_none().then_some(first)
    }

    /// What it says of a dataset; none where that is no column of integers at one place of a file of so many bytes.
    pub(super) fn integers(&self, file_bytes: u64) -> Option<Integers> {
        let (size, signed) = self.only(MessageKind::Datatype)?.integer()?;
        let (len, false) = self.only(MessageKind::Dataspace)?.extent()? else {
            return None;
        };
        let (position, bytes) = self.only(MessageKind::Layout)?.place()?;
        let needed = len.checked_mul(size as u64)?;
        let is_there = needed == 0 || (needed <= bytes && position.checked_add(needed)? <= file_bytes);
        is_there.then_some(Integers {
            position,
            len,
            size,
            signed,
        })
    }
}
