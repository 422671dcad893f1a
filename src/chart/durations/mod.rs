//! Exclusive and inclusive time of each region, the longest exclusive first.

mod data;
mod panel;
mod picture;
mod sums;

use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::options::ChartOptions;
use super::palette::Color;
use super::subject::{Facts, Subject, not_timed};
use crate::analysis::pass::Observer;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::Source;
use crate::render::Figure;
use std::collections::BTreeSet;
use sums::Sums;

/// The exclusive and the inclusive time of each region, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DurationsChart {
    /// What the chart is of.
    pub header: Header,
    /// The longest exclusive time first; "others", where there are more regions than bars, last.
    pub bars: Vec<DurationBar>,
}

/// The times of one region on each rank.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DurationBar {
    /// The region's name, whole.
    pub name: String,
    /// The colour of the region's name, the same in every chart of the file.
    pub color: Color,
    /// The time in the region itself, without that in regions inside it.
    pub exclusive: OverRanks,
    /// The [inclusive time](crate::analysis::inclusive): of calls inside others of their region only the outermost
    /// count. None for "others", which may be inside each other.
    pub inclusive: Option<OverRanks>,
    /// Calls on all chosen ranks.
    pub calls: u64,
    /// The fewest and the most calls on a chosen rank.
    pub calls_on_a_rank: (u64, u64),
    /// The number of regions that this bar stands for; 1 unless it is "others".
    pub regions: usize,
}

/// A time on each of the chosen ranks; a rank without the region counts as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OverRanks {
    /// The mean, ns.
    pub mean_ns: f64,
    /// The least, ns.
    pub min_ns: i64,
    /// The most, ns.
    pub max_ns: i64,
    /// The rank with the most; the lowest of several.
    pub slowest_rank: u32,
}

impl DurationsChart {
    /// Sums the chosen regions and ranks of a source, in one pass; of ranks with a
    /// [stored summary](Source::summary) nothing is read.
    ///
    /// ```
    /// use scope_profiler::chart::{ChartOptions, DurationsChart};
    /// use scope_profiler::profile::{Call, Profile};
    /// use scope_profiler::RegionFilter;
    ///
    /// let profile = Profile::builder()
    ///     .interval(Call::new("main", 0..100))
    ///     .interval(Call::new("solve", 10..90)) // inside main
    ///     .build();
    /// let chart = DurationsChart::reduce(&profile, &RegionFilter::new(), &ChartOptions::new())?;
    /// let [solve, main] = &chart.bars[..] else { panic!("two regions") };
    /// assert_eq!((solve.name.as_str(), solve.exclusive.mean_ns), ("solve", 80.0));
    /// assert_eq!((main.name.as_str(), main.exclusive.mean_ns), ("main", 20.0));
    /// assert_eq!(main.inclusive.map(|time| time.max_ns), Some(100));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, a chosen rank is not there, or the file cannot be read.
    pub fn reduce(source: &dyn Source, filter: &RegionFilter, options: &ChartOptions) -> Result<Self> {
        let subject = Subject::new(source, filter)?;
        GrowingDurations::new(&subject, options)?.finish(&subject.facts_with_tree()?)
    }
}

/// The chart of durations in the list of charts.
pub(super) struct Durations;

impl Chart for Durations {
    fn name(&self) -> &'static str {
        "durations"
    }

    fn about(&self) -> &'static str {
        "exclusive and inclusive time of each region"
    }

    fn file_stem(&self) -> &'static str {
        "durations_plot"
    }

    fn needs_tree(&self) -> bool {
        true
    }

    fn is_default_for(&self, _: &Subject<'_>) -> bool {
        true
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        Ok(Box::new(GrowingDurations::new(subject, options)?))
    }
}

struct GrowingDurations<'a> {
    source: &'a dyn Source,
    rows: Vec<usize>,
    title: String,
    most: usize,
}

impl<'a> GrowingDurations<'a> {
    fn new(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        subject.drawn()?;
        let source = subject.source();
        Ok(Self {
            source,
            rows: subject.rows().to_vec(),
            title: options.title_for(source),
            most: options.max_bars,
        })
    }

    fn finish(self, facts: &Facts) -> Result<DurationsChart> {
        let tree = facts.tree()?;
        let rows = || self.rows.iter().map(|&row| (row, &self.source.rows()[row]));
        let ranks: BTreeSet<u32> = rows().map(|(_, row)| row.rank).collect();
        let mut sums = Sums::over(ranks.into_iter().collect());
        for (index, row) in rows() {
            let times = tree.row_times(index).copied().unwrap_or_default();
            sums.add(row.name, row.rank, row.calls, times);
        }
        if tree.intervals() == 0 && sums.are_zero() {
            return Err(not_timed(self.source));
        }
        Ok(DurationsChart {
            header: Header::of_tree(tree, self.title),
            bars: sums.bars(self.source.names(), &facts.palette, self.most),
        })
    }
}

impl GrowingChart for GrowingDurations<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        Vec::new()
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        Ok(Box::new((*self).finish(facts)?))
    }
}
