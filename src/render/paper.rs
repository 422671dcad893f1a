//! What a picture is laid out on.

use super::style::MARGIN;
use super::text::Text;
use crate::text::shorten;
use std::borrow::Cow;

/// A name is cut to so many columns before it is measured: far more than any line holds, so that measuring stays
/// cheap for names of megabytes.
const LONGEST: usize = 400;

/// How text comes out.
pub trait Measure {
    /// The room that a line of text takes, units; the most that it may take where the fonts are the reader's.
    fn width(&self, text: &str, style: &Text) -> f32;

    /// The text with what no font has written in another way.
    fn legible<'t>(&self, text: &'t str) -> Cow<'t, str>;
}

/// The room that there is for a picture, and how its text comes out.
#[derive(Clone, Copy)]
pub struct Paper<'m> {
    /// Units.
    pub(crate) width: i32,
    /// Units.
    pub(crate) height: i32,
    measure: &'m dyn Measure,
}

impl<'m> Paper<'m> {
    /// Paper of `width` by `height` units.
    #[must_use]
    pub fn new(width: u32, height: u32, measure: &'m dyn Measure) -> Self {
        let length = |units: u32| i32::try_from(units).unwrap_or(i32::MAX);
        Paper {
            width: length(width),
            height: length(height),
            measure,
        }
    }

    /// Paper as pictures in files have it: 1600 CSS pixels wide, and 2400 high.
    #[must_use]
    pub fn of_file(measure: &'m dyn Measure) -> Self {
        Self::new(3200, 4800, measure)
    }

    /// Width and height, units.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width.unsigned_abs(), self.height.unsigned_abs())
    }

    /// The room that a line of text takes, units.
    #[must_use]
    pub fn text_width(&self, text: &str, style: &Text) -> f32 {
        self.measure.width(text, style)
    }

    /// The room that the widest of these takes, whole units.
    pub(crate) fn widest<'t>(&self, texts: impl IntoIterator<Item = &'t str>, style: &Text) -> i32 {
        let widths = texts.into_iter().map(|text| self.text_width(text, style));
        widths.fold(0.0, f32::max).ceil() as i32
    }

    /// Text in the middle of `range`, or beside it where it would leave the paper otherwise: its middle, and as much
    /// of it as fits on the paper.
    pub(crate) fn centred(&self, text: &str, style: &Text, range: (i32, i32)) -> (i32, String) {
        let room = self.width - 2 * MARGIN;
        let text = self.fit(text, style, room as f32);
        let half = (self.text_width(&text, style) / 2.0).ceil() as i32;
        let middle = (range.0 + range.1) / 2;
        (middle.min(self.width - MARGIN - half).max(MARGIN + half), text)
    }

    /// `most`, or a share of the width where that is less, units.
    pub(crate) fn share(&self, most: f32, share: f32) -> f32 {
        most.min(self.width as f32 * share)
    }

    /// Whether there are characters in `text` that cannot be drawn.
    #[must_use]
    pub fn lacks(&self, text: &str) -> bool {
        matches!(self.measure.legible(&shorten(text, LONGEST)), Cow::Owned(_))
    }

    /// `text` on one line, with what cannot be drawn as code points, shortened in the middle to at most `room` units.
    #[must_use]
    pub fn fit(&self, text: &str, style: &Text, room: f32) -> String {
        let whole = shorten(text, LONGEST);
        let whole = self.measure.legible(&whole);
        if self.text_width(&whole, style) <= room {
            return whole.into_owned();
        }
        let (mut low, mut high) = (1, LONGEST);
        while low + 1 < high {
            let middle = (low + high) / 2;
            if self.text_width(&shorten(&whole, middle), style) <= room {
                low = middle;
            } else {
                high = middle;
            }
        }
        shorten(&whole, low)
    }
}

/// For tests: every character is half an em wide.
#[cfg(test)]
pub(crate) struct Even;

#[cfg(test)]
impl Measure for Even {
    fn width(&self, text: &str, style: &Text) -> f32 {
        text.chars().count() as f32 * style.size / 2.0
    }

    fn legible<'t>(&self, text: &'t str) -> Cow<'t, str> {
        text.into()
    }
}
