//! The numbers of the Gantt chart.

use super::GanttChart;
use crate::render::{Column, Data, Datum};

const COLUMNS: &[Column] = &[
    Column::new("region", "the region's name, or how many others"),
    Column::new("rank", "the rank, or the first of those that share the lane"),
    Column::new("last_rank", "the last of those that share the lane"),
    Column::new("thread", "the thread; empty in a lane of all threads"),
    Column::new("start_ns", "where the bar begins on the axis"),
    Column::new("end_ns", "where it ends"),
    Column::new("calls", "the calls that share it"),
    Column::new("busy_share", "for how much of it the region ran, up to 1"),
    Column::new(
        "value",
        "what it is coloured by, the mean over its time; empty without",
    ),
];

pub(super) fn of(chart: &GanttChart) -> Data<'_> {
    let lanes = chart.regions.iter();
    let lanes = lanes.flat_map(|region| region.lanes.iter().map(|lane| (region.name.as_str(), lane)));
    let bars = lanes.flat_map(|(region, lane)| lane.bars.iter().map(move |bar| (region, lane, bar)));
    let rows = bars.map(|(region, lane, bar)| {
        let mut row = vec![
            region.into(),
            lane.rank.into(),
            lane.last_rank.into(),
            lane.thread.into(),
            bar.start_ns.into(),
            bar.end_ns.into(),
            bar.calls.into(),
            f64::from(bar.busy).into(),
        ];
        if chart.colors.is_some() {
            row.push(bar.value.map_or(Datum::None, Datum::Number));
        }
        row
    });
    let without = usize::from(chart.colors.is_none());
    Data::new(&COLUMNS[..COLUMNS.len() - without], rows)
}
