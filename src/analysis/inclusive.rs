//! Inclusive time: for how long a region was open.
//!
//! On one thread it is the length of the time during which at least one call of the region was open, so that
//! of calls inside each other only the outermost counts, and what two share that overlap counts once. Threads
//! and ranks add up. So it never exceeds the wall time times the number of threads.

use super::pass::{self, Observer};
use super::threads::ThreadIndex;
use crate::error::Result;
use crate::profile::{Intervals, Source, saturate};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

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
        // What is longer than `i64` can say is right as `u64`.
        let ns = if end > from {
            end.wrapping_sub(from) as u64
        } else {
            0
        };
        ns.into()
    }
}

/// Calls that neither overlap nor are inside each other or earlier ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Apart {
    /// Their time, and that of the longest of them, ns.
    pub(crate) total: u64,
    pub(crate) longest: u64,
}

impl Covered {
    /// Takes the next calls if they are apart; else none of them.
    pub(crate) fn add_apart(&mut self, starts: &[i64], ends: &[i64]) -> Option<Apart> {
        let mut until = self.0;
        let mut apart = Apart { total: 0, longest: 0 };
        let mut are_apart = true;
        for (&start, &end) in starts.iter().zip(ends) {
            are_apart &= start >= until && end >= start;
            let length = end.wrapping_sub(start) as u64;
            apart.total = apart.total.wrapping_add(length);
            apart.longest = apart.longest.max(length);
            until = end;
        }
        are_apart.then(|| {
            self.0 = until;
            apart
        })
    }
}

/// The inclusive time of a row, ns: as the source states it, or worked out from the row's intervals.
///
/// ```
/// use scope_profiler::analysis::inclusive;
/// use scope_profiler::profile::{Call, Profile};
///
/// let profile = Profile::builder()
///     .interval(Call::new("fib", 0..100))
///     .interval(Call::new("fib", 10..60)) // inside the first
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
    let mut times = Times::stated(source, [row]);
    pass::run(source, &mut [&mut times])?;
    Ok(times.of(row))
}

/// The inclusive times of several rows: those that the source does not state are worked out in a pass.
#[derive(Debug)]
pub(crate) struct Times {
    known: BTreeMap<usize, Option<i64>>,
    open: FxHashMap<usize, Sum>,
}

impl Times {
    /// Of these rows, as far as the source states them.
    pub(crate) fn stated(source: &dyn Source, rows: impl IntoIterator<Item = usize>) -> Self {
        let rows = rows.into_iter();
        Self {
            known: rows
                .map(|row| (row, source.row_facts(row).inclusive_ns))
                .collect(),
            open: FxHashMap::default(),
        }
    }

    /// That of a row, ns, when the pass is over.
    pub(crate) fn of(&self, row: usize) -> i64 {
        self.known.get(&row).copied().flatten().unwrap_or(0)
    }
}

impl Observer for Times {
    fn takes_row(&self, row: usize) -> bool {
        self.known.get(&row).is_some_and(Option::is_none)
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        self.open.entry(row).or_default().add(chunk);
        Ok(())
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        let sum = self.open.remove(&row).unwrap_or_default();
        self.known.insert(row, Some(sum.ns()));
        Ok(())
    }
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
    threads: ThreadIndex,
    covered: Vec<Covered>,
}

impl Sum {
    /// Adds the next intervals.
    pub fn add(&mut self, intervals: &Intervals) {
        self.add_columns(intervals.starts(), intervals.ends(), intervals.threads());
    }

    /// As [`add`](Self::add), of columns of equal length; without one of threads all are on thread 0.
    pub(crate) fn add_columns(&mut self, starts: &[i64], ends: &[i64], threads: &[u32]) {
        if threads.is_empty() {
            return self.add_of(0, starts, ends);
        }
        let (mut starts, mut ends) = (starts, ends);
        for same in threads.chunk_by(|one, next| one == next) {
            let (now, later) = starts.split_at(same.len());
            let (ends_now, ends_later) = ends.split_at(same.len());
            self.add_of(same[0], now, ends_now);
            (starts, ends) = (later, ends_later);
        }
    }

    fn add_of(&mut self, thread: u32, starts: &[i64], ends: &[i64]) {
        if starts.is_empty() {
            return;
        }
        let place = self.place(thread);
        let mut covered = self.covered[place];
        for (&start, &end) in starts.iter().zip(ends) {
            self.ns += covered.add(start, end);
        }
        self.covered[place] = covered;
    }

    #[inline]
    fn place(&mut self, thread: u32) -> usize {
        let place = self.threads.of(thread);
        if place == self.covered.len() {
            self.covered.push(Covered::NONE);
        }
        place
    }

    /// The threads that had intervals.
    #[cfg(feature = "hdf5")]
    pub(crate) fn threads(&self) -> impl Iterator<Item = u32> + '_ {
        self.threads.seen().iter().copied()
    }

    /// The time so far, ns.
    #[must_use]
    pub fn ns(&self) -> i64 {
        saturate(self.ns)
    }
}
