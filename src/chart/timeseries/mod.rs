//! Time series: how the durations of the busiest regions, and the values of fields, change over the run.

mod columns;
mod data;
mod picture;
pub(super) mod series;
mod values;

use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::moments::Moments;
use super::options::ChartOptions;
use super::palette::Color;
use super::subject::{Facts, Subject, not_timed};
use super::totals::Totals;
use crate::analysis::metrics::{field_of, none_has};
use crate::analysis::pass::Observer;
use crate::error::{Error, Result};
use crate::profile::{Field, Intervals, Source};
use crate::render::Figure;
use series::{Column, Series};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use values::Values;

/// More regions than these are not drawn.
const MOST: usize = 8;
/// The time axis has at least so many columns, and less than twice as many.
const COLUMNS: u64 = 120;

/// How long the calls of regions took over the run, ready to be drawn.
struct TimeSeries {
    header: Header,
    /// The length of the time axis, ns; at least 1.
    span_ns: i64,
    /// Values before durations, the region with the most time first.
    panels: Vec<Panel>,
}

/// One region over the run.
struct Panel {
    name: String,
    color: Color,
    /// Those that are shown.
    calls: u64,
    /// Of all of them.
    median: f64,
    /// In order of time; columns without a call are left out.
    columns: Vec<Column>,
    shown: Shown,
}

/// What a panel shows of calls.
enum Shown {
    /// Their durations, ns.
    Durations(Option<Drift>),
    /// Their values of a field.
    Values {
        field: Field,
        /// Of the call that began first, and of the one that began last.
        first: f64,
        last: f64,
    },
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

    fn is_called_for(&self, options: &ChartOptions) -> bool {
        !options.fields.is_empty()
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
        let most = options.max_bars.min(MOST);
        let values = with_values(subject, &options.fields, most, span)?;
        let regions = match most - values.len().min(most) {
            0 => Vec::new(),
            most => busiest(subject, most)?,
        };
        let mut drawn = vec![None; source.rows().len()];
        for &row in subject.rows() {
            drawn[row] = regions.iter().position(|&name| name == source.rows()[row].name);
        }
        Ok(Box::new(GrowingTimeSeries {
            source,
            title: options.title_for(source),
            moments,
            values,
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
    let regions: Vec<usize> = calls
        .into_iter()
        .filter(|&(_, calls)| calls >= least)
        .map(|(name, _)| name)
        .collect();
    if regions.is_empty() {
        return Err(not_timed(source));
    }
    longest(subject, regions, most)
}

/// Those of these regions with the most time, the longest first.
fn longest(subject: &Subject<'_>, mut regions: Vec<usize>, most: usize) -> Result<Vec<usize>> {
    let source = subject.source();
    let mut totals = Totals::stated(source);
    if regions.len() > most && !totals.are_known() {
        totals = subject.first_look()?.totals.clone();
    }
    let totals = totals.by_name(source);
    regions.sort_by_key(|&name| (Reverse(totals[name]), &source.names()[name]));
    regions.truncate(most);
    Ok(regions)
}

/// The values of a field in a region, while they stream past.
struct GrowingValues {
    /// Indices into [`Source::names`] and [`Source::fields`].
    region: usize,
    field: usize,
    values: Values,
}

/// For each of these fields, those regions with the most time of which a call may have it.
fn with_values(
    subject: &Subject<'_>,
    fields: &[String],
    most: usize,
    span: u64,
) -> Result<Vec<GrowingValues>> {
    let source = subject.source();
    let mut all = Vec::new();
    for name in fields {
        let field = field_of(source, name)?;
        let has_it = |row: &&usize| source.fields_of(**row).contains(&field);
        let rows = subject.rows().iter().filter(has_it);
        let regions: BTreeSet<usize> = rows.map(|&row| source.rows()[row].name).collect();
        if regions.is_empty() {
            return Err(none_has(name));
        }
        let regions = longest(
            subject,
            regions.into_iter().collect(),
            (most / fields.len()).max(1),
        )?;
        all.extend(regions.into_iter().map(|region| GrowingValues {
            region,
            field,
            values: Values::new(COLUMNS, span),
        }));
    }
    Ok(all)
}

impl GrowingValues {
    /// None where no call had any.
    fn finish(self, source: &dyn Source, facts: &Facts, (origin, end): (i64, i64)) -> Option<Panel> {
        let course = self.values.course()?;
        Some(Panel {
            name: source.names()[self.region].clone(),
            color: facts.palette.color(self.region),
            calls: course.calls,
            median: course.median,
            columns: self.values.columns(origin, end),
            shown: Shown::Values {
                field: source.fields()[self.field].clone(),
                first: course.first,
                last: course.last,
            },
        })
    }
}

struct GrowingTimeSeries<'a> {
    source: &'a dyn Source,
    title: String,
    moments: Moments,
    values: Vec<GrowingValues>,
    /// Those whose durations are drawn, as indices into [`Source::names`], the longest first.
    regions: Vec<usize>,
    /// One for each region.
    series: Vec<Series>,
    /// Of each row of the source, the place of its region.
    drawn: Vec<Option<usize>>,
}

impl Observer for GrowingTimeSeries<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.drawn[row].is_some() || !self.columns(row).is_empty()
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        let region = self.source.rows()[row].name;
        let of_region = self.values.iter().filter(|of| of.region == region);
        of_region
            .filter(|of| self.source.fields_of(row).contains(&of.field))
            .map(|of| self.source.fields()[of.field].column())
            .collect()
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let Self { source, moments, .. } = self;
        let region = source.rows()[row].name;
        let shift = moments.shift(source.rows()[row].rank);
        if let Some(place) = self.drawn[row] {
            self.series[place].add(chunk, shift);
        }
        for of_region in self.values.iter_mut().filter(|of| of.region == region) {
            if let Some(values) = chunk.column(source.fields()[of_region.field].column()) {
                of_region.values.add(chunk, values, shift);
            }
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
        let source = self.source;
        let has_fields = !self.values.is_empty();
        let values = self.values.into_iter();
        let values: Vec<Panel> = values
            .filter_map(|of| of.finish(source, facts, (origin, end)))
            .collect();
        if has_fields && values.is_empty() {
            return Err(Error::not_found(
                "there is nothing to draw: no chosen call has a finite number of these fields",
            ));
        }
        let durations = series.into_iter().map(|(name, series)| Panel {
            name: source.names()[name].clone(),
            color: facts.palette.color(name),
            calls: series.calls(),
            median: series.all().percentile(50.0),
            shown: Shown::Durations(series.drift()),
            columns: series.finish(level, origin, end),
        });
        Ok(Box::new(TimeSeries {
            header: Header::of_tree(tree, self.title),
            span_ns: end.saturating_sub(origin).max(1),
            panels: values.into_iter().chain(durations).collect(),
        }))
    }
}
