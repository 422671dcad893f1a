//! The lanes of nested calls, and how they are made coarser.

use super::OTHERS;
use crate::analysis::lane::{LaneReducer, PARTS};
use crate::chart::gantt::value_lane::ValueLane;
use crate::chart::gantt::{Bar, GanttChart};
use crate::profile::Source;
use std::collections::HashMap;

const COARSEST: u32 = 63;

/// The calls of a region, or of the others, on a thread at one depth.
pub(crate) struct NestedLane {
    /// An index into [`Source::names`], or [`OTHERS`].
    pub(super) region: u32,
    pub(crate) rank: u32,
    pub(crate) thread: u32,
    pub(crate) depth: u32,
    pub(super) reducer: LaneReducer,
    /// Where numbers are asked for.
    pub(super) values: Option<ValueLane>,
}

impl NestedLane {
    /// Its bars, of a chart whose axis begins there.
    pub(crate) fn bars(&self, origin_ns: i64) -> impl Iterator<Item = Bar> + '_ {
        self.reducer.so_far().map(move |bar| Bar::of(bar, origin_ns))
    }

    /// The values of its bars in one of the fields that were asked for.
    pub(crate) fn values(&self, field: usize) -> impl Iterator<Item = Option<f64>> + '_ {
        let values = self.values.iter().flat_map(move |values| values.values(field));
        values.map(|(_, mean)| mean.get())
    }

    /// Only calls shorter than 2^`level` ns share a bar from now on.
    fn coarsen_to(&mut self, level: u32) {
        self.reducer.coarsen_to(level);
        self.values.iter_mut().for_each(|values| values.coarsen_to(level));
    }

    /// Lets calls shorter than 2^`level` ns share a bar, where that are twice those before: in as much of the time,
    /// evenly spread, as takes `most` bars away, or in all of it. Gives how many are gone.
    fn coarsen_by(&mut self, level: u32, most: usize) -> usize {
        let before = self.reducer.bars();
        let mut joins = [0; PARTS];
        self.reducer.count_joins_at(level, &mut joins);
        let mut gone = 0;
        let enough = joins.iter().position(|joins| {
            gone += joins;
            gone >= most
        });
        match enough.map(|last| last + 1).filter(|&parts| parts < PARTS) {
            Some(parts) => {
                self.reducer.coarsen_parts(level, parts);
                let values = self.values.iter_mut();
                values.for_each(|values| values.coarsen_parts(level, parts));
            }
            None => self.coarsen_to(level),
        }
        before - self.reducer.bars()
    }

    /// Its region, an index into [`Source::names`]; none for the smallest together.
    #[cfg(feature = "serve")]
    pub(crate) fn region(&self) -> Option<usize> {
        (self.region != OTHERS).then_some(self.region as usize)
    }

    /// When its first bar begins and its last one ends, and in how much of the time between its calls ran; none without
    /// bars.
    #[cfg(feature = "serve")]
    pub(crate) fn extent(&self) -> Option<(i64, i64, i128)> {
        let mut bars = self.reducer.so_far();
        let first = bars.next()?;
        let begin = (first.start, first.end, i128::from(first.busy));
        Some(bars.fold(begin, |(start, _, busy), bar| {
            (start, bar.end, busy + i128::from(bar.busy))
        }))
    }

    /// How many calls share a bar with others.
    pub(crate) fn merged(&self) -> u64 {
        let shared = self.reducer.so_far().filter(|bar| bar.calls > 1);
        shared.map(|bar| u64::from(bar.calls)).sum()
    }
}

/// Lanes of nested calls, which can be made coarser.
#[derive(Default)]
pub(crate) struct NestedLanes {
    pub(super) lanes: Vec<NestedLane>,
    /// Columns of the coarsest lanes are 2^level ns.
    pub(super) level: u32,
    /// By field, once all is read.
    pub(super) ranges: Vec<Option<(f64, f64)>>,
}

impl NestedLanes {
    /// The number of bars.
    pub(crate) fn bars(&self) -> usize {
        self.lanes.iter().map(|lane| lane.reducer.bars()).sum()
    }

    /// Only calls shorter than this share a bar, ns.
    pub(crate) fn grain_ns(&self) -> u64 {
        1 << self.level
    }

    /// The smallest and the largest number that a call has in one of the fields that were asked for; none without any.
    pub(crate) fn range(&self, field: usize) -> Option<(f64, f64)> {
        self.ranges.get(field).copied().flatten()
    }

    /// Makes the values of all bars those of the bars as they are.
    pub(crate) fn settle_values(&mut self) {
        for lane in &mut self.lanes {
            let level = lane.reducer.level();
            lane.values.iter_mut().for_each(|values| values.finish(level));
        }
    }

    /// Makes lanes coarser until there are at most `most` bars, or nothing is left to be merged: those with most bars
    /// first, as what is merged there was the closest together, and the last of them in a part of its time. Whether
    /// that has changed anything.
    pub(crate) fn coarsen(&mut self, most: usize) -> bool {
        let before = self.bars();
        if before <= most {
            return false;
        }
        let mut joins = [0; 65];
        self.lanes
            .iter()
            .for_each(|lane| lane.reducer.count_joins(&mut joins));
        let too_many = |level: u32| before - joins[..=level as usize].iter().sum::<usize>() > most;
        while self.level < COARSEST && too_many(self.level) {
            self.level += 1;
        }
        let level = self.level;
        self.lanes
            .iter_mut()
            .for_each(|lane| lane.coarsen_to(level.saturating_sub(1)));
        let mut bars = self.bars();
        let mut finer: Vec<&mut NestedLane> = self
            .lanes
            .iter_mut()
            .filter(|lane| lane.reducer.level() < level)
            .collect();
        finer.sort_by_key(|lane| std::cmp::Reverse(lane.reducer.bars()));
        for lane in finer {
            if bars <= most {
                break;
            }
            bars -= lane.coarsen_by(level, bars - most);
        }
        bars < before
    }

    /// All lanes, in no order.
    #[cfg(feature = "serve")]
    pub(crate) fn all(&self) -> &[NestedLane] {
        &self.lanes
    }

    /// The lanes of a chart's regions, each with the place of its region: by region, rank, thread and depth.
    pub(crate) fn of_regions(&self, chart: &GanttChart, source: &dyn Source) -> Vec<(usize, &NestedLane)> {
        let others = chart.regions.len().saturating_sub(1);
        let regions = chart.regions.iter().enumerate();
        let by_name: HashMap<&str, usize> = regions.map(|(at, region)| (region.name.as_str(), at)).collect();
        let region = |lane: &NestedLane| match lane.region {
            OTHERS => Some(others),
            name => by_name.get(source.names()[name as usize].as_str()).copied(),
        };
        let lanes = self.lanes.iter();
        let mut lanes: Vec<_> = lanes.filter_map(|lane| Some((region(lane)?, lane))).collect();
        lanes.sort_by_key(|(region, lane)| (*region, lane.rank, lane.thread, lane.depth));
        lanes
    }
}
