//! Summarizes a rank, beside the conversion of its intervals: the log is read from its end, where calls come before
//! those inside them.

use super::LogContents;
use crate::analysis::summarize::{Backward, ThreadCalls, TimedCall};
use crate::event::{EVENT_BYTES, Event};
use crate::places::Places;
use crate::profile::StoredSummary;
use crate::store::schema::summary;
use crate::store::tick_times::TickTimes;
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
    /// The summary; none where calls do not nest, the log can no longer be read as it was, or it would be too large.
    pub(super) fn summarize(&self) -> Option<StoredSummary> {
        if self.blocks.too_many || !summary::may_fit(self.regions.len(), self.intervals) {
            return None;
        }
        let mut summary = self.read_backward(&self.order()).ok().flatten()?;
        summary::fit(&mut summary).then_some(summary)
    }

    /// `order` has the regions in the order of the summary's rows.
    fn read_backward(&self, order: &[u32]) -> io::Result<Option<StoredSummary>> {
        let mut clock = TickTimes::new(&self.timeline, &self.clock);
        let threads: Vec<ThreadCalls> = (self.blocks.threads.iter())
            .map(|(&thread, of)| ThreadCalls {
                thread,
                calls: of.events,
                last_end: clock.ns(of.last_end),
            })
            .collect();
        let mut rows: Places = order.iter().copied().collect();
        let calls = order.iter().map(|region| self.regions[region].intervals);
        let mut summary = Backward::new(calls, threads);
        let mut log = File::open(&self.path)?;
        let mut bytes = Vec::new();
        let mut calls = Vec::new();
        for block in self.blocks.blocks.iter().rev() {
            bytes.resize(block.events as usize * EVENT_BYTES, 0);
            log.seek(SeekFrom::Start(block.end.saturating_sub(bytes.len() as u64)))?;
            log.read_exact(&mut bytes)?;
            calls.clear();
            calls.extend(Event::each_of(&bytes).map(|event| {
                let start = clock.ns(event.start);
                TimedCall {
                    row: rows.of(event.region) as u32,
                    start,
                    end: clock.ns(event.end).max(start),
                }
            }));
            if rows.seen().len() > order.len() {
                return Ok(None);
            }
            summary.calls(block.thread, &calls);
            if !summary.nests() {
                return Ok(None);
            }
        }
        Ok(summary.finish())
    }
}
