//! The numbers of the chart of a comparison.

use super::ComparisonChart;
use crate::render::{Column, Data};

const COLUMNS: &[Column] = &[
    Column::new("region", "the region's name"),
    Column::new("run", "the label of the run"),
    Column::new("ranks", "how many ranks the run has"),
    Column::new(
        "calls",
        "calls on all ranks; empty where the region is not in the run",
    ),
    Column::new("exclusive_mean_ns", "exclusive time, mean of the ranks"),
    Column::new("inclusive_mean_ns", "inclusive time, mean of the ranks"),
    Column::new(
        "change_ns",
        "from the first run to this one, of the time that is compared",
    ),
    Column::new(
        "relative_change",
        "the same as a share of the first; empty where that is 0",
    ),
];

pub(super) fn of(chart: &ComparisonChart) -> Data<'_> {
    let comparison = &chart.comparison;
    let rows = comparison.regions().iter().flat_map(move |region| {
        comparison.runs().iter().enumerate().map(move |(place, run)| {
            let times = run.region(region.name());
            vec![
                region.name().into(),
                run.label().into(),
                run.ranks().into(),
                times.map(|times| times.calls).into(),
                times.map(|times| times.exclusive_ns).into(),
                times.map(|times| times.inclusive_ns).into(),
                region.change_to_ns(place).into(),
                region.relative_change_to(place).into(),
            ]
        })
    });
    Data::new(COLUMNS, rows)
}
