//! The heat map of ranks: which rank spends more or less time in a region than the others.

mod data;
mod picture;

use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::options::ChartOptions;
use super::subject::{Facts, Subject, no_length};
use crate::analysis::call_tree::CallTree;
use crate::analysis::pass::Observer;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::Source;
use crate::render::Figure;
use std::collections::{BTreeMap, BTreeSet};

/// The [inclusive time](crate::analysis::inclusive) of each region on each rank, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RankHeatmap {
    /// What the chart is of.
    pub header: Header,
    /// The ranks, in order.
    pub ranks: Vec<u32>,
    /// The region with the most time first; the rest of more regions than fit as one, last.
    pub rows: Vec<HeatmapRow>,
}

/// One region on all ranks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HeatmapRow {
    /// The region's name, whole.
    pub name: String,
    /// The time on each of the ranks, ns; none where a rank never entered the region.
    pub times_ns: Vec<Option<i64>>,
}

impl HeatmapRow {
    /// The mean over the ranks, ns; a rank without the region counts as 0.
    #[must_use]
    pub fn mean_ns(&self) -> f64 {
        self.total() as f64 / self.times_ns.len().max(1) as f64
    }

    /// How much more than the mean each rank took, as a share of the mean: -0.5 is half of it.
    pub fn deviations(&self) -> impl Iterator<Item = Option<f64>> {
        let mean = self.mean_ns();
        let of = move |time: i64| if mean > 0.0 { time as f64 / mean - 1.0 } else { 0.0 };
        self.times_ns.iter().map(move |time| time.map(of))
    }

    fn total(&self) -> i128 {
        self.times_ns.iter().flatten().map(|&time| i128::from(time)).sum()
    }

    fn add(&mut self, other: &HeatmapRow) {
        for (time, more) in self.times_ns.iter_mut().zip(&other.times_ns) {
            if let Some(more) = more {
                *time = Some(time.unwrap_or(0).saturating_add(*more));
            }
        }
    }
}

impl RankHeatmap {
    /// The heat map of the chosen regions and ranks of a source, in one pass.
    ///
    /// ```
    /// use scope_profiler::chart::{ChartOptions, RankHeatmap};
    /// use scope_profiler::profile::{Call, Profile};
    /// use scope_profiler::RegionFilter;
    ///
    /// let calls = [Call::new("solve", 0..10), Call::new("solve", 0..30).rank(1)];
    /// let profile = calls.into_iter().fold(Profile::builder(), |profile, call| profile.interval(call)).build();
    /// let map = RankHeatmap::reduce(&profile, &RegionFilter::new(), &ChartOptions::new())?;
    /// assert_eq!(map.rows[0].deviations().collect::<Vec<_>>(), [Some(-0.5), Some(0.5)]);
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, a chosen rank is not there, or the source cannot be read.
    pub fn reduce(source: &dyn Source, filter: &RegionFilter, options: &ChartOptions) -> Result<Self> {
        let subject = Subject::new(source, filter)?;
        let growing = GrowingHeatmap::new(&subject, options)?;
        Self::of(growing, subject.facts_with_tree()?.tree()?)
    }

    fn of(growing: GrowingHeatmap<'_>, tree: &CallTree) -> Result<Self> {
        let source = growing.source;
        let rows = || growing.rows.iter().map(|&row| (row, &source.rows()[row]));
        let ranks: BTreeSet<u32> = rows().map(|(_, row)| row.rank).collect();
        let ranks: Vec<u32> = ranks.into_iter().collect();
        let mut regions: BTreeMap<usize, HeatmapRow> = BTreeMap::new();
        for (index, row) in rows().filter(|(_, row)| row.calls > 0) {
            let region = regions.entry(row.name).or_insert_with(|| HeatmapRow {
                name: source.names()[row.name].clone(),
                times_ns: vec![None; ranks.len()],
            });
            let time = tree.row_times(index).map_or(0, |times| times.inclusive_ns);
            region.times_ns[ranks.partition_point(|&rank| rank < row.rank)] = Some(time);
        }
        let mut rows: Vec<HeatmapRow> = regions.into_values().filter(|row| row.total() > 0).collect();
        if rows.is_empty() {
            return Err(no_length());
        }
        rows.sort_by(|a, b| b.total().cmp(&a.total()).then_with(|| a.name.cmp(&b.name)));
        if rows.len() > growing.most {
            let mut rest = rows.split_off(growing.most - 1).into_iter();
            if let Some(mut others) = rest.next() {
                others.name = format!("{} others", rest.len() + 1);
                rest.for_each(|row| others.add(&row));
                rows.push(others);
            }
        }
        Ok(RankHeatmap {
            header: Header::of_tree(tree, growing.title),
            ranks,
            rows,
        })
    }
}

/// Of fewer ranks the whiskers of other charts say as much.
const FEWEST_RANKS: usize = 4;

/// The heat map in the list of charts.
pub(super) struct Heatmap;

impl Chart for Heatmap {
    fn name(&self) -> &'static str {
        "heatmap"
    }

    fn about(&self) -> &'static str {
        "which rank took more or less time in a region than the others"
    }

    fn file_stem(&self) -> &'static str {
        "rank_heatmap"
    }

    fn needs_tree(&self) -> bool {
        true
    }

    /// Of several regions on so many ranks that one of them may be odd.
    fn is_default_for(&self, subject: &Subject<'_>) -> bool {
        let rows = || subject.rows().iter().map(|&row| &subject.source().rows()[row]);
        let ranks: BTreeSet<u32> = rows().map(|row| row.rank).collect();
        let regions: BTreeSet<usize> = rows()
            .filter(|row| row.intervals > 0)
            .map(|row| row.name)
            .collect();
        ranks.len() >= FEWEST_RANKS && regions.len() > 1
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        Ok(Box::new(GrowingHeatmap::new(subject, options)?))
    }
}

struct GrowingHeatmap<'a> {
    source: &'a dyn Source,
    rows: Vec<usize>,
    title: String,
    most: usize,
}

impl<'a> GrowingHeatmap<'a> {
    fn new(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        subject.drawn()?;
        let source = subject.source();
        Ok(GrowingHeatmap {
            source,
            rows: subject.rows().to_vec(),
            title: options.title_for(source),
            most: options.max_bars,
        })
    }
}

impl GrowingChart for GrowingHeatmap<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        Vec::new()
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        Ok(Box::new(RankHeatmap::of(*self, facts.tree()?)?))
    }
}
