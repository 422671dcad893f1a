//! Colours: which region has which, and what can be read on top of it.

use crate::chart::totals::Totals;
use crate::error::Result;
use crate::profile::Source;

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
    /// assert_eq!(scope_profiler::chart::Color(0, 114, 178).hex(), "#0072b2");
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
    /// use scope_profiler::chart::Color;
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

/// The colour of what belongs to no single region, such as "12 other regions".
pub const OTHERS: Color = Color(0x99, 0x99, 0x99);

/// Okabe and Ito's palette (<https://jfly.uni-koeln.de/color/>), which readers with any colour
/// vision can tell apart; its black belongs to text and its yellow is lost on white, so Tol's wine
/// and olive (<https://personal.sron.nl/~pault/>) stand in. Neighbours differ in lightness too, for
/// print in grey.
const BASE: [Color; 8] = [
    Color(0x00, 0x72, 0xb2),
    Color(0xe6, 0x9f, 0x00),
    Color(0x00, 0x9e, 0x73),
    Color(0x88, 0x22, 0x55),
    Color(0xcc, 0x79, 0xa7),
    Color(0xd5, 0x5e, 0x00),
    Color(0x56, 0xb4, 0xe9),
    Color(0x99, 0x99, 0x33),
];

/// What each further round through [`BASE`] adds to the lightness.
const ROUNDS: [f64; 4] = [0.0, -0.17, -0.085, 0.06];

/// The colour of each region of a file: by order of total time over the whole file, so that
/// leaving out regions or ranks recolours nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    by_name: Vec<Color>,
}

impl Palette {
    /// The palette of a file. Rows whose total the file does not give are read through.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn of(source: &dyn Source) -> Result<Self> {
        let mut totals = Totals::stated(source);
        totals.read_missing(source)?;
        Ok(Self::from_totals(source.names(), &totals.by_name(source)))
    }

    /// Colours in order of descending total; ties by name.
    pub(crate) fn from_totals(names: &[String], totals: &[i128]) -> Self {
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|&a, &b| totals[b].cmp(&totals[a]).then_with(|| names[a].cmp(&names[b])));
        let mut by_name = vec![OTHERS; names.len()];
        for (place, name) in order.into_iter().enumerate() {
            by_name[name] = nth(place);
        }
        Palette { by_name }
    }

    /// The colour of region number `name`, an index into [`Source::names`]; grey if there is none.
    #[must_use]
    pub fn color(&self, name: usize) -> Color {
        self.by_name.get(name).copied().unwrap_or(OTHERS)
    }
}

/// The colour of the region with the `place`-th largest total.
fn nth(place: usize) -> Color {
    let lightness = ROUNDS[place / BASE.len() % ROUNDS.len()];
    let base = BASE[place % BASE.len()];
    if lightness == 0.0 {
        base
    } else {
        lightened(base, lightness)
    }
}

/// Changes the lightness of a colour and keeps its hue, in Ottosson's Oklab
/// (<https://bottosson.github.io/posts/oklab/>).
fn lightened(color: Color, by: f64) -> Color {
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
fn encoded(light: f64) -> u8 {
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
    use crate::profile::Profile;
    use std::collections::HashSet;

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
    fn the_first_thirty_two_colours_differ_and_stand_out_from_white() {
        let colors: Vec<Color> = (0..32).map(nth).collect();
        assert_eq!(colors.iter().collect::<HashSet<_>>().len(), 32);
        for color in colors {
            assert!(color.contrast(Color::WHITE) > 1.6, "{}", color.hex());
        }
    }

    #[test]
    fn neighbours_differ_in_grey() {
        for pair in BASE.windows(2) {
            let grey = |c: Color| encoded(c.luminance());
            assert!(grey(pair[0]).abs_diff(grey(pair[1])) >= 15, "{pair:?}");
        }
    }

    #[test]
    fn colours_go_by_total_time_then_by_name() {
        let profile = Profile::builder()
            .interval(0, "short", 0, 0, 10)
            .interval(0, "z", 0, 0, 50)
            .interval(0, "a", 0, 0, 50)
            .interval(0, "long", 0, 0, 60)
            .interval(1, "short", 0, 0, 10)
            .build();
        let palette = Palette::of(&profile).unwrap();
        let place = |name: &str| {
            let index = profile.names().iter().position(|n| n == name).unwrap();
            BASE.iter().position(|&c| c == palette.color(index)).unwrap()
        };
        assert_eq!(
            [place("long"), place("a"), place("z"), place("short")],
            [0, 1, 2, 3]
        );
    }

    #[test]
    fn a_full_opacity_keeps_the_colour_and_none_keeps_the_background() {
        let blue = BASE[0];
        assert_eq!(blue.over(Color::WHITE, 1.0), blue);
        assert_eq!(blue.over(Color::WHITE, 0.0), Color::WHITE);
    }
}
