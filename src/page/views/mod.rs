//! What the page's views beside the timeline show: the call tree, the details of regions, and the run.

mod counters;
mod encode;
mod follows;
mod lives;
mod paths;
mod region;
mod run;
mod tasks;

pub(super) use encode::pack;

use crate::analysis::selection::RegionFilter;
use crate::chart::Facts;
use crate::chart::details::Details;
use crate::error::Result;
use crate::page::tasks::Tasks;
use crate::profile::Source;
pub(super) use paths::Paths;
use region::RegionView;
use run::Fact;
use std::collections::BTreeMap;

/// All of it, without what did not fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Views {
    paths: Paths,
    ranks: Vec<u32>,
    /// By name.
    regions: BTreeMap<String, RegionView>,
    run: Vec<Fact>,
    tasks: Tasks,
    /// What to take from the times of tasks, ns.
    origin_ns: i64,
    names: Vec<String>,
    counters: Vec<counters::CounterLine>,
    counters_left_out: usize,
}

impl Views {
    /// Of a pass that is over and had the call tree.
    pub(super) fn new(
        source: &dyn Source,
        filter: &RegionFilter,
        facts: &Facts,
        details: Details,
        tasks: Tasks,
    ) -> Result<Self> {
        let tree = facts.tree()?;
        let (counters, counters_left_out) = counters::of(source, filter, tree.wall())?;
        let regions = details.regions.into_iter();
        let mut regions: BTreeMap<String, RegionView> = regions
            .map(|(name, details)| (name, RegionView::from(details)))
            .collect();
        let origin = tree.wall().span().map(|(start, _)| start);
        for lives in tree.lifetimes() {
            if let Some(region) = regions.get_mut(lives.name()) {
                region.set_lives(lives, origin);
            }
        }
        Ok(Self {
            paths: Paths::of(tree),
            ranks: details.ranks,
            regions,
            run: run::facts(source),
            tasks,
            origin_ns: origin.unwrap_or(0),
            names: source.names().to_vec(),
            counters,
            counters_left_out,
        })
    }

    /// What is known of the run without reading its intervals.
    #[cfg(feature = "serve")]
    pub(super) fn of_run(source: &dyn Source) -> Self {
        Self {
            run: run::facts(source),
            ..Self::default()
        }
    }

    /// The 50th, 95th and 99th percentile of the durations of a region, ns.
    pub(super) fn percentiles(&self, name: &str) -> Option<[f64; 3]> {
        self.regions.get(name)?.percentiles()
    }
}
