//! Values of fields and counters as heights.

use crate::units;

/// Positive values that are this much apart have a logarithmic axis.
const APART: f64 = 1e3;
/// Room between two labels.
const LABEL: f64 = 34.0;

/// Where values stand above the ground of a panel.
pub(super) struct ValueScale {
    height: f64,
    /// The ends of the axis; on a logarithmic one their logarithms.
    from: f64,
    to: f64,
    is_log: bool,
}

impl ValueScale {
    /// Of the smallest and the largest value.
    pub(super) fn new(height: i32, low: f64, high: f64) -> Self {
        let height = f64::from(height);
        if low > 0.0 && high / APART > low {
            let (from, to) = (low.log10(), high.log10());
            let room = 0.03 * (to - from);
            return Self {
                height,
                from: from - room,
                to: to + room,
                is_log: true,
            };
        }
        let room = match high / 2.0 - low / 2.0 {
            0.0 if low == 0.0 => 0.5,
            0.0 => low.abs() / 10.0,
            half => half / 10.0,
        };
        let (from, to) = if low >= 0.0 && low < high / 2.0 {
            (0.0, high + room)
        } else {
            (low - room, high + room)
        };
        Self {
            height,
            from: from.max(f64::MIN),
            to: to.min(f64::MAX),
            is_log: false,
        }
    }

    pub(super) fn at(&self, value: f64) -> i32 {
        let value = if self.is_log { value.log10() } else { value };
        // Halves, since the difference of very large numbers is none.
        let share = (value / 2.0 - self.from / 2.0) / (self.to / 2.0 - self.from / 2.0);
        (self.height * share.clamp(0.0, 1.0)).round() as i32
    }

    /// Heights, and their labels.
    pub(super) fn marks(&self, unit: Option<&str>) -> Vec<(i32, String)> {
        let room = (self.height / LABEL).max(1.0);
        let mut marks: Vec<(i32, String)> = if self.is_log {
            let every = ((self.to - self.from) / room).ceil().max(1.0) as i32;
            let powers = self.from.ceil() as i32..=self.to.floor() as i32;
            let powers = powers.filter(|power| power % every == 0);
            let powers = powers.map(|power| 10_f64.powi(power));
            powers
                .map(|value| (self.at(value), label(value, value, value, unit)))
                .collect()
        } else {
            let step = step((self.to / 2.0 - self.from / 2.0) / (room / 1.2).clamp(1.0, 5.0) * 2.0);
            let largest = self.from.abs().max(self.to.abs());
            let first = (self.from / step).ceil();
            let values = (0..12).map(|number| (first + f64::from(number)) * step);
            values
                .take_while(|value| *value <= self.to)
                .map(|value| (self.at(value), label(value, step, largest, unit)))
                .collect()
        };
        marks.dedup_by(|a, b| a.1 == b.1);
        let signed = marks.into_iter().map(|(at, label)| (at, with_minus(label)));
        signed.collect()
    }
}

/// With a minus sign, which is as wide as a plus sign, before a negative number.
pub(super) fn with_minus(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= least);
    factor.unwrap_or(10.0) * power
}

/// A multiple of `step` on an axis of values up to `largest`, with as many digits as tell neighbours apart.
fn label(value: f64, step: f64, largest: f64, unit: Option<&str>) -> String {
    let digits = |scale: f64| (scale.log10() - step.log10() - 1e-6).ceil().clamp(0.0, 17.0) as usize;
    if value == 0.0 {
        return "0".to_owned();
    }
    if unit == Some("ns") {
        return label(value / 1e9, step / 1e9, largest / 1e9, Some("s"));
    }
    if let Some(unit) = unit {
        let (prefix, scale) = units::prefix(largest);
        return format!("{:.*} {prefix}{unit}", digits(scale), value / scale);
    }
    if (1e-3..1e6).contains(&largest) {
        let digits = digits(1.0);
        return if digits == 0 && value > 0.0 {
            units::count(value.round() as u64)
        } else {
            format!("{value:.digits$}")
        };
    }
    let magnitude = 10_f64.powf(value.abs().log10().floor());
    format!("{:.*e}", digits(magnitude), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, unit: Option<&str>) -> String {
        let marks = ValueScale::new(200, low, high).marks(unit);
        let labels: Vec<String> = marks.into_iter().map(|(_, label)| label).collect();
        labels.join(", ")
    }

    #[test]
    fn labels_have_the_digits_that_tell_them_apart() {
        assert_eq!(labels(0.0, 4.0, None), "0, 1, 2, 3, 4");
        assert_eq!(labels(9_999.5, 10_000.5, None), "9999.5, 10000.0, 10000.5");
        assert_eq!(labels(-3e9, 1e9, None), "−3e9, −2e9, −1e9, 0, 1e9");
        assert_eq!(labels(1_500.0, 2_500.0, Some("B")), "1.5 kB, 2.0 kB, 2.5 kB");
        assert_eq!(labels(0.0, 2e6, Some("ns")), "0, 0.5 ms, 1.0 ms, 1.5 ms, 2.0 ms");
    }

    #[test]
    fn positive_values_that_are_far_apart_stand_by_their_powers_of_ten() {
        assert_eq!(labels(1e-9, 1.0, None), "1e-8, 1e-6, 1e-4, 0.01, 1");
        assert_eq!(labels(1.0, 5e4, Some("B")), "1 B, 10 B, 100 B, 1 kB, 10 kB");
        assert!(!labels(0.0, 1.0, None).contains('e'));
    }

    #[test]
    fn every_pair_of_values_has_its_place() {
        let ends = [f64::MIN, -1e-300, -5e-324, 0.0, 5e-324, 1.0, 1e300, f64::MAX];
        for (place, &low) in ends.iter().enumerate() {
            for &high in &ends[place..] {
                let scale = ValueScale::new(200, low, high);
                let differ = high / 2.0 - low / 2.0 > 1e-301;
                assert!(scale.at(low) < scale.at(high) || !differ, "{low} {high}");
                assert!(
                    (0..=200).contains(&scale.at(low)) && scale.marks(None).len() < 13,
                    "{low} {high}"
                );
            }
        }
    }
}
