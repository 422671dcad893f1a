//! How text is drawn.
//!
//! Glyphs are placed at their exact advance and bearing, so that small type stays even.

use super::Color;
use super::fonts::Fonts;
use super::raster::Raster;
use super::text::{Anchor, Text, Weight};
use ab_glyph::{Font, FontRef, GlyphId, OutlinedGlyph, PxScale, point};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, FontFamily, FontStyle};
use std::convert::Infallible;

/// Names of fonts that look alike, for readers that do not have the embedded one, and of those that have what these
/// lack.
const FAMILY: &str = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'Noto Sans', 'DejaVu Sans', \
                      'Noto Sans CJK SC', 'Noto Color Emoji', sans-serif";

/// How far below its position the SVG backend puts the baseline of text anchored at the top, in em.
const TOP_TO_BASELINE: f32 = 0.76;

impl Text {
    /// Where to put text for its baseline to be at `baseline`.
    pub(super) fn top(&self, baseline: i32) -> i32 {
        baseline - (TOP_TO_BASELINE * self.size).round() as i32
    }
}

/// The colour as Plotters has it.
pub(super) fn opaque(color: Color) -> BackendColor {
    BackendColor {
        alpha: 1.0,
        rgb: (color.0, color.1, color.2),
    }
}

/// Text as a backend of Plotters draws it.
pub(super) struct Styled<'a> {
    pub(super) style: &'a Text,
    pub(super) fonts: &'a Fonts,
}

impl BackendTextStyle for Styled<'_> {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        opaque(self.style.color)
    }

    fn size(&self) -> f64 {
        // The SVG backend divides by this.
        f64::from(self.style.size) * 1.24
    }

    fn style(&self) -> FontStyle {
        match self.style.weight {
            Weight::Regular => FontStyle::Normal,
            Weight::SemiBold => FontStyle::Bold,
        }
    }

    fn anchor(&self) -> Pos {
        let horizontal = match self.style.anchor {
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
        let width = self.fonts.line(text, self.style.weight).width * self.style.size;
        Ok(((0, 0), (width.ceil() as i32, self.style.size.ceil() as i32)))
    }

    fn draw<E, F: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        (left, top): BackendCoord,
        mut draw: F,
    ) -> Result<Result<(), E>, Infallible> {
        let Text { size, weight, .. } = *self.style;
        let baseline = (TOP_TO_BASELINE * size).round();
        let color = opaque(self.style.color);
        for glyph in self.fonts.line(text, weight).glyphs {
            let at = point(glyph.x * size, baseline - glyph.y * size);
            let outline = match &glyph.face {
                None => outline_of(weight.font(), glyph.id, size, at),
                Some(face) => FontRef::try_from_slice_and_index(&face.data, face.index)
                    .ok()
                    .and_then(|font| outline_of(&font, glyph.id, size, at)),
            };
            let Some(outline) = outline else {
                let picture = glyph.face.as_deref().and_then(|face| Raster::of(face, glyph.id));
                let mut result = Ok(());
                if let Some(picture) = picture {
                    picture.draw(size, (at.x, at.y), |x, y, (r, g, b), alpha| {
                        if result.is_ok() {
                            let color = opaque(Color(r, g, b)).mix(alpha.into());
                            result = draw(left + x, top + y, color);
                        }
                    });
                }
                if result.is_err() {
                    return Ok(result);
                }
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

/// A glyph at so many device pixels to an em.
fn outline_of(font: &FontRef<'_>, id: u16, size: f32, at: ab_glyph::Point) -> Option<OutlinedGlyph> {
    let em = font.units_per_em().unwrap_or(1000.0);
    let scale = PxScale::from(size * font.height_unscaled() / em);
    font.outline_glyph(GlyphId(id).with_scale_and_position(scale, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Paper;

    const STYLE: Text = Text::new(28.0, Weight::Regular, Color::BLACK, Anchor::Start);

    #[test]
    fn fitted_text_fits() {
        for fonts in [Fonts::of_reader(), Fonts::of_system(None)] {
            let paper = Paper::new(300, 300, &fonts);
            for name in names() {
                let text = paper.fit(&name, &STYLE, 300.0);
                assert!(paper.text_width(&text, &STYLE) <= 300.0, "{text}");
            }
            assert_eq!(paper.fit("solver", &STYLE, 300.0), "solver");
        }
    }

    fn names() -> Vec<String> {
        [
            "solver",
            &"conjugate_gradient::".repeat(10),
            "日本語",
            "مرحبا بالعالم",
            &"x".repeat(10_000),
            &"計算".repeat(10_000),
        ]
        .map(str::to_owned)
        .into()
    }
}
