//! The numbers of the time series.

use super::TimeSeries;
use crate::render::{Column, Data};

const COLUMNS: &[Column] = &[
    Column::new("region", "the region's name"),
    Column::new("from_ns", "from where on the axis calls of the row began"),
    Column::new("up_to_ns", "up to where"),
    Column::new("p5_ns", "the 5th percentile of their durations"),
    Column::new("median_ns", "the median"),
    Column::new("p95_ns", "the 95th percentile"),
];

pub(super) fn of(chart: &TimeSeries) -> Data<'_> {
    let rows = chart.panels.iter().flat_map(|panel| {
        panel.columns.iter().map(|column| {
            vec![
                panel.name.as_str().into(),
                column.from_ns.into(),
                column.to_ns.into(),
                column.low_ns.into(),
                column.median_ns.into(),
                column.high_ns.into(),
            ]
        })
    });
    Data::new(COLUMNS, rows)
}
