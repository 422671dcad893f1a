//! What of a source is read for observers, and in which order.

use super::{Link, Observer, RankCall};
use crate::analysis::merge::Merge;
use crate::error::Result;
use crate::profile::{CHUNK, Intervals, Source};
use std::collections::BTreeMap;

/// Rows of a rank beyond which they are read one after the other before they are merged. What observers keep of a row
/// while it is read would otherwise be kept for too many rows at once.
pub(crate) const MOST_INTERLEAVED: usize = 1024;

/// Takes what is read, as an [`Observer`] does.
pub(super) trait Sink {
    /// Calls are handed on so many at a time.
    const BATCH: usize;

    fn begin_rank(&mut self, rank: u32, rows: &[usize]) -> Result<()>;

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()>;

    /// A chunk that nobody else needs. Another one may be left, whose memory is used for the next.
    fn whole_chunk(&mut self, row: usize, chunk: &mut Intervals) -> Result<()> {
        self.chunk(row, chunk)
    }

    fn calls(&mut self, rank: u32, calls: &[RankCall], links: Option<&[Link]>) -> Result<()>;

    /// As [`whole_chunk`](Self::whole_chunk), of calls.
    fn whole_calls(&mut self, rank: u32, calls: &mut Vec<RankCall>, links: Option<&[Link]>) -> Result<()> {
        self.calls(rank, calls, links)
    }

    fn end_rank(&mut self, rank: u32) -> Result<()>;

    fn end_row(&mut self, row: usize) -> Result<()>;
}

/// What observers need of a source.
pub(super) struct Plan {
    ranks: Vec<OfRank>,
    /// The optional columns that are needed of each row; none of a row that nobody takes.
    columns: Vec<Option<Vec<String>>>,
    /// How many intervals are read.
    pub(super) intervals: u64,
}

struct OfRank {
    rank: u32,
    rows: Vec<usize>,
    /// Whether somebody takes its calls.
    merges: bool,
}

impl Plan {
    pub(super) fn new(source: &dyn Source, observers: &[&mut dyn Observer]) -> Self {
        let mut ranks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        ranks.extend(source.ranks().into_iter().map(|rank| (rank, Vec::new())));
        for (index, row) in source.rows().iter().enumerate() {
            ranks.entry(row.rank).or_default().push(index);
        }
        let columns: Vec<_> = (0..source.rows().len())
            .map(|row| columns(observers, row))
            .collect();
        let of_rank = |(rank, rows): (u32, Vec<usize>)| OfRank {
            merges: observers.iter().any(|observer| observer.takes_rank(rank)),
            rank,
            rows,
        };
        let ranks: Vec<OfRank> = ranks.into_iter().map(of_rank).collect();
        let mut intervals = 0_u64;
        for of_rank in &ranks {
            let read = of_rank.rows.iter();
            let read = read.filter(|&&row| of_rank.merges || columns[row].is_some());
            intervals = read.fold(intervals, |sum, &row| {
                sum.saturating_add(source.rows()[row].intervals)
            });
        }
        Self {
            ranks,
            columns,
            intervals,
        }
    }

    /// Reads it.
    pub(super) fn read<S: Sink>(&self, source: &dyn Source, sink: &mut S) -> Result<()> {
        let mut buffer = Intervals::new();
        for OfRank { rank, rows, merges } in &self.ranks {
            let interleaves = *merges && rows.len() <= MOST_INTERLEAVED;
            if !interleaves {
                rows.iter()
                    .try_for_each(|&row| self.row(source, row, &mut buffer, sink))?;
            }
            if *merges {
                self.merged(source, (*rank, rows), interleaves, sink)?;
            }
            if interleaves {
                let mut taken = rows.iter().filter(|&&row| self.columns[row].is_some());
                taken.try_for_each(|&row| sink.end_row(row))?;
            }
        }
        Ok(())
    }

    /// Reads a row by itself, where anybody needs it.
    fn row<S: Sink>(
        &self,
        source: &dyn Source,
        row: usize,
        buffer: &mut Intervals,
        sink: &mut S,
    ) -> Result<()> {
        let Some(columns) = &self.columns[row] else {
            return Ok(());
        };
        let count = source.rows()[row].intervals;
        for from in (0..count).step_by(CHUNK as usize) {
            buffer.ask_for(columns);
            source.read(row, from..count.min(from + CHUNK), buffer)?;
            sink.whole_chunk(row, buffer)?;
        }
        sink.end_row(row)
    }

    /// Merges the rows of a rank; what is loaded goes to those who take rows, too, where it was not read before.
    fn merged<S: Sink>(
        &self,
        source: &dyn Source,
        (rank, rows): (u32, &[usize]),
        feeds: bool,
        sink: &mut S,
    ) -> Result<()> {
        sink.begin_rank(rank, rows)?;
        let wanted = |row: usize| self.columns[row].clone().filter(|_| feeds).unwrap_or_default();
        let mut merge = Merge::new(source, rows, wanted);
        let mut calls = Vec::with_capacity(S::BATCH);
        loop {
            calls.clear();
            merge.next_calls(&mut calls, S::BATCH, |row, chunk| {
                if feeds && self.columns[row].is_some() {
                    sink.chunk(row, chunk)
                } else {
                    Ok(())
                }
            })?;
            if calls.is_empty() {
                break;
            }
            sink.whole_calls(rank, &mut calls, merge.links())?;
        }
        sink.end_rank(rank)
    }
}

/// The optional columns that are needed of a row; none where nobody takes it.
fn columns(observers: &[&mut dyn Observer], row: usize) -> Option<Vec<String>> {
    let mut columns: Option<Vec<String>> = None;
    for observer in observers.iter().filter(|observer| observer.takes_row(row)) {
        let columns = columns.get_or_insert_default();
        columns.extend(observer.columns(row).into_iter().map(String::from));
    }
    columns
}
