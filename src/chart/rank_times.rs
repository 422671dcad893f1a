//! The time of each region on each rank, and how far the ranks are apart.

use crate::analysis::call_tree::CallTree;
use crate::analysis::imbalance::{Imbalance, RegionImbalance};
use crate::profile::Source;
use std::collections::{BTreeMap, BTreeSet};

/// Of the chosen rows of a source.
pub(super) struct RankTimes {
    /// The ranks, in order.
    pub(super) ranks: Vec<u32>,
    /// The region with the largest imbalance time first.
    pub(super) imbalance: Vec<RegionImbalance>,
    /// By the region's name: its place in [`Source::names`], and what is known of it on each of the ranks; none where a
    /// rank never entered it.
    pub(super) regions: BTreeMap<String, (usize, Vec<Option<RankTime>>)>,
}

/// A region on a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RankTime {
    pub(crate) calls: u64,
    /// [Inclusive](crate::analysis::inclusive) time, with that of throttled calls.
    pub(crate) ns: i64,
}

impl RankTimes {
    pub(super) fn of(source: &dyn Source, rows: &[usize], tree: &CallTree) -> Self {
        let rows = || rows.iter().map(|&row| (row, &source.rows()[row]));
        let ranks: BTreeSet<u32> = rows().map(|(_, row)| row.rank).collect();
        let ranks: Vec<u32> = ranks.into_iter().collect();
        let mut imbalance = Imbalance::default();
        let mut regions: BTreeMap<String, (usize, Vec<Option<RankTime>>)> = BTreeMap::new();
        for (index, row) in rows().filter(|(_, row)| row.calls > 0) {
            let name = &source.names()[row.name];
            let inclusive = tree.row_times(index).map_or(0, |times| times.inclusive_ns);
            let ns = inclusive.saturating_add(row.throttled_ns);
            imbalance.add(name, row.rank, row.calls, ns);
            let calls = row.calls;
            let (_, times) = regions
                .entry(name.clone())
                .or_insert_with(|| (row.name, vec![None; ranks.len()]));
            times[ranks.partition_point(|&rank| rank < row.rank)] = Some(RankTime { calls, ns });
        }
        Self {
            imbalance: imbalance.over(ranks.len()),
            ranks,
            regions,
        }
    }
}
