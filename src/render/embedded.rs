//! The embedded font.

use super::text::Weight;
use ab_glyph::{Font, FontRef, GlyphId};
use std::sync::LazyLock;

static REGULAR: LazyLock<FontRef<'static>> =
    LazyLock::new(|| font(include_bytes!("../../assets/Inter-Regular.subset.otf")));
static SEMI_BOLD: LazyLock<FontRef<'static>> =
    LazyLock::new(|| font(include_bytes!("../../assets/Inter-SemiBold.subset.otf")));

fn font(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded font is a font")
}

/// Whether the font has a character.
pub(super) fn has(c: char) -> bool {
    REGULAR.glyph_id(c).0 != 0
}

impl Weight {
    pub(super) fn font(self) -> &'static FontRef<'static> {
        match self {
            Weight::Regular => &REGULAR,
            Weight::SemiBold => &SEMI_BOLD,
        }
    }

    pub(super) fn glyph(self, c: char) -> GlyphId {
        match self.font().glyph_id(c) {
            // The font's own sign for a missing character is a dense block.
            GlyphId(0) => self.font().glyph_id('□'),
            glyph => glyph,
        }
    }

    /// How far a character moves the pen, in em.
    pub(super) fn advance(self, c: char) -> f32 {
        self.font().h_advance_unscaled(self.glyph(c)) / self.font().units_per_em().unwrap_or(1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_what_labels_are_made_of() {
        for weight in [Weight::Regular, Weight::SemiBold] {
            for c in "aZ09 µ·…×–→≤□ΔλЖéß₂\u{2009}\u{a0}".chars() {
                assert_ne!(weight.font().glyph_id(c).0, 0, "{c:?}");
            }
        }
    }
}
