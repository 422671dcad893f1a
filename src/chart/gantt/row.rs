//! Reduces one row, and finds out whether its threads need lanes of their own.

use crate::analysis::lane::LaneReducer;
use crate::analysis::threads::{ThreadIndex, ThreadOverlap};
use crate::profile::{Interval, Intervals, Window};

/// One region on one rank while its intervals stream past.
#[derive(Debug)]
pub(super) struct RowReducer {
    columns: u64,
    level: u32,
    /// All threads together.
    pub(super) all: LaneReducer,
    slots: ThreadIndex,
    /// By slot; kept only once there are two threads, up to `max_threads` of them.
    threads: Vec<LaneReducer>,
    max_threads: usize,
    overlap: ThreadOverlap,
    window: Option<Window>,
    /// Those in the window, where there is one.
    pub(super) calls: u64,
    pub(super) first_start: i64,
    pub(super) last_end: i64,
}

impl RowReducer {
    /// `max_threads` is how many threads may get a lane of their own; 1 keeps them together.
    /// Of all calls, or what of them is in a window, once their times are shifted.
    pub(super) fn new(columns: u64, level: u32, max_threads: usize, window: Option<Window>) -> Self {
        RowReducer {
            columns,
            level,
            all: LaneReducer::new(columns, level),
            slots: ThreadIndex::default(),
            threads: Vec::new(),
            max_threads,
            overlap: ThreadOverlap::NONE,
            window,
            calls: 0,
            first_start: i64::MAX,
            last_end: i64::MIN,
        }
    }

    /// A row that was reduced in another way: what it spans, its threads, its common lane, and where threads overlapped
    /// and may have lanes, one for each of them.
    pub(super) fn reduced(
        span: (i64, i64),
        threads: &[u32],
        calls: u64,
        all: LaneReducer,
        lanes: Option<Vec<LaneReducer>>,
    ) -> Self {
        let mut slots = ThreadIndex::default();
        for &thread in threads {
            slots.of(thread);
        }
        RowReducer {
            all,
            slots,
            overlap: if lanes.is_some() {
                ThreadOverlap::FOUND
            } else {
                ThreadOverlap::NONE
            },
            threads: lanes.unwrap_or_default(),
            first_start: span.0,
            last_end: span.1,
            calls,
            ..Self::new(2, 0, 1, None)
        }
    }

    /// Adds the next intervals, with `shift` taken from their times.
    pub(super) fn push_all(&mut self, intervals: &Intervals, shift: i64) {
        let Some((first, last)) = intervals.span_in_order() else {
            return;
        };
        let thread = intervals.threads()[0];
        let is_alone = self.slots.seen().iter().all(|&seen| seen == thread)
            && intervals.threads().iter().all(|&other| other == thread);
        let shifted = intervals.iter().map(|call| {
            let end = call.end_ns.max(call.start_ns).saturating_sub(shift);
            (call.thread, call.start_ns.saturating_sub(shift), end)
        });
        if !is_alone {
            shifted.for_each(|(thread, start, end)| self.push(thread, start, end));
            return;
        }
        // Nothing that it could overlap with, and one lane.
        self.slots.of(thread);
        let last = last.saturating_sub(shift);
        self.overlap.add_only(thread, last);
        self.first_start = self.first_start.min(first.saturating_sub(shift));
        self.last_end = self.last_end.max(last);
        if self.window.is_none() {
            self.calls += intervals.len() as u64;
            self.all.push_each(shifted.map(|(_, start, end)| (start, end)));
            return;
        }
        let cut = shifted.filter_map(|(_, start, end)| cut(self.window, start, end));
        for (start, end) in cut {
            self.calls += 1;
            self.all.push(start, end);
        }
    }

    /// Takes from the next intervals only the time that they span, and their threads.
    pub(super) fn see_all(&mut self, intervals: &Intervals, shift: i64) {
        let Some((first, last)) = intervals.span_in_order() else {
            return;
        };
        self.first_start = self.first_start.min(first.saturating_sub(shift));
        self.last_end = self.last_end.max(last.saturating_sub(shift));
        for same in intervals.threads().chunk_by(|one, next| one == next) {
            self.slots.of(same[0]);
        }
    }

    fn push(&mut self, thread: u32, start: i64, end: i64) {
        let slot = self.slots.of(thread);
        self.overlap.add(thread, start, end);
        self.first_start = self.first_start.min(start);
        self.last_end = self.last_end.max(end);
        let seen = self.slots.seen().len();
        if seen > 1 && seen <= self.max_threads {
            if self.threads.is_empty() {
                // Until now there was one thread, so its lane is the common one.
                self.threads.push(self.all.clone());
            }
            if slot == self.threads.len() {
                self.threads.push(LaneReducer::new(self.columns, self.level));
            }
        }
        let Some((start, end)) = cut(self.window, start, end) else {
            return;
        };
        self.calls += 1;
        if seen > 1 && seen <= self.max_threads {
            self.threads[slot].push(start, end);
        } else if seen > 1 {
            self.threads = Vec::new();
        }
        self.all.push(start, end);
    }

    /// Makes columns of at least 2^level ns.
    pub(super) fn coarsen_to(&mut self, level: u32) {
        self.level = self.level.max(level);
        let lanes = self.threads.iter_mut().chain([&mut self.all]);
        lanes.for_each(|lane| lane.coarsen_to(level));
    }

    /// Gives up the lanes of threads.
    pub(super) fn merge_threads(&mut self) {
        self.threads = Vec::new();
    }

    /// The threads that occurred.
    pub(super) fn threads(&self) -> &[u32] {
        self.slots.seen()
    }

    /// Whether threads overlapped in time but were too many for lanes of their own.
    pub(super) fn threads_were_merged(&self) -> bool {
        self.overlap.found() && self.threads.is_empty()
    }

    /// The common lane, and one for each thread (by number) where threads overlapped.
    pub(super) fn into_lanes(self) -> (LaneReducer, Vec<(u32, LaneReducer)>) {
        let mut threads = Vec::new();
        if self.overlap.found() && !self.threads.is_empty() {
            let lanes = self.slots.seen().iter().copied().zip(self.threads);
            // In a window some may have no calls.
            threads.extend(lanes.filter(|(_, lane)| !lane.is_empty()));
            threads.sort_by_key(|&(thread, _)| thread);
        }
        (self.all, threads)
    }
}

/// What of a call is in a window, where there is one.
#[inline]
pub(super) fn cut(window: Option<Window>, start: i64, end: i64) -> Option<(i64, i64)> {
    let Some(window) = window else {
        return Some((start, end));
    };
    let part = window.cut(Interval {
        start_ns: start,
        end_ns: end,
        thread: 0,
    })?;
    Some((part.start_ns, part.end_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(max_threads: usize, intervals: &[(u32, i64, i64)]) -> Vec<u32> {
        let mut row = RowReducer::new(100, 0, max_threads, None);
        for &(thread, start, end) in intervals {
            row.push(thread, start, end);
        }
        row.into_lanes().1.into_iter().map(|(thread, _)| thread).collect()
    }

    #[test]
    fn threads_that_take_turns_share_a_lane() {
        assert!(lanes(9, &[(1, 0, 10), (2, 10, 20), (1, 20, 30)]).is_empty());
    }

    #[test]
    fn threads_that_overlap_have_a_lane_each() {
        assert_eq!(
            lanes(9, &[(7, 0, 10), (2, 5, 20), (100_000, 30, 31)]),
            [2, 7, 100_000]
        );
        assert_eq!(lanes(9, &[(1, 0, 100), (2, 1, 2), (1, 50, 60)]), [1, 2]);
    }

    #[test]
    fn recursion_within_a_thread_is_no_overlap() {
        assert!(lanes(9, &[(1, 0, 10), (1, 2, 8), (2, 10, 20)]).is_empty());
    }

    #[test]
    fn too_many_threads_share_a_lane() {
        assert!(lanes(2, &[(1, 0, 10), (2, 1, 10), (3, 2, 10)]).is_empty());
    }
}
