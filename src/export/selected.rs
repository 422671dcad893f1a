//! What was selected of a profile, as exporters see it.

use crate::analysis::nesting;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::Window;
use crate::profile::{
    CHUNK, ClockAgreement, Field, Intervals, Numbers, Samples, Source, Statistics, thread_label,
};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// The rows that were selected of a profile, and of their intervals the selected time.
pub struct Selected<'a> {
    source: &'a dyn Source,
    rows: Vec<usize>,
    ranks: Vec<u32>,
    /// What is selected of regions and ranks, where that is not all.
    choice: Option<String>,
    /// When the run began, by rank.
    origins: BTreeMap<u32, i64>,
    window: Option<Window>,
    read: Cell<u64>,
    on_read: &'a dyn Fn(u64),
}

/// Statistics of a region on one rank.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RowStatistics {
    /// Completed calls: the intervals, or more where calls were only counted. Not known of a window of time.
    pub calls: Option<u64>,
    /// Of the intervals' durations.
    pub durations: Statistics,
    /// Start of the first interval, ns.
    pub first_start_ns: Option<i64>,
    /// The latest end of an interval, ns.
    pub last_end_ns: Option<i64>,
}

/// What to call the threads of a rank.
#[derive(Clone, Debug)]
pub(super) struct ThreadLabels(BTreeMap<u32, String>);

impl ThreadLabels {
    pub(super) fn of(&self, thread: u32) -> String {
        thread_label(thread, self.0.get(&thread).map(String::as_str))
    }
}

impl<'a> Selected<'a> {
    /// An optional column of [`each_chunk`](Self::each_chunk): the place of each interval among all those of its row.
    pub(super) const NUMBER: &'static str = "number in the row";

    pub(super) fn new(
        source: &'a dyn Source,
        filter: &RegionFilter,
        window: Option<Window>,
        on_read: &'a dyn Fn(u64),
    ) -> Result<Self> {
        Ok(Self {
            source,
            rows: filter.rows(source)?,
            ranks: filter.chosen_ranks(source),
            choice: filter.describe(source),
            origins: origins(source)?,
            window,
            read: Cell::new(0),
            on_read,
        })
    }

    /// The whole profile. Its intervals are read through [`each_chunk`](Self::each_chunk).
    #[must_use]
    pub fn source(&self) -> &'a dyn Source {
        self.source
    }

    /// The selected rows, as indices into [`Source::rows`], in its order.
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The selected ranks, ascending; also those without any selected row.
    #[must_use]
    pub fn ranks(&self) -> &[u32] {
        &self.ranks
    }

    /// What is selected of regions, ranks and time, in words; `None` where that is all.
    #[must_use]
    pub fn part(&self) -> Option<String> {
        let window = self.window.map(|window| format!("the time {window}"));
        let parts: Vec<String> = self.choice.iter().cloned().chain(window).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The rank of a row.
    #[must_use]
    pub fn rank(&self, row: usize) -> u32 {
        self.source.rows()[row].rank
    }

    /// The name of a row's region.
    #[must_use]
    pub fn name(&self, row: usize) -> &'a str {
        &self.source.names()[self.source.rows()[row].name]
    }

    /// The selected rows of each rank, by rank.
    #[must_use]
    pub fn rows_by_rank(&self) -> BTreeMap<u32, Vec<usize>> {
        let mut ranks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for &row in &self.rows {
            ranks.entry(self.rank(row)).or_default().push(row);
        }
        ranks
    }

    /// The number of intervals of the selected rows, in the window or not.
    #[must_use]
    pub fn num_intervals(&self) -> u64 {
        let intervals = self.rows.iter().map(|&row| self.source.rows()[row].intervals);
        intervals.fold(0, u64::saturating_add)
    }

    /// Those of these optional columns that the intervals of any selected row have.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn columns(&self, names: &[&'static str]) -> Result<Vec<&'static str>> {
        let with = |all: Intervals, name: &&str| all.with_column(*name);
        let mut buffer = names.iter().fold(Intervals::new(), with);
        let mut found = vec![false; names.len()];
        for &row in &self.rows {
            if found.iter().all(|found| *found) {
                break;
            }
            if self.source.rows()[row].intervals > 0 {
                self.source.read(row, 0..1, &mut buffer)?;
                let has = names.iter().map(|name| buffer.column(name).is_some());
                found.iter_mut().zip(has).for_each(|(found, has)| *found |= has);
            }
        }
        let pairs = names.iter().zip(found);
        Ok(pairs.filter(|(_, found)| *found).map(|(name, _)| *name).collect())
    }

    /// The numeric fields that calls of any of these rows have, in the order of the source.
    pub(super) fn fields_of(&self, rows: &[usize]) -> Vec<&'a Field> {
        let of_rows = rows.iter().flat_map(|&row| self.source.fields_of(row));
        let fields: BTreeSet<usize> = of_rows.copied().collect();
        fields
            .into_iter()
            .map(|field| &self.source.fields()[field])
            .collect()
    }

    /// Statistics of the intervals of a row that are in the window.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn statistics(&self, row: usize) -> Result<RowStatistics> {
        let mut of_row = RowStatistics {
            // How many of the calls without an interval were in the window is not known.
            calls: self.window.is_none().then(|| self.source.rows()[row].calls),
            ..RowStatistics::default()
        };
        self.each_chunk(row, &mut Intervals::new(), |chunk| {
            of_row.durations.extend(chunk.durations());
            of_row.first_start_ns = of_row.first_start_ns.or(chunk.starts().first().copied());
            of_row.last_end_ns = of_row.last_end_ns.max(chunk.ends().iter().max().copied());
            Ok(())
        })?;
        Ok(of_row)
    }

    /// When the run began, ns, on the clock of this rank. It is one moment for all ranks, save where their clocks
    /// were never compared.
    #[must_use]
    pub fn origin_ns(&self, rank: u32) -> i64 {
        self.origins.get(&rank).copied().unwrap_or(0)
    }

    /// Calls `each` with the intervals of a row that are in the window, in order of their start before they were
    /// cut at its edges. `buffer` says which optional columns are wanted.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read, and those of `each`.
    pub fn each_chunk(
        &self,
        row: usize,
        buffer: &mut Intervals,
        mut each: impl FnMut(&Intervals) -> Result<()>,
    ) -> Result<()> {
        let count = self.source.rows()[row].intervals;
        let window = self
            .window
            .map(|window| window.since(self.origin_ns(self.rank(row))));
        for from in (0..count).step_by(CHUNK as usize) {
            self.source.read(row, from..count.min(from + CHUNK), buffer)?;
            self.count_read(buffer.len() as u64);
            if buffer.wants(Self::NUMBER) {
                let numbers = (from as i64..).take(buffer.len());
                buffer.set_column(Self::NUMBER, Numbers::Int(numbers.collect()));
            }
            let Some(window) = window else {
                each(buffer)?;
                continue;
            };
            let is_past = buffer
                .starts()
                .last()
                .is_some_and(|&start| start >= window.until_ns());
            buffer.filter_map(|interval| window.cut(interval));
            if !buffer.is_empty() {
                each(buffer)?;
            }
            if is_past {
                break;
            }
        }
        Ok(())
    }

    /// The exclusive time of every row of a rank in the window, ns, by the row's index: a call inside another takes
    /// that one's time, so this counts rows that were not selected, too.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn exclusive_times(&self, rank: u32) -> Result<BTreeMap<usize, i64>> {
        let window = self.window_of(rank);
        let cut = window.map(|window| move |interval| window.cut(interval));
        let cut = cut.as_ref().map(|cut| cut as &nesting::Cut<'_>);
        nesting::own_times_of_rank(self.source, rank, cut)
    }

    /// The window on the clock of a rank.
    pub(super) fn window_of(&self, rank: u32) -> Option<Window> {
        self.window.map(|window| window.since(self.origin_ns(rank)))
    }

    /// What to call each thread of a rank that has a name.
    pub(super) fn thread_labels(&self, rank: u32) -> Result<ThreadLabels> {
        self.source.thread_names(rank).map(ThreadLabels)
    }

    pub(super) fn count_read(&self, intervals: u64) {
        self.read.set(self.read.get().saturating_add(intervals));
        (self.on_read)(self.read.get());
    }
}

impl std::fmt::Debug for Selected<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Selected")
            .field("rows", &self.rows)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// When the run began, by rank: the first moment of all, or where the clocks were never compared that of each. It is
/// the start of a session, or of an interval or the first sample of a counter where that is not known or is later.
fn origins(source: &dyn Source) -> Result<BTreeMap<u32, i64>> {
    let ranks = source.ranks();
    let run = source.run();
    let mut origins: BTreeMap<u32, i64> = BTreeMap::new();
    let mut see = |rank: u32, moment: i64| {
        let origin = origins.entry(rank).or_insert(moment);
        *origin = moment.min(*origin);
    };
    for (&rank, of_rank) in &run.ranks {
        if let Some((start, _)) = of_rank.span_ns {
            see(rank, start);
        }
    }
    let mut first = Intervals::new();
    for (index, row) in source
        .rows()
        .iter()
        .enumerate()
        .filter(|(_, row)| row.intervals > 0)
    {
        source.read(index, 0..1, &mut first)?;
        see(row.rank, first.starts()[0]);
    }
    let mut sample = Samples::new();
    for (index, row) in source.counter_rows().iter().enumerate() {
        source.read_counter(index, 0..row.samples.min(1), &mut sample)?;
        sample.times().iter().for_each(|&time| see(row.rank, time));
    }
    if source.clocks(&ranks) != ClockAgreement::Unknown {
        if let Some(first) = origins.values().copied().min() {
            origins.values_mut().for_each(|origin| *origin = first);
        }
    }
    Ok(origins)
}
