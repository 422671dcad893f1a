//! A row in pieces: whole blocks where they say enough, and calls in between.

use super::pyramid::Pyramid;
use crate::error::Result;
use crate::profile::{Block, CHUNK, Intervals, Source};
use std::ops::Range;

/// A block, and what is around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    pub(crate) block: &'a Block,
    /// The latest end of all calls before it, ns.
    pub(crate) reach_ns: i64,
    /// When the first call after it starts, ns.
    pub(crate) next_start_ns: Option<i64>,
}

/// A piece of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Of this the block says enough.
    Whole { block: Block, reach_ns: i64 },
    /// These calls are to be read; of a thread, calls of others are in between.
    Calls(Range<u64>),
}

impl Pyramid {
    /// Takes what overlaps a window, or everything, apart, in order: into the largest blocks inside of it that are
    /// `enough`, and the calls of all others.
    pub(crate) fn parts(&self, window: Option<&Range<i64>>, enough: &dyn Fn(Around) -> bool) -> Vec<Part> {
        let mut parts = Vec::new();
        if let Some(top) = self.levels().len().checked_sub(1) {
            for at in 0..self.levels()[top].len() {
                self.part(window, enough, (top, at), &mut parts);
            }
        }
        parts
    }

    fn part(
        &self,
        window: Option<&Range<i64>>,
        enough: &dyn Fn(Around) -> bool,
        (level, at): (usize, usize),
        parts: &mut Vec<Part>,
    ) {
        let block = &self.levels()[level][at];
        // A call without length is in the window that begins there, and not in that which ends there.
        let is_outside =
            |window: &&Range<i64>| block.last_end_ns < window.start || block.first_start_ns >= window.end;
        if window.as_ref().is_some_and(is_outside) {
            return;
        }
        let leaves = self.leaves(level, at);
        let is_inside = window
            .is_none_or(|window| block.first_start_ns >= window.start && block.last_end_ns < window.end);
        let reach_ns = self.before(leaves.start).reach_ns;
        let around = Around {
            block,
            reach_ns,
            next_start_ns: self.blocks().get(leaves.end).map(|next| next.first_start_ns),
        };
        if is_inside && enough(around) {
            parts.push(Part::Whole {
                block: *block,
                reach_ns,
            });
        } else if level > 0 {
            self.below(level, at)
                .for_each(|at| self.part(window, enough, (level - 1, at), parts));
        } else if let Some(Part::Calls(calls)) = parts.last_mut().filter(
            |last| matches!(last, Part::Calls(calls) if leaves.start > 0 && calls.end == self.blocks()[leaves.start - 1].end_call),
        ) {
            calls.end = block.end_call;
        } else {
            parts.push(Part::Calls(block.first_call..block.end_call));
        }
    }

    /// Reads calls of the row, which are those of [`thread`](Self::thread) where there is one, and calls `each` with
    /// start and end.
    pub(crate) fn each_call(
        &self,
        source: &dyn Source,
        row: usize,
        calls: Range<u64>,
        buffer: &mut Intervals,
        mut each: impl FnMut(i64, i64),
    ) -> Result<()> {
        for from in calls.clone().step_by(CHUNK as usize) {
            source.read(row, from..calls.end.min(from + CHUNK), buffer)?;
            let intervals = buffer.iter();
            let wanted = intervals.filter(|call| self.thread().is_none_or(|thread| thread == call.thread));
            wanted.for_each(|call| each(call.start_ns, call.end_ns));
        }
        Ok(())
    }
}
