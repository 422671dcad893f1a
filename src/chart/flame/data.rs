//! The numbers of the flame graph.

use super::FlameGraph;
use crate::render::{Column, Data};

const COLUMNS: &[Column] = &[
    Column::new("frame", "a number for the row"),
    Column::new(
        "parent",
        "the number of the caller's row; empty where there is none",
    ),
    Column::new("depth", "how many callers are above it"),
    Column::new("region", "the region's name"),
    Column::new("start_ns", "where the frame begins on the axis"),
    Column::new("inclusive_ns", "inclusive time on this path"),
    Column::new("share", "of the time in any region, up to 1"),
];

pub(super) fn of(graph: &FlameGraph) -> Data<'_> {
    // The frames from the root to the one at hand.
    let mut path = Vec::new();
    let rows = graph.frames.iter().enumerate().map(move |(number, frame)| {
        path.truncate(frame.depth);
        let parent = path.last().copied();
        path.push(number);
        vec![
            number.into(),
            parent.into(),
            frame.depth.into(),
            frame.name.as_str().into(),
            frame.start_ns.into(),
            frame.inclusive_ns.into(),
            (frame.inclusive_ns as f64 / graph.total_ns as f64).into(),
        ]
    });
    Data::new(COLUMNS, rows)
}
