//! Blocks that grow while the intervals of a row stream past.

use super::length;
use super::pyramid::{Pyramid, Pyramids, RowPyramids};
use crate::analysis::inclusive::Covered;
use crate::analysis::lane::LaneReducer;
use crate::analysis::pass::Observer;
use crate::analysis::threads::{ThreadIndex, ThreadOverlap};
use crate::error::Result;
use crate::profile::{Block, Intervals, LaneBlocks, RowBar, RowBars, RowBlocks, Source};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// How long blocks are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockLengths {
    /// Calls of a block.
    pub(crate) calls: u64,
    /// Where a thread has few calls among those of others, a block of it ends with so many of its calls.
    pub(crate) fewest: u64,
}

impl BlockLengths {
    /// Reading a thousand calls takes about as long as finding them in the file. With 96 calls of a thread or more, its
    /// blocks take at most 2.8 % of the bytes of its calls.
    pub(crate) const USUAL: Self = Self {
        calls: 1024,
        fewest: 96,
    };
}

/// The columns of the time of a row that its bars are for at least, as many of them as there is room for: a chart has
/// 2048 of a time that is as long or longer.
const BAR_COLUMNS: [u64; 2] = if cfg!(test) { [64, 16] } else { [4096, 2048] };
/// Bars take about a dozen bytes a column, and with so many calls in each no more than about 3 % of the bytes of these.
const CALLS_IN_COLUMN: u64 = if cfg!(test) { 3 } else { 27 };

/// Threads of a row beyond which they have no blocks of their own.
const MOST_THREADS: usize = 1024;

/// The blocks of one row, of intervals that come in order of start.
///
/// ```
/// use scope_profiler::analysis::windows::GrowingBlocks;
/// use scope_profiler::profile::Intervals;
///
/// let mut growing = GrowingBlocks::new();
/// let mut intervals = Intervals::new();
/// intervals.push(0, 30, 0); // start and end in ns, thread
/// intervals.push(40, 50, 0);
/// growing.push(&intervals);
/// let blocks = growing.finish();
/// let block = blocks.all.blocks[0];
/// assert_eq!((block.calls, block.busy_ns, block.last_end_ns), (2, 40, 50));
/// ```
#[derive(Clone, Debug)]
pub struct GrowingBlocks {
    lengths: BlockLengths,
    next: u64,
    all: Lane,
    threads: Threads,
    overlap: ThreadOverlap,
    /// All calls as bars, of rows with many.
    bars: Option<LaneReducer>,
}

/// The threads of a row so far.
#[derive(Clone, Debug)]
enum Threads {
    None,
    /// Its lane is that of all.
    One(u32),
    Several(ThreadIndex, Vec<Lane>),
    TooMany,
}

/// The calls of one lane.
#[derive(Clone, Debug)]
struct Lane {
    covered: Covered,
    open: Block,
    blocks: Vec<Block>,
}

impl Lane {
    const NEW: Self = Self {
        covered: Covered::NONE,
        open: Block::EMPTY,
        blocks: Vec::new(),
    };

    #[inline]
    fn push(&mut self, index: u64, start: i64, end: i64) {
        let open = &mut self.open;
        if open.calls == 0 {
            (open.first_call, open.first_start_ns, open.longest) = (index, start, index);
        }
        let duration = length(start, end);
        if duration > open.longest_ns {
            (open.longest_ns, open.longest) = (duration, index);
        }
        open.last_end_ns = open.last_end_ns.max(end);
        open.busy_ns += self.covered.add(start, end) as u64;
        open.calls += 1;
        open.end_call = index + 1;
    }

    /// The next calls, of which there are some, if they are apart from each other and from those before them; else none
    /// is taken.
    fn push_apart(&mut self, index: u64, starts: &[i64], ends: &[i64]) -> bool {
        let Some(apart) = self.covered.add_apart(starts, ends) else {
            return false;
        };
        let open = &mut self.open;
        if open.calls == 0 {
            (open.first_call, open.first_start_ns, open.longest) = (index, starts[0], index);
        }
        if apart.longest > open.longest_ns {
            let mut calls = starts.iter().zip(ends);
            let at = calls.position(|(&start, &end)| length(start, end) == apart.longest);
            (open.longest_ns, open.longest) = (apart.longest, index + at.unwrap_or(0) as u64);
        }
        open.last_end_ns = open.last_end_ns.max(ends[ends.len() - 1]);
        open.busy_ns += apart.total;
        open.calls += starts.len() as u64;
        open.end_call = index + starts.len() as u64;
        true
    }

    #[inline]
    fn close(&mut self) {
        let open = std::mem::replace(&mut self.open, Block::EMPTY);
        if open.calls > 0 {
            self.blocks.push(open);
        }
    }

    /// The next call of a thread, whose blocks also end where they reach over many calls of others.
    #[inline]
    fn push_among_others(&mut self, index: u64, start: i64, end: i64, lengths: BlockLengths) {
        self.push(index, start, end);
        let is_long = index - self.open.first_call >= lengths.calls;
        if self.open.calls >= lengths.calls || (is_long && self.open.calls >= lengths.fewest) {
            self.close();
        }
    }

    fn finish(mut self, thread: Option<u32>) -> LaneBlocks {
        self.close();
        LaneBlocks::new(thread, self.blocks)
    }
}

impl Default for GrowingBlocks {
    fn default() -> Self {
        Self::new()
    }
}

impl GrowingBlocks {
    /// Without any call.
    #[must_use]
    pub fn new() -> Self {
        Self::of_length(BlockLengths::USUAL)
    }

    pub(crate) fn of_length(lengths: BlockLengths) -> Self {
        Self {
            lengths,
            next: 0,
            all: Lane::NEW,
            threads: Threads::None,
            overlap: ThreadOverlap::NONE,
            bars: None,
        }
    }

    /// Also makes bars, of a row with so many calls that they take little room beside these.
    pub(crate) fn with_bars(self, calls: u64) -> Self {
        let columns = BAR_COLUMNS
            .iter()
            .find(|&&columns| calls / CALLS_IN_COLUMN >= columns);
        Self {
            bars: columns.map(|&columns| LaneReducer::new(columns, 0)),
            ..self
        }
    }

    /// Adds the next intervals.
    pub fn push(&mut self, intervals: &Intervals) {
        self.push_columns(intervals.starts(), intervals.ends(), intervals.threads());
    }

    /// As [`push`](Self::push), of columns of equal length; without one of threads all are on thread 0.
    pub(crate) fn push_columns(&mut self, starts: &[i64], ends: &[i64], threads: &[u32]) {
        if starts.is_empty() {
            return;
        }
        let first = threads.first().copied().unwrap_or(0);
        let only = match self.threads {
            Threads::None => Some(first),
            Threads::One(thread) => Some(thread),
            _ => None,
        };
        match only.filter(|&only| threads.iter().all(|&thread| thread == only)) {
            Some(only) => {
                self.threads = Threads::One(only);
                self.push_alone(only, starts, ends);
            }
            None => {
                let calls = starts.iter().zip(ends).zip(threads);
                calls.for_each(|((&start, &end), &thread)| self.push_of(thread, start, end.max(start)));
            }
        }
    }

    /// Calls of the only thread.
    fn push_alone(&mut self, thread: u32, starts: &[i64], ends: &[i64]) {
        let (mut starts, mut ends) = (starts, ends);
        while !starts.is_empty() {
            let room = (self.lengths.calls - self.all.open.calls) as usize;
            let (now, later) = starts.split_at(room.min(starts.len()));
            let (ends_now, ends_later) = ends.split_at(now.len());
            let are_apart = self.all.push_apart(self.next, now, ends_now);
            if !are_apart {
                for (index, (&start, &end)) in (self.next..).zip(now.iter().zip(ends_now)) {
                    self.all.push(index, start, end.max(start));
                }
            }
            self.next += now.len() as u64;
            match &mut self.bars {
                Some(bars) if are_apart => bars.push_apart(now, ends_now),
                Some(bars) => bars.push_each(now.iter().copied().zip(ends_now.iter().copied())),
                None => {}
            }
            self.overlap.add_only(thread, self.all.open.last_end_ns);
            if self.all.open.calls >= self.lengths.calls {
                self.all.close();
            }
            (starts, ends) = (later, ends_later);
        }
    }

    fn push_of(&mut self, thread: u32, start: i64, end: i64) {
        self.overlap.add(thread, start, end);
        let (index, lengths) = (self.next, self.lengths);
        match &mut self.threads {
            Threads::Several(numbers, lanes) => {
                let slot = numbers.of(thread);
                if slot == lanes.len() {
                    lanes.push(Lane::NEW);
                }
                lanes[slot].push_among_others(index, start, end, lengths);
                if lanes.len() > MOST_THREADS {
                    self.threads = Threads::TooMany;
                }
            }
            Threads::One(only) if *only != thread => {
                let mut numbers = ThreadIndex::default();
                numbers.of(*only);
                numbers.of(thread);
                let mut lanes = vec![self.all.clone(), Lane::NEW];
                lanes[1].push_among_others(index, start, end, lengths);
                self.threads = Threads::Several(numbers, lanes);
            }
            Threads::None => self.threads = Threads::One(thread),
            Threads::One(_) | Threads::TooMany => {}
        }
        self.next += 1;
        if let Some(bars) = &mut self.bars {
            bars.push(start, end);
        }
        self.all.push(index, start, end);
        if self.all.open.calls >= lengths.calls {
            self.all.close();
        }
    }

    /// The blocks, when all intervals have come.
    #[must_use]
    pub fn finish(self) -> RowBlocks {
        let overlap = self.overlap.found();
        let mut of_threads = match self.threads {
            Threads::None | Threads::TooMany => Vec::new(),
            Threads::One(thread) => vec![Lane::NEW.finish(Some(thread))],
            Threads::Several(numbers, lanes) => {
                let lanes = numbers.seen().iter().zip(lanes);
                let lanes = lanes.map(|(&thread, lane)| {
                    let lane = if overlap { lane } else { Lane::NEW };
                    lane.finish(Some(thread))
                });
                lanes.collect()
            }
        };
        of_threads.sort_by_key(|lane| lane.thread);
        let mut blocks = RowBlocks::new(self.all.finish(None), of_threads);
        blocks.bars = self.bars.map(row_bars);
        blocks
    }
}

/// The bars of a row.
fn row_bars(lane: LaneReducer) -> RowBars {
    let (level, bars) = lane.finish(0);
    let bars = bars.into_iter().map(|bar| RowBar {
        start_ns: bar.start,
        end_ns: bar.end,
        busy_ns: bar.busy,
        calls: bar.calls.into(),
    });
    RowBars {
        level,
        bars: bars.collect(),
    }
}

/// Makes the [`Pyramids`] of rows in a [pass](crate::analysis::pass), beside other observers.
///
/// What a source has stored is not made again.
#[derive(Debug)]
pub struct GrowingPyramids {
    growing: FxHashMap<usize, GrowingBlocks>,
    done: BTreeMap<usize, RowPyramids>,
}

impl GrowingPyramids {
    /// Of these rows, which are indices into [`Source::rows`].
    ///
    /// # Errors
    ///
    /// When what is stored cannot be read.
    pub fn new(source: &dyn Source, rows: &[usize]) -> Result<Self> {
        let mut this = Self {
            growing: FxHashMap::default(),
            done: BTreeMap::new(),
        };
        let mut of_rank: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for &row in rows {
            of_rank.entry(source.rows()[row].rank).or_default().push(row);
        }
        for (rank, rows) in of_rank {
            let mut stored = source.blocks(rank)?;
            for row in rows {
                match stored.remove(&row) {
                    Some(blocks) => this.take(row, blocks),
                    None => drop(this.growing.insert(row, GrowingBlocks::new())),
                }
            }
        }
        Ok(this)
    }

    /// Whether nothing has to be read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.growing.is_empty()
    }

    /// The pyramids that there are without a pass.
    pub(super) fn stored(self) -> Pyramids {
        Pyramids(self.done)
    }

    /// The pyramids, when the pass is over.
    #[must_use]
    pub fn finish(mut self) -> Pyramids {
        for (row, growing) in std::mem::take(&mut self.growing) {
            self.take(row, growing.finish());
        }
        Pyramids(self.done)
    }

    fn take(&mut self, row: usize, blocks: RowBlocks) {
        let numbers = blocks.threads.iter().filter_map(|lane| lane.thread).collect();
        let bars = blocks.bars;
        let lanes = blocks.threads.into_iter();
        let of_row = RowPyramids {
            all: Pyramid::new(blocks.all),
            threads: lanes
                .filter(|lane| !lane.blocks.is_empty())
                .map(Pyramid::new)
                .collect(),
            numbers,
            bars,
        };
        self.done.insert(row, of_row);
    }
}

impl Observer for GrowingPyramids {
    fn takes_row(&self, row: usize) -> bool {
        self.growing.contains_key(&row)
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        if let Some(growing) = self.growing.get_mut(&row) {
            growing.push(chunk);
        }
        Ok(())
    }

    // A row is asked for until the pass is over, so it is taken only then.
}
