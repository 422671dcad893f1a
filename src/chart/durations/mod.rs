//! Inclusive time of each region, longest first.

mod picture;

use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::moments::Moments;
use super::options::ChartOptions;
use super::palette::{Color, OTHERS};
use super::subject::{Facts, Subject, not_timed};
use crate::analysis::inclusive;
use crate::analysis::pass::Observer;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{Intervals, Source, saturate};
use crate::render::Figure;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// The inclusive time of each region, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DurationsChart {
    /// What the chart is of.
    pub header: Header,
    /// Longest first; "others", where there are more regions than bars, last.
    pub bars: Vec<DurationBar>,
}

/// The [inclusive time](crate::analysis::inclusive) of one region on each rank: of calls inside others of their region
/// only the outermost count.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DurationBar {
    /// The region's name, whole.
    pub name: String,
    /// The colour of the region's name, the same in every chart of the file.
    pub color: Color,
    /// Mean over the chosen ranks, ns; a rank without the region counts as 0.
    pub mean_ns: f64,
    /// The least over the chosen ranks, ns.
    pub min_ns: i64,
    /// The most over the chosen ranks, ns.
    pub max_ns: i64,
    /// Calls on all chosen ranks.
    pub calls: u64,
    /// The number of regions that this bar stands for; 1 unless it is "others".
    pub regions: usize,
}

impl DurationsChart {
    /// Sums the chosen regions and ranks of a source, in one pass.
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, a chosen rank is not there, or the file cannot be read.
    pub fn reduce(source: &dyn Source, filter: &RegionFilter, options: &ChartOptions) -> Result<Self> {
        let subject = Subject::new(source, filter)?;
        let mut growing = GrowingDurations::new(&subject, options)?;
        let facts = subject.observe(&mut [&mut growing])?;
        growing.finish(&facts)
    }

    /// What the bars and whiskers mean, in words, for the axis.
    #[must_use]
    pub fn axis_title(&self) -> String {
        match self.header.ranks {
            0 | 1 => "Total time per region".into(),
            ranks => {
                format!("Total time per region: bar = mean of {ranks} ranks, whiskers = min–max over ranks")
            }
        }
    }
}

/// A [`DurationsChart`] that grows while a [pass](crate::analysis::pass) goes on, beside other observers.
pub struct GrowingDurations<'a> {
    source: &'a dyn Source,
    title: String,
    max_bars: usize,
    drawn: Vec<bool>,
    moments: Moments,
    /// The rows that are being read.
    open: FxHashMap<usize, inclusive::Sum>,
    intervals: u64,
    /// The threads of each rank.
    threads: BTreeMap<u32, BTreeSet<u32>>,
    regions: BTreeMap<usize, Sums>,
}

impl<'a> GrowingDurations<'a> {
    /// For [`DurationsChart::reduce`].
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, or what has to be known before cannot be read.
    pub fn new(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        let (source, drawn) = (subject.source(), subject.drawn()?);
        let rows = subject.rows().iter().map(|&row| &source.rows()[row]);
        Ok(Self {
            source,
            title: options.title_for(source),
            max_bars: options.max_bars,
            drawn,
            moments: Moments::new(subject)?,
            open: FxHashMap::default(),
            intervals: 0,
            threads: rows.map(|row| (row.rank, BTreeSet::new())).collect(),
            regions: BTreeMap::new(),
        })
    }

    /// The chart, when the pass is over.
    ///
    /// # Errors
    ///
    /// When there was nothing to draw.
    pub fn finish(self, facts: &Facts) -> Result<DurationsChart> {
        let is_empty = |sums: &Sums| sums.by_rank.iter().all(|&total| total == 0);
        if self.intervals == 0 && self.regions.values().all(is_empty) {
            return Err(not_timed(self.source));
        }
        let wall = self.moments.wall(self.source);
        let header = Header {
            title: self.title,
            ranks: self.threads.len(),
            threads: self.threads.values().map(BTreeSet::len).sum(),
            intervals: self.intervals,
            wall_ns: wall.ns(),
            is_of_run: wall.is_of_run(),
            own_clocks: wall.has_own_clocks(),
            run_notes: facts.notes.clone(),
            ..Header::default()
        };
        let bars = bars(self.source.names(), self.regions, self.max_bars, facts);
        Ok(DurationsChart { header, bars })
    }
}

impl GrowingChart for GrowingDurations<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        vec![self]
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        Ok(Box::new((*self).finish(facts)?))
    }
}

/// The chart of durations in the list of charts.
pub(super) struct Durations;

impl Chart for Durations {
    fn name(&self) -> &'static str {
        "durations"
    }

    fn about(&self) -> &'static str {
        "the total of each region, longest first"
    }

    fn file_stem(&self) -> &'static str {
        "durations_plot"
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        Ok(Box::new(GrowingDurations::new(subject, options)?))
    }
}

impl Observer for GrowingDurations<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.drawn[row]
    }

    fn chunk(&mut self, index: usize, chunk: &Intervals) -> Result<()> {
        self.open.entry(index).or_default().add(chunk);
        if let Some(span) = chunk.span_in_order() {
            self.moments.see(self.source.rows()[index].rank, span.0, span.1);
        }
        Ok(())
    }

    fn end_row(&mut self, index: usize) -> Result<()> {
        let row = &self.source.rows()[index];
        let sum = self.open.remove(&index).unwrap_or_default();
        let ranks = self.threads.len();
        let place = self.threads.range(..row.rank).count();
        self.threads.entry(row.rank).or_default().extend(sum.threads());
        self.intervals += row.intervals;
        let region = self.regions.entry(row.name).or_insert_with(|| Sums::new(ranks));
        region.calls = region.calls.saturating_add(row.calls);
        region.by_rank[place] += i128::from(sum.ns());
        Ok(())
    }
}

/// The bars of regions, the longest first; beyond `most` they share one.
fn bars(names: &[String], regions: BTreeMap<usize, Sums>, most: usize, facts: &Facts) -> Vec<DurationBar> {
    let mut sums: Vec<(usize, Sums)> = regions.into_iter().collect();
    sums.sort_by(|(a, x), (b, y)| {
        let longer = y.total().cmp(&x.total());
        longer.then_with(|| names[*a].cmp(&names[*b]))
    });
    let rest = if sums.len() > most {
        sums.split_off(most - 1)
    } else {
        Vec::new()
    };
    let mut bars: Vec<DurationBar> = sums
        .iter()
        .map(|&(name, ref sums)| sums.bar(names[name].clone(), facts.palette.color(name), 1))
        .collect();
    if let Some((_, first)) = rest.first() {
        let mut others = Sums::new(first.by_rank.len());
        rest.iter().for_each(|(_, sums)| others.add(sums));
        bars.push(others.bar(format!("{} others", rest.len()), OTHERS, rest.len()));
    }
    bars
}

/// Sums of one region.
struct Sums {
    by_rank: Vec<i128>,
    calls: u64,
}

impl Sums {
    fn new(ranks: usize) -> Self {
        Sums {
            by_rank: vec![0; ranks],
            calls: 0,
        }
    }

    fn add(&mut self, other: &Sums) {
        self.calls = self.calls.saturating_add(other.calls);
        self.by_rank
            .iter_mut()
            .zip(&other.by_rank)
            .for_each(|(sum, more)| *sum += more);
    }

    fn total(&self) -> i128 {
        self.by_rank.iter().sum()
    }

    fn bar(&self, name: String, color: Color, regions: usize) -> DurationBar {
        DurationBar {
            name,
            color,
            mean_ns: self.total() as f64 / self.by_rank.len() as f64,
            min_ns: saturate(self.by_rank.iter().copied().min().unwrap_or(0)),
            max_ns: saturate(self.by_rank.iter().copied().max().unwrap_or(0)),
            calls: self.calls,
            regions,
        }
    }
}
