//! What the calls of a row add up to, block by block: what a source may have stored beside the intervals.

use super::bars::RowBars;

/// Calls of a row that follow one another, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Block {
    /// The index in the row of its first call.
    pub first_call: u64,
    /// The index after that of its last call.
    pub end_call: u64,
    /// The number of its calls: all between the two, or those of one thread.
    pub calls: u64,
    /// When the first call starts, ns.
    pub first_start_ns: i64,
    /// The latest end, ns. A call that ends before its start counts as one that ends there.
    pub last_end_ns: i64,
    /// For how long any of its calls was open and none of the blocks before it, ns.
    pub busy_ns: u64,
    /// The longest duration, ns.
    pub longest_ns: u64,
    /// The index in the row of the first call that takes so long.
    pub longest: u64,
}

impl Block {
    /// Of no call.
    pub(crate) const EMPTY: Self = Self {
        first_call: 0,
        end_call: 0,
        calls: 0,
        first_start_ns: 0,
        last_end_ns: i64::MIN,
        busy_ns: 0,
        longest_ns: 0,
        longest: 0,
    };

    /// Of these calls and, behind them, those of `next`.
    #[must_use]
    pub fn with(self, next: Self) -> Self {
        if self.calls == 0 {
            return next;
        }
        let longer = next.longest_ns > self.longest_ns;
        Self {
            first_call: self.first_call,
            end_call: next.end_call.max(self.end_call),
            calls: self.calls.saturating_add(next.calls),
            first_start_ns: self.first_start_ns,
            last_end_ns: self.last_end_ns.max(next.last_end_ns),
            busy_ns: self.busy_ns.saturating_add(next.busy_ns),
            longest_ns: self.longest_ns.max(next.longest_ns),
            longest: if longer { next.longest } else { self.longest },
        }
    }
}

/// The calls of a row, or those of one thread, as blocks in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneBlocks {
    /// The thread; none where the calls are those of all threads.
    pub thread: Option<u32>,
    /// In order of start.
    pub blocks: Vec<Block>,
}

/// The calls of a row as blocks: of all threads together and, where threads overlap in time, of each thread besides.
///
/// Where the calls of the threads do not overlap in time, they have room in one lane, and those of each thread are no
/// blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowBlocks {
    /// Of all threads.
    pub all: LaneBlocks,
    /// The threads, by number, each with its blocks or with none; empty where there are too many of them.
    pub threads: Vec<LaneBlocks>,
    /// The calls of all threads as bars of a chart, of rows with many calls.
    pub(crate) bars: Option<RowBars>,
}

impl LaneBlocks {
    /// Of all calls, or of those of one thread.
    #[must_use]
    pub fn new(thread: Option<u32>, blocks: Vec<Block>) -> Self {
        Self { thread, blocks }
    }

    /// What is wrong with them as blocks of a row of so many intervals, if anything is.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn fault(&self, intervals: u64) -> Option<&'static str> {
        let (mut end, mut start) = (0, i64::MIN);
        for block in &self.blocks {
            let calls = block.first_call..block.end_call;
            let is_whole = calls.end - calls.start.min(calls.end) == block.calls;
            let fault = if calls.is_empty() || calls.end > intervals || block.calls == 0 {
                "a block of calls that are not there"
            } else if calls.start < end || (self.thread.is_none() && calls.start > end) {
                "blocks that do not follow one another"
            } else if block.calls > calls.end - calls.start || (self.thread.is_none() && !is_whole) {
                "a block of more calls than there are"
            } else if block.first_start_ns < start || block.last_end_ns < block.first_start_ns {
                "blocks out of order"
            } else if !calls.contains(&block.longest) {
                "a longest call that is not in its block"
            } else {
                (end, start) = (calls.end, block.first_start_ns);
                continue;
            };
            return Some(fault);
        }
        let is_short = self.thread.is_none() && end != intervals;
        is_short.then_some("fewer calls than the row has")
    }
}

impl RowBlocks {
    /// Of all threads together, and of each thread where they overlap.
    #[must_use]
    pub fn new(all: LaneBlocks, threads: Vec<LaneBlocks>) -> Self {
        Self {
            all,
            threads,
            bars: None,
        }
    }

    /// What is wrong with them as blocks of a row of so many intervals, if anything is.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn fault(&self, intervals: u64) -> Option<&'static str> {
        let lanes = [&self.all].into_iter().chain(&self.threads);
        let of_lanes = lanes.into_iter().find_map(|lane| lane.fault(intervals));
        of_lanes.or_else(|| self.bars.as_ref()?.fault(intervals))
    }
}
