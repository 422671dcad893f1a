//! Imbalance: how far the ranks are apart in each region.

mod data;
mod picture;

use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::options::ChartOptions;
use super::palette::Color;
use super::rank_times::RankTimes;
use super::subject::{Facts, Subject, no_length};
use crate::analysis::imbalance::RegionImbalance;
use crate::analysis::pass::Observer;
use crate::error::Result;
use crate::profile::Source;
use crate::render::Figure;

/// More regions than these are not drawn: what they cost is small against the first ones.
const MOST: usize = 12;

/// The time of each region on each rank, ready to be drawn.
struct ImbalanceChart {
    header: Header,
    /// The ranks, in order.
    ranks: Vec<u32>,
    /// The region with the largest imbalance time first.
    rows: Vec<ImbalanceRow>,
    /// The regions with a length, drawn or not.
    regions: usize,
}

/// One region on all ranks.
struct ImbalanceRow {
    region: RegionImbalance,
    color: Color,
    /// The time on each of the ranks, ns; none where a rank never entered the region.
    times_ns: Vec<Option<i64>>,
}

impl ImbalanceRow {
    /// How far each rank is from the mean, ns; a rank that never entered the region has no time.
    fn deviations(&self) -> impl Iterator<Item = f64> {
        let mean = self.region.mean_ns();
        let times = self.times_ns.iter();
        times.map(move |time| time.unwrap_or(0) as f64 - mean)
    }
}

/// The chart in the list of charts.
pub(super) struct RankImbalance;

impl Chart for RankImbalance {
    fn name(&self) -> &'static str {
        "imbalance"
    }

    fn about(&self) -> &'static str {
        "how far the ranks are apart in the regions that lose most by it"
    }

    fn file_stem(&self) -> &'static str {
        "imbalance_plot"
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
        Ok(Box::new(GrowingImbalance {
            source,
            rows: subject.rows().to_vec(),
            title: options.title_for(source),
            most: options.max_bars.min(MOST),
        }))
    }
}

struct GrowingImbalance<'a> {
    source: &'a dyn Source,
    rows: Vec<usize>,
    title: String,
    most: usize,
}

impl GrowingChart for GrowingImbalance<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        Vec::new()
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        let tree = facts.tree()?;
        let mut times = RankTimes::of(self.source, &self.rows, tree);
        let mut sorted = times.imbalance;
        sorted.retain(|region| region.imbalance_factor().is_some());
        if sorted.is_empty() {
            return Err(no_length());
        }
        let count = sorted.len();
        sorted.truncate(self.most);
        let rows = sorted.into_iter().filter_map(|region| {
            let (name, ranks) = times.regions.remove(region.name())?;
            Some(ImbalanceRow {
                region,
                color: facts.palette.color(name),
                times_ns: ranks.into_iter().map(|rank| Some(rank?.ns)).collect(),
            })
        });
        Ok(Box::new(ImbalanceChart {
            header: Header::of_tree(tree, self.title),
            rows: rows.collect(),
            ranks: times.ranks,
            regions: count,
        }))
    }
}
