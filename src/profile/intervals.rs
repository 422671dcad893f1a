//! Intervals as columns: what a source hands out and every analysis takes.

use super::{Numbers, Source};
use crate::error::Result;
use std::cmp::Reverse;
use std::ops::Range;

/// How many intervals are read in one go: longer reads gain nothing.
pub(crate) const CHUNK: u64 = 1 << 16;

/// One interval, without its optional columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Start, ns.
    pub start_ns: i64,
    /// End, ns.
    pub end_ns: i64,
    /// The thread, as an index into the rank's threads.
    pub thread: u32,
}

impl Interval {
    /// What intervals of a row are ordered by: start, then the longer first.
    pub(crate) fn key(self) -> (i64, Reverse<i64>) {
        (self.start_ns, Reverse(self.end_ns))
    }

    /// End minus start, ns; it stops at the largest and smallest `i64`.
    #[must_use]
    pub fn duration_ns(self) -> i64 {
        self.end_ns.saturating_sub(self.start_ns)
    }
}

/// A column that was asked for, and what the source had.
#[derive(Clone, Debug, PartialEq)]
struct Optional {
    name: String,
    values: Option<Numbers>,
}

/// Intervals as columns of equal length: nanoseconds on one clock, the thread of each, and whatever else was
/// asked for.
///
/// ```
/// use scope_profiler::profile::{Intervals, Numbers};
///
/// let mut intervals = Intervals::new().with_column(Intervals::SPAN);
/// intervals.push(200, 900, 0); // start and end in ns, thread
/// intervals.push(100, 150, 0);
/// intervals.set_column(Intervals::SPAN, Numbers::Int(vec![7, 8]));
/// intervals.sort();
/// assert_eq!(intervals.starts(), [100, 200]);
/// assert_eq!(intervals.column(Intervals::SPAN), Some(&Numbers::Int(vec![8, 7])));
/// assert_eq!(intervals.column("bytes"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intervals {
    starts: Vec<i64>,
    ends: Vec<i64>,
    threads: Vec<u32>,
    optional: Vec<Optional>,
}

impl Intervals {
    /// The optional column of the serial numbers of spans: 0 for the intervals of guards.
    pub const SPAN: &'static str = "span";
    /// The optional column of numbers that no other call of the rank has; -1 where one is not known.
    pub const CALL: &'static str = "call_id";
    /// The optional column of the calls that called: a number of [`CALL`](Self::CALL), or -1 for none.
    pub const PARENT: &'static str = "parent_id";
    /// The optional column of the time that a GPU took for a call, ns; -1 where there is none.
    pub const GPU: &'static str = "gpu_ns";
    /// The optional column of the time that the task of a call was suspended meanwhile, ns.
    pub const AWAIT: &'static str = "await_ns";
    /// All optional columns that a file may have.
    pub const OPTIONAL: [&'static str; 5] = [Self::SPAN, Self::CALL, Self::PARENT, Self::GPU, Self::AWAIT];

    /// No intervals, and no optional column asked for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for an optional column. [`Source::read`] fills it in where the source has it.
    #[must_use]
    pub fn with_column(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !self.wants(&name) {
            self.optional.push(Optional { name, values: None });
        }
        self
    }

    /// Becomes the same as `from`, in its own memory.
    pub(crate) fn become_like(&mut self, from: &Self) {
        self.starts.clone_from(&from.starts);
        self.ends.clone_from(&from.ends);
        self.threads.clone_from(&from.threads);
        self.optional.clone_from(&from.optional);
    }

    /// Removes all intervals and asks for these optional columns alone; keeps the memory.
    pub(crate) fn ask_for(&mut self, columns: &[String]) {
        self.clear();
        let asked = self.optional.iter().map(|column| &column.name);
        if !asked.eq(columns) {
            self.optional.clear();
            let of = std::mem::take(self);
            *self = columns.iter().fold(of, Self::with_column);
        }
    }

    /// Whether an optional column was asked for.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.optional.iter().any(|column| column.name == name)
    }

    /// The values of an optional column; none where it was not asked for or the source does not have it.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Numbers> {
        let column = self.optional.iter().find(|column| column.name == name)?;
        column.values.as_ref()
    }

    /// Fills in an optional column; without effect where nobody asked for it.
    ///
    /// # Panics
    ///
    /// When there are not as many values as intervals.
    pub fn set_column(&mut self, name: &str, values: Numbers) {
        assert_eq!(values.len(), self.len(), "the length of column {name:?}");
        if let Some(column) = self.optional.iter_mut().find(|column| column.name == name) {
            column.values = Some(values);
        }
    }

    /// The number of intervals.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Start of each interval, ns.
    #[must_use]
    pub fn starts(&self) -> &[i64] {
        &self.starts
    }

    /// End of each interval, ns.
    #[must_use]
    pub fn ends(&self) -> &[i64] {
        &self.ends
    }

    /// The thread of each interval; all 0 where the source does not say.
    #[must_use]
    pub fn threads(&self) -> &[u32] {
        &self.threads
    }

    /// The interval at `index`.
    ///
    /// # Panics
    ///
    /// When there are not that many.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Interval {
        Interval {
            start_ns: self.starts[index],
            end_ns: self.ends[index],
            thread: self.threads[index],
        }
    }

    /// All of them, without their optional columns.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Interval> + '_ {
        let columns = self.starts.iter().zip(&self.ends).zip(&self.threads);
        columns.map(|((&start_ns, &end_ns), &thread)| Interval {
            start_ns,
            end_ns,
            thread,
        })
    }

    /// End minus start of each, ns.
    pub fn durations(&self) -> impl ExactSizeIterator<Item = i64> + '_ {
        self.iter().map(Interval::duration_ns)
    }

    /// Sum of the durations, ns.
    #[must_use]
    pub fn total_ns(&self) -> i128 {
        let pairs = self.starts.iter().zip(&self.ends);
        pairs
            .map(|(&start, &end)| i128::from(end) - i128::from(start))
            .sum()
    }

    /// The first start and the last moment, be it an end or a start, ns; none without intervals.
    #[must_use]
    pub fn span(&self) -> Option<(i64, i64)> {
        let first = self.starts.iter().min()?;
        let last = self.starts.iter().chain(&self.ends).max()?;
        Some((*first, *last))
    }

    /// As [`span`](Self::span), of intervals in order of start.
    pub(crate) fn span_in_order(&self) -> Option<(i64, i64)> {
        let (&first, &last) = self.starts.first().zip(self.starts.last())?;
        Some((first, self.ends.iter().fold(last, |last, &end| last.max(end))))
    }

    /// Removes all intervals; keeps the memory and what was asked for.
    pub fn clear(&mut self) {
        self.starts.clear();
        self.ends.clear();
        self.threads.clear();
        self.optional.iter_mut().for_each(|column| column.values = None);
    }

    /// Adds an interval. Optional columns are [set](Self::set_column) when all are there.
    #[inline]
    pub fn push(&mut self, start_ns: i64, end_ns: i64, thread: u32) {
        self.starts.push(start_ns);
        self.ends.push(end_ns);
        self.threads.push(thread);
    }

    /// Replaces all intervals by whole columns; without threads all are of thread 0.
    ///
    /// # Panics
    ///
    /// When the columns differ in length.
    pub fn set(&mut self, starts: Vec<i64>, ends: Vec<i64>, threads: Option<Vec<u32>>) {
        self.clear();
        match threads {
            Some(threads) => self.threads = threads,
            None => self.threads.resize(starts.len(), 0),
        }
        (self.starts, self.ends) = (starts, ends);
        let lengths = [self.ends.len(), self.threads.len()];
        assert_eq!(lengths, [self.starts.len(); 2], "the lengths of the columns");
    }

    /// Replaces all intervals by those that `fill` leaves in the columns of starts, ends and threads, whose memory it
    /// uses again; without any threads all are of thread 0.
    ///
    /// # Errors
    ///
    /// Those of `fill`, after which there are none.
    ///
    /// # Panics
    ///
    /// When the columns differ in length.
    #[cfg(feature = "hdf5")]
    pub(crate) fn refill(
        &mut self,
        fill: impl FnOnce(&mut Vec<i64>, &mut Vec<i64>, &mut Vec<u32>) -> Result<()>,
    ) -> Result<()> {
        self.optional.iter_mut().for_each(|column| column.values = None);
        if let Err(error) = fill(&mut self.starts, &mut self.ends, &mut self.threads) {
            self.clear();
            return Err(error);
        }
        if self.threads.is_empty() {
            self.threads.resize(self.starts.len(), 0);
        }
        let lengths = [self.ends.len(), self.threads.len()];
        assert_eq!(lengths, [self.starts.len(); 2], "the lengths of the columns");
        Ok(())
    }

    /// Replaces all intervals by some of `from`, with the optional columns that were asked for here.
    ///
    /// # Panics
    ///
    /// When `from` has fewer.
    pub fn copy_from(&mut self, from: &Self, range: Range<usize>) {
        self.clear();
        self.starts.extend_from_slice(&from.starts[range.clone()]);
        self.ends.extend_from_slice(&from.ends[range.clone()]);
        self.threads.extend_from_slice(&from.threads[range.clone()]);
        for column in &mut self.optional {
            let values = from.column(&column.name);
            column.values = values.map(|values| values.pick(range.clone()));
        }
    }

    /// Replaces each interval by what `change` makes of it; none takes it out.
    pub(crate) fn filter_map(&mut self, change: impl Fn(Interval) -> Option<Interval>) {
        let mut kept = Vec::with_capacity(self.len());
        for index in 0..self.len() {
            let Some(interval) = change(self.get(index)) else {
                continue;
            };
            let to = kept.len();
            (self.starts[to], self.ends[to]) = (interval.start_ns, interval.end_ns);
            self.threads[to] = interval.thread;
            kept.push(index);
        }
        self.starts.truncate(kept.len());
        self.ends.truncate(kept.len());
        self.threads.truncate(kept.len());
        for column in &mut self.optional {
            let values = column.values.take();
            column.values = values.map(|values| values.pick(kept.iter().copied()));
        }
    }

    /// Whether they are in order of start, of those that start together the longer first.
    #[must_use]
    pub fn is_sorted(&self) -> bool {
        self.iter().is_sorted_by_key(Interval::key)
    }

    /// Puts them in order of start, of those that start together the longer first.
    pub fn sort(&mut self) {
        if self.is_sorted() {
            return;
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|&index| self.get(index).key());
        let order = || order.iter().copied();
        self.starts = order().map(|index| self.starts[index]).collect();
        self.ends = order().map(|index| self.ends[index]).collect();
        self.threads = order().map(|index| self.threads[index]).collect();
        for column in &mut self.optional {
            column.values = column.values.as_ref().map(|values| values.pick(order()));
        }
    }
}

impl FromIterator<Interval> for Intervals {
    fn from_iter<I: IntoIterator<Item = Interval>>(intervals: I) -> Self {
        let mut all = Self::new();
        for interval in intervals {
            all.push(interval.start_ns, interval.end_ns, interval.thread);
        }
        all
    }
}

/// Calls `each` with the intervals of a row, in order, at most [`CHUNK`] at a time.
///
/// # Errors
///
/// When they cannot be read, and those of `each`.
pub(crate) fn each_chunk(
    source: &dyn Source,
    row: usize,
    buffer: &mut Intervals,
    mut each: impl FnMut(&Intervals) -> Result<()>,
) -> Result<()> {
    let count = source.rows()[row].intervals;
    for from in (0..count).step_by(CHUNK as usize) {
        source.read(row, from..count.min(from + CHUNK), buffer)?;
        each(buffer)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_takes_its_optional_values_along() {
        let mut intervals = Intervals::new().with_column("bytes").with_column("absent");
        (0..4).for_each(|at| intervals.push(at, at + 10, at as u32));
        intervals.set_column("bytes", Numbers::Int(vec![5, 6, 7, 8]));
        intervals.filter_map(|interval| {
            let odd = interval.thread % 2 == 1;
            odd.then_some(Interval {
                end_ns: 99,
                ..interval
            })
        });
        assert_eq!(
            (intervals.starts(), intervals.ends()),
            (&[1, 3][..], &[99, 99][..])
        );
        assert_eq!(intervals.threads(), [1, 3]);
        assert_eq!(intervals.column("bytes"), Some(&Numbers::Int(vec![6, 8])));
        assert_eq!(intervals.column("absent"), None);
    }
}
