//! The numbers of the chart of imbalance.

use super::ImbalanceChart;
use crate::render::{Column, Data};

const COLUMNS: &[Column] = &[
    Column::new("region", "the region's name"),
    Column::new("rank", "the rank"),
    Column::new(
        "time_ns",
        "inclusive time on it; empty where it never entered the region",
    ),
    Column::new("region_mean_ns", "the mean of the ranks"),
    Column::new("region_imbalance_ns", "maximum less mean"),
    Column::new("region_imbalance_factor", "maximum by mean"),
];

pub(super) fn of(chart: &ImbalanceChart) -> Data<'_> {
    let rows = chart.rows.iter().flat_map(|row| {
        chart.ranks.iter().zip(&row.times_ns).map(|(&rank, &time)| {
            vec![
                row.region.name().into(),
                rank.into(),
                time.into(),
                row.region.mean_ns().into(),
                row.region.imbalance_time_ns().into(),
                row.region.imbalance_factor().into(),
            ]
        })
    });
    Data::new(COLUMNS, rows)
}
