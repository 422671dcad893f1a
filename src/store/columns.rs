//! The columns of a region while they are filled.

use super::names;
use crate::analysis::inclusive::Sum;
use hdf5::{Dataset, H5Type};
use std::cmp::Reverse;
use std::ops::Range;

/// Start, end (ns) and thread of one interval.
pub(crate) type Row = (i64, i64, u32);

/// Rows that go to HDF5 in one call.
pub(crate) const WRITE_ROWS: usize = if cfg!(test) { 50 } else { 1 << 16 };

/// Rows that start at the same time and are held back to be put in order; more are only in a log that
/// was not recorded.
const MOST_HELD_BACK: usize = 1 << 20;

/// What rows are ordered by: start, then the longer first.
pub(crate) fn key(row: &Row) -> (i64, Reverse<i64>) {
    (row.0, Reverse(row.1))
}

/// Takes rows in order of start and writes them in large pieces.
pub(crate) struct Columns {
    start_times: Dataset,
    end_times: Dataset,
    /// Where all intervals are of thread 0 the column is left out.
    thread_ids: Option<Dataset>,
    starts: Vec<i64>,
    ends: Vec<i64>,
    threads: Vec<u32>,
    /// How many rows there will be.
    rows: usize,
    written: usize,
    total: i64,
    inclusive: Sum,
}

/// What the rows of a region add up to, ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    /// All durations.
    pub(crate) total: i64,
    /// Without those of calls inside others of the region.
    pub(crate) inclusive: i64,
}

impl Columns {
    pub(crate) fn create(group: &hdf5::Group, rows: u64, with_threads: bool) -> hdf5::Result<Self> {
        let rows = usize::try_from(rows).map_err(|_| "more intervals than can be addressed in memory")?;
        let times = |name| group.new_dataset::<i64>().shape(rows).create(name);
        Ok(Self {
            start_times: times(names::START_TIMES)?,
            end_times: times(names::END_TIMES)?,
            thread_ids: if with_threads {
                Some(group.new_dataset::<u32>().shape(rows).create(names::THREAD_IDS)?)
            } else {
                None
            },
            starts: Vec::new(),
            ends: Vec::new(),
            threads: Vec::new(),
            rows,
            written: 0,
            total: 0,
            inclusive: Sum::default(),
        })
    }

    /// Adds a row. Of rows that start at the same time the longer may come later.
    #[inline]
    pub(crate) fn push(&mut self, (start, end, thread): Row) -> hdf5::Result<()> {
        let mut at = self.starts.len();
        self.starts.push(start);
        self.ends.push(end);
        if self.thread_ids.is_some() {
            self.threads.push(thread);
        }
        self.total = self.total.saturating_add(end.saturating_sub(start));
        self.inclusive.push(start, end, thread);
        while at > 0 && self.starts[at - 1] == start && self.ends[at - 1] < end {
            self.ends.swap(at - 1, at);
            if self.thread_ids.is_some() {
                self.threads.swap(at - 1, at);
            }
            at -= 1;
        }
        if self.starts.len() >= WRITE_ROWS {
            self.write_settled()
        } else {
            Ok(())
        }
    }

    /// Writes all rows but those that start with the last one.
    fn write_settled(&mut self) -> hdf5::Result<()> {
        let last = self.starts.last().copied();
        let settled = self.starts.iter().rposition(|&start| Some(start) != last);
        match settled {
            Some(at) => self.write(at + 1),
            None if self.starts.len() > MOST_HELD_BACK => self.write(self.starts.len()),
            None => Ok(()),
        }
    }

    fn write(&mut self, rows: usize) -> hdf5::Result<()> {
        if rows == 0 {
            return Ok(());
        }
        let range = self.written..self.written + rows;
        self.write_column(&self.start_times, &self.starts[..rows], range.clone())?;
        self.write_column(&self.end_times, &self.ends[..rows], range.clone())?;
        if let Some(thread_ids) = &self.thread_ids {
            self.write_column(thread_ids, &self.threads[..rows], range.clone())?;
            self.threads.drain(..rows);
        }
        self.starts.drain(..rows);
        self.ends.drain(..rows);
        self.written = range.end;
        Ok(())
    }

    fn write_column<T: H5Type>(
        &self,
        column: &Dataset,
        values: &[T],
        rows: Range<usize>,
    ) -> hdf5::Result<()> {
        if rows == (0..self.rows) {
            // Of a region with few calls a selection would cost more than the values.
            column.write_raw(values)
        } else {
            column.write_slice(values, rows)
        }
    }

    /// Writes the rest.
    pub(crate) fn finish(mut self) -> hdf5::Result<Sums> {
        self.write(self.starts.len())?;
        Ok(Sums {
            total: self.total,
            inclusive: self.inclusive.ns(),
        })
    }
}
