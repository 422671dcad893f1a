//! Compression on other threads than the one that reads.

use super::output::Output;
use crate::error::Result;
use crate::workers::Workers;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// The level below takes a third more bytes, the usual one a tenth less and more than twice the time.
const LEVEL: Compression = Compression::new(2);
/// Handed on at once.
const PIECE: usize = 1 << 17;
/// That wait for a thread.
const WAITING: usize = 4;

/// Runs `produce` with a stream that arrives in `to` as gzip.
pub(super) fn gzip(
    to: &mut (dyn Write + Send),
    produce: impl FnOnce(&mut dyn Write) -> Result<()>,
    failed: impl Fn(io::Error) -> crate::error::Error,
) -> Result<()> {
    thread::scope(|scope| {
        let (sender, pieces) = sync_channel::<Vec<u8>>(WAITING);
        let compressing = scope.spawn(move || {
            let mut encoder = GzEncoder::new(to, LEVEL);
            pieces
                .into_iter()
                .try_for_each(|piece| encoder.write_all(&piece))?;
            encoder.finish().map(drop)
        });
        let mut buffer = BufWriter::with_capacity(PIECE, Pipe(sender));
        let produced = produce(&mut buffer).and_then(|()| buffer.flush().map_err(&failed));
        drop(buffer);
        let compressed = compressing
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // What stopped the other thread is the cause of what happened here.
        compressed.map_err(failed)?;
        produced
    })
}

struct Pipe(SyncSender<Vec<u8>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(bytes.to_vec());
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compresses blocks on other threads and gives them back in their order.
pub(super) struct Blocks(Workers<Vec<u8>, Vec<u8>>);

impl Blocks {
    pub(super) fn start() -> Self {
        Self(Workers::start(zlib))
    }

    /// Adds a block; `write` takes the next one that is done.
    pub(super) fn add(
        &mut self,
        block: Vec<u8>,
        out: &mut Output<'_>,
        write: impl FnOnce(&[u8], &mut Output<'_>) -> Result<()>,
    ) -> Result<()> {
        match self.0.add(block) {
            Some(compressed) => write(&compressed, out),
            None => Ok(()),
        }
    }

    /// Waits for all blocks.
    pub(super) fn finish(
        mut self,
        out: &mut Output<'_>,
        mut write: impl FnMut(&[u8], &mut Output<'_>) -> Result<()>,
    ) -> Result<()> {
        while let Some(compressed) = self.0.next() {
            write(&compressed, out)?;
        }
        Ok(())
    }
}

fn zlib(block: Vec<u8>) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(block.len() / 2), LEVEL);
    // A list of bytes takes whatever there is memory for.
    let written = encoder.write_all(&block);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}
