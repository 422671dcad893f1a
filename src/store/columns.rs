//! Writes the columns of a region.

use super::blocks;
use super::hdf5::{NewColumn, NewGroup, Values};
use super::names;
use crate::analysis::inclusive::Sum;
use crate::analysis::windows::GrowingBlocks;
use crate::error::Result;
use crate::profile::saturate;
use std::cmp::Reverse;

/// The most rows that are written to HDF5 in one call.
pub(crate) const WRITE_ROWS: usize = if cfg!(test) { 50 } else { 1 << 16 };

/// The most rows with the same start that are held back to be sorted; only a log that was not recorded has more.
const MOST_HELD_BACK: usize = 1 << 20;

/// One call: a row of the columns of its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) start_ns: i64,
    pub(crate) end_ns: i64,
    pub(crate) thread: u32,
    /// The serial number of the span, 0 for a guard.
    pub(crate) span: u32,
}

impl Entry {
    /// What rows are ordered by: start, then the longer first.
    pub(crate) fn key(self) -> (i64, Reverse<i64>) {
        (self.start_ns, Reverse(self.end_ns))
    }
}

/// What is known of a region before its rows come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// The number of rows.
    pub(super) rows: u64,
    /// Which columns it has besides its times: those that would be all 0 are left out.
    pub(super) threads: bool,
    pub(super) spans: bool,
    /// Whether any two calls overlap.
    pub(super) overlaps: bool,
    /// Rows that are written to HDF5 in one call.
    pub(super) at_once: usize,
}

/// Takes rows in order of start and writes them in large pieces.
pub(crate) struct Columns {
    group: NewGroup,
    known: Known,
    /// Created when the first rows are written that are not all of them.
    datasets: Option<Datasets>,
    starts: Vec<i64>,
    ends: Vec<i64>,
    /// Empty where the column is left out, as are the spans.
    threads: Vec<u32>,
    spans: Vec<u32>,
    /// The total number of rows.
    rows: usize,
    written: usize,
    total: i128,
    /// None where no two calls overlap: then it is the total.
    inclusive: Option<Sum>,
    blocks: Option<GrowingBlocks>,
}

/// The columns in the file.
struct Datasets {
    start_times: NewColumn,
    end_times: NewColumn,
    thread_ids: Option<NewColumn>,
    span_ids: Option<NewColumn>,
}

/// Sums over the rows of a region, ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    /// All durations.
    pub(crate) total: i64,
    /// Without those of calls inside other calls of the region.
    pub(crate) inclusive: i64,
}

impl Columns {
    /// The columns of the region in `group`.
    pub(super) fn new(group: NewGroup, known: Known) -> Result<Self> {
        let rows = usize::try_from(known.rows)
            .map_err(|_| group.cannot_write("more intervals than can be addressed in memory"))?;
        // More may be held back, but rarely are.
        let room = rows.min(known.at_once);
        let room_if = |is_there: bool| if is_there { room } else { 0 };
        Ok(Self {
            group,
            known,
            datasets: None,
            starts: Vec::with_capacity(room),
            ends: Vec::with_capacity(room),
            threads: Vec::with_capacity(room_if(known.threads)),
            spans: Vec::with_capacity(room_if(known.spans)),
            rows,
            written: 0,
            total: 0,
            inclusive: known.overlaps.then(Sum::default),
            blocks: blocks::growing(known.rows),
        })
    }

    /// Adds a row. Rows with the same start may come in any order of length.
    #[inline(always)]
    pub(crate) fn push(&mut self, entry: Entry) -> Result<()> {
        let is_with_last = self.starts.last() == Some(&entry.start_ns);
        self.starts.push(entry.start_ns);
        self.ends.push(entry.end_ns);
        if self.known.threads {
            self.threads.push(entry.thread);
        }
        if self.known.spans {
            self.spans.push(entry.span);
        }
        if is_with_last {
            self.put_in_order();
        }
        if self.starts.len() >= self.known.at_once {
            return self.write_settled();
        }
        Ok(())
    }

    /// Takes all rows of a region that has no columns but times.
    pub(super) fn take_all(&mut self, starts: Vec<i64>, ends: Vec<i64>) {
        (self.starts, self.ends) = (starts, ends);
    }

    /// Puts the last row before shorter ones with the same start.
    #[cold]
    fn put_in_order(&mut self) {
        let mut at = self.starts.len() - 1;
        let (start, end) = (self.starts[at], self.ends[at]);
        while at > 0 && self.starts[at - 1] == start && self.ends[at - 1] < end {
            self.ends.swap(at - 1, at);
            if self.known.threads {
                self.threads.swap(at - 1, at);
            }
            if self.known.spans {
                self.spans.swap(at - 1, at);
            }
            at -= 1;
        }
    }

    /// Writes all rows except those that start together with the last one.
    #[cold]
    fn write_settled(&mut self) -> Result<()> {
        let last = self.starts.last().copied();
        let settled = self.starts.iter().rposition(|&start| Some(start) != last);
        match settled {
            Some(at) => self.write(at + 1),
            None if self.starts.len() > MOST_HELD_BACK => self.write(self.starts.len()),
            None => Ok(()),
        }
    }

    fn write(&mut self, rows: usize) -> Result<()> {
        self.add_up(rows);
        if rows == self.rows && self.datasets.is_none() {
            return self.write_all();
        }
        let range = self.written..self.written + rows;
        let datasets = match &mut self.datasets {
            Some(datasets) => datasets,
            none => none.insert(Datasets::create(&self.group, self.rows, self.known)?),
        };
        if rows == 0 {
            return Ok(());
        }
        let int64s = Values::Int64;
        datasets
            .start_times
            .write(int64s(&self.starts[..rows]), range.clone())?;
        datasets
            .end_times
            .write(int64s(&self.ends[..rows]), range.clone())?;
        for (column, values) in [
            (&mut datasets.thread_ids, &mut self.threads),
            (&mut datasets.span_ids, &mut self.spans),
        ] {
            if let Some(column) = column {
                column.write(Values::Uint32(&values[..rows]), range.clone())?;
                values.drain(..rows);
            }
        }
        self.starts.drain(..rows);
        self.ends.drain(..rows);
        self.written = range.end;
        Ok(())
    }

    /// Adds the first rows to what is known of all.
    fn add_up(&mut self, rows: usize) {
        let (starts, ends) = (&self.starts[..rows], &self.ends[..rows]);
        let threads = self.threads.get(..rows).unwrap_or_default();
        // No row ends before it starts.
        let durations = ends
            .iter()
            .zip(starts)
            .map(|(end, start)| end.wrapping_sub(*start) as u64);
        self.total += durations.map(i128::from).sum::<i128>();
        if let Some(inclusive) = &mut self.inclusive {
            inclusive.add_columns(starts, ends, threads);
        }
        if let Some(blocks) = &mut self.blocks {
            blocks.push_columns(starts, ends, threads);
        }
    }

    /// Creates the columns with all rows at once.
    fn write_all(&mut self) -> Result<()> {
        let column = |name, values| self.group.column(name, values);
        column(names::START_TIMES, Values::Int64(&self.starts))?;
        column(names::END_TIMES, Values::Int64(&self.ends))?;
        if self.known.threads {
            column(names::THREAD_IDS, Values::Uint32(&self.threads))?;
        }
        if self.known.spans {
            column(names::SPAN_IDS, Values::Uint32(&self.spans))?;
        }
        self.written = self.starts.len();
        self.starts.clear();
        self.ends.clear();
        self.threads.clear();
        self.spans.clear();
        Ok(())
    }

    /// Writes the rest. Gives back the region's group, and what its rows add up to, also block by block.
    pub(super) fn finish(mut self) -> Result<(NewGroup, Sums, Option<GrowingBlocks>)> {
        if self.written < self.rows || self.rows == 0 {
            self.write(self.starts.len())?;
        }
        let total = saturate(self.total);
        let sums = Sums {
            total,
            inclusive: self.inclusive.map_or(total, |inclusive| inclusive.ns()),
        };
        Ok((self.group, sums, self.blocks))
    }
}

impl Datasets {
    fn create(group: &NewGroup, rows: usize, known: Known) -> Result<Self> {
        let uint32s = |name, is_there: bool| is_there.then(|| group.new_uint32s(name, rows)).transpose();
        Ok(Self {
            start_times: group.new_int64s(names::START_TIMES, rows)?,
            end_times: group.new_int64s(names::END_TIMES, rows)?,
            thread_ids: uint32s(names::THREAD_IDS, known.threads)?,
            span_ids: uint32s(names::SPAN_IDS, known.spans)?,
        })
    }
}
