//! One pass over a source that feeds any number of observers: every interval is read once, whatever is asked of it.
//!
//! An [`Observer`] says which rows and ranks it needs. It takes the intervals of rows in pieces, or all calls of a rank
//! in one order of start, or both. What is loaded to be merged goes to the observers of its row first, so that it need
//! not be read again.
//!
//! ```
//! use scope_profiler::Result;
//! use scope_profiler::analysis::pass::{self, Observer};
//! use scope_profiler::profile::{Call, Intervals, Profile};
//!
//! /// The longest call of each row, ns.
//! #[derive(Default)]
//! struct Longest(Vec<i64>);
//!
//! impl Observer for Longest {
//!     fn takes_row(&self, _row: usize) -> bool {
//!         true
//!     }
//!
//!     fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
//!         self.0.resize(self.0.len().max(row + 1), 0);
//!         self.0[row] = chunk.durations().fold(self.0[row], i64::max);
//!         Ok(())
//!     }
//! }
//!
//! let profile = Profile::builder()
//!     .interval(Call::new("solve", 0..30))
//!     .interval(Call::new("solve", 40..50))
//!     .build();
//! let mut longest = Longest::default();
//! pass::run(&profile, &mut [&mut longest])?;
//! assert_eq!(longest.0, [30]);
//! # Ok::<(), scope_profiler::Error>(())
//! ```

pub use super::linked::Link;
pub use super::merge::RankCall;
use super::merge::{Merge, with_columns};
use crate::error::Result;
use crate::profile::{CHUNK, Intervals, Source};
use std::collections::BTreeMap;

/// Calls are handed on so many at a time: they stay in the fastest cache.
const BATCH: usize = 512;
/// Rows of a rank beyond which they are read one after the other before they are merged. What observers keep of a row
/// while it is read would otherwise be kept for too many rows at once.
const MOST_INTERLEAVED: usize = 1024;

/// Takes what it needs of the intervals that stream past. What it does not ask for, it is not given.
pub trait Observer {
    /// Whether it takes the intervals of a row, an index into [`Source::rows`].
    fn takes_row(&self, _row: usize) -> bool {
        false
    }

    /// The [optional columns](Intervals::OPTIONAL), and those of [fields](crate::profile::Field), that it needs of a row
    /// that it takes. Where another observer needs one, it comes all the same.
    fn columns(&self, _row: usize) -> Vec<&str> {
        Vec::new()
    }

    /// Takes the next intervals of a row, in order. Those of other rows of the same rank may come in between.
    ///
    /// # Errors
    ///
    /// Whatever ends the pass.
    fn chunk(&mut self, _row: usize, _chunk: &Intervals) -> Result<()> {
        Ok(())
    }

    /// All intervals of a row have come, if there are any. Rows end in their order.
    ///
    /// # Errors
    ///
    /// Whatever ends the pass.
    fn end_row(&mut self, _row: usize) -> Result<()> {
        Ok(())
    }

    /// Whether it takes the calls of a rank.
    fn takes_rank(&self, _rank: u32) -> bool {
        false
    }

    /// The calls of a rank come next, which are those of these rows. Ranks come in ascending order.
    ///
    /// # Errors
    ///
    /// Whatever ends the pass.
    fn begin_rank(&mut self, _rank: u32, _rows: &[usize]) -> Result<()> {
        Ok(())
    }

    /// Takes the next calls of the rank, in order of start; of those that start together the longer first.
    ///
    /// # Errors
    ///
    /// Whatever ends the pass.
    fn calls(&mut self, _calls: &[RankCall]) -> Result<()> {
        Ok(())
    }

    /// As [`calls`](Self::calls), of a rank whose calls say which call each is inside: a link for each of them.
    ///
    /// # Errors
    ///
    /// Whatever ends the pass.
    fn linked_calls(&mut self, calls: &[RankCall], _links: &[Link]) -> Result<()> {
        self.calls(calls)
    }

    /// All calls of the rank have come.
    ///
    /// # Errors
    ///
    /// Whatever ends the pass.
    fn end_rank(&mut self, _rank: u32) -> Result<()> {
        Ok(())
    }
}

/// Feeds the observers: rank by rank, and each interval that any of them needs is read once. Only a rank of more than a
/// thousand regions is read twice where one observer takes its rows and another its calls.
///
/// # Errors
///
/// When intervals cannot be read, and whatever an observer returns.
pub fn run(source: &dyn Source, observers: &mut [&mut dyn Observer]) -> Result<()> {
    let mut ranks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    ranks.extend(source.ranks().into_iter().map(|rank| (rank, Vec::new())));
    for (index, row) in source.rows().iter().enumerate() {
        ranks.entry(row.rank).or_default().push(index);
    }
    let mut pass = Pass { source, observers };
    for (&rank, rows) in &ranks {
        pass.rank(rank, rows)?;
    }
    Ok(())
}

struct Pass<'a, 'o, 'x> {
    source: &'a dyn Source,
    observers: &'o mut [&'x mut dyn Observer],
}

impl Pass<'_, '_, '_> {
    fn rank(&mut self, rank: u32, rows: &[usize]) -> Result<()> {
        let merges = self.observers.iter().any(|observer| observer.takes_rank(rank));
        let interleaves = merges && rows.len() <= MOST_INTERLEAVED;
        if !interleaves {
            rows.iter().try_for_each(|&row| self.row(row))?;
        }
        if merges {
            self.merged(rank, rows, interleaves)?;
        }
        if interleaves {
            rows.iter().try_for_each(|&row| end_row(self.observers, row))?;
        }
        Ok(())
    }

    /// Reads a row by itself, where anybody needs it.
    fn row(&mut self, row: usize) -> Result<()> {
        if !self.observers.iter().any(|observer| observer.takes_row(row)) {
            return Ok(());
        }
        let mut buffer = with_columns(columns(self.observers, row), Intervals::new());
        let count = self.source.rows()[row].intervals;
        for from in (0..count).step_by(CHUNK as usize) {
            self.source
                .read(row, from..count.min(from + CHUNK), &mut buffer)?;
            feed(self.observers, row, &buffer)?;
        }
        end_row(self.observers, row)
    }

    /// Merges the rows of a rank; what is loaded goes to those who take rows, too, where it was not read before.
    fn merged(&mut self, rank: u32, rows: &[usize], feeds: bool) -> Result<()> {
        let Self { source, observers } = self;
        for observer in takers(observers, rank) {
            observer.begin_rank(rank, rows)?;
        }
        let wanted = |row| {
            if feeds {
                columns(observers, row)
            } else {
                Vec::new()
            }
        };
        let mut merge = Merge::new(*source, rows, wanted);
        let mut calls = Vec::with_capacity(BATCH);
        loop {
            calls.clear();
            merge.next_calls(&mut calls, BATCH, |row, chunk| {
                if feeds {
                    feed(observers, row, chunk)
                } else {
                    Ok(())
                }
            })?;
            if calls.is_empty() {
                break;
            }
            for observer in takers(observers, rank) {
                match merge.links() {
                    Some(links) => observer.linked_calls(&calls, links)?,
                    None => observer.calls(&calls)?,
                }
            }
        }
        for observer in takers(observers, rank) {
            observer.end_rank(rank)?;
        }
        Ok(())
    }
}

fn takers<'o, 'a>(
    observers: &'o mut [&'a mut dyn Observer],
    rank: u32,
) -> impl Iterator<Item = &'o mut &'a mut dyn Observer> {
    observers
        .iter_mut()
        .filter(move |observer| observer.takes_rank(rank))
}

/// The optional columns that are needed of a row.
fn columns<'a>(observers: &'a [&mut dyn Observer], row: usize) -> Vec<&'a str> {
    let takers = observers.iter().filter(|observer| observer.takes_row(row));
    takers.flat_map(|observer| observer.columns(row)).collect()
}

fn feed(observers: &mut [&mut dyn Observer], row: usize, chunk: &Intervals) -> Result<()> {
    let mut takers = observers.iter_mut().filter(|observer| observer.takes_row(row));
    takers.try_for_each(|observer| observer.chunk(row, chunk))
}

fn end_row(observers: &mut [&mut dyn Observer], row: usize) -> Result<()> {
    let mut takers = observers.iter_mut().filter(|observer| observer.takes_row(row));
    takers.try_for_each(|observer| observer.end_row(row))
}
