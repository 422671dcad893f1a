//! Durations counted by their length.

use crate::profile::Sketch;

/// Bins to a doubling of the duration, as a power of two: a bin is at most an eighth wider than its lower end.
const PER_DOUBLING: u32 = 3;

/// How many durations are how long: in eight steps to the next power of two, to the nanosecond below 16 ns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bins {
    sketch: Sketch,
    min_ns: i64,
    max_ns: i64,
}

impl Default for Bins {
    fn default() -> Self {
        Bins {
            sketch: Sketch::new(),
            min_ns: i64::MAX,
            max_ns: 0,
        }
    }
}

impl Bins {
    /// Adds a duration; negative ones count as 0.
    pub(crate) fn add(&mut self, ns: i64) {
        let ns = ns.max(0);
        self.sketch.add(ns);
        self.min_ns = self.min_ns.min(ns);
        self.max_ns = self.max_ns.max(ns);
    }

    /// Of durations that a sketch has, with the shortest and the longest of them.
    #[cfg(feature = "plot")]
    pub(in crate::chart) fn of(sketch: Sketch, (min_ns, max_ns): (i64, i64)) -> Self {
        Bins {
            sketch,
            min_ns: min_ns.max(0),
            max_ns: max_ns.max(0),
        }
    }

    pub(super) fn merge(&mut self, other: &Bins) {
        self.merge_sketch(&other.sketch, other.min_ns, other.max_ns);
    }

    /// Adds the durations of a sketch, of which the shortest and the longest are known, ns.
    pub(crate) fn merge_sketch(&mut self, sketch: &Sketch, min_ns: i64, max_ns: i64) {
        self.sketch.merge(sketch);
        self.min_ns = self.min_ns.min(min_ns);
        self.max_ns = self.max_ns.max(max_ns);
    }

    /// By what share of itself a percentile may be wrong; 0 without durations.
    #[cfg(feature = "serve")]
    pub(crate) fn relative_error(&self) -> f64 {
        if self.total() == 0 {
            0.0
        } else {
            self.sketch.relative_error()
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.sketch.count()
    }

    pub(super) fn max_ns(&self) -> i64 {
        self.max_ns
    }

    /// Bins with anything in them: from, up to, and how many.
    pub(crate) fn filled(&self) -> Vec<(f64, f64, u64)> {
        let buckets = self.sketch.buckets(PER_DOUBLING).into_iter();
        buckets
            .map(|(from, to, count)| (from as f64, to as f64 + 1.0, count))
            .collect()
    }

    /// A [percentile](Sketch::percentile) of the durations, of 0 to 100; none without any.
    pub(crate) fn percentile(&self, p: f64) -> Option<f64> {
        let found = self.sketch.percentile(p);
        (self.total() > 0).then(|| found.clamp(self.min_ns as f64, self.max_ns as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_within_its_bin() {
        let powers = (0..63).flat_map(|power| [-1, 0, 1].map(|more| (1_i64 << power) + more));
        for ns in (0..3_000).chain(powers).chain([i64::MAX]) {
            let mut bins = Bins::default();
            bins.add(ns);
            let [(from, to, 1)] = bins.filled()[..] else {
                panic!("{ns}: {:?}", bins.filled())
            };
            assert!(from <= ns as f64 && ns as f64 <= to, "{ns}: {from} to {to}");
            assert!(to <= (from * 1.125).max(from + 1.0), "{ns}: {from} to {to}");
        }
    }

    #[test]
    fn percentiles_are_nearer_than_a_bin_is_wide() {
        let mut bins = Bins::default();
        (1..=10_000).for_each(|ns| bins.add(ns));
        for (p, exact) in [(50.0, 5_000.0), (95.0, 9_500.0), (100.0, 10_000.0), (0.1, 11.0)] {
            let found = bins.percentile(p).unwrap();
            assert!((found / exact - 1.0_f64).abs() < 0.01, "{p}: {found}");
        }
        assert_eq!(Bins::default().percentile(50.0), None);
        let mut one = Bins::default();
        one.add(1_000);
        assert_eq!(one.percentile(50.0), Some(1_000.0));
        let mut twice = bins.clone();
        twice.merge(&bins);
        assert_eq!((twice.total(), twice.max_ns()), (20_000, 10_000));
        assert_eq!(
            twice.percentile(50.0).map(f64::round),
            bins.percentile(50.0).map(f64::round)
        );
    }
}
