//! Time series: how the durations of the busiest regions change over the run.

mod data;
mod picture;
pub(super) mod series;

use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::moments::Moments;
use super::options::ChartOptions;
use super::palette::Color;
use super::subject::{Facts, Subject, not_timed};
use super::totals::Totals;
use crate::analysis::pass::Observer;
use crate::error::Result;
use crate::profile::{Intervals, Source};
use crate::render::Figure;
use series::{Column, Series};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// More regions than these are not drawn.
const MOST: usize = 8;
/// The time axis has at least so many columns, and less than twice as many.
const COLUMNS: u64 = 120;

/// How long the calls of regions took over the run, ready to be drawn.
struct TimeSeries {
    header: Header,
    /// The length of the time axis, ns; at least 1.
    span_ns: i64,
    /// The region with the most time first.
    panels: Vec<Panel>,
}

/// One region over the run.
struct Panel {
    name: String,
    color: Color,
    calls: u64,
    /// Of all its calls, ns.
    median_ns: f64,
    /// In order of time; columns without a call are left out.
    columns: Vec<Column>,
    drift: Option<Drift>,
}

/// The median, ns, in the first and in the last quarter of the time in which a region was called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Drift {
    pub(crate) first_ns: f64,
    pub(crate) last_ns: f64,
}

/// The chart in the list of charts.
pub(super) struct DurationsOverTime;

impl Chart for DurationsOverTime {
    fn name(&self) -> &'static str {
        "timeseries"
    }

    fn about(&self) -> &'static str {
        "how long the calls of the busiest regions took over the run"
    }

    fn file_stem(&self) -> &'static str {
        "timeseries_plot"
    }

    fn needs_tree(&self) -> bool {
        true
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        subject.drawn()?;
        let source = subject.source();
        let moments = Moments::new(subject)?;
        let span = moments
            .axis()
            .map_or(0, |(first, last)| last.wrapping_sub(first) as u64);
        let regions = busiest(subject, options.max_bars.min(MOST))?;
        let mut drawn = vec![None; source.rows().len()];
        for &row in subject.rows() {
            drawn[row] = regions.iter().position(|&name| name == source.rows()[row].name);
        }
        Ok(Box::new(GrowingTimeSeries {
            source,
            title: options.title_for(source),
            moments,
            series: vec![Series::new(COLUMNS, span); regions.len()],
            regions,
            drawn,
        }))
    }
}

/// The regions with the most time, the longest first. Those of which no rank has a second call have no course: they
/// are taken only where there are no others.
fn busiest(subject: &Subject<'_>, most: usize) -> Result<Vec<usize>> {
    let source = subject.source();
    let mut calls: BTreeMap<usize, u64> = BTreeMap::new();
    for &row in subject.rows() {
        let row = &source.rows()[row];
        let calls = calls.entry(row.name).or_default();
        *calls = row.intervals.max(*calls);
    }
    let least = if calls.values().any(|&calls| calls > 1) {
        2
    } else {
        1
    };
    let mut regions: Vec<usize> = calls
        .into_iter()
        .filter(|&(_, calls)| calls >= least)
        .map(|(name, _)| name)
        .collect();
    if regions.is_empty() {
        return Err(not_timed(source));
    }
    let mut totals = Totals::stated(source);
    if regions.len() > most && !totals.are_known() {
        totals = subject.first_look()?.totals.clone();
    }
    let totals = totals.by_name(source);
    regions.sort_by_key(|&name| (Reverse(totals[name]), &source.names()[name]));
    regions.truncate(most);
    Ok(regions)
}

struct GrowingTimeSeries<'a> {
    source: &'a dyn Source,
    title: String,
    moments: Moments,
    /// Indices into [`Source::names`], the longest first.
    regions: Vec<usize>,
    /// One for each region.
    series: Vec<Series>,
    /// Of each row of the source, the place of its region.
    drawn: Vec<Option<usize>>,
}

impl Observer for GrowingTimeSeries<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.drawn[row].is_some()
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        if let Some(region) = self.drawn[row] {
            let shift = self.moments.shift(self.source.rows()[row].rank);
            self.series[region].add(chunk, shift);
        }
        Ok(())
    }
}

impl GrowingChart for GrowingTimeSeries<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        vec![self]
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        let tree = facts.tree()?;
        let wall = tree.wall();
        let (origin, end) = wall.span().unwrap_or((0, wall.ns()));
        let level = self.series.iter().map(Series::level).max().unwrap_or(0);
        let mut series: Vec<(usize, Series)> = self.regions.into_iter().zip(self.series).collect();
        // Where totals were not stated, they are known only now.
        series.sort_by_key(|(name, _)| Reverse(facts.totals[*name]));
        let panels = series.into_iter().map(|(name, series)| Panel {
            name: self.source.names()[name].clone(),
            color: facts.palette.color(name),
            calls: series.calls(),
            median_ns: series.all().percentile(50.0),
            drift: series.drift(),
            columns: series.finish(level, origin, end),
        });
        Ok(Box::new(TimeSeries {
            header: Header::of_tree(tree, self.title),
            span_ns: end.saturating_sub(origin).max(1),
            panels: panels.collect(),
        }))
    }
}
