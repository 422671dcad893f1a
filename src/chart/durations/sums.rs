//! Adds up the times of regions over ranks, and chooses which of them have a bar.

use super::{DurationBar, OverRanks};
use crate::analysis::call_tree::RowTimes;
use crate::chart::palette::{Color, OTHERS, Palette};
use crate::profile::saturate;
use std::collections::BTreeMap;

/// One bar in so many is for a region that is long by what it called: a phase of the program.
const ONE_IN: usize = 4;

/// The times of each region on each rank.
pub(super) struct Sums {
    ranks: Vec<u32>,
    regions: BTreeMap<usize, Region>,
}

/// One region, by place of the rank.
struct Region {
    exclusive: Vec<i128>,
    inclusive: Vec<i128>,
    calls: Vec<u64>,
}

impl Sums {
    /// Over these ranks, which are in order.
    pub(super) fn over(ranks: Vec<u32>) -> Self {
        Self {
            ranks,
            regions: BTreeMap::new(),
        }
    }

    /// A region on a rank.
    pub(super) fn add(&mut self, region: usize, rank: u32, calls: u64, times: RowTimes) {
        let place = self.ranks.partition_point(|&other| other < rank);
        let ranks = self.ranks.len();
        let sums = self.regions.entry(region).or_insert_with(|| Region::new(ranks));
        sums.exclusive[place] += i128::from(times.exclusive_ns);
        sums.inclusive[place] += i128::from(times.inclusive_ns);
        sums.calls[place] = sums.calls[place].saturating_add(calls);
    }

    /// Whether no region took any time.
    pub(super) fn are_zero(&self) -> bool {
        let mut regions = self.regions.values();
        regions.all(|region| region.inclusive.iter().all(|&ns| ns == 0))
    }

    /// A bar for each region; of more than `most` regions the last bar is for those that are left.
    pub(super) fn bars(mut self, names: &[String], palette: &Palette, most: usize) -> Vec<DurationBar> {
        let mut order: Vec<usize> = self.regions.keys().copied().collect();
        let key = |region: &usize| {
            let sums = &self.regions[region];
            (-total(&sums.exclusive), -total(&sums.inclusive), &names[*region])
        };
        order.sort_by(|a, b| key(a).cmp(&key(b)));
        let rest = if order.len() > most {
            self.left_out(&mut order, most - 1)
        } else {
            Vec::new()
        };
        let bars = order.iter().map(|region| {
            let bar = self.bar(
                &self.regions[region],
                names[*region].clone(),
                palette.color(*region),
            );
            DurationBar { regions: 1, ..bar }
        });
        let mut bars: Vec<DurationBar> = bars.collect();
        if !rest.is_empty() {
            let mut others = Region::new(self.ranks.len());
            for region in &rest {
                others.add(&self.regions.remove(region).expect("each region is left out once"));
            }
            let bar = self.bar(&others, format!("{} others", rest.len()), OTHERS);
            bars.push(DurationBar {
                inclusive: None,
                regions: rest.len(),
                ..bar
            });
        }
        bars
    }

    /// Takes all but `most` out of `order`, in which the longest exclusive time comes first: some of those that stay
    /// have the longest inclusive times of the rest.
    fn left_out(&self, order: &mut Vec<usize>, most: usize) -> Vec<usize> {
        let mut rest = order.split_off(most - most / ONE_IN);
        rest.sort_by_key(|region| -total(&self.regions[region].inclusive));
        let left_out = rest.split_off(most / ONE_IN);
        let by_exclusive = |region: &usize| -total(&self.regions[region].exclusive);
        rest.sort_by_key(by_exclusive);
        order.append(&mut rest);
        left_out
    }

    fn bar(&self, region: &Region, name: String, color: Color) -> DurationBar {
        let calls = region.calls.iter().copied();
        DurationBar {
            name,
            color,
            exclusive: self.over_ranks(&region.exclusive),
            inclusive: Some(self.over_ranks(&region.inclusive)),
            calls: calls.clone().fold(0, u64::saturating_add),
            calls_on_a_rank: (calls.clone().min().unwrap_or(0), calls.max().unwrap_or(0)),
            regions: 1,
        }
    }

    fn over_ranks(&self, by_rank: &[i128]) -> OverRanks {
        let most = by_rank.iter().copied().max().unwrap_or(0);
        let slowest = by_rank.iter().position(|&ns| ns == most).unwrap_or(0);
        OverRanks {
            mean_ns: total(by_rank) as f64 / by_rank.len().max(1) as f64,
            min_ns: saturate(by_rank.iter().copied().min().unwrap_or(0)),
            max_ns: saturate(most),
            slowest_rank: self.ranks.get(slowest).copied().unwrap_or(0),
        }
    }
}

impl Region {
    fn new(ranks: usize) -> Self {
        Self {
            exclusive: vec![0; ranks],
            inclusive: vec![0; ranks],
            calls: vec![0; ranks],
        }
    }

    fn add(&mut self, other: &Self) {
        for (sums, more) in [
            (&mut self.exclusive, &other.exclusive),
            (&mut self.inclusive, &other.inclusive),
        ] {
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        let calls = self.calls.iter_mut().zip(&other.calls);
        calls.for_each(|(sum, more)| *sum = sum.saturating_add(*more));
    }
}

fn total(by_rank: &[i128]) -> i128 {
    by_rank.iter().sum()
}
