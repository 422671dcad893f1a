//! What is known of each region beyond its sums: how its durations are spread, how they change over the run, and how
//! its time is shared between the ranks. Charts of one kind draw the same numbers.

#[cfg(feature = "serve")]
mod sketched;

use super::histogram::bins::Bins;
use super::moments::Moments;
use super::rank_times::{RankTime, RankTimes};
use super::subject::{Facts, Subject};
use super::timeseries::Drift;
use super::timeseries::series::{Column, Series};
use crate::analysis::imbalance::RegionImbalance;
use crate::analysis::pass::Observer;
use crate::error::Result;
use crate::profile::{Intervals, Source};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Of more regions the course over the run is not kept: a megabyte each.
const MOST_SERIES: usize = 48;
/// The time axis has at least so many columns, and less than twice as many.
const COLUMNS: u64 = 60;

/// The details of all regions of a subject.
pub(crate) struct Details {
    /// The ranks, in order.
    pub(crate) ranks: Vec<u32>,
    /// By name.
    pub(crate) regions: BTreeMap<String, RegionDetails>,
    /// By what share of itself a percentile may be wrong.
    #[cfg(feature = "serve")]
    pub(crate) relative_error: f64,
}

/// The details of one region.
pub(crate) struct RegionDetails {
    pub(crate) bins: Bins,
    /// In order of time, from the start of the axis; none where the course was not kept.
    pub(crate) columns: Option<Vec<Column>>,
    pub(crate) drift: Option<Drift>,
    /// On each of the ranks; none where it never entered the region.
    pub(crate) ranks: Vec<Option<RankTime>>,
    pub(crate) imbalance: Option<RegionImbalance>,
}

/// The details while a [pass](crate::analysis::pass) goes on.
pub(crate) struct GrowingDetails<'a> {
    source: &'a dyn Source,
    rows: Vec<usize>,
    drawn: Vec<bool>,
    moments: Moments,
    /// By index into [`Source::names`]: of regions whose course is not kept, which has them, too.
    bins: Vec<Bins>,
    series: Vec<Option<Series>>,
}

impl<'a> GrowingDetails<'a> {
    pub(crate) fn new(subject: &Subject<'a>) -> Result<Self> {
        let source = subject.source();
        let moments = Moments::new(subject)?;
        let span = moments
            .axis()
            .map_or(0, |(first, last)| last.wrapping_sub(first) as u64);
        let mut series = vec![None; source.names().len()];
        for name in largest(subject) {
            series[name] = Some(Series::new(COLUMNS, span));
        }
        Ok(Self {
            source,
            rows: subject.rows().to_vec(),
            drawn: subject.drawn()?,
            moments,
            bins: vec![Bins::default(); series.len()],
            series,
        })
    }

    /// As [`new`](Self::new), of the sketches that the source has stored: at most `most` intervals are read. The course
    /// over the run is kept of regions that are read whole. Gives also of how many regions too much would have to be
    /// read: it is not known how their durations are spread.
    #[cfg(feature = "serve")]
    pub(crate) fn of_stored(subject: &Subject<'a>, most: u64) -> Result<(Self, usize)> {
        let mut details = Self::new(subject)?;
        let sketched = sketched::Sketched::new(subject, most)?;
        (details.bins, details.drawn) = (sketched.bins, sketched.reads);
        for &row in subject.rows() {
            let of_row = &details.source.rows()[row];
            if of_row.intervals > 0 && !details.drawn[row] {
                details.series[of_row.name] = None;
            }
        }
        Ok((details, sketched.left_out))
    }

    /// The details, when the pass is over. The facts need the call tree.
    pub(crate) fn finish(self, facts: &Facts) -> Result<Details> {
        let tree = facts.tree()?;
        let (origin, end) = tree.wall().span().unwrap_or((0, tree.wall().ns()));
        let times = RankTimes::of(self.source, &self.rows, tree);
        let imbalance = times.imbalance.into_iter();
        let mut imbalance: BTreeMap<String, RegionImbalance> = imbalance
            .map(|region| (region.name().to_owned(), region))
            .collect();
        let (mut bins, mut series) = (self.bins, self.series);
        #[cfg(feature = "serve")]
        let relative_error = bins.iter().map(Bins::relative_error).fold(0.0, f64::max);
        let regions = times.regions.into_iter().map(|(name, (at, ranks))| {
            let series = series[at].take().filter(|series| series.calls() > 0);
            let bins = match &series {
                Some(series) => Bins::of(series.all(), series.extremes()),
                None => std::mem::take(&mut bins[at]),
            };
            let details = RegionDetails {
                bins,
                drift: series.as_ref().and_then(Series::drift),
                columns: series.map(|series| series.finish(0, origin, end)),
                ranks,
                imbalance: imbalance.remove(&name),
            };
            (name, details)
        });
        Ok(Details {
            regions: regions.collect(),
            ranks: times.ranks,
            #[cfg(feature = "serve")]
            relative_error,
        })
    }
}

/// The regions whose course is kept: those with the most time, where it is stated, or else with the most intervals. It
/// takes no reading of the source.
fn largest(subject: &Subject<'_>) -> Vec<usize> {
    let rows = || subject.rows().iter().map(|&row| &subject.source().rows()[row]);
    let is_stated = rows().all(|row| row.total_ns.is_some() || row.intervals == 0);
    let mut sizes: BTreeMap<usize, i128> = BTreeMap::new();
    for row in rows().filter(|row| row.intervals > 0) {
        let size: i128 = if is_stated {
            row.total_ns.unwrap_or(0).into()
        } else {
            row.intervals.into()
        };
        *sizes.entry(row.name).or_default() += size;
    }
    let mut names: Vec<usize> = sizes.keys().copied().collect();
    names.sort_by_key(|name| Reverse(sizes[name]));
    names.truncate(MOST_SERIES);
    names
}

impl Observer for GrowingDetails<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.drawn[row]
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let row = &self.source.rows()[row];
        match &mut self.series[row.name] {
            Some(series) => series.add(chunk, self.moments.shift(row.rank)),
            None => {
                let bins = &mut self.bins[row.name];
                chunk.durations().for_each(|ns| bins.add(ns));
            }
        }
        Ok(())
    }
}
