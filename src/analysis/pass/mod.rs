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

mod ahead;
mod reading;

pub use super::linked::Link;
pub use super::merge::RankCall;
use crate::error::Result;
use crate::profile::{Intervals, Source};
pub(crate) use reading::MOST_INTERLEAVED;
use reading::{Plan, Sink};

/// Takes what it needs of the intervals that stream past. What it does not ask for, it is not given.
pub trait Observer {
    /// Whether it takes the intervals of a row, an index into [`Source::rows`].
    fn takes_row(&self, _row: usize) -> bool {
        false
    }

    /// The [optional columns](Intervals::OPTIONAL), and those of [fields](crate::profile::Field), that it needs of a
    /// row that it takes. Where another observer needs one, it comes all the same.
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

/// Is told how far a pass has come, and may end it.
#[cfg(feature = "serve")]
pub(crate) trait Watch {
    /// So many intervals more will be read.
    fn expects(&self, intervals: u64);

    /// So many intervals more have been read.
    ///
    /// # Errors
    ///
    /// Where the pass is to end.
    fn reads(&self, intervals: u64) -> Result<()>;
}

/// Feeds the observers: rank by rank, and each interval that any of them needs is read once. Only a rank of more than a
/// thousand regions is read twice where one observer takes its rows and another its calls.
///
/// # Errors
///
/// When intervals cannot be read, and whatever an observer returns.
pub fn run(source: &dyn Source, observers: &mut [&mut dyn Observer]) -> Result<()> {
    let plan = Plan::new(source, observers);
    let mut fed = Fed(observers);
    match source.shared().filter(|_| ahead::is_worth_it(plan.intervals)) {
        Some(shared) => ahead::run(shared, &plan, &mut fed),
        None => plan.read(source, &mut fed),
    }
}

/// Observers, which get what each of them takes.
struct Fed<'o, 'x>(&'o mut [&'x mut dyn Observer]);

impl<'x> Fed<'_, 'x> {
    fn of_rank(&mut self, rank: u32) -> impl Iterator<Item = &mut &'x mut dyn Observer> {
        let all = self.0.iter_mut();
        all.filter(move |observer| observer.takes_rank(rank))
    }

    fn of_row(&mut self, row: usize) -> impl Iterator<Item = &mut &'x mut dyn Observer> {
        let all = self.0.iter_mut();
        all.filter(move |observer| observer.takes_row(row))
    }
}

impl Sink for Fed<'_, '_> {
    /// They stay in the fastest cache.
    const BATCH: usize = 512;

    fn begin_rank(&mut self, rank: u32, rows: &[usize]) -> Result<()> {
        self.of_rank(rank)
            .try_for_each(|observer| observer.begin_rank(rank, rows))
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        self.of_row(row)
            .try_for_each(|observer| observer.chunk(row, chunk))
    }

    fn calls(&mut self, rank: u32, calls: &[RankCall], links: Option<&[Link]>) -> Result<()> {
        self.of_rank(rank).try_for_each(|observer| match links {
            Some(links) => observer.linked_calls(calls, links),
            None => observer.calls(calls),
        })
    }

    fn end_rank(&mut self, rank: u32) -> Result<()> {
        self.of_rank(rank)
            .try_for_each(|observer| observer.end_rank(rank))
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        self.of_row(row).try_for_each(|observer| observer.end_row(row))
    }
}
