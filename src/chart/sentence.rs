//! What is drawn where there is nothing to draw: a sentence that says why.

use super::backdrop::Backdrop;
use crate::error::Result;
use crate::render::style::{MARGIN, VALUE};
use crate::render::{Canvas, Paper, Picture};

pub(super) struct Sentence {
    backdrop: Backdrop,
    text: String,
}

impl Sentence {
    pub(super) fn new(backdrop: Backdrop, text: &str, paper: &Paper<'_>) -> Self {
        Self {
            backdrop,
            text: paper.fit(text, &VALUE, (paper.width - 2 * MARGIN) as f32),
        }
    }

    fn baseline(&self) -> i32 {
        self.backdrop.top() + 40
    }
}

impl Picture for Sentence {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.baseline())
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        canvas.text(MARGIN, self.baseline(), &self.text, &VALUE)
    }
}
