//! How long the spans of a region lived, as the page has it.

use super::region::round;
use crate::analysis::lifetimes::{Life, RegionLifetimes, Spread};
use serde::Serialize;

/// All times in ns.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lives {
    spans: u64,
    open: u64,
    elapsed: Times,
    busy: Times,
    idle: Times,
    polls: u64,
    most_polls: u64,
    most_threads: u32,
    /// The longest first.
    longest: Vec<OneLife>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Times {
    total: i64,
    mean: f64,
    max: i64,
    /// 50th, 95th, 99th.
    percentiles: Option<[f64; 3]>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct OneLife {
    rank: u32,
    thread: u32,
    span: u32,
    /// From the start of the run; none where the ranks have no common one.
    start: Option<i64>,
    elapsed: i64,
    busy: i64,
    polls: u64,
    open: bool,
}

impl Lives {
    pub(super) fn of(lives: &RegionLifetimes, origin: Option<i64>) -> Self {
        Self {
            spans: lives.spans(),
            open: lives.open(),
            elapsed: Times::of(lives.elapsed()),
            busy: Times::of(lives.busy()),
            idle: Times::of(lives.idle()),
            polls: lives.polls().count(),
            most_polls: lives.most_polls(),
            most_threads: lives.most_threads(),
            longest: lives
                .longest()
                .iter()
                .map(|life| OneLife::of(life, origin))
                .collect(),
        }
    }
}

impl Times {
    fn of(spread: &Spread) -> Self {
        let statistics = spread.statistics();
        Self {
            total: statistics.total_ns(),
            mean: round(statistics.mean_ns()),
            max: statistics.max_ns().unwrap_or(0),
            percentiles: spread.percentiles([50.0, 95.0, 99.0]).map(|all| all.map(round)),
        }
    }
}

impl OneLife {
    fn of(life: &Life, origin: Option<i64>) -> Self {
        Self {
            rank: life.rank,
            thread: life.first_thread,
            span: life.span,
            start: origin.map(|origin| life.start_ns.saturating_sub(origin)),
            elapsed: life.elapsed_ns(),
            busy: life.busy_ns,
            polls: life.polls,
            open: life.is_open,
        }
    }
}
