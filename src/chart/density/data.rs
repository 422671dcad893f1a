//! The numbers of the chart of how busy ranks are.

use super::RankDensity;
use crate::render::{Column, Data};

const COLUMNS: &[Column] = &[
    Column::new("rank", "the rank, or the first of those that share the lane"),
    Column::new("last_rank", "the last of those that share the lane"),
    Column::new("start_ns", "where the column begins on the axis"),
    Column::new("end_ns", "where it ends"),
    Column::new(
        "busy_share",
        "for how much of it a rank was in a region that counts, up to 1",
    ),
];

pub(super) fn of(chart: &RankDensity) -> Data<'_> {
    let bars = chart
        .lanes
        .iter()
        .flat_map(|lane| lane.bars.iter().map(move |bar| (lane, bar)));
    let rows = bars.map(|(lane, bar)| {
        vec![
            lane.rank.into(),
            lane.last_rank.into(),
            bar.start_ns.into(),
            bar.end_ns.into(),
            f64::from(bar.busy).into(),
        ]
    });
    Data::new(COLUMNS, rows)
}
