//! The text of a document, unpacked where it is compressed.

use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// The first bytes of what gzip has packed.
pub(super) const GZIP: &[u8] = &[0x1f, 0x8b];

/// Documents of real runs are unpacked to six to twenty times their length.
const MAX_RATIO: u64 = 64;
/// Up to this many bytes the ratio says nothing.
const ALWAYS_READ: u64 = 4 << 20;

/// Opens a document of `len` bytes.
pub(super) fn open(path: &Path, len: u64, packed: bool) -> io::Result<BufReader<Box<dyn Read>>> {
    let file = File::open(path)?;
    let text: Box<dyn Read> = if packed {
        Box::new(Bounded::new(
            MultiGzDecoder::new(BufReader::new(file)),
            len.saturating_mul(MAX_RATIO).max(ALWAYS_READ),
        ))
    } else {
        Box::new(file)
    };
    Ok(BufReader::with_capacity(1 << 16, text))
}

/// What is unpacked up to a limit: a small file must not fill the memory.
struct Bounded<R> {
    inner: R,
    limit: u64,
    left: u64,
}

impl<R> Bounded<R> {
    fn new(inner: R, limit: u64) -> Self {
        Self {
            inner,
            limit,
            left: limit,
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!(
                        "more than {} bytes come out of it, which no profile of this length does; if it is one, \
                         unpack it with gunzip first",
                        self.limit
                    ),
                ));
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unpacked_is_bounded() {
        let mut text = String::new();
        let within = Bounded::new(io::repeat(b' ').take(9), 9).read_to_string(&mut text);
        assert_eq!(within.unwrap(), 9);
        let beyond = Bounded::new(io::repeat(b' '), 9).read_to_string(&mut text);
        assert_eq!(beyond.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
