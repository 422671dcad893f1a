//! Values as colours.

use super::palette::Color;
use crate::analysis::metrics::unit_of;
use crate::profile::Field;
use crate::render::style::BACKGROUND;
use crate::units;

/// Positive values that are this much apart are told apart by their logarithms.
const APART: f64 = 1e3;
/// Viridis (Smith and van der Walt, <https://bids.github.io/colormap>) in ten equal steps: even in lightness, so that
/// its order is seen in print and by those who see few colours.
const VIRIDIS: [Color; 11] = [
    Color(0x44, 0x01, 0x54),
    Color(0x48, 0x24, 0x75),
    Color(0x41, 0x44, 0x87),
    Color(0x35, 0x5f, 0x8d),
    Color(0x2a, 0x78, 0x8e),
    Color(0x21, 0x91, 0x8c),
    Color(0x22, 0xa8, 0x84),
    Color(0x44, 0xbf, 0x70),
    Color(0x7a, 0xd1, 0x51),
    Color(0xbd, 0xdf, 0x26),
    Color(0xfd, 0xe7, 0x25),
];
/// The part of it that is clear of a white background, and of a dark one: from the smallest value to the largest.
const ON_LIGHT: (f64, f64) = (0.86, 0.0);
const ON_DARK: (f64, f64) = (0.25, 1.0);
/// Less than 0, 0, and more.
const SIGNED_ON_LIGHT: [Color; 3] = [
    Color(0x1f, 0x5f, 0xa8),
    Color(0xe6, 0xd8, 0xa2),
    Color(0xb3, 0x3a, 0x00),
];
const SIGNED_ON_DARK: [Color; 3] = [
    Color(0x86, 0xb8, 0xf2),
    Color(0x63, 0x5a, 0x3a),
    Color(0xff, 0x9d, 0x5c),
];
/// Colours between the smallest value and the largest.
pub(super) const TINTS: u8 = 32;
/// Bars are no paler than this, so that their colour is seen for what it is.
const PALEST: f32 = 0.45;
const NONE_ON_LIGHT: Color = Color(0xcf, 0xcf, 0xcf);
const NONE_ON_DARK: Color = Color(0x5c, 0x5c, 0x5c);

/// What the colours of values mean that something is coloured by.
///
/// Values of one sign go from pale to dark, on the logarithm where positive ones are a factor of a thousand or more
/// apart. Where there are values of both signs, the colours differ by sign, and 0 is between them.
///
/// ```
/// use scope_profiler::chart::ValueColors;
/// use scope_profiler::profile::Field;
///
/// let colors = ValueColors::new(&Field::new("residual"), 1e-9, 1.0);
/// assert!(colors.is_logarithmic());
/// assert!((colors.share(1e-3) - 2.0 / 3.0).abs() < 1e-9);
/// assert_eq!(colors.ends(), ["1.00e-9", "1"]);
/// assert!(colors.color(1.0).luminance() < colors.color(1e-9).luminance()); // more is darker
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ValueColors {
    field: Field,
    low: f64,
    high: f64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Linear,
    Logarithmic,
    Signed,
}

impl ValueColors {
    /// For the values of a field from the smallest to the largest.
    #[must_use]
    pub fn new(field: &Field, low: f64, high: f64) -> Self {
        let kind = if low < 0.0 && high > 0.0 {
            Kind::Signed
        } else if low > 0.0 && high / APART >= low {
            Kind::Logarithmic
        } else {
            Kind::Linear
        };
        Self {
            field: field.clone(),
            low,
            high,
            kind,
        }
    }

    /// For these values; none without any that is finite.
    #[must_use]
    pub fn of(field: &Field, values: impl Iterator<Item = f64>) -> Option<Self> {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite.fold(None, |range, x| {
            Some(range.map_or((x, x), |(low, high): (f64, f64)| (low.min(x), high.max(x))))
        })?;
        Some(Self::new(field, low, high))
    }

    /// The name of the field.
    #[must_use]
    pub fn name(&self) -> &str {
        self.field.name()
    }

    /// The smallest and the largest value, with their unit.
    #[must_use]
    pub fn ends(&self) -> [String; 2] {
        let (from, to) = self.range();
        [from, to].map(|value| units::value(value, unit_of(&self.field)))
    }

    /// Where the scale begins and ends.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        match self.kind {
            Kind::Signed => {
                let limit = self.high.max(-self.low);
                (-limit, limit)
            }
            _ => (self.low, self.high),
        }
    }

    /// Whether it is the logarithms of values that are told apart.
    #[must_use]
    pub fn is_logarithmic(&self) -> bool {
        self.kind == Kind::Logarithmic
    }

    /// The same as a word, for the page.
    #[cfg(feature = "plot")]
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Linear => "linear",
            Kind::Logarithmic => "logarithmic",
            Kind::Signed => "signed",
        }
    }

    /// Where a value is on the scale, from 0 to 1; in the middle where there is but one.
    #[must_use]
    pub fn share(&self, value: f64) -> f64 {
        let (mut from, mut to) = self.range();
        let mut value = value;
        if self.is_logarithmic() {
            (from, to, value) = (from.ln(), to.ln(), value.max(from).ln());
        }
        // Halves, since the difference of very large numbers is none.
        let length = to / 2.0 - from / 2.0;
        if length > 0.0 {
            ((value / 2.0 - from / 2.0) / length).clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// The colour of a value, on a light background.
    #[must_use]
    pub fn color(&self, value: f64) -> Color {
        self.at(self.share(value))
    }

    /// The colour of that [share](Self::share), on a light background.
    #[must_use]
    pub fn at(&self, share: f64) -> Color {
        match self.kind {
            Kind::Signed => between(&SIGNED_ON_LIGHT, share),
            _ => between(&VIRIDIS, ON_LIGHT.0 + (ON_LIGHT.1 - ON_LIGHT.0) * share),
        }
    }

    /// The same on a dark background.
    #[must_use]
    pub fn at_on_dark(&self, share: f64) -> Color {
        match self.kind {
            Kind::Signed => between(&SIGNED_ON_DARK, share),
            _ => between(&VIRIDIS, ON_DARK.0 + (ON_DARK.1 - ON_DARK.0) * share),
        }
    }

    /// The nearest of the colours that are drawn, from 0 to [`TINTS`].
    pub(super) fn tint(&self, value: f64) -> u8 {
        (self.share(value) * f64::from(TINTS)).round() as u8
    }

    /// The colour of a [tint](Self::tint), or of what has no value, in a picture: the paler, the smaller the share of
    /// time in which anything ran.
    pub(super) fn drawn(&self, tint: Option<u8>, busy: f32) -> Color {
        let color = match tint {
            Some(tint) => self.at(f64::from(tint) / f64::from(TINTS)),
            None => NONE_ON_LIGHT,
        };
        color.over(BACKGROUND, PALEST + (1.0 - PALEST) * busy)
    }

    /// What has no value: on a light background, and on a dark one.
    #[must_use]
    pub fn without() -> [Color; 2] {
        [NONE_ON_LIGHT, NONE_ON_DARK]
    }
}

/// A place from 0 to 1 between colours at equal distances.
fn between(colors: &[Color], share: f64) -> Color {
    let place = share.clamp(0.0, 1.0) * (colors.len() - 1) as f64;
    let below = (place as usize).min(colors.len() - 2);
    colors[below + 1].over(colors[below], (place - below as f64) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lightness(colors: impl Iterator<Item = Color>) -> Vec<f64> {
        colors.map(Color::luminance).collect()
    }

    #[test]
    fn more_is_farther_from_the_background_also_without_colour() {
        let colors = ValueColors::new(&Field::new("bytes"), 0.0, 8.0);
        let light = lightness((0..=40).map(|step| colors.at(f64::from(step) / 40.0)));
        assert!(light.windows(2).all(|pair| pair[0] > pair[1]), "{light:?}");
        let dark = lightness((0..=40).map(|step| colors.at_on_dark(f64::from(step) / 40.0)));
        assert!(dark.windows(2).all(|pair| pair[0] < pair[1]), "{dark:?}");
    }

    #[test]
    fn values_of_both_signs_are_as_far_from_zero_on_either_side() {
        let colors = ValueColors::new(&Field::new("drift").with_unit("K"), -2.0, 6.0);
        assert_eq!([-6.0, 0.0, 3.0].map(|x| colors.share(x)), [0.0, 0.5, 0.75]);
        assert_eq!(colors.ends(), ["-6 K", "6 K"]);
        assert!(colors.at(0.5).luminance() > colors.at(0.0).luminance().max(colors.at(1.0).luminance()));
    }

    #[test]
    fn every_pair_of_values_makes_a_scale() {
        let ends = [f64::MIN, -1.0, -5e-324, 0.0, 5e-324, 1.0, 1e300, f64::MAX];
        for (place, &low) in ends.iter().enumerate() {
            for &high in &ends[place..] {
                let colors = ValueColors::of(&Field::new("x"), [high, f64::NAN, low].into_iter()).unwrap();
                let shares = [low, high].map(|value| colors.share(value));
                assert!(shares[0] <= shares[1] && shares.iter().all(|share| (0.0..=1.0).contains(share)));
            }
        }
        assert_eq!(
            ValueColors::of(&Field::new("x"), [f64::INFINITY].into_iter()),
            None
        );
    }
}
