//! Inclusive time: for how long a region was open.
//!
//! On one thread it is the length of the time during which at least one call of the region was open, so that
//! of calls inside each other only the outermost counts, and what two share that overlap counts once. Threads
//! and ranks add up. So it never exceeds the wall time times the number of threads.

use crate::error::Result;
use crate::profile::{Intervals, Source, each_chunk, saturate};
use std::collections::HashMap;

/// Until when the calls of a region, in order of start, have been open so far on one thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Covered(i64);

impl Covered {
    /// No call so far.
    pub(crate) const NONE: Self = Self(i64::MIN);

    /// Whether a call that starts at `start` is inside, or overlaps, an earlier one.
    #[inline]
    pub(crate) fn is_open_at(self, start: i64) -> bool {
        self.0 > start
    }

    /// Takes the next call; gives the time that no earlier one has covered.
    #[inline]
    pub(crate) fn add(&mut self, start: i64, end: i64) -> i128 {
        let from = self.0.max(start);
        self.0 = self.0.max(end);
        if end > from {
            i128::from(end) - i128::from(from)
        } else {
            0
        }
    }
}

/// The inclusive time of a row, ns: as the source states it, or worked out from the row's intervals.
///
/// ```
/// use scope_profiler::analysis::inclusive;
/// use scope_profiler::profile::Profile;
///
/// let profile = Profile::builder()
///     .interval(0, "fib", 0, 0, 100)
///     .interval(0, "fib", 0, 10, 60) // inside the first
///     .build();
/// assert_eq!(inclusive::of_row(&profile, 0)?, 100);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
///
/// # Errors
///
/// When intervals cannot be read.
///
/// # Panics
///
/// When `row` is not an index into [`Source::rows`].
pub fn of_row(source: &dyn Source, row: usize) -> Result<i64> {
    if let Some(ns) = source.row_facts(row).inclusive_ns {
        return Ok(ns);
    }
    let mut sum = Sum::default();
    each_chunk(source, row, &mut Intervals::new(), |chunk| {
        sum.add(chunk);
        Ok(())
    })?;
    Ok(sum.ns())
}

/// Adds up the inclusive time of a row whose intervals come in order of start, in pieces.
///
/// ```
/// use scope_profiler::analysis::inclusive::Sum;
/// use scope_profiler::profile::Intervals;
///
/// let mut sum = Sum::default();
/// let mut intervals = Intervals::new();
/// intervals.push(0, 100, 0);
/// intervals.push(10, 60, 0);
/// intervals.push(20, 30, 1);
/// sum.add(&intervals);
/// assert_eq!(sum.ns(), 110);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sum {
    ns: i128,
    /// By thread; their numbers are small in our files, but not bound to be.
    small: Vec<Covered>,
    large: HashMap<u32, Covered>,
}

impl Sum {
    const SMALL: usize = 4096;

    /// Adds the next intervals.
    pub fn add(&mut self, intervals: &Intervals) {
        for call in intervals.iter() {
            self.push(call.start_ns, call.end_ns, call.thread);
        }
    }

    /// Adds the next interval.
    #[inline]
    pub(crate) fn push(&mut self, start: i64, end: i64, thread: u32) {
        let covered = match self.small.get_mut(thread as usize) {
            Some(covered) => covered,
            None => self.find_or_add(thread),
        };
        self.ns += covered.add(start, end);
    }

    #[cold]
    fn find_or_add(&mut self, thread: u32) -> &mut Covered {
        let index = thread as usize;
        if index >= Self::SMALL {
            return self.large.entry(thread).or_insert(Covered::NONE);
        }
        self.small.resize(index + 1, Covered::NONE);
        &mut self.small[index]
    }

    /// The time so far, ns.
    #[must_use]
    pub fn ns(&self) -> i64 {
        saturate(self.ns)
    }
}
