//! Inclusive time of each region, longest first.

use super::gantt::Header;
use super::moments::Moments;
use super::options::DurationsOptions;
use super::palette::{Color, OTHERS, Palette};
use super::totals::Totals;
use crate::analysis::inclusive;
use crate::analysis::notes;
use crate::analysis::selection::RegionFilter;
use crate::error::{Error, Result};
use crate::profile::{Intervals, Source, each_chunk, saturate};
use std::collections::{BTreeMap, BTreeSet};

/// The inclusive time of each region, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DurationsChart {
    /// What the chart is of.
    pub header: Header,
    /// Longest first; "others", where there are more regions than bars, last.
    pub bars: Vec<DurationBar>,
}

/// The [inclusive time](crate::analysis::inclusive) of one region on each rank: of calls inside others of their region
/// only the outermost count.
#[derive(Clone, Debug, PartialEq)]
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
    pub fn reduce(source: &dyn Source, filter: &RegionFilter, options: &DurationsOptions) -> Result<Self> {
        let rows = filter.rows(source)?;
        if rows.is_empty() {
            return Err(Error::not_found(
                "there is nothing to draw: the profile holds no regions",
            ));
        }
        let mut totals = Totals::stated(source);
        let (mut header, inclusive) = read(source, &rows, options, &mut totals)?;
        header.run_notes = notes::of(source, filter);
        let ranks: BTreeSet<u32> = rows.iter().map(|&row| source.rows()[row].rank).collect();
        let ranks: Vec<u32> = ranks.into_iter().collect();

        let mut sums: BTreeMap<usize, Sums> = BTreeMap::new();
        for (&index, &ns) in rows.iter().zip(&inclusive) {
            let row = &source.rows()[index];
            let sums = sums.entry(row.name).or_insert_with(|| Sums::new(ranks.len()));
            sums.calls = sums.calls.saturating_add(row.calls);
            sums.by_rank[ranks.partition_point(|&rank| rank < row.rank)] += i128::from(ns);
        }
        if sums
            .values()
            .all(|sums| sums.by_rank.iter().all(|&total| total == 0))
            && header.intervals == 0
        {
            return Err(Error::not_found(
                "there is nothing to draw: calls of the chosen regions were counted but not timed (time_trace was off)",
            ));
        }
        totals.read_missing(source)?;
        let palette = Palette::from_totals(source.names(), &totals.by_name(source));
        let mut sums: Vec<(usize, Sums)> = sums.into_iter().collect();
        let name = |index: usize| source.names()[index].as_str();
        sums.sort_by(|(a, x), (b, y)| y.total().cmp(&x.total()).then_with(|| name(*a).cmp(name(*b))));

        let rest = if sums.len() > options.max_bars {
            sums.split_off(options.max_bars - 1)
        } else {
            Vec::new()
        };
        let mut bars: Vec<DurationBar> = sums
            .iter()
            .map(|(index, sums)| sums.bar(name(*index).to_owned(), palette.color(*index), 1))
            .collect();
        if !rest.is_empty() {
            let mut others = Sums::new(ranks.len());
            rest.iter().for_each(|(_, sums)| others.add(sums));
            bars.push(others.bar(format!("{} others", rest.len()), OTHERS, rest.len()));
        }
        Ok(DurationsChart { header, bars })
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

/// Reads what the rows do not state, and gives the inclusive time of each, ns.
fn read(
    source: &dyn Source,
    rows: &[usize],
    options: &DurationsOptions,
    totals: &mut Totals,
) -> Result<(Header, Vec<i64>)> {
    let mut buffer = Intervals::default();
    let mut intervals = 0;
    let mut by_rank = BTreeMap::new();
    let mut moments = Moments::new(source, rows)?;
    let mut inclusive = Vec::with_capacity(rows.len());
    for &index in rows {
        let row = &source.rows()[index];
        let (mut first, mut last, mut sum) = (i64::MAX, i64::MIN, 0);
        let mut open = inclusive::Sum::default();
        each_chunk(source, index, &mut buffer, |chunk| {
            sum += chunk.total_ns();
            open.add(chunk);
            if let Some(span) = chunk.span() {
                (first, last) = (first.min(span.0), last.max(span.1));
            }
            Ok(())
        })?;
        by_rank
            .entry(row.rank)
            .or_insert_with(BTreeSet::new)
            .extend(open.threads());
        intervals += row.intervals;
        if row.intervals > 0 {
            moments.see(row.rank, first, last);
        }
        inclusive.push(open.ns());
        if totals.is_missing(index) {
            totals.set(index, sum);
        }
    }
    let wall = moments.wall(source)?;
    let header = Header {
        title: options.title.clone().unwrap_or_else(|| source.title()),
        ranks: by_rank.len(),
        threads: by_rank.values().map(BTreeSet::len).sum(),
        intervals,
        wall_ns: wall.ns(),
        is_of_run: wall.is_of_run(),
        own_clocks: wall.has_own_clocks(),
        ..Header::default()
    };
    Ok((header, inclusive))
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
