//! Panels below each other, over one axis of time: each has its name to the left, and texts to the right.

use super::axis::{Axis, Ticks};
use super::backdrop::Backdrop;
use super::header::Header;
use super::heading::Heading;
use crate::error::Result;
use crate::render::style::{self, DETAIL, GRID, MARGIN, NAME, RULE, TICK, VALUE};
use crate::render::{Anchor, Canvas, Paper, Text};
use crate::text::visible;
use std::ops::RangeInclusive;

/// From one panel to the next.
const PITCH: RangeInclusive<i32> = 150..=330;
const GAP: i32 = 36;
const MAX_NAME: f32 = 560.0;
/// Below the panels, the axis.
const BELOW: i32 = 110;
const WHAT: Text = Text {
    anchor: Anchor::End,
    ..DETAIL
};
const MARK: Text = Text {
    anchor: Anchor::End,
    ..TICK
};

/// What stands around one panel.
pub(super) struct Frame {
    pub(super) name: String,
    /// Below the name.
    pub(super) what: Option<String>,
    /// From top to bottom.
    pub(super) texts: [String; 3],
    /// Heights above the ground that have a label.
    pub(super) marks: Vec<(i32, String)>,
}

/// How much room each panel has.
pub(super) struct Room {
    backdrop: Backdrop,
    pitch: i32,
}

impl Room {
    /// That of panels with these names; below the axis something else is so high.
    pub(super) fn new<'a>(
        header: &'a Header,
        names: impl ExactSizeIterator<Item = &'a str>,
        below: i32,
        paper: &Paper<'_>,
    ) -> Self {
        let panels = names.len().max(1) as i32;
        let backdrop = Backdrop::new(Heading::of(header, names, paper), paper);
        let room = paper.height - backdrop.top() - BELOW - below - MARGIN;
        Self {
            backdrop,
            pitch: (room / panels).clamp(*PITCH.start(), *PITCH.end()),
        }
    }

    /// The height of the highest value.
    pub(super) fn height(&self) -> i32 {
        self.pitch - GAP
    }
}

/// Panels on paper, without what is drawn in them.
pub(super) struct Panels {
    backdrop: Backdrop,
    pitch: i32,
    /// Where the names end.
    names: i32,
    left: i32,
    right: i32,
    span_ns: i64,
    axis: Axis,
    frames: Vec<Frame>,
}

impl Panels {
    /// `how` says on the axis how to read what is drawn.
    pub(super) fn new(
        Room { backdrop, pitch }: Room,
        mut frames: Vec<Frame>,
        (header, span_ns): (&Header, i64),
        how: &str,
        paper: &Paper<'_>,
    ) -> Self {
        let room = paper.share(MAX_NAME, 0.25);
        for frame in &mut frames {
            frame.name = paper.fit(&visible(&frame.name), &NAME, room);
            frame.what = frame
                .what
                .take()
                .map(|what| paper.fit(&visible(&what), &WHAT, room));
        }
        let marks = frames.iter().flat_map(|frame| &frame.marks);
        let marks_width = paper.widest(marks.map(|(_, label)| label.as_str()), &MARK);
        let names_width = paper
            .widest(frames.iter().map(|frame| frame.name.as_str()), &NAME)
            .max(paper.widest(frames.iter().filter_map(|frame| frame.what.as_deref()), &WHAT));
        let left = MARGIN + names_width + 40 + marks_width + 20;
        let texts = frames.iter().flat_map(Frame::styled_texts);
        let texts_width = texts.map(|(text, style)| paper.widest([text], style)).max();
        let right = (paper.width - MARGIN - texts_width.unwrap_or(0) - 24).max(left + 100);
        let ticks = Ticks::new(span_ns, style::ticks(right - left, 11));
        let title = format!("{} ({}); {how}", header.time_axis_title(), ticks.unit);
        let marks = ticks.marks.into_iter();
        let marks = marks.map(|(ns, label)| (at(ns, span_ns, (left, right)), label));
        Self {
            axis: Axis::new(marks, &title, (left, right), paper),
            backdrop,
            pitch,
            names: MARGIN + names_width,
            left,
            right,
            span_ns,
            frames,
        }
    }

    /// Where time begins and ends.
    pub(super) fn width(&self) -> (i32, i32) {
        (self.left, self.right)
    }

    /// The place of a moment, ns since the start of the axis.
    pub(super) fn at(&self, ns: i64) -> i32 {
        at(ns, self.span_ns, self.width())
    }

    fn bottom(&self) -> i32 {
        self.backdrop.top() + self.pitch * self.frames.len() as i32
    }

    /// The last baseline of the axis.
    pub(super) fn last_baseline(&self) -> i32 {
        self.axis.last_baseline(self.bottom())
    }

    /// The size of a picture whose last baseline is this one.
    pub(super) fn size(&self, last_baseline: i32) -> (u32, u32) {
        self.backdrop.size(last_baseline)
    }

    /// Draws all panels of a picture of this size; `content` draws what is in a panel, by its number and the height
    /// of its ground on paper.
    pub(super) fn draw(
        &self,
        canvas: &mut dyn Canvas,
        size: (u32, u32),
        content: impl Fn(&mut dyn Canvas, usize, i32) -> Result<()>,
    ) -> Result<()> {
        self.backdrop.draw(canvas, size)?;
        self.axis.draw(canvas, (self.backdrop.top(), self.bottom()))?;
        for (index, frame) in self.frames.iter().enumerate() {
            let top = self.backdrop.top() + index as i32 * self.pitch;
            let ground = top + self.pitch - GAP / 2;
            self.draw_marks(canvas, frame, ground)?;
            content(canvas, index, ground)?;
            canvas.rect((self.left, self.right), (ground, ground + 2), RULE)?;
            self.draw_texts(canvas, frame, (top + GAP / 2 + ground) / 2)?;
        }
        Ok(())
    }

    fn draw_marks(&self, canvas: &mut dyn Canvas, frame: &Frame, ground: i32) -> Result<()> {
        for (height, label) in &frame.marks {
            let y = ground - height;
            canvas.rect((self.left - 8, self.right), (y - 1, y + 1), GRID)?;
            canvas.text(self.left - 20, y + MARK.middle_to_baseline(), label, &MARK)?;
        }
        Ok(())
    }

    fn draw_texts(&self, canvas: &mut dyn Canvas, frame: &Frame, middle: i32) -> Result<()> {
        let baseline = middle + NAME.middle_to_baseline();
        if let Some(what) = &frame.what {
            canvas.text(self.names, baseline - 18, &frame.name, &NAME)?;
            canvas.text(self.names, baseline + 18, what, &WHAT)?;
        } else {
            canvas.text(self.names, baseline, &frame.name, &NAME)?;
        }
        for (line, (text, style)) in (-1..).zip(frame.styled_texts()) {
            canvas.text(self.right + 24, baseline + 36 * line, text, style)?;
        }
        Ok(())
    }
}

impl Frame {
    fn styled_texts(&self) -> impl Iterator<Item = (&str, &'static Text)> {
        let texts = self.texts.iter().map(String::as_str);
        texts.zip([&VALUE, &DETAIL, &DETAIL])
    }
}

fn at(ns: i64, span_ns: i64, (left, right): (i32, i32)) -> i32 {
    let share = (ns as f64 / span_ns as f64).clamp(0.0, 1.0);
    left + (f64::from(right - left) * share).round() as i32
}
