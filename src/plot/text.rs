//! Text in the embedded font: measured, fitted and drawn.
//!
//! Glyphs are placed at their exact advance and bearing, so that small type stays even.

use crate::chart::Color;
use crate::chart::axis::shorten;
use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, FontFamily, FontStyle};
use std::convert::Infallible;
use std::sync::LazyLock;

/// Names of fonts that look alike, for readers that do not have the embedded one.
const FAMILY: &str = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";

/// How far below its position the SVG backend puts the baseline of text anchored at the top, in em.
const TOP_TO_BASELINE: f32 = 0.76;

static REGULAR: LazyLock<FontRef<'static>> =
    LazyLock::new(|| embedded(include_bytes!("../../assets/Inter-Regular.subset.otf")));
static SEMI_BOLD: LazyLock<FontRef<'static>> =
    LazyLock::new(|| embedded(include_bytes!("../../assets/Inter-SemiBold.subset.otf")));

fn embedded(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded font is a font")
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Weight {
    Regular,
    SemiBold,
}

/// Which end of the text stands at its position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Text {
    /// Device pixels to an em.
    pub(super) size: f32,
    pub(super) weight: Weight,
    pub(super) color: Color,
    pub(super) anchor: Anchor,
}

impl Text {
    pub(super) const fn new(size: f32, weight: Weight, color: Color, anchor: Anchor) -> Self {
        Text {
            size,
            weight,
            color,
            anchor,
        }
    }

    fn font(&self) -> &'static FontRef<'static> {
        match self.weight {
            Weight::Regular => &REGULAR,
            Weight::SemiBold => &SEMI_BOLD,
        }
    }

    fn scale(&self) -> PxScale {
        let font = self.font();
        let em = font.units_per_em().unwrap_or(1000.0);
        PxScale::from(self.size * font.height_unscaled() / em)
    }

    /// The width of `text` in device pixels.
    pub(super) fn width(&self, text: &str) -> f32 {
        let font = self.font().as_scaled(self.scale());
        self.glyphs(text).map(|glyph| font.h_advance(glyph)).sum()
    }

    fn glyphs(&self, text: &str) -> impl Iterator<Item = GlyphId> {
        let font = self.font();
        text.chars().map(move |c| match font.glyph_id(c) {
            // The font's own sign for a missing character is a dense block.
            GlyphId(0) => font.glyph_id('□'),
            glyph => glyph,
        })
    }

    /// Where to put text for its baseline to be at `baseline`.
    pub(super) fn top(&self, baseline: i32) -> i32 {
        baseline - (TOP_TO_BASELINE * self.size).round() as i32
    }

    /// From the middle of a line of digits or capitals down to its baseline.
    pub(super) fn middle_to_baseline(&self) -> i32 {
        (0.36 * self.size).round() as i32
    }
}

/// `text` on one line, shortened in the middle to at most `room` device pixels.
pub(super) fn fit(text: &str, style: &Text, room: f32) -> String {
    // Far more than any line holds, so that measuring stays cheap for names of megabytes.
    let (mut low, mut high) = (1, 400);
    let whole = shorten(text, high);
    if style.width(&whole) <= room {
        return whole;
    }
    while low + 1 < high {
        let middle = (low + high) / 2;
        if style.width(&shorten(text, middle)) <= room {
            low = middle;
        } else {
            high = middle;
        }
    }
    shorten(text, low)
}

/// The colour as Plotters has it.
pub(super) fn opaque(color: Color) -> BackendColor {
    BackendColor {
        alpha: 1.0,
        rgb: (color.0, color.1, color.2),
    }
}

impl BackendTextStyle for Text {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        opaque(self.color)
    }

    fn size(&self) -> f64 {
        // The SVG backend divides by this.
        f64::from(self.size) * 1.24
    }

    fn style(&self) -> FontStyle {
        match self.weight {
            Weight::Regular => FontStyle::Normal,
            Weight::SemiBold => FontStyle::Bold,
        }
    }

    fn anchor(&self) -> Pos {
        let horizontal = match self.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        Pos::new(horizontal, VPos::Top)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(FAMILY)
    }

    fn layout_box(&self, text: &str) -> Result<((i32, i32), (i32, i32)), Infallible> {
        Ok(((0, 0), (self.width(text).ceil() as i32, self.size.ceil() as i32)))
    }

    fn draw<E, F: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        (left, top): BackendCoord,
        mut draw: F,
    ) -> Result<Result<(), E>, Infallible> {
        let font = self.font();
        let scaled = font.as_scaled(self.scale());
        let baseline = (TOP_TO_BASELINE * self.size).round();
        let color = opaque(self.color);
        let mut pen = 0.0;
        for id in self.glyphs(text) {
            let glyph = id.with_scale_and_position(self.scale(), point(pen, baseline));
            pen += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else {
                continue;
            };
            let corner = outline.px_bounds().min;
            let (x0, y0) = (left + corner.x as i32, top + corner.y as i32);
            let mut result = Ok(());
            outline.draw(|x, y, coverage| {
                if result.is_ok() && coverage > 0.0 {
                    let alpha = f64::from(coverage.min(1.0));
                    result = draw(x0 + x as i32, y0 + y as i32, color.mix(alpha));
                }
            });
            if result.is_err() {
                return Ok(result);
            }
        }
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Text = Text::new(28.0, Weight::Regular, Color::BLACK, Anchor::Start);

    #[test]
    fn the_font_has_what_labels_are_made_of() {
        for weight in [Weight::Regular, Weight::SemiBold] {
            let style = Text { weight, ..STYLE };
            for c in "aZ09 µ·…×–→≤□ΔλЖéß₂\u{2009}\u{a0}".chars() {
                assert_ne!(style.font().glyph_id(c).0, 0, "{c:?}");
            }
        }
    }

    #[test]
    fn fitted_text_fits() {
        for name in [
            "solver",
            &"conjugate_gradient::".repeat(10),
            "日本語",
            &"x".repeat(10_000),
        ] {
            let text = fit(name, &STYLE, 300.0);
            assert!(STYLE.width(&text) <= 300.0, "{text}");
        }
        assert_eq!(fit("solver", &STYLE, 300.0), "solver");
    }
}
