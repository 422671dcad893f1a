//! The numbers of the chart of durations.

use super::DurationsChart;
use crate::render::{Column, Data};

const COLUMNS: &[Column] = &[
    Column::new("region", "the region's name, or how many others"),
    Column::new("regions", "how many regions the row stands for"),
    Column::new("calls", "calls on all ranks"),
    Column::new("min_calls", "the fewest calls on a rank"),
    Column::new("max_calls", "the most calls on a rank"),
    Column::new("exclusive_mean_ns", "exclusive time, mean of the ranks"),
    Column::new("exclusive_min_ns", "the least on a rank"),
    Column::new("exclusive_max_ns", "the most on a rank"),
    Column::new("exclusive_slowest_rank", "the rank with the most"),
    Column::new(
        "inclusive_mean_ns",
        "inclusive time, mean of the ranks; empty for others",
    ),
    Column::new("inclusive_min_ns", "the least on a rank"),
    Column::new("inclusive_max_ns", "the most on a rank"),
    Column::new("inclusive_slowest_rank", "the rank with the most"),
];

pub(super) fn of(chart: &DurationsChart) -> Data<'_> {
    let rows = chart.bars.iter().map(|bar| {
        let (exclusive, inclusive) = (&bar.exclusive, bar.inclusive.as_ref());
        vec![
            bar.name.as_str().into(),
            bar.regions.into(),
            bar.calls.into(),
            bar.calls_on_a_rank.0.into(),
            bar.calls_on_a_rank.1.into(),
            exclusive.mean_ns.into(),
            exclusive.min_ns.into(),
            exclusive.max_ns.into(),
            exclusive.slowest_rank.into(),
            inclusive.map(|time| time.mean_ns).into(),
            inclusive.map(|time| time.min_ns).into(),
            inclusive.map(|time| time.max_ns).into(),
            inclusive.map(|time| time.slowest_rank).into(),
        ]
    });
    Data::new(COLUMNS, rows)
}
