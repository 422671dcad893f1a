//! Writes the columns of a region.

use super::hdf5::makings::{Makings, Values};
use super::names;
use crate::analysis::inclusive::Sum;
use hdf5::{Dataset, Group, H5Type};
use std::cmp::Reverse;
use std::ops::Range;

/// Start, end (ns) and thread of one interval.
pub(crate) type Row = (i64, i64, u32);

/// Rows that are written to HDF5 in one call.
pub(crate) const WRITE_ROWS: usize = if cfg!(test) { 50 } else { 1 << 16 };

/// The most rows with the same start that are held back to be sorted; only a log that was not recorded has more.
const MOST_HELD_BACK: usize = 1 << 20;

/// The order of rows: by start, then the longer first.
pub(crate) fn key(row: &Row) -> (i64, Reverse<i64>) {
    (row.0, Reverse(row.1))
}

/// Takes rows in order of start and writes them in large pieces.
pub(crate) struct Columns<'a> {
    makings: &'a Makings,
    group: Group,
    /// None where all intervals are of thread 0: the column is left out.
    with_threads: bool,
    /// Created when the first rows are written that are not all of them.
    datasets: Option<Datasets>,
    starts: Vec<i64>,
    ends: Vec<i64>,
    threads: Vec<u32>,
    /// The total number of rows.
    rows: usize,
    written: usize,
    total: i64,
    inclusive: Sum,
}

/// The columns in the file.
struct Datasets {
    start_times: Dataset,
    end_times: Dataset,
    thread_ids: Option<Dataset>,
}

/// Sums over the rows of a region, ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    /// All durations.
    pub(crate) total: i64,
    /// Without those of calls inside other calls of the region.
    pub(crate) inclusive: i64,
}

impl<'a> Columns<'a> {
    /// The columns of the region in `group`.
    pub(crate) fn new(
        makings: &'a Makings,
        group: Group,
        rows: u64,
        with_threads: bool,
    ) -> hdf5::Result<Self> {
        let rows = usize::try_from(rows).map_err(|_| "more intervals than can be addressed in memory")?;
        Ok(Self {
            makings,
            group,
            with_threads,
            datasets: None,
            starts: Vec::new(),
            ends: Vec::new(),
            threads: Vec::new(),
            rows,
            written: 0,
            total: 0,
            inclusive: Sum::default(),
        })
    }

    /// Adds a row. Rows with the same start may come in any order of length.
    #[inline]
    pub(crate) fn push(&mut self, (start, end, thread): Row) -> hdf5::Result<()> {
        let mut at = self.starts.len();
        self.starts.push(start);
        self.ends.push(end);
        if self.with_threads {
            self.threads.push(thread);
        }
        self.total = self.total.saturating_add(end.saturating_sub(start));
        self.inclusive.push(start, end, thread);
        while at > 0 && self.starts[at - 1] == start && self.ends[at - 1] < end {
            self.ends.swap(at - 1, at);
            if self.with_threads {
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

    /// Writes all rows except those that start together with the last one.
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
        if rows == self.rows && self.datasets.is_none() {
            return self.write_all();
        }
        let range = self.written..self.written + rows;
        let datasets = match &mut self.datasets {
            Some(datasets) => datasets,
            none => none.insert(Datasets::create(&self.group, self.rows, self.with_threads)?),
        };
        if rows == 0 {
            return Ok(());
        }
        write_slice(&datasets.start_times, &self.starts[..rows], range.clone())?;
        write_slice(&datasets.end_times, &self.ends[..rows], range.clone())?;
        if let Some(thread_ids) = &datasets.thread_ids {
            write_slice(thread_ids, &self.threads[..rows], range.clone())?;
            self.threads.drain(..rows);
        }
        self.starts.drain(..rows);
        self.ends.drain(..rows);
        self.written = range.end;
        Ok(())
    }

    /// Creates the columns with all rows at once.
    fn write_all(&mut self) -> hdf5::Result<()> {
        let column = |name, values| self.makings.column(&self.group, name, values);
        column(names::START_TIMES, Values::Int64(&self.starts))?;
        column(names::END_TIMES, Values::Int64(&self.ends))?;
        if self.with_threads {
            column(names::THREAD_IDS, Values::Uint32(&self.threads))?;
        }
        self.written = self.starts.len();
        self.starts.clear();
        self.ends.clear();
        self.threads.clear();
        Ok(())
    }

    /// Writes the rest. Gives back the region's group.
    pub(crate) fn finish(mut self) -> hdf5::Result<(Group, Sums)> {
        if self.written < self.rows || self.rows == 0 {
            self.write(self.starts.len())?;
        }
        let sums = Sums {
            total: self.total,
            inclusive: self.inclusive.ns(),
        };
        Ok((self.group, sums))
    }
}

impl Datasets {
    fn create(group: &Group, rows: usize, with_threads: bool) -> hdf5::Result<Self> {
        let times = |name| group.new_dataset::<i64>().shape(rows).create(name);
        Ok(Self {
            start_times: times(names::START_TIMES)?,
            end_times: times(names::END_TIMES)?,
            thread_ids: if with_threads {
                Some(group.new_dataset::<u32>().shape(rows).create(names::THREAD_IDS)?)
            } else {
                None
            },
        })
    }
}

fn write_slice<T: H5Type>(column: &Dataset, values: &[T], rows: Range<usize>) -> hdf5::Result<()> {
    column.write_slice(values, rows)
}
