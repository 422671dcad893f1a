//! What is behind every chart: the background, and the heading above.

use super::heading::Heading;
use crate::error::Result;
use crate::render::style::{BACKGROUND, MARGIN};
use crate::render::{Canvas, Paper};

/// Background and heading of a picture.
pub(super) struct Backdrop {
    width: i32,
    heading: Heading,
}

impl Backdrop {
    pub(super) fn new(heading: Heading, paper: &Paper<'_>) -> Self {
        Self {
            width: paper.width,
            heading,
        }
    }

    /// Where the chart begins, below the heading.
    pub(super) fn top(&self) -> i32 {
        self.heading.height() + 8
    }

    /// The size of a picture of which the last line of text stands there.
    pub(super) fn size(&self, last_baseline: i32) -> (u32, u32) {
        (self.width as u32, (last_baseline + MARGIN) as u32)
    }

    /// To be drawn first, on a picture of that size.
    pub(super) fn draw(&self, canvas: &mut dyn Canvas, (width, height): (u32, u32)) -> Result<()> {
        canvas.rect((0, width as i32), (0, height as i32), BACKGROUND)?;
        self.heading.draw(canvas)
    }
}
