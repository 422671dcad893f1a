//! The names of calls, in those that have room for them.

use super::{Piece, Timeline};
use crate::error::Result;
use crate::render::{Anchor, Canvas, Color, Paper, Text, Weight};
use crate::text::visible;

const STYLE: Text = Text::new(24.0, Weight::Regular, Color::BLACK, Anchor::Start);
/// Text lower than this cannot be read.
const SMALLEST: f32 = 14.0;
/// In less room than this a part of a name says nothing.
const NARROWEST_PART: i32 = 160;
const PADDING: i32 = 8;

/// The name of a call.
pub(super) struct Name {
    x: i32,
    /// Below the top of the chart.
    baseline: i32,
    text: String,
    style: Text,
}

impl Name {
    pub(super) fn draw(&self, canvas: &mut dyn Canvas, top: i32) -> Result<()> {
        canvas.text(self.x, top + self.baseline, &self.text, &self.style)
    }
}

/// Fits names into calls.
pub(super) struct Names<'a> {
    style: Text,
    paper: &'a Paper<'a>,
    /// Of each region: its name, and the width of that.
    regions: Vec<(String, i32)>,
    found: Vec<Name>,
}

impl<'a> Names<'a> {
    /// For rows of this height; none where they are too low for text.
    pub(super) fn new(timeline: &Timeline, pitch: i32, paper: &'a Paper<'a>) -> Option<Self> {
        let style = Text {
            size: STYLE.size.min(pitch as f32 * 0.62),
            ..STYLE
        };
        let regions = timeline.regions.iter().map(|region| {
            let name = paper.fit(&visible(&region.name), &style, paper.width as f32);
            let width = paper.widest([name.as_str()], &style);
            (name, width)
        });
        (style.size >= SMALLEST).then(|| Self {
            style,
            paper,
            regions: regions.collect(),
            found: Vec::new(),
        })
    }

    /// Of a call that is drawn in a colour from `start` to `end`, about a line that far below the top of the chart.
    pub(super) fn add(&mut self, piece: &Piece, color: Color, (start, end): (i32, i32), middle: i32) {
        let (name, width) = &self.regions[piece.region];
        let room = end - start - 2 * PADDING;
        if piece.calls > 1 || room < (*width).min(NARROWEST_PART) {
            return;
        }
        let style = Text {
            color: color.text(),
            ..self.style
        };
        self.found.push(Name {
            x: start + PADDING,
            baseline: middle + style.middle_to_baseline(),
            text: self.paper.fit(name, &style, room as f32),
            style,
        });
    }

    pub(super) fn finish(self) -> Vec<Name> {
        self.found
    }
}
