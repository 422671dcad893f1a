//! The calls of a few blocks, as they were read last.

use crate::error::Result;
use crate::profile::{Block, Intervals, Source};

/// Neighbouring pixels share the blocks at their edges, and what reaches into them is often in the same ones.
const KEPT: usize = 8;

/// Reads blocks of a row, and keeps the last few.
pub(super) struct Loader<'a> {
    source: &'a dyn Source,
    row: usize,
    thread: Option<u32>,
    buffer: Intervals,
    /// The one that was asked for last is the last.
    kept: Vec<Loaded>,
}

/// The calls of a block.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    block: usize,
    pub(super) starts: Vec<i64>,
    pub(super) ends: Vec<i64>,
    /// The index in the row of each.
    pub(super) indices: Vec<u64>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(source: &'a dyn Source, row: usize, thread: Option<u32>) -> Self {
        Self {
            source,
            row,
            thread,
            buffer: Intervals::new(),
            kept: Vec::new(),
        }
    }

    /// The calls of a block, which is number `number`.
    pub(super) fn load(&mut self, number: usize, block: &Block) -> Result<&Loaded> {
        let last = self.kept.len().wrapping_sub(1);
        match self.kept.iter().position(|loaded| loaded.block == number) {
            Some(at) if at == last => {}
            Some(at) => self.kept[at..].rotate_left(1),
            None => self.read(number, block)?,
        }
        Ok(&self.kept[self.kept.len() - 1])
    }

    fn read(&mut self, number: usize, block: &Block) -> Result<()> {
        let calls = block.first_call..block.end_call;
        self.source.read(self.row, calls.clone(), &mut self.buffer)?;
        let mut loaded = if self.kept.len() < KEPT {
            Loaded::default()
        } else {
            self.kept.remove(0)
        };
        loaded.block = number;
        loaded.starts.clear();
        loaded.ends.clear();
        loaded.indices.clear();
        match self.thread {
            None => {
                loaded.starts.extend_from_slice(self.buffer.starts());
                loaded.ends.extend_from_slice(self.buffer.ends());
                loaded.indices.extend(calls);
            }
            Some(thread) => {
                let of_thread = calls.zip(self.buffer.iter());
                for (index, call) in of_thread.filter(|(_, call)| call.thread == thread) {
                    loaded.starts.push(call.start_ns);
                    loaded.ends.push(call.end_ns);
                    loaded.indices.push(index);
                }
            }
        }
        self.kept.push(loaded);
        Ok(())
    }
}

impl Loaded {
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Start, end and index of each call in a range of places.
    pub(super) fn calls(&self, places: std::ops::Range<usize>) -> impl Iterator<Item = (i64, i64, u64)> + '_ {
        let places = places.start.min(self.len())..places.end.min(self.len());
        let times = self.starts[places.clone()].iter().zip(&self.ends[places.clone()]);
        let calls = times.zip(&self.indices[places]);
        calls.map(|((&start, &end), &index)| (start, end, index))
    }
}
