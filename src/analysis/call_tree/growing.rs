//! The tree as an observer of a pass.

use super::CallTree;
use super::builder::{Builder, Tag};
use super::callers::Callers;
use super::numbers::Numbered;
use crate::analysis::distributions::{Effort, GrowingDistributions};
use crate::analysis::lifetimes::Lifetimes;
use crate::analysis::linked::{Link, Linked};
use crate::analysis::nesting::Nesting;
use crate::analysis::notes::{self, Found};
use crate::analysis::pass::{self, Observer, RankCall};
use crate::analysis::selection::RegionFilter;
use crate::analysis::wall::{Spans, Wall};
use crate::error::Result;
use crate::profile::{Intervals, Row, Source, StoredSummary};
use std::collections::{BTreeMap, BTreeSet};

/// A [`CallTree`] that grows while a [pass] goes on, beside other observers.
pub struct GrowingTree<'a> {
    source: &'a dyn Source,
    filter: RegionFilter,
    shown: Vec<bool>,
    ranks: BTreeSet<u32>,
    /// Those of which no summary is stored.
    to_read: BTreeSet<u32>,
    /// The threads of the rank that was read last, by their place.
    numbers: Vec<u32>,
    nesting: Nesting<Tag>,
    linked: Linked<Tag>,
    builder: Builder<'a>,
    /// The other ranks, as the wall time is that of all.
    others: Spans,
    lifetimes: Lifetimes<'a>,
    /// Where they are asked for.
    distributions: Option<GrowingDistributions<'a>>,
}

impl<'a> GrowingTree<'a> {
    /// For [`CallTree::filtered`].
    ///
    /// # Errors
    ///
    /// When a chosen rank is not there, or no region is left.
    pub fn new(source: &'a dyn Source, filter: &RegionFilter) -> Result<Self> {
        Self::chosen(source, filter, None, &[] as &[&str])
    }

    /// For [`CallTree::with_distributions`].
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and when intervals cannot be read.
    pub fn with_distributions(source: &'a dyn Source, filter: &RegionFilter, effort: Effort) -> Result<Self> {
        Self::chosen(source, filter, Some(effort), &[] as &[&str])
    }

    /// A tree whose nodes have the [numbers](super::CallNode::numbers) of these fields, and with an effort
    /// distributions.
    ///
    /// ```
    /// use scope_profiler::RegionFilter;
    /// use scope_profiler::analysis::call_tree::GrowingTree;
    /// use scope_profiler::analysis::pass;
    /// use scope_profiler::profile::{Call, Number, Profile};
    ///
    /// let bytes = |n| [("bytes", Number::Int(n))];
    /// let profile = Profile::builder()
    ///     .interval(Call::new("solve", 0..60))
    ///     .interval(Call::new("dot", 10..20).numbers(&bytes(240)))
    ///     .interval(Call::new("check", 60..90))
    ///     .interval(Call::new("dot", 70..75).numbers(&bytes(80)))
    ///     .build();
    /// let mut tree = GrowingTree::with_metrics(&profile, &RegionFilter::new(), None, &["bytes"])?;
    /// pass::run(&profile, &mut [&mut tree])?;
    /// let tree = tree.finish();
    /// let totals = tree.walk().map(|(_, node)| node.numbers(0).map(|of| of.total()));
    /// assert_eq!(totals.collect::<Vec<_>>(), [None, Some(240.0), None, Some(80.0)]);
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`with_distributions`](Self::with_distributions), and when there is no such field.
    pub fn with_metrics(
        source: &'a dyn Source,
        filter: &RegionFilter,
        effort: Option<Effort>,
        fields: &[impl AsRef<str>],
    ) -> Result<Self> {
        Self::chosen(source, filter, effort, fields)
    }

    fn chosen(
        source: &'a dyn Source,
        filter: &RegionFilter,
        effort: Option<Effort>,
        fields: &[impl AsRef<str>],
    ) -> Result<Self> {
        filter.rows(source)?;
        let ranks: BTreeSet<u32> = filter.chosen_ranks(source).into_iter().collect();
        let shown = filter.chosen_regions(source);
        let is_shown = |row: usize| {
            let row = &source.rows()[row];
            shown[row.name] && ranks.contains(&row.rank)
        };
        let numbers = match fields {
            [] => None,
            fields => Some(Numbered::new(source, fields, is_shown)?),
        };
        Self::of(source, shown, ranks, filter, effort, numbers)
    }

    /// Of these regions and ranks.
    pub(super) fn of(
        source: &'a dyn Source,
        shown: Vec<bool>,
        ranks: BTreeSet<u32>,
        filter: &RegionFilter,
        effort: Option<Effort>,
        numbers: Option<Numbered<'a>>,
    ) -> Result<Self> {
        let is_shown = |row: &Row| shown[row.name] && ranks.contains(&row.rank);
        let mut distributions = effort.map(|effort| {
            let rows = source.rows().iter().enumerate();
            let rows = rows.filter(|(_, row)| is_shown(row)).map(|(index, _)| index);
            GrowingDistributions::new(source, rows, effort)
        });
        let mut builder = Builder::new(source, &shown);
        builder.numbers = numbers;
        let mut to_read = BTreeSet::new();
        let mut rows_of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, row) in source.rows().iter().enumerate() {
            rows_of.entry(row.rank).or_default().push(index);
        }
        for &rank in &ranks {
            let callers = match filter.is_by_caller() {
                true => Callers::of_rank(source, rank)?,
                false => Callers::default(),
            };
            if !callers.is_empty() {
                // A summary is by thread.
                builder.callers.insert(rank, callers);
                to_read.insert(rank);
                continue;
            }
            let rows = rows_of.get(&rank).map_or(&[][..], Vec::as_slice);
            let needs_calls = |of: &StoredSummary| {
                let numbers = builder.numbers.as_ref();
                numbers.is_some_and(|numbers| numbers.needs_calls(rows, of))
            };
            match source.summary(rank)?.filter(|summary| !needs_calls(summary)) {
                Some(summary) => {
                    builder.take_summary(rank, rows, &summary);
                    if let Some(distributions) = &mut distributions {
                        let rows = rows.iter().zip(&summary.rows);
                        rows.for_each(|(&row, stored)| distributions.take_stored(row, stored));
                    }
                }
                None => drop(to_read.insert(rank)),
            }
        }
        if let Some(distributions) = &mut distributions {
            distributions.begin(&to_read)?;
        }
        Ok(Self {
            lifetimes: Lifetimes::of(source, is_shown)?,
            distributions,
            source,
            filter: filter.clone(),
            nesting: Nesting::new(),
            linked: Linked::new(),
            builder,
            others: Spans::unstated(source, |rank| !ranks.contains(&rank)),
            shown,
            ranks,
            to_read,
            numbers: Vec::new(),
        })
    }

    /// Of all calls of one rank, whatever is stored of them.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(crate) fn of_rank(source: &'a dyn Source, rank: u32) -> Result<Self> {
        let shown = vec![true; source.names().len()];
        Ok(Self {
            lifetimes: Lifetimes::of(source, |_| false)?,
            distributions: None,
            source,
            filter: RegionFilter::new(),
            nesting: Nesting::new(),
            linked: Linked::new(),
            builder: Builder::new(source, &shown),
            others: Spans::default(),
            shown,
            ranks: BTreeSet::from([rank]),
            to_read: BTreeSet::from([rank]),
            numbers: Vec::new(),
        })
    }

    /// The summary of the only rank, when the pass is over, without the statistics of its rows, which are `rows`; none
    /// where its calls do not nest.
    pub(crate) fn into_summary(self, rows: &[usize]) -> Option<StoredSummary> {
        let rank = *self.ranks.first()?;
        let nests = self.builder.overlaps == 0 && self.builder.reversed == 0;
        nests.then(|| self.builder.into_summary(rank, rows, &self.numbers))
    }

    /// The tree, from a pass of its own.
    pub(super) fn run(mut self) -> Result<CallTree> {
        pass::run(self.source, &mut [&mut self])?;
        Ok(self.finish())
    }

    /// Whether it has to be known which calls of a row are of which spans.
    fn callers_take(&self, row: usize) -> bool {
        self.builder.callers.contains_key(&self.source.rows()[row].rank)
    }

    /// The tree, when the pass is over.
    #[must_use]
    pub fn finish(self) -> CallTree {
        let Self { source, filter, .. } = self;
        let mut tree = self.builder.finish(&self.shown);
        tree.all_timed = all_timed(source, tree.rows.keys());
        let mut spans = self.others;
        for (&rank, times) in &tree.rank_times {
            if let Some(span) = times.intervals_span_ns {
                spans.see(rank, span);
            }
        }
        tree.wall = Wall::with(source, &spans);
        tree.call_cost_ns = source.call_cost_ns();
        tree.ranks = self.ranks.into_iter().collect();
        tree.filter = filter.describe(source);
        let found = Found {
            overlaps: tree.overlaps,
            reversed: tree.reversed,
            folded: tree.folded,
        };
        tree.lifetimes = self.lifetimes.finish();
        tree.distributions = (self.distributions).map_or_else(BTreeMap::new, GrowingDistributions::finish);
        tree.notes = notes::with(source, &filter, found, &tree.lifetimes);
        tree
    }
}

impl Observer for GrowingTree<'_> {
    fn takes_row(&self, row: usize) -> bool {
        let is_distributed = |of: &GrowingDistributions<'_>| of.takes_row(row);
        self.others.takes_row(row)
            || self
                .builder
                .numbers
                .as_ref()
                .is_some_and(|numbers| numbers.takes_row(row))
            || self.lifetimes.takes_row(row)
            || self.callers_take(row)
            || self.distributions.as_ref().is_some_and(is_distributed)
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        let mut columns = match self.callers_take(row) {
            true => vec![Intervals::SPAN],
            false => self.lifetimes.columns(row),
        };
        columns.extend(
            self.builder
                .numbers
                .iter()
                .flat_map(|numbers| numbers.columns(row)),
        );
        columns
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        if self.others.takes_row(row) {
            self.others.chunk(row, chunk)?;
        }
        if let Some(callers) = self.builder.callers.get_mut(&self.source.rows()[row].rank) {
            callers.take(row, chunk);
        }
        if let Some(numbers) = &mut self.builder.numbers {
            numbers.chunk(row, chunk);
        }
        if let Some(distributions) = &mut self.distributions {
            distributions.chunk(row, chunk)?;
        }
        self.lifetimes.chunk(row, chunk)
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        self.lifetimes.end_row(row)
    }

    fn takes_rank(&self, rank: u32) -> bool {
        self.to_read.contains(&rank)
    }

    fn begin_rank(&mut self, rank: u32, rows: &[usize]) -> Result<()> {
        self.nesting = Nesting::new();
        self.builder.begin_rank(rank, rows);
        Ok(())
    }

    fn calls(&mut self, calls: &[RankCall]) -> Result<()> {
        self.nesting.calls(calls, &mut self.builder)
    }

    fn linked_calls(&mut self, calls: &[RankCall], links: &[Link]) -> Result<()> {
        self.linked.calls(calls, links, &mut self.builder)
    }

    fn end_rank(&mut self, _: u32) -> Result<()> {
        self.numbers = self.nesting.threads().to_vec();
        std::mem::replace(&mut self.nesting, Nesting::new()).end(&mut self.builder);
        std::mem::replace(&mut self.linked, Linked::new()).end(&mut self.builder);
        self.builder.end_rank();
        Ok(())
    }
}

/// Whether every call of these rows has an interval.
fn all_timed<'a>(source: &dyn Source, mut rows: impl Iterator<Item = &'a usize>) -> bool {
    let is_timed = |&index: &usize| {
        let row = &source.rows()[index];
        row.calls <= row.intervals && source.row_facts(index).open == 0
    };
    source.run().incomplete.is_empty() && rows.all(is_timed)
}
