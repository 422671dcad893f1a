//! Draws a flame graph, the callers on top.

use super::{FlameFrame, FlameGraph};
use crate::chart::axis::{Axis, Ticks};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::chart::palette::OTHERS;
use crate::error::Result;
use crate::render::style::{self, MARGIN};
use crate::render::{Anchor, Canvas, Color, Data, Figure, Paper, Picture, Text, Weight};
use crate::units;
use std::ops::RangeInclusive;

/// From one row of frames to the next.
const PITCH: RangeInclusive<i32> = 12..=54;
const GAP: i32 = 2;
/// Between the edge of a frame and its text.
const PADDING: i32 = 10;
const TEXT: Text = Text::new(26.0, Weight::Regular, Color::BLACK, Anchor::Start);
/// Text lower than this cannot be read.
const SMALLEST_TEXT: f32 = 14.0;
/// A name in less room than this says nothing.
const NARROWEST_NAME: f32 = 80.0;
/// What is narrower is drawn together with what is beside it.
const NARROWEST: i32 = 3;

struct FlamePicture {
    backdrop: Backdrop,
    pitch: i32,
    rows: i32,
    boxes: Vec<Drawn>,
    axis: Axis,
}

/// A frame of the graph as it is drawn.
struct Drawn {
    row: i32,
    x: (i32, i32),
    color: Color,
    label: Option<(String, Text)>,
}

impl Figure for FlameGraph {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let heading = Heading::of(
            &self.header,
            self.frames.iter().map(|frame| frame.name.as_str()),
            paper,
        );
        let backdrop = Backdrop::new(heading, paper);
        let rows = self.frames.iter().map(|frame| frame.depth).max().unwrap_or(0) as i32 + 1;
        let room = paper.height - backdrop.top() - 88 - MARGIN - 12;
        let pitch = (room / rows).clamp(*PITCH.start(), *PITCH.end());
        let ticks = Ticks::new(self.total_ns, style::ticks(paper.width - 2 * MARGIN, 11));
        let axis = Axis::of_time(
            ticks,
            |ns| place(ns, self.total_ns, paper.width),
            "Time in regions, summed over ranks and threads",
            (0, paper.width),
            paper,
        );
        Ok(Box::new(FlamePicture {
            backdrop,
            pitch,
            rows,
            boxes: boxes(self, pitch, paper),
            axis: axis.with_rule((MARGIN, paper.width - MARGIN)),
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

/// Where a time is on paper of that width.
fn place(ns: i64, total_ns: i64, width: i32) -> i32 {
    let share = (ns as f64 / total_ns as f64).clamp(0.0, 1.0);
    MARGIN + (f64::from(width - 2 * MARGIN) * share).round() as i32
}

fn boxes(graph: &FlameGraph, pitch: i32, paper: &Paper<'_>) -> Vec<Drawn> {
    let mut boxes: Vec<Drawn> = Vec::new();
    // By row, the last box of frames that are too narrow.
    let mut narrow: Vec<Option<usize>> = Vec::new();
    for frame in &graph.frames {
        let end = frame.start_ns.saturating_add(frame.inclusive_ns);
        let x = [frame.start_ns, end].map(|ns| place(ns, graph.total_ns, paper.width));
        let x = (x[0], x[1]);
        let row = frame.depth as i32;
        narrow.resize(narrow.len().max(frame.depth + 1), None);
        if x.1 - x.0 >= NARROWEST {
            boxes.push(Drawn {
                row,
                x,
                color: frame.color,
                label: label(graph, frame, x.1 - x.0, pitch, paper),
            });
            continue;
        }
        match narrow[frame.depth].map(|index| &mut boxes[index]) {
            Some(last) if last.x.1 >= x.0 => last.x.1 = last.x.1.max(x.1),
            _ => {
                narrow[frame.depth] = Some(boxes.len());
                boxes.push(Drawn {
                    row,
                    x,
                    color: OTHERS,
                    label: None,
                });
            }
        }
    }
    boxes
}

/// As much of name, share and time as there is room for.
fn label(
    graph: &FlameGraph,
    frame: &FlameFrame,
    width: i32,
    pitch: i32,
    paper: &Paper<'_>,
) -> Option<(String, Text)> {
    let style = Text {
        size: TEXT.size.min((pitch - GAP) as f32 * 0.7),
        color: frame.color.text(),
        ..TEXT
    };
    let room = (width - GAP - 2 * PADDING) as f32;
    if style.size < SMALLEST_TEXT || room < NARROWEST_NAME {
        return None;
    }
    let share = 100.0 * frame.inclusive_ns as f64 / graph.total_ns as f64;
    let numbers = format!("  {share:.1} %  {}", units::duration(frame.inclusive_ns));
    let left = room - paper.text_width(&numbers, &style);
    let name = paper.fit(&frame.name, &style, left.max(NARROWEST_NAME));
    if left >= paper.text_width(&name, &style) && (left >= 2.0 * NARROWEST_NAME || name == frame.name) {
        return Some((name + &numbers, style));
    }
    Some((paper.fit(&frame.name, &style, room), style))
}

impl FlamePicture {
    fn bottom(&self) -> i32 {
        self.backdrop.top() + self.rows * self.pitch + 12
    }

    fn draw_box(&self, canvas: &mut dyn Canvas, drawn: &Drawn) -> Result<()> {
        let top = self.backdrop.top() + drawn.row * self.pitch;
        let (left, end) = drawn.x;
        let right = if end - left > GAP { end - GAP } else { left + 1 };
        canvas.rect((left, right), (top, top + self.pitch - GAP), drawn.color)?;
        drawn.label.as_ref().map_or(Ok(()), |(text, style)| {
            let baseline = top + (self.pitch - GAP) / 2 + style.middle_to_baseline();
            canvas.text(left + PADDING, baseline, text, style)
        })
    }
}

impl Picture for FlamePicture {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.axis.last_baseline(self.bottom()))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.axis.draw(canvas, (self.backdrop.top(), self.bottom()))?;
        self.boxes
            .iter()
            .try_for_each(|drawn| self.draw_box(canvas, drawn))
    }
}
