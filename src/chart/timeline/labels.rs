//! What stands beside the lanes of a timeline.

use super::{LaneOf, Timeline, TimelineLane};
use crate::chart::axis;
use crate::render::style::TICK;
use crate::render::{Anchor, Paper, Text};
use crate::text::visible;

pub(super) const LABEL: Text = Text {
    anchor: Anchor::End,
    ..TICK
};
/// From one label to the next.
const PITCH: i32 = 30;
const MAX_LABEL: f32 = 560.0;

/// What stands beside a lane: its whole text, or nothing where labels would be too close.
pub(super) fn of(timeline: &Timeline, heights: &[i32], paper: &Paper<'_>) -> Vec<Option<String>> {
    let mut labels = vec![None; timeline.lanes.len()];
    let fit = |text: String| paper.fit(&visible(&text), &LABEL, paper.share(MAX_LABEL, 0.3));
    if let Some(LaneOf::Ranks(..)) = timeline.lanes.first().map(|lane| &lane.of) {
        let length = f64::from(heights.iter().sum::<i32>());
        for lane in axis::labelled(timeline.lanes.len(), length, f64::from(PITCH) * 1.3) {
            labels[lane] = Some(fit(text(timeline, &timeline.lanes[lane])));
        }
        return labels;
    }
    let mut room = PITCH;
    for ((label, lane), &height) in labels.iter_mut().zip(&timeline.lanes).zip(heights) {
        if room >= PITCH {
            *label = Some(fit(text(timeline, lane)));
            room = 0;
        }
        room += height;
    }
    labels
}

/// What is written above the labels.
pub(super) fn heading(timeline: &Timeline) -> &'static str {
    match timeline.lanes.first().map(|lane| &lane.of) {
        Some(LaneOf::Ranks(..)) => "rank",
        Some(LaneOf::Thread(..)) => "thread",
        Some(LaneOf::Task(..)) => "task",
        None => "",
    }
}

fn text(timeline: &Timeline, lane: &TimelineLane) -> String {
    let one_rank = timeline.header.ranks == 1;
    match &lane.of {
        LaneOf::Ranks(first, _) => first.to_string(),
        LaneOf::Thread(_, _, label) if one_rank => label.clone(),
        LaneOf::Thread(rank, ..) if timeline.header.threads == timeline.header.ranks => {
            format!("rank {rank}")
        }
        LaneOf::Thread(rank, _, label) => format!("rank {rank}, {label}"),
        LaneOf::Task(_, span, name) if one_rank => format!("{name} #{span}"),
        LaneOf::Task(rank, span, name) => format!("{name} #{span}, rank {rank}"),
    }
}
