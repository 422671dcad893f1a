//! Decides, before anything is read, which rows share a lane.

use crate::chart::subject::Subject;
use crate::chart::totals::Totals;
use crate::error::Result;
use crate::profile::Source;
use std::collections::{BTreeMap, BTreeSet};

/// Where the selected rows go.
#[derive(Debug)]
pub(super) struct Plan {
    /// The selected ranks, in order.
    ranks: Vec<u32>,
    /// How many consecutive ranks share a lane.
    pub(super) ranks_per_lane: usize,
    /// Regions that share one group of lanes, as indices into [`Source::names`].
    others: BTreeSet<usize>,
}

impl Plan {
    pub(super) fn new(subject: &Subject<'_>, max_lanes: usize, max_regions: usize) -> Result<Self> {
        let (source, rows) = (subject.source(), subject.rows());
        let row = |index: &usize| &source.rows()[*index];
        let mut plan = Plan {
            ranks: rows
                .iter()
                .map(|i| row(i).rank)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            ranks_per_lane: 1,
            others: BTreeSet::new(),
        };
        let names: BTreeSet<usize> = rows.iter().map(|i| row(i).name).collect();
        // With all ranks in one lane each region still needs one.
        let max_regions = max_regions.min(max_lanes.saturating_sub(1)).max(1);
        if names.len() > max_regions {
            let stated = Totals::stated(source);
            let totals = if stated.are_known() {
                &stated
            } else {
                &subject.first_look()?.totals
            };
            let by_name = totals.by_name(source);
            let mut order: Vec<usize> = names.into_iter().collect();
            order.sort_by_key(|&name| (std::cmp::Reverse(by_name[name]), name));
            plan.others = order.split_off(max_regions).into_iter().collect();
        }
        while plan.lanes(source, rows) > max_lanes && plan.ranks_per_lane < plan.ranks.len() {
            plan.ranks_per_lane *= 2;
        }
        Ok(plan)
    }

    fn lanes(&self, source: &dyn Source, rows: &[usize]) -> usize {
        let lanes: BTreeSet<_> = rows
            .iter()
            .map(|&row| {
                let row = &source.rows()[row];
                (self.region(row.name), self.group(row.rank))
            })
            .collect();
        lanes.len()
    }

    /// The region that a name is drawn as; `None` is "others".
    pub(super) fn region(&self, name: usize) -> Option<usize> {
        (!self.others.contains(&name)).then_some(name)
    }

    pub(super) fn others(&self) -> usize {
        self.others.len()
    }

    pub(super) fn ranks(&self) -> usize {
        self.ranks.len()
    }

    /// The number of the group of ranks that shares a lane with `rank`.
    pub(super) fn group(&self, rank: u32) -> usize {
        self.ranks.partition_point(|&other| other < rank) / self.ranks_per_lane
    }

    /// The ranks of a group.
    pub(super) fn members(&self, group: usize) -> &[u32] {
        self.ranks
            .chunks(self.ranks_per_lane)
            .nth(group)
            .unwrap_or_default()
    }

    /// Whether a row of this region shares its lane with other rows.
    pub(super) fn shares(&self, region: Option<usize>) -> bool {
        region.is_none() || self.ranks_per_lane > 1
    }
}

/// Reduced rows by region and group of ranks.
pub(super) type ByLane<T> = BTreeMap<(Option<usize>, usize), T>;
