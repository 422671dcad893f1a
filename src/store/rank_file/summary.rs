//! Summarizes a rank, beside the conversion of its intervals: the log is read from its end, where calls come before
//! those inside them.

use super::LogContents;
use crate::analysis::summarize::{Backward, ThreadCalls};
use crate::event::EVENT_BYTES;
use crate::profile::StoredSummary;
use crate::store::schema::summary;
use rustc_hash::FxHashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Blocks whose place is kept. A log of more, which are very small then, gets no summary.
const MOST_BLOCKS: usize = 1 << 20;

/// Where the events of a log are.
#[derive(Debug, Default)]
pub(super) struct EventBlocks {
    blocks: Vec<EventBlock>,
    threads: FxHashMap<u32, ThreadEvents>,
    too_many: bool,
}

#[derive(Clone, Copy, Debug)]
struct EventBlock {
    /// Where the events end.
    end: u64,
    events: u32,
    thread: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct ThreadEvents {
    events: u64,
    last_end: u64,
}

impl EventBlocks {
    /// Takes note of a block whose last byte is before `end`.
    pub(super) fn add(&mut self, thread: u32, end: u64, events: usize, last_end: u64) {
        let of = self.threads.entry(thread).or_default();
        of.events += events as u64;
        of.last_end = of.last_end.max(last_end);
        if self.blocks.len() == MOST_BLOCKS {
            self.too_many = true;
            self.blocks = Vec::new();
        }
        if !self.too_many {
            self.blocks.push(EventBlock {
                end,
                events: events as u32,
                thread,
            });
        }
    }
}

impl LogContents {
    /// Whether the rank gets a summary, if its calls nest.
    pub(super) fn may_be_summarized(&self) -> bool {
        !self.blocks.too_many && summary::may_fit(self.regions.len(), self.intervals)
    }

    /// The summary; none where calls do not nest, the log can no longer be read as it was, or it would be too large.
    /// `order` has the regions in the order of their groups' names.
    pub(super) fn summarize(&self, order: &[u32]) -> Option<StoredSummary> {
        let mut summary = self.read_backward(order).ok().flatten()?;
        summary::fit(&mut summary).then_some(summary)
    }

    fn read_backward(&self, order: &[u32]) -> io::Result<Option<StoredSummary>> {
        let mut timeline = self.timeline.converter();
        let mut ns = |tick| self.clock.apply(timeline.ns(tick));
        let threads: Vec<ThreadCalls> = (self.blocks.threads.iter())
            .map(|(&thread, of)| ThreadCalls {
                thread,
                calls: of.events,
                last_end: ns(of.last_end),
            })
            .collect();
        let rows = Rows::new(order);
        let calls = order.iter().map(|region| self.regions[region].intervals);
        let mut summary = Backward::new(calls, threads);
        let mut log = File::open(&self.path)?;
        let mut bytes = Vec::new();
        for block in self.blocks.blocks.iter().rev() {
            bytes.resize(block.events as usize * EVENT_BYTES, 0);
            log.seek(SeekFrom::Start(block.end.saturating_sub(bytes.len() as u64)))?;
            log.read_exact(&mut bytes)?;
            let mut is_known = true;
            let calls = bytes.chunks_exact(EVENT_BYTES).rev().map_while(|event| {
                let (region, start, end) = times(event);
                let row = rows.of(region);
                is_known &= row.is_some();
                let start = ns(start);
                Some((row?, start, ns(end).max(start)))
            });
            summary.calls(block.thread, calls);
            if !is_known || !summary.nests() {
                return Ok(None);
            }
        }
        Ok(summary.finish())
    }
}

/// Region, start and end of an event as the log has it.
#[inline]
fn times(event: &[u8]) -> (u32, u64, u64) {
    let event: &[u8; EVENT_BYTES] = event.try_into().unwrap_or(&[0; EVENT_BYTES]);
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| event[at + byte]));
    (word(0) as u32, word(8), word(16))
}

/// The row of each region. Regions have small consecutive numbers, except in damaged logs.
struct Rows {
    small: Vec<u32>,
    large: FxHashMap<u32, usize>,
}

impl Rows {
    const NONE: u32 = u32::MAX;

    fn new(order: &[u32]) -> Self {
        let most = 2 * order.len() + 64;
        let mut rows = Self {
            small: vec![Self::NONE; most],
            large: FxHashMap::default(),
        };
        for (row, &region) in order.iter().enumerate() {
            match rows.small.get_mut(region as usize) {
                Some(small) => *small = row as u32,
                None => drop(rows.large.insert(region, row)),
            }
        }
        rows
    }

    #[inline]
    fn of(&self, region: u32) -> Option<usize> {
        match self.small.get(region as usize) {
            Some(&row) => (row != Self::NONE).then_some(row as usize),
            None => self.large.get(&region).copied(),
        }
    }
}
