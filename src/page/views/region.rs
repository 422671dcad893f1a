//! The details of a region, as the page has them.

use super::lives::Lives;
use crate::analysis::imbalance::RegionImbalance;
use crate::analysis::lifetimes::RegionLifetimes;
use crate::chart::details::RegionDetails;
use serde::Serialize;

/// From, up to, 5th percentile, median, 95th percentile.
type Column = (i64, i64, f64, f64, f64);

/// All times in ns.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct RegionView {
    /// 50th, 95th, 99th.
    percentiles: Option<[f64; 3]>,
    /// From, up to, calls.
    bins: Vec<(f64, f64, u64)>,
    /// None where the course is not kept.
    columns: Option<Vec<Column>>,
    /// The median in the first and in the last quarter.
    drift: Option<(f64, f64)>,
    /// Calls and inclusive time on each rank; empty where they are left out.
    pub(super) ranks: Vec<Option<(u64, i64)>>,
    balance: Option<Balance>,
    lives: Option<Lives>,
}

/// How far the ranks are apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Balance {
    min: i64,
    mean: f64,
    max: i64,
    slowest: u32,
    factor: Option<f64>,
    lost: f64,
}

impl From<RegionDetails> for RegionView {
    fn from(details: RegionDetails) -> Self {
        let bins = &details.bins;
        let percentiles = [50.0, 95.0, 99.0].map(|p| bins.percentile(p).map(round));
        let percentiles = match percentiles {
            [Some(a), Some(b), Some(c)] => Some([a, b, c]),
            _ => None,
        };
        let columns = details.columns.map(|columns| {
            let of = columns.into_iter().map(|column| {
                let [low, median, high] = [column.low, column.median, column.high].map(round);
                (column.from_ns, column.to_ns, low, median, high)
            });
            of.collect()
        });
        let ranks = details.ranks.into_iter();
        Self {
            percentiles,
            bins: bins.filled(),
            columns,
            drift: details
                .drift
                .map(|drift| (round(drift.first_ns), round(drift.last_ns))),
            ranks: ranks.map(|rank| rank.map(|rank| (rank.calls, rank.ns))).collect(),
            balance: details.imbalance.as_ref().map(Balance::from),
            lives: None,
        }
    }
}

impl From<&RegionImbalance> for Balance {
    fn from(region: &RegionImbalance) -> Self {
        Self {
            min: region.min_ns(),
            mean: round(region.mean_ns()),
            max: region.max_ns(),
            slowest: region.slowest_rank(),
            factor: region.imbalance_factor(),
            lost: round(region.imbalance_time_ns()),
        }
    }
}

impl RegionView {
    pub(super) fn percentiles(&self) -> Option<[f64; 3]> {
        self.percentiles
    }

    /// Adds the lives of its spans, of a run that began at `origin`, ns, where its ranks have one clock.
    pub(super) fn set_lives(&mut self, lives: &RegionLifetimes, origin: Option<i64>) {
        self.lives = Some(Lives::of(lives, origin));
    }
}

/// To a tenth of a nanosecond, which says enough in few bytes.
pub(super) fn round(ns: f64) -> f64 {
    (ns * 10.0).round() / 10.0
}
