//! Blocks, and blocks over those.

use super::growing::GrowingPyramids;
use super::{Longest, Pixel};
use crate::analysis::pass;
use crate::error::Result;
use crate::profile::{Block, LaneBlocks, RowBars, Source};
use std::collections::BTreeMap;
use std::ops::Range;

/// How many blocks a block of the next level has.
const FAN_OUT: usize = 16;

/// The calls of a row, or of one of its threads, added up over blocks, over blocks of blocks, and so on up to one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pyramid {
    thread: Option<u32>,
    /// From the blocks of calls up; each level has a sixteenth of the blocks of the one below it.
    levels: Vec<Vec<Block>>,
    /// What is before each block of calls, and at last before the end.
    before: Vec<Before>,
}

/// What the calls before a moment, or a block, add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) calls: u64,
    /// For how long any of them is open, ns.
    pub(super) busy_ns: u64,
    /// Their latest end, ns.
    pub(super) reach_ns: i64,
}

impl Before {
    const NOTHING: Self = Self {
        calls: 0,
        busy_ns: 0,
        reach_ns: i64::MIN,
    };

    /// Takes the next call.
    #[inline]
    pub(super) fn add(&mut self, start: i64, end: i64) {
        let end = end.max(start);
        let from = self.reach_ns.max(start);
        self.calls += 1;
        self.busy_ns = self.busy_ns.saturating_add(super::length(from, end));
        self.reach_ns = self.reach_ns.max(end);
    }
}

impl Pyramid {
    /// Over the blocks of a lane.
    pub(crate) fn new(lane: LaneBlocks) -> Self {
        let mut before = Vec::with_capacity(lane.blocks.len() + 1);
        let mut so_far = Before::NOTHING;
        before.push(so_far);
        for block in &lane.blocks {
            so_far.calls = so_far.calls.saturating_add(block.calls);
            so_far.busy_ns = so_far.busy_ns.saturating_add(block.busy_ns);
            so_far.reach_ns = so_far.reach_ns.max(block.last_end_ns);
            before.push(so_far);
        }
        let mut levels = vec![lane.blocks];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let over = |blocks: &[Block]| blocks.iter().copied().fold(Block::EMPTY, Block::with);
            levels.push(below.chunks(FAN_OUT).map(over).collect());
        }
        Self {
            thread: lane.thread,
            levels,
            before,
        }
    }

    /// The thread whose calls these are; none where they are those of all threads.
    #[must_use]
    pub fn thread(&self) -> Option<u32> {
        self.thread
    }

    /// All calls as one block; none of a row without intervals.
    #[must_use]
    pub fn whole(&self) -> Option<Block> {
        self.levels.last().and_then(|top| top.first().copied())
    }

    /// The blocks of each level, from the blocks of calls up to one.
    #[must_use]
    pub fn levels(&self) -> &[Vec<Block>] {
        &self.levels
    }

    pub(super) fn blocks(&self) -> &[Block] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    pub(super) fn before(&self, block: usize) -> Before {
        self.before[block]
    }

    /// How many blocks start before `moment`, where `guess` is likely to be close.
    pub(super) fn blocks_before(&self, moment: i64, guess: usize) -> usize {
        let blocks = self.blocks();
        let is_before = |at: usize| blocks[at].first_start_ns < moment;
        let (mut low, mut high, mut step) = (guess.min(blocks.len()), guess.min(blocks.len()), 1);
        // Gallop from the guess to both sides until the answer is between the two.
        while low > 0 && !is_before(low - 1) {
            (low, high) = (low.saturating_sub(step), low - 1);
            step *= 2;
        }
        while high < blocks.len() && is_before(high) {
            (low, high) = (high + 1, blocks.len().min(high.saturating_add(step)));
            step *= 2;
        }
        low + blocks[low..high].partition_point(|block| block.first_start_ns < moment)
    }

    /// The longest call of these blocks.
    pub(super) fn longest(&self, blocks: Range<usize>) -> Option<Longest> {
        let mut best = None;
        self.each_over(blocks, |level, at| {
            let block = &self.levels[level][at];
            let longest = Longest {
                index: block.longest,
                duration_ns: block.longest_ns,
            };
            best = Longest::better(best, Some(longest));
        });
        best
    }

    /// Calls `each` with the fewest blocks that these blocks of calls are: their level and place.
    pub(super) fn each_over(&self, blocks: Range<usize>, mut each: impl FnMut(usize, usize)) {
        let (mut from, mut to) = (blocks.start, blocks.end);
        for level in 0..self.levels.len() {
            let (above_from, above_to) = (from.div_ceil(FAN_OUT), to / FAN_OUT);
            if above_from >= above_to || level + 1 == self.levels.len() {
                (from..to).for_each(|at| each(level, at));
                return;
            }
            (from..above_from * FAN_OUT).for_each(|at| each(level, at));
            (above_to * FAN_OUT..to).for_each(|at| each(level, at));
            (from, to) = (above_from, above_to);
        }
    }

    /// The blocks of calls that a block of this level is made of.
    pub(super) fn leaves(&self, level: usize, at: usize) -> Range<usize> {
        let each = FAN_OUT.pow(level as u32);
        let all = self.blocks().len();
        (at * each).min(all)..((at + 1) * each).min(all)
    }

    /// The blocks below a block of this level.
    pub(crate) fn below(&self, level: usize, at: usize) -> Range<usize> {
        let below = self.levels[level - 1].len();
        (at * FAN_OUT).min(below)..((at + 1) * FAN_OUT).min(below)
    }
}

/// The pyramids of rows.
#[derive(Clone, Debug, Default)]
pub struct Pyramids(pub(super) BTreeMap<usize, RowPyramids>);

#[derive(Clone, Debug)]
pub(super) struct RowPyramids {
    pub(super) all: Pyramid,
    pub(super) threads: Vec<Pyramid>,
    pub(super) numbers: Vec<u32>,
    pub(super) bars: Option<RowBars>,
}

impl Pyramids {
    /// Of these rows, which are indices into [`Source::rows`]: as the source has them stored, or made of intervals that
    /// are read in one pass.
    ///
    /// # Errors
    ///
    /// When the source cannot be read.
    pub fn of(source: &dyn Source, rows: &[usize]) -> Result<Self> {
        let mut growing = GrowingPyramids::new(source, rows)?;
        if !growing.is_complete() {
            pass::run(source, &mut [&mut growing])?;
        }
        Ok(growing.finish())
    }

    /// Those of these rows that the source has stored.
    ///
    /// # Errors
    ///
    /// When the source cannot be read.
    pub fn stored(source: &dyn Source, rows: &[usize]) -> Result<Self> {
        Ok(GrowingPyramids::new(source, rows)?.stored())
    }

    /// All calls of a row; none where it has no pyramid.
    #[must_use]
    pub fn all(&self, row: usize) -> Option<&Pyramid> {
        self.0.get(&row).map(|of| &of.all)
    }

    /// The calls of each thread of a row, by number; empty where no calls of different threads overlap, so that all of
    /// them have room in one lane.
    #[must_use]
    pub fn threads(&self, row: usize) -> &[Pyramid] {
        self.0.get(&row).map_or(&[], |of| &of.threads)
    }

    /// All calls of a row as bars, where its source has them stored.
    pub(crate) fn bars(&self, row: usize) -> Option<&RowBars> {
        self.0.get(&row).and_then(|of| of.bars.as_ref())
    }

    /// The numbers of the threads of a row, ascending; empty where there are more than a thousand.
    #[must_use]
    pub fn thread_numbers(&self, row: usize) -> &[u32] {
        self.0.get(&row).map_or(&[], |of| &of.numbers)
    }
}

impl Pixel {
    /// Between two moments of which is known what starts before them.
    pub(super) fn between(from: (i64, Before), to: (i64, Before)) -> Self {
        Self {
            busy_ns: busy_until(to).saturating_sub(busy_until(from)),
            calls: to.1.calls.saturating_sub(from.1.calls),
            longest: None,
        }
    }
}

/// For how long any call was open before a moment, of what starts before it: whatever reaches beyond covers all of
/// the time up to the latest end.
fn busy_until((moment, before): (i64, Before)) -> u64 {
    let beyond = super::length(moment, before.reach_ns);
    before.busy_ns.saturating_sub(beyond)
}
