//! How long the spans of a region lived.

use crate::analysis::lifetimes::{Life, RegionLifetimes, Spread};
use serde_json::{Value, json};

/// Of the spans that were entered, over the chosen ranks.
pub(super) fn of(region: &RegionLifetimes) -> Value {
    let polls = region.polls();
    json!({
        "num_spans": region.spans(),
        "num_open": region.open(),
        "elapsed": spread(region.elapsed()),
        "busy": spread(region.busy()),
        "idle": spread(region.idle()),
        "num_polls": polls.count(),
        "poll_mean_ns": polls.mean_ns(),
        "poll_min_ns": polls.min_ns(),
        "poll_max_ns": polls.max_ns(),
        "most_polls": region.most_polls(),
        "most_threads": region.most_threads(),
        "longest": region.longest().iter().map(life).collect::<Vec<_>>(),
    })
}

fn life(life: &Life) -> Value {
    json!({
        "rank": life.rank,
        "span": life.span,
        "start_ns": life.start_ns,
        "end_ns": life.end_ns,
        "first_entry_ns": life.entered_ns,
        "last_exit_ns": life.left_ns,
        "elapsed_ns": life.elapsed_ns(),
        "busy_ns": life.busy_ns,
        "idle_ns": life.idle_ns(),
        "num_polls": life.polls,
        "num_threads": life.threads,
        "open": life.is_open,
    })
}

fn spread(of: &Spread) -> Value {
    let statistics = of.statistics();
    let [p50, p95, p99] = match of.percentiles([50.0, 95.0, 99.0]) {
        Some(percentiles) => percentiles.map(Some),
        None => [None; 3],
    };
    json!({
        "total_ns": statistics.total_ns(),
        "mean_ns": statistics.mean_ns(),
        "min_ns": statistics.min_ns(),
        "max_ns": statistics.max_ns(),
        "std_ns": statistics.std_ns(),
        "p50_ns": p50,
        "p95_ns": p95,
        "p99_ns": p99,
    })
}
