//! The numbers of the histograms.

use super::Histograms;
use super::picture::{HIGH, MEDIAN};
use crate::render::{Column, Data};

const COLUMNS: &[Column] = &[
    Column::new("region", "the region's name, or how many others"),
    Column::new("from_ns", "the shortest duration of the bin"),
    Column::new("up_to_ns", "the shortest duration that is too long for it"),
    Column::new("calls", "calls of such a duration"),
    Column::new("region_calls", "all calls of the region"),
    Column::new("region_p50_ns", "the median of the region, as near as 1 %"),
    Column::new("region_p95_ns", "its 95th percentile"),
];

pub(super) fn of(chart: &Histograms) -> Data<'_> {
    let rows = chart.rows.iter().flat_map(|row| {
        let [median, high] = [MEDIAN, HIGH].map(|p| row.bins.percentile(p));
        row.bins.filled().into_iter().map(move |(from, up_to, calls)| {
            vec![
                row.name.as_str().into(),
                from.into(),
                up_to.into(),
                calls.into(),
                row.bins.total().into(),
                median.into(),
                high.into(),
            ]
        })
    });
    Data::new(COLUMNS, rows)
}
