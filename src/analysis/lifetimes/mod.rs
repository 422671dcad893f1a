//! How long spans lived that were entered several times, as those of futures are for each poll.
//!
//! A span's life is from its creation, or where that is not known its first entry, to its end, or where that is not
//! known its last exit. It was *busy* while any thread had it entered, *idle* for the
//! rest: busy and idle time add up to the time that elapsed, to the nanosecond.
//!
//! ```
//! use scope_profiler::RegionFilter;
//! use scope_profiler::analysis::lifetimes::Lifetimes;
//! use scope_profiler::analysis::pass;
//! use scope_profiler::profile::{Call, Profile};
//!
//! let profile = Profile::builder()
//!     .interval(Call::new("fetch", 0..20).span(1)) // the first poll
//!     .interval(Call::new("fetch", 900..950).span(1).thread(2)) // the second one, on another thread
//!     .interval(Call::new("fetch", 1_000..1_000).span(1)) // it is dropped
//!     .build();
//! let mut lifetimes = Lifetimes::new(&profile, &RegionFilter::new())?;
//! pass::run(&profile, &mut [&mut lifetimes])?;
//! let fetch = &lifetimes.finish()[0];
//! assert_eq!((fetch.name(), fetch.spans(), fetch.polls().count()), ("fetch", 1, 2));
//! assert_eq!(fetch.elapsed().statistics().total_ns(), 1_000);
//! assert_eq!(fetch.busy().statistics().total_ns(), 70);
//! assert_eq!(fetch.idle().statistics().total_ns(), 930);
//! # Ok::<(), scope_profiler::Error>(())
//! ```

mod ends;
mod lasts;
mod life;
mod row;
mod spread;
#[cfg(test)]
mod tests;

pub(crate) use ends::Ends;
pub use life::Life;
pub(crate) use row::{OnSpan, RowSpans};
pub use spread::Spread;

use super::pass::Observer;
use super::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{Intervals, Row, Source, Statistics};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// So many of the longest lives of a region are kept.
const LONGEST: usize = 10;

/// Collects the lives of the spans of each region while a [pass](super::pass) goes on. Memory grows with the spans that
/// are alive at once, and by two bits for each interval where a region has very many.
pub struct Lifetimes<'a> {
    source: &'a dyn Source,
    /// The rows whose spans were entered several times.
    rows: BTreeMap<usize, RowSpans>,
    /// By name.
    regions: BTreeMap<usize, RegionLifetimes>,
}

/// The lives of the spans of a region, over the chosen ranks.
#[derive(Clone, Debug)]
pub struct RegionLifetimes {
    name: String,
    elapsed: Spread,
    busy: Spread,
    idle: Spread,
    polls: Statistics,
    entries: u64,
    open: u64,
    /// Those that were there while they were not entered, before the first entry or after the last one.
    longer: u64,
    most_polls: u64,
    most_threads: u32,
    longest: Vec<Life>,
}

impl RegionLifetimes {
    fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            elapsed: Spread::default(),
            busy: Spread::default(),
            idle: Spread::default(),
            polls: Statistics::new(),
            entries: 0,
            open: 0,
            longer: 0,
            most_polls: 0,
            most_threads: 0,
            longest: Vec::new(),
        }
    }

    /// The region.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of spans that were entered.
    #[must_use]
    pub fn spans(&self) -> u64 {
        self.elapsed.statistics().count()
    }

    /// Those of them that were still entered when recording ended: their times are those until then.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.open
    }

    /// From creation, or first entry, to end, or last exit.
    #[must_use]
    pub fn elapsed(&self) -> &Spread {
        &self.elapsed
    }

    /// For how long each was entered, on whatever threads.
    #[must_use]
    pub fn busy(&self) -> &Spread {
        &self.busy
    }

    /// For how long each was not entered while it was there.
    #[must_use]
    pub fn idle(&self) -> &Spread {
        &self.idle
    }

    /// The lengths of all polls. The last, short entry of a span, which is made when a future is dropped, is none.
    #[must_use]
    pub fn polls(&self) -> &Statistics {
        &self.polls
    }

    /// The most polls of one span.
    #[must_use]
    pub fn most_polls(&self) -> u64 {
        self.most_polls
    }

    /// The most threads that entered one span.
    #[must_use]
    pub fn most_threads(&self) -> u32 {
        self.most_threads
    }

    /// The longest lives, ten at the most, the longest first.
    #[must_use]
    pub fn longest(&self) -> &[Life] {
        &self.longest
    }

    fn keep_if_long(&mut self, life: Life) {
        let elapsed = life.elapsed_ns();
        let at = self
            .longest
            .partition_point(|other| other.elapsed_ns() >= elapsed);
        if at < LONGEST {
            self.longest.truncate(LONGEST - 1);
            self.longest.insert(at, life);
        }
    }
}

impl OnSpan for RegionLifetimes {
    fn poll(&mut self, ns: i64) {
        self.polls.add(ns);
    }

    fn end(&mut self, life: Life) {
        self.elapsed.add(life.elapsed_ns());
        self.busy.add(life.busy_ns);
        self.idle.add(life.idle_ns());
        self.entries += life.entries;
        self.open += u64::from(life.is_open);
        self.longer += u64::from(life.is_longer());
        self.most_polls = self.most_polls.max(life.polls);
        self.most_threads = self.most_threads.max(life.threads);
        self.keep_if_long(life);
    }
}

impl<'a> Lifetimes<'a> {
    /// Of the chosen regions and ranks. Left out are regions whose spans were entered and left once each,
    /// and were not there before or afterwards.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read: regions of very many spans are looked through first.
    pub fn new(source: &'a dyn Source, filter: &RegionFilter) -> Result<Self> {
        let chosen = filter.chosen_regions(source);
        Self::of(source, |row| chosen[row.name] && filter.keeps_rank(row.rank))
    }

    /// Of these rows.
    pub(super) fn of(source: &'a dyn Source, takes: impl Fn(&Row) -> bool) -> Result<Self> {
        let mut rows = BTreeMap::new();
        let mut of_rank: BTreeMap<u32, Ends> = BTreeMap::new();
        for (index, row) in source.rows().iter().enumerate().filter(|(_, row)| takes(row)) {
            let ends = match of_rank.entry(row.rank) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => free.insert(Ends::of_rank(source, row.rank, Some)?),
            };
            if RowSpans::are_of_interest(source, index, ends) {
                rows.insert(index, RowSpans::of_all(source, index, ends)?);
            }
        }
        Ok(Self {
            source,
            rows,
            regions: BTreeMap::new(),
        })
    }

    /// The regions, in the order of their names in the source, when the pass is over.
    #[must_use]
    pub fn finish(self) -> Vec<RegionLifetimes> {
        let regions = self.regions.into_values();
        regions
            .filter(|region| region.entries > region.spans() || region.open > 0 || region.longer > 0)
            .collect()
    }

    fn region(&mut self, row: usize) -> &mut RegionLifetimes {
        let name = self.source.rows()[row].name;
        let new = || RegionLifetimes::new(&self.source.names()[name]);
        self.regions.entry(name).or_insert_with(new)
    }
}

impl Observer for Lifetimes<'_> {
    fn columns(&self, row: usize) -> Vec<&str> {
        if self.rows.contains_key(&row) {
            vec![Intervals::SPAN]
        } else {
            Vec::new()
        }
    }

    fn takes_row(&self, row: usize) -> bool {
        self.rows.contains_key(&row)
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        if let Some(mut spans) = self.rows.remove(&row) {
            spans.chunk(chunk, self.region(row));
            self.rows.insert(row, spans);
        }
        Ok(())
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        if let Some(spans) = self.rows.remove(&row) {
            spans.end(self.region(row));
        }
        Ok(())
    }
}
