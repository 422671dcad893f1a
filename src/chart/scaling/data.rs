//! The numbers of the chart of scaling.

use super::ScalingChart;
use crate::render::{Column, Data};

const COLUMNS: &[Column] = &[
    Column::new("region", "the region's name; empty for the whole run"),
    Column::new("number", "how many ranks, or the number of the metadata"),
    Column::new("run", "the label of the run"),
    Column::new(
        "time_ns",
        "wall time of the whole run; of a region the mean of the ranks",
    ),
    Column::new("speedup", "the time with the least number by this one"),
    Column::new("efficiency", "speedup by what it could be"),
];

pub(super) fn of(chart: &ScalingChart) -> Data<'_> {
    let scaling = &chart.scaling;
    let rows = scaling.lines().iter().flat_map(move |line| {
        let runs = scaling.numbers().iter().zip(scaling.labels()).enumerate();
        runs.map(move |(place, (&number, label))| {
            vec![
                line.region().unwrap_or_default().into(),
                number.into(),
                label.as_str().into(),
                line.time_ns(place).into(),
                line.speedup(place).into(),
                line.efficiency(place).into(),
            ]
        })
    });
    Data::new(COLUMNS, rows)
}
