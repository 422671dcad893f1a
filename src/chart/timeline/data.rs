//! The numbers of timelines.

use super::{LaneOf, Timeline};
use crate::render::{Column, Data, Datum};

const COLUMNS: &[Column] = &[
    Column::new("rank", "the rank, or the first of those that share the lane"),
    Column::new("last_rank", "the last of those that share the lane"),
    Column::new("thread", "the thread, in lanes of threads"),
    Column::new("span", "the span, by its number on the rank, in lanes of tasks"),
    Column::new("depth", "how many calls are around it, in lanes of threads"),
    Column::new(
        "region",
        "the region's name; of several in a piece, that with the most time",
    ),
    Column::new("start_ns", "where the piece begins on the axis"),
    Column::new("end_ns", "where it ends"),
    Column::new("calls", "the calls that begin in it"),
    Column::new("busy_share", "for how much of it any of them was open, up to 1"),
    Column::new(
        "value",
        "what it is coloured by, the mean over its time; empty without",
    ),
];

pub(super) fn of(chart: &Timeline) -> Data<'_> {
    let rows = chart.lanes.iter().flat_map(|lane| {
        let rows = lane.rows.iter().enumerate();
        rows.flat_map(move |(depth, row)| row.iter().map(move |piece| (lane, depth, piece)))
    });
    let rows = rows.map(|(lane, depth, piece)| {
        let (rank, last_rank, thread, span): (u32, u32, Datum<'_>, Datum<'_>) = match lane.of {
            LaneOf::Ranks(first, last) => (first, last, Datum::None, Datum::None),
            LaneOf::Thread(rank, thread, _) => (rank, rank, thread.into(), Datum::None),
            LaneOf::Task(rank, span, _) => (rank, rank, Datum::None, span.into()),
        };
        let mut row = vec![
            rank.into(),
            last_rank.into(),
            thread,
            span,
            depth.into(),
            chart.regions[piece.region].name.as_str().into(),
            piece.start_ns.into(),
            piece.end_ns.into(),
            piece.calls.into(),
            f64::from(piece.busy).into(),
        ];
        if chart.colors.is_some() {
            row.push(piece.value.map_or(Datum::None, Datum::Number));
        }
        row
    });
    let without = usize::from(chart.colors.is_none());
    Data::new(&COLUMNS[..COLUMNS.len() - without], rows)
}
