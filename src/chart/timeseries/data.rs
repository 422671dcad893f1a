//! The numbers of the time series.

use super::{Shown, TimeSeries};
use crate::render::{Column, Data, Datum};

const COLUMNS: &[Column] = &[
    Column::new("region", "the region's name"),
    Column::new("from_ns", "from where on the axis calls of the row began"),
    Column::new("up_to_ns", "up to where"),
    Column::new("p5_ns", "the 5th percentile of their durations; empty for values"),
    Column::new("median_ns", "the median"),
    Column::new("p95_ns", "the 95th percentile"),
    Column::new("field", "the field whose values follow; empty for durations"),
    Column::new("p5", "the 5th percentile of the values"),
    Column::new("median", "the median"),
    Column::new("p95", "the 95th percentile"),
];

pub(super) fn of(chart: &TimeSeries) -> Data<'_> {
    let rows = chart.panels.iter().flat_map(|panel| {
        panel.columns.iter().map(|column| {
            let mut row: Vec<Datum<'_>> = vec![
                panel.name.as_str().into(),
                column.from_ns.into(),
                column.to_ns.into(),
            ];
            let percentiles = [column.low, column.median, column.high].map(Datum::from);
            let nothing = [Datum::None, Datum::None, Datum::None];
            match &panel.shown {
                Shown::Durations(_) => {
                    row.extend(percentiles);
                    row.push(Datum::None);
                    row.extend(nothing);
                }
                Shown::Values { field, .. } => {
                    row.extend(nothing);
                    row.push(field.name().into());
                    row.extend(percentiles);
                }
            }
            row
        })
    });
    Data::new(COLUMNS, rows)
}
