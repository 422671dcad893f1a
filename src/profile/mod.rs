//! Profiles as plain data: what a file or a session in memory holds, without how it is stored.

mod bars;
mod blocks;
mod call;
mod clock;
mod counter;
mod field;
mod in_memory;
mod in_memory_counters;
mod in_memory_fields;
mod intervals;
mod numbers;
mod origin;
mod region;
mod run;
mod sketch;
mod span;
mod statistics;
mod stored;
pub(crate) mod threads;
mod window;

pub(crate) use bars::{RowBar, RowBars};
pub use blocks::{Block, LaneBlocks, RowBlocks};
pub use call::Call;
pub(crate) use clock::agreement;
pub use clock::{ClockAgreement, RankClock};
pub(crate) use counter::each_samples;
pub use counter::{Counter, CounterRow, Sample, Samples};
pub use field::Field;
pub use in_memory::{Profile, ProfileBuilder};
pub(crate) use intervals::CHUNK;
pub(crate) use intervals::each_chunk;
pub use intervals::{Interval, Intervals};
pub use numbers::{Number, Numbers};
pub use origin::Origin;
pub(crate) use region::{CallSite, OwnTimes};
pub use region::{MpiRegion, RankRegion};
pub use run::{RankRun, RunFacts};
pub use sketch::Sketch;
pub use span::{SpanFacts, SpanParent};
pub use statistics::Statistics;
pub(crate) use statistics::{percentiles, saturate};
pub use stored::{PathSummary, RowSummary, StoredSummary};
pub use threads::thread_label;
pub use window::Window;

use crate::error::Result;
use std::collections::BTreeMap;
use std::ops::Range;

/// A metadata value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Several texts.
    List(Vec<String>),
}

/// What is known about a run: key to value, in alphabetical order.
pub type Metadata = BTreeMap<String, Value>;

/// One region on one rank: what is known of it without reading its intervals.
///
/// Further fields may be added; [`Row::new`] makes one with the usual values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The rank.
    pub rank: u32,
    /// Index into [`Source::names`].
    pub name: usize,
    /// The number of intervals.
    pub intervals: u64,
    /// Completed calls: the intervals, or more where calls were only counted.
    pub calls: u64,
    /// Spans created, where the region is one of spans and the file says so: a span that is entered
    /// several times is one span and several calls.
    pub spans: Option<u64>,
    /// Calls that left no interval since the region was throttled: they are among `calls`.
    pub throttled: u64,
    /// The time of those calls, ns: no part of `total_ns`.
    pub throttled_ns: i64,
    /// Sum of all durations, ns, where the file says so without being read through.
    pub total_ns: Option<i64>,
}

impl Row {
    /// A row whose calls all left an interval, of which nothing else is stated. `name` is an index into
    /// [`Source::names`].
    ///
    /// ```
    /// use scope_profiler::profile::Row;
    ///
    /// let mut row = Row::new(0, 0, 12);
    /// assert_eq!(row.calls, 12);
    /// row.total_ns = Some(3_400);
    /// ```
    #[must_use]
    pub fn new(rank: u32, name: usize, intervals: u64) -> Self {
        Self {
            rank,
            name,
            intervals,
            calls: intervals,
            spans: None,
            throttled: 0,
            throttled_ns: 0,
            total_ns: None,
        }
    }

    /// A row of whose calls only the sums are known.
    pub(crate) fn of_sums(rank: u32, name: usize, sums: &Sums) -> Self {
        Self {
            calls: sums.statistics.count(),
            ..Self::new(rank, name, 0)
        }
    }
}

/// What is known of the calls of a [`Row`] that left no intervals, where a file keeps sums alone.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sums {
    /// Statistics of their durations.
    pub statistics: Statistics,
    /// Their time without that of calls inside them, ns.
    pub exclusive_ns: i64,
    /// The first start and the last end, ns.
    pub span_ns: Option<(i64, i64)>,
}

/// What is known of a [`Row`] beyond it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RowFacts {
    /// Calls whose interval was dropped for want of memory or disk.
    pub dropped: u64,
    /// Calls that were still open when recording ended.
    pub open: u64,
    /// Calls whose end was read before their start, and whose length is therefore 0.
    pub clamped: u64,
    /// Inclusive time, ns, where it is known without reading intervals: for how long a call of the region
    /// was open, on each thread, summed over threads. Of calls inside others of their region it has only the
    /// outermost, which makes it less than [`Row::total_ns`].
    pub inclusive_ns: Option<i64>,
    /// In a file of sums alone: those of the row.
    pub sums: Option<Sums>,
}

/// An entry of a span that had not been left when recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenSpan {
    /// The serial number of the span: see [`Intervals::SPAN`].
    pub span: u32,
    /// When it was entered, ns.
    pub start_ns: i64,
    /// The thread, as an index into the rank's threads.
    pub thread: u32,
}

impl OpenSpan {
    /// Of this span, entered at `start_ns` on a thread.
    #[must_use]
    pub fn new(span: u32, start_ns: i64, thread: u32) -> Self {
        Self {
            span,
            start_ns,
            thread,
        }
    }
}

/// Where analyses and charts take intervals from: a file, or a session that stayed in memory.
///
/// A profile is a list of [`Row`]s, one for each region and rank. Within a row intervals are in
/// order of start (ties: the longer first), so that any number of rows can be merged in one
/// streaming pass with bounded memory.
pub trait Source {
    /// The name of each region.
    fn names(&self) -> &[String];

    /// All rows, by rank, then in the order of the file.
    fn rows(&self) -> &[Row];

    /// Replaces `into` with the intervals `range` of row number `row`.
    ///
    /// `into` says which [optional columns](Intervals::with_column) are wanted. A source fills in those that it
    /// has ([`Intervals::set_column`]) and leaves the others alone, so one that knows of none is complete.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or holds something else than it promised at opening.
    ///
    /// # Panics
    ///
    /// When `row` is not an index into [`rows`](Self::rows) or `range` reaches past its intervals.
    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()>;

    /// The same source for several threads, where these may read it at the same time.
    fn shared(&self) -> Option<&(dyn Source + Sync)> {
        None
    }

    /// How many intervals of row number `row` are worth a reading: fewer take about as long.
    fn worth_reading(&self, _row: usize) -> u64 {
        1 << 16
    }

    /// The [optional columns](Intervals::OPTIONAL) that intervals of any row have.
    fn columns(&self) -> &[&'static str] {
        &[]
    }

    /// The numeric fields that calls of any row have, by name. [`read`](Self::read) fills in their
    /// [columns](Field::column) as it does the optional ones.
    fn fields(&self) -> &[Field] {
        &[]
    }

    /// The fields that calls of row number `row` have, as indices into [`fields`](Self::fields). Each has a
    /// column, in whatever range is read, and of the same kind in each.
    fn fields_of(&self, _row: usize) -> &[usize] {
        &[]
    }

    /// The program's counters, by name.
    fn counters(&self) -> &[Counter] {
        &[]
    }

    /// Their rows: one for each counter and rank, by rank, then by name.
    fn counter_rows(&self) -> &[CounterRow] {
        &[]
    }

    /// Replaces `into` with the samples `range` of number `row` of [`counter_rows`](Self::counter_rows), in order of
    /// time. Values are whole numbers or floating-point ones, the same in whatever range.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Panics
    ///
    /// When `row` is not an index into [`counter_rows`](Self::counter_rows) or `range` reaches past its samples.
    fn read_counter(&self, _row: usize, _range: Range<u64>, into: &mut Samples) -> Result<()> {
        into.clear();
        Ok(())
    }

    /// What to call the profile: its label, or the name of its file.
    fn title(&self) -> String {
        String::new()
    }

    /// What one call of a region cost the program, ns, where that was measured: with a guard, on the
    /// machine of the run. Spans cost more.
    fn call_cost_ns(&self) -> Option<f64> {
        None
    }

    /// How far the times of these ranks can be compared.
    fn clocks(&self, _ranks: &[u32]) -> ClockAgreement {
        ClockAgreement::Same
    }

    /// The ranks, ascending; also those without any row.
    fn ranks(&self) -> Vec<u32> {
        let of_counters = self.counter_rows().iter().map(|row| row.rank);
        let mut ranks: Vec<u32> = self
            .rows()
            .iter()
            .map(|row| row.rank)
            .chain(of_counters)
            .collect();
        ranks.sort_unstable();
        ranks.dedup();
        ranks
    }

    /// What is known of row number `row` beyond [`rows`](Self::rows).
    fn row_facts(&self, _row: usize) -> RowFacts {
        RowFacts::default()
    }

    /// Entries of spans of row number `row` that had not been left when recording ended, as far as they are known.
    fn open_spans(&self, _row: usize) -> Vec<OpenSpan> {
        Vec::new()
    }

    /// What is known of the spans of a rank beside their entries, in order of their numbers: only of those whose
    /// entries do not say it.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn span_facts(&self, _rank: u32) -> Result<Vec<SpanFacts>> {
        Ok(Vec::new())
    }

    /// Where the region of row number `row` comes from.
    fn origin(&self, _row: usize) -> Origin {
        Origin::default()
    }

    /// What the program said of each call of row number `row`, in the order of its intervals; empty where it said
    /// nothing of any.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn call_metadata(&self, _row: usize) -> Result<Vec<Metadata>> {
        Ok(Vec::new())
    }

    /// What the program and the profiler noted of the run.
    fn metadata(&self) -> Metadata {
        Metadata::new()
    }

    /// What is known of the run as a whole.
    fn run(&self) -> RunFacts {
        RunFacts::default()
    }

    /// Summaries of the calls of a rank, where the source has them: they say what a reading of its intervals
    /// would.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn summary(&self, _rank: u32) -> Result<Option<StoredSummary>> {
        Ok(None)
    }

    /// What the calls of a rank add up to, block by block, by the number of their row; without those rows that the
    /// source has stored none of. [`Pyramids`](crate::analysis::windows::Pyramids) has them of all rows.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn blocks(&self, _rank: u32) -> Result<BTreeMap<usize, RowBlocks>> {
        Ok(BTreeMap::new())
    }

    /// The names of the threads of a rank, where they are known.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>>;
}
