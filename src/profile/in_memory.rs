//! A profile that is held in memory: a session without a file, and every test.

use super::in_memory_counters::{Counters, GrowingCounters};
use super::in_memory_fields::{FieldNames, RowNumbers};
use super::{
    Call, Counter, CounterRow, Field, Intervals, Numbers, OpenSpan, RankRun, Row, RowFacts, RunFacts, Sample,
    Samples, Source, SpanFacts,
};
use crate::error::Result;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A whole profile in memory.
///
/// ```
/// use scope_profiler::profile::{Call, Intervals, Profile, Source};
///
/// let profile = Profile::builder()
///     .interval(Call::new("solve", 200..900)) // in ns
///     .interval(Call::new("solve", 100..150))
///     .interval(Call::new("solve", 120..820).rank(1))
///     .build();
///
/// assert_eq!(profile.names(), ["solve"]);
/// assert_eq!(profile.rows().len(), 2);
/// let mut intervals = Intervals::default();
/// profile.read(0, 0..2, &mut intervals)?;
/// assert_eq!(intervals.starts(), [100, 200]);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    names: Vec<String>,
    rows: Vec<Row>,
    /// One entry for each row.
    intervals: Vec<Intervals>,
    /// One entry for each row.
    facts: Vec<RowFacts>,
    run: RunFacts,
    threads: BTreeMap<(u32, u32), String>,
    call_cost_ns: Option<f64>,
    /// One entry for each row.
    open_spans: Vec<Vec<OpenSpan>>,
    span_facts: BTreeMap<(u32, u32), SpanFacts>,
    /// The optional columns that the intervals have.
    columns: Vec<&'static str>,
    fields: Vec<Field>,
    /// One entry for each row.
    fields_of: Vec<Vec<usize>>,
    counters: Counters,
}

impl Profile {
    /// A builder without any region.
    #[must_use]
    pub fn builder() -> ProfileBuilder {
        ProfileBuilder::default()
    }
}

impl Source for Profile {
    fn call_cost_ns(&self) -> Option<f64> {
        self.call_cost_ns
    }

    fn names(&self) -> &[String] {
        &self.names
    }

    fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        into.copy_from(&self.intervals[row], indices(range));
        Ok(())
    }

    fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn fields_of(&self, row: usize) -> &[usize] {
        &self.fields_of[row]
    }

    fn counters(&self) -> &[Counter] {
        &self.counters.counters
    }

    fn counter_rows(&self) -> &[CounterRow] {
        &self.counters.rows
    }

    fn read_counter(&self, row: usize, range: Range<u64>, into: &mut Samples) -> Result<()> {
        into.copy_from(&self.counters.samples[row], indices(range));
        Ok(())
    }

    fn row_facts(&self, row: usize) -> RowFacts {
        self.facts[row]
    }

    fn open_spans(&self, row: usize) -> Vec<OpenSpan> {
        self.open_spans[row].clone()
    }

    fn span_facts(&self, rank: u32) -> Result<Vec<SpanFacts>> {
        let of_rank = self.span_facts.range((rank, 0)..=(rank, u32::MAX));
        Ok(of_rank.map(|(_, facts)| facts.clone()).collect())
    }

    fn run(&self) -> RunFacts {
        self.run.clone()
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        let of_rank = self.threads.range((rank, 0)..=(rank, u32::MAX));
        Ok(of_rank
            .map(|(&(_, thread), name)| (thread, name.clone()))
            .collect())
    }
}

/// A range that does not fit the address space reaches past the end anyway.
fn indices(range: Range<u64>) -> Range<usize> {
    let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    index(range.start)..index(range.end)
}

/// Collects intervals in any order; made by [`Profile::builder`].
#[derive(Clone, Debug, Default)]
pub struct ProfileBuilder {
    names: Vec<String>,
    name_index: HashMap<String, usize>,
    /// By (rank, name): where the row is in `columns`.
    row_index: HashMap<(u32, usize), usize>,
    columns: Vec<Columns>,
    run: RunFacts,
    threads: BTreeMap<(u32, u32), String>,
    call_cost_ns: Option<f64>,
    span_facts: BTreeMap<(u32, u32), SpanFacts>,
    fields: FieldNames,
    counters: GrowingCounters,
}

#[derive(Clone, Debug)]
struct Columns {
    rank: u32,
    name: usize,
    counted: u64,
    spans: Option<u64>,
    throttled: u64,
    throttled_ns: i64,
    facts: RowFacts,
    intervals: Intervals,
    span_ids: Vec<i64>,
    open_spans: Vec<OpenSpan>,
    numbers: RowNumbers,
}

impl ProfileBuilder {
    /// Adds the interval of one call.
    ///
    /// Regions keep the order in which they were first named.
    #[must_use]
    pub fn interval(mut self, call: Call<'_>) -> Self {
        self.push(call);
        self
    }

    /// As [`interval`](Self::interval), for use in a loop.
    pub fn push(&mut self, call: Call<'_>) {
        let numbers: Vec<_> = (call.numbers.iter())
            .map(|&(name, number)| (self.fields.number_of(name), number))
            .collect();
        let columns = self.columns(call.rank, call.region);
        let at = columns.intervals.len();
        numbers
            .into_iter()
            .for_each(|(field, number)| columns.numbers.set(field, at, number));
        columns.intervals.push(call.start_ns, call.end_ns, call.thread);
        columns.span_ids.push(call.span.into());
    }

    /// Says what the numbers of a [field](Field) are measured in.
    #[must_use]
    pub fn unit(mut self, field: &str, unit: impl Into<String>) -> Self {
        self.fields.set_unit(field, unit.into());
        self
    }

    /// Adds the value of a [counter](Counter) of a rank; samples may come in any order.
    #[must_use]
    pub fn sample(mut self, rank: u32, counter: &str, sample: Sample) -> Self {
        self.push_sample(rank, counter, sample);
        self
    }

    /// As [`sample`](Self::sample), for use in a loop.
    pub fn push_sample(&mut self, rank: u32, counter: &str, sample: Sample) {
        self.counters.push(rank, counter, sample);
    }

    /// Says what a counter is measured in.
    #[must_use]
    pub fn counter_unit(mut self, counter: &str, unit: impl Into<String>) -> Self {
        self.counters.set_unit(counter, unit.into());
        self
    }

    /// Says how many samples of a counter were dropped.
    #[must_use]
    pub fn dropped_samples(mut self, rank: u32, counter: &str, samples: u64) -> Self {
        self.counters.set_dropped(rank, counter, samples);
        self
    }

    /// Says that a region was called `calls` times, for regions whose calls were only counted. Its
    /// intervals are not added to that number.
    #[must_use]
    pub fn calls(mut self, rank: u32, region: &str, calls: u64) -> Self {
        self.columns(rank, region).counted = calls;
        self
    }

    /// Says how many spans were created under a region's name.
    #[must_use]
    pub fn spans(mut self, rank: u32, region: &str, spans: u64) -> Self {
        self.columns(rank, region).spans = Some(spans);
        self
    }

    /// Says how many of a region's [`calls`](Self::calls) left no interval since the region was
    /// throttled, and how long they took together, ns.
    #[must_use]
    pub fn throttled(mut self, rank: u32, region: &str, calls: u64, ns: i64) -> Self {
        let columns = self.columns(rank, region);
        (columns.throttled, columns.throttled_ns) = (calls, ns);
        self
    }

    /// Says how many of a region's [`calls`](Self::calls) left no interval since they were dropped.
    #[must_use]
    pub fn dropped(mut self, rank: u32, region: &str, calls: u64) -> Self {
        self.columns(rank, region).facts.dropped = calls;
        self
    }

    /// Says how many calls of a region were still open when recording ended.
    #[must_use]
    pub fn open(mut self, rank: u32, region: &str, calls: u64) -> Self {
        self.columns(rank, region).facts.open = calls;
        self
    }

    /// Says that a span of a region was entered and had not been left when recording ended; its call is
    /// [counted](Self::open) besides.
    #[must_use]
    pub fn open_span(mut self, rank: u32, region: &str, span: OpenSpan) -> Self {
        self.columns(rank, region).open_spans.push(span);
        self
    }

    /// Says what is known of a span of a rank beside its entries.
    #[must_use]
    pub fn span_facts(mut self, rank: u32, facts: SpanFacts) -> Self {
        self.span_facts.insert((rank, facts.span), facts);
        self
    }

    /// Says when the session of a rank began and ended, ns, on the clock of its intervals.
    ///
    /// ```
    /// use scope_profiler::RegionFilter;
    /// use scope_profiler::analysis::call_tree::CallTree;
    /// use scope_profiler::profile::{Call, Profile};
    ///
    /// // The first 60 ns of a session of 100 are outside any region.
    /// let profile = Profile::builder().session(0, 0, 100).interval(Call::new("solve", 60..100)).build();
    /// let tree = CallTree::filtered(&profile, &RegionFilter::new())?;
    /// assert_eq!((tree.wall_ns(), tree.outside_ns()), (100, 60));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn session(mut self, rank: u32, start: i64, end: i64) -> Self {
        self.rank_run(rank).span_ns = Some((start, end));
        self
    }

    /// Says which signal ended a rank.
    #[must_use]
    pub fn ended_by(mut self, rank: u32, signal: impl Into<String>) -> Self {
        self.rank_run(rank).ended_by = Some(signal.into());
        self
    }

    /// Says how many numbers were recorded of calls and spans that left no interval.
    #[must_use]
    pub fn lost_numbers(mut self, rank: u32, numbers: u64) -> Self {
        self.rank_run(rank).lost_numbers = numbers;
        self
    }

    fn rank_run(&mut self, rank: u32) -> &mut RankRun {
        self.run.ranks.entry(rank).or_default()
    }

    /// Says what one call of a region cost the program, ns.
    #[must_use]
    pub fn call_cost_ns(mut self, ns: f64) -> Self {
        self.call_cost_ns = Some(ns);
        self
    }

    /// Names a thread of a rank.
    #[must_use]
    pub fn thread_name(mut self, rank: u32, thread: u32, name: impl Into<String>) -> Self {
        self.threads.insert((rank, thread), name.into());
        self
    }

    /// The profile: rows by rank, intervals by start (ties: the longer first).
    #[must_use]
    pub fn build(mut self) -> Profile {
        self.columns.sort_by_key(|columns| columns.rank);
        let mut profile = Profile {
            names: self.names,
            threads: self.threads,
            call_cost_ns: self.call_cost_ns,
            run: self.run,
            span_facts: self.span_facts,
            counters: self.counters.finish(),
            ..Profile::default()
        };
        let mut span_ids = self.columns.iter().flat_map(|columns| &columns.span_ids);
        if span_ids.any(|&span| span != 0) {
            profile.columns.push(Intervals::SPAN);
        }
        profile.fields = self.fields.list();
        for columns in self.columns {
            let mut intervals = columns.intervals;
            for column in &profile.columns {
                intervals = intervals.with_column(*column);
            }
            intervals.set_column(Intervals::SPAN, Numbers::Int(columns.span_ids));
            let (with_fields, fields) = columns.numbers.put_into(intervals, &profile.fields);
            intervals = with_fields;
            profile.fields_of.push(fields);
            intervals.sort();
            let total = intervals.total_ns();
            let count = intervals.len() as u64;
            profile.rows.push(Row {
                rank: columns.rank,
                name: columns.name,
                intervals: count,
                calls: columns.counted.max(count),
                spans: columns.spans,
                throttled: columns.throttled,
                throttled_ns: columns.throttled_ns,
                total_ns: i64::try_from(total).ok(),
            });
            profile.facts.push(columns.facts);
            profile.open_spans.push(columns.open_spans);
            profile.intervals.push(intervals);
        }
        profile
    }

    fn columns(&mut self, rank: u32, region: &str) -> &mut Columns {
        let name = match self.name_index.get(region) {
            Some(&name) => name,
            None => {
                self.names.push(region.to_owned());
                self.name_index.insert(region.to_owned(), self.names.len() - 1);
                self.names.len() - 1
            }
        };
        let row = *self.row_index.entry((rank, name)).or_insert_with(|| {
            self.columns.push(Columns {
                rank,
                name,
                counted: 0,
                spans: None,
                throttled: 0,
                throttled_ns: 0,
                facts: RowFacts::default(),
                intervals: Intervals::default(),
                span_ids: Vec::new(),
                open_spans: Vec::new(),
                numbers: RowNumbers::default(),
            });
            self.columns.len() - 1
        });
        &mut self.columns[row]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_ordered_by_rank_and_intervals_by_start_the_longer_first() {
        let profile = Profile::builder()
            .interval(Call::new("b", 5..6).rank(1))
            .interval(Call::new("a", 10..20).thread(3))
            .interval(Call::new("a", 10..30).thread(4))
            .interval(Call::new("a", 0..1).thread(5))
            .build();
        assert_eq!(profile.names(), ["b", "a"]);
        let ranks: Vec<u32> = profile.rows().iter().map(|row| row.rank).collect();
        assert_eq!(ranks, [0, 1]);
        let mut intervals = Intervals::default();
        profile.read(0, 0..3, &mut intervals).unwrap();
        assert_eq!(intervals.threads(), [5, 4, 3]);
        profile.read(0, 1..2, &mut intervals).unwrap();
        assert_eq!(intervals.ends(), [30]);
    }

    #[test]
    fn a_region_that_was_only_counted_has_calls_and_no_intervals() {
        let profile = Profile::builder().calls(0, "a", 12).build();
        assert_eq!((profile.rows()[0].calls, profile.rows()[0].intervals), (12, 0));
    }

    #[test]
    fn spans_and_throttled_calls_are_kept_beside_the_intervals() {
        let profile = Profile::builder()
            .interval(Call::new("a", 0..9))
            .calls(0, "a", 12)
            .spans(0, "a", 3)
            .throttled(0, "a", 11, 40)
            .build();
        let row = &profile.rows()[0];
        assert_eq!((row.calls, row.spans), (12, Some(3)));
        assert_eq!((row.throttled, row.throttled_ns), (11, 40));
    }

    #[test]
    fn a_total_that_does_not_fit_is_left_out() {
        let profile = Profile::builder()
            .interval(Call::new("a", i64::MIN..i64::MAX))
            .build();
        assert_eq!(profile.rows()[0].total_ns, None);
    }

    #[test]
    fn threads_have_names_by_rank() {
        let profile = Profile::builder().thread_name(1, 7, "io").build();
        assert!(profile.thread_names(0).unwrap().is_empty());
        assert_eq!(profile.thread_names(1).unwrap()[&7], "io");
    }
}
