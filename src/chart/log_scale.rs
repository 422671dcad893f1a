//! Durations on a logarithmic axis.

use crate::units;

/// Where durations stand; what is shorter than 1 ns stands where half of that does.
pub(super) struct LogScale {
    start: i32,
    length: f64,
    from: f64,
    decades: f64,
}

impl LogScale {
    /// From one duration, ns, to another, but at least a decade, on so many units from `start` on.
    pub(super) fn new(start: i32, length: f64, from_ns: f64, to_ns: f64) -> Self {
        let (from, to) = (from_ns.max(0.5).log10(), to_ns.max(1.0).log10());
        Self {
            start,
            length,
            from: from - (1.0 - (to - from)).max(0.0) / 2.0,
            decades: (to - from).max(1.0),
        }
    }

    /// Where a duration stands, ns.
    pub(super) fn at(&self, ns: f64) -> i32 {
        let share = (ns.max(0.5).log10() - self.from) / self.decades;
        self.start + (self.length * share.clamp(0.0, 1.0)).round() as i32
    }

    /// Powers of ten, as many as there is room for labels of this length; twice and five times those where there is
    /// room for them, too.
    pub(super) fn marks(&self, label_length: f64) -> Vec<(i32, String)> {
        let decade = self.length / self.decades;
        let every = (label_length / decade).ceil().max(1.0) as i32;
        let factors: &[i64] = if decade * 0.3 > label_length {
            &[1, 2, 5]
        } else {
            &[1]
        };
        let powers = self.from.floor() as i32..=(self.from + self.decades).floor() as i32;
        let powers = powers.filter(|power| (0..=18).contains(power) && power % every == 0);
        let marks = powers.flat_map(|power| {
            let power = 10_i64.pow(power as u32);
            factors
                .iter()
                .filter_map(move |factor| power.checked_mul(*factor))
        });
        let (low, high) = (self.from - 1e-9, self.from + self.decades + 1e-9);
        let on_axis = |ns: &i64| (low..=high).contains(&(*ns as f64).log10());
        marks
            .filter(on_axis)
            .map(|ns| (self.at(ns as f64), label(ns)))
            .collect()
    }
}

/// 1, 2 or 5 times a power of ten ns, without digits that say nothing.
fn label(ns: i64) -> String {
    let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)];
    let (unit, scale) = units
        .into_iter()
        .find(|&(_, scale)| ns >= scale)
        .unwrap_or(("ns", 1));
    format!("{} {unit}", units::count((ns / scale).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(length: f64, from_ns: f64, to_ns: f64) -> String {
        let marks = LogScale::new(0, length, from_ns, to_ns).marks(30.0);
        let labels: Vec<String> = marks.into_iter().map(|(_, label)| label).collect();
        labels.join(", ")
    }

    #[test]
    fn there_are_as_many_marks_as_there_is_room_for() {
        assert_eq!(labels(300.0, 900.0, 20_000.0), "1 µs, 2 µs, 5 µs, 10 µs, 20 µs");
        assert_eq!(labels(150.0, 90.0, 2e5), "100 ns, 1 µs, 10 µs, 100 µs");
        assert_eq!(labels(150.0, 0.0, 2e9), "1 ns, 100 ns, 10 µs, 1 ms, 100 ms");
    }
}
