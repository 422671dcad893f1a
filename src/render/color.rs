//! Colours as numbers: lightness, contrast, mixing.

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color(pub u8, pub u8, pub u8);

impl Color {
    /// Black.
    pub const BLACK: Color = Color(0, 0, 0);
    /// White.
    pub const WHITE: Color = Color(255, 255, 255);

    /// The colour as `#rrggbb`.
    ///
    /// ```
    /// assert_eq!(scope_profiler::render::Color(0, 114, 178).hex(), "#0072b2");
    /// ```
    #[must_use]
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// This colour laid over `background` with an opacity of 0 to 1.
    #[must_use]
    pub fn over(self, background: Color, opacity: f32) -> Color {
        let opacity = opacity.clamp(0.0, 1.0);
        let mix = |top: u8, under: u8| {
            (f32::from(top) * opacity + f32::from(under) * (1.0 - opacity)).round() as u8
        };
        Color(
            mix(self.0, background.0),
            mix(self.1, background.1),
            mix(self.2, background.2),
        )
    }

    /// Relative luminance, 0 (black) to 1 (white), as
    /// [WCAG 2.1](https://www.w3.org/TR/WCAG21/#dfn-relative-luminance) defines it.
    #[must_use]
    pub fn luminance(self) -> f64 {
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast ratio with another colour, 1 to 21, as
    /// [WCAG 2.1](https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio) defines it.
    #[must_use]
    pub fn contrast(self, other: Color) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        (a / b).max(b / a)
    }

    /// Black or white, whichever reads better on this fill: a contrast of at least 4.5.
    ///
    /// ```
    /// use scope_profiler::render::Color;
    /// assert_eq!(Color(0, 114, 178).text(), Color::WHITE);
    /// assert_eq!(Color(240, 228, 66).text(), Color::BLACK);
    /// ```
    #[must_use]
    pub fn text(self) -> Color {
        if self.contrast(Color::WHITE) >= self.contrast(Color::BLACK) {
            Color::WHITE
        } else {
            Color::BLACK
        }
    }
}

/// Changes the lightness of a colour and keeps its hue, in Ottosson's Oklab
/// (<https://bottosson.github.io/posts/oklab/>).
pub(crate) fn lightened(color: Color, by: f64) -> Color {
    let (r, g, b) = (linear(color.0), linear(color.1), linear(color.2));
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    let lightness = 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s;
    // Adding the same to all three cone responses changes Oklab's lightness alone; in proportion
    // keeps the colour inside the gamut better than a plain shift.
    let factor = ((lightness + by).clamp(0.25, 0.82) / lightness).powi(3);
    let (l, m, s) = (l.powi(3) * factor, m.powi(3) * factor, s.powi(3) * factor);
    Color(
        encoded(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
        encoded(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
        encoded(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s),
    )
}

/// An sRGB component as linear light.
fn linear(component: u8) -> f64 {
    let c = f64::from(component) / 255.0;
    if c <= 0.040_45 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

/// Linear light as an sRGB component.
pub(crate) fn encoded(light: f64) -> u8 {
    let light = light.clamp(0.0, 1.0);
    let c = if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    };
    (c * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_on_every_fill() {
        for r in (0..=255u8).step_by(15) {
            for g in (0..=255u8).step_by(15) {
                for b in (0..=255u8).step_by(15) {
                    let fill = Color(r, g, b);
                    assert!(fill.contrast(fill.text()) >= 4.5, "{fill:?}");
                }
            }
        }
    }

    #[test]
    fn a_full_opacity_keeps_the_colour_and_none_keeps_the_background() {
        let blue = Color(0x00, 0x72, 0xb2);
        assert_eq!(blue.over(Color::WHITE, 1.0), blue);
        assert_eq!(blue.over(Color::WHITE, 0.0), Color::WHITE);
    }
}
