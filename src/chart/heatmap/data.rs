//! The numbers of the heat map.

use super::RankHeatmap;
use crate::render::{Column, Data};

const COLUMNS: &[Column] = &[
    Column::new("region", "the region's name, or how many others"),
    Column::new("rank", "the rank"),
    Column::new(
        "time_ns",
        "inclusive time on it; empty where it never entered the region",
    ),
    Column::new("region_mean_ns", "the mean of the ranks"),
    Column::new(
        "deviation",
        "how much more than the mean, as a share of it: -0.5 is half of it",
    ),
];

pub(super) fn of(map: &RankHeatmap) -> Data<'_> {
    let rows = map.rows.iter().flat_map(|row| {
        let times = row.times_ns.iter().zip(row.deviations());
        map.ranks.iter().zip(times).map(|(&rank, (&time, deviation))| {
            vec![
                row.name.as_str().into(),
                rank.into(),
                time.into(),
                row.mean_ns().into(),
                deviation.into(),
            ]
        })
    });
    Data::new(COLUMNS, rows)
}
