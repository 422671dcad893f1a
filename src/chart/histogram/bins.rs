//! Durations counted by their length.

/// Bins to a doubling of the duration: a bin is at most an eighth wider than its lower end.
const PER_OCTAVE: usize = 8;

/// How many durations are how long: from 8 ns on in eight steps to the next power of two, to the nanosecond below.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bins {
    counts: Vec<u64>,
    total: u64,
    min_ns: i64,
    max_ns: i64,
}

impl Default for Bins {
    fn default() -> Self {
        Bins {
            counts: Vec::new(),
            total: 0,
            min_ns: i64::MAX,
            max_ns: 0,
        }
    }
}

impl Bins {
    /// Adds a duration; negative ones count as 0.
    pub(super) fn add(&mut self, ns: i64) {
        let ns = ns.max(0);
        let bin = bin_of(ns);
        if bin >= self.counts.len() {
            self.counts.resize(bin + 1, 0);
        }
        self.counts[bin] += 1;
        self.total += 1;
        self.min_ns = self.min_ns.min(ns);
        self.max_ns = self.max_ns.max(ns);
    }

    pub(super) fn merge(&mut self, other: &Bins) {
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        self.counts
            .iter_mut()
            .zip(&other.counts)
            .for_each(|(count, more)| *count += more);
        self.total += other.total;
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn max_ns(&self) -> i64 {
        self.max_ns
    }

    /// Bins with anything in them: from, up to, and how many.
    pub(super) fn filled(&self) -> impl Iterator<Item = (f64, f64, u64)> {
        let filled = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        filled.map(|(bin, &count)| (lower(bin), lower(bin + 1), count))
    }

    /// The duration below which a share of all are, as near as the width of a bin; none without any.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let wanted = share * self.total as f64;
        let mut before = 0;
        for (from, to, count) in self.filled() {
            if (before + count) as f64 >= wanted {
                let within = (wanted - before as f64) / count as f64;
                let found = from + (to - from) * within;
                return Some(found.clamp(self.min_ns as f64, self.max_ns as f64));
            }
            before += count;
        }
        None
    }
}

fn bin_of(ns: i64) -> usize {
    let ns = ns.unsigned_abs();
    if ns < PER_OCTAVE as u64 {
        return ns as usize;
    }
    let octave = ns.ilog2() as usize;
    (octave - 2) * PER_OCTAVE + (ns >> (octave - 3)) as usize % PER_OCTAVE
}

/// The shortest duration of a bin, ns.
fn lower(bin: usize) -> f64 {
    if bin < PER_OCTAVE {
        return bin as f64;
    }
    let eighths = (PER_OCTAVE + bin % PER_OCTAVE) as f64;
    eighths * ((bin / PER_OCTAVE - 1) as f64).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_within_its_bin() {
        let powers = (0..63).flat_map(|power| [-1, 0, 1].map(|more| (1_i64 << power) + more));
        for ns in (0..3_000).chain(powers).chain([i64::MAX]) {
            let bin = bin_of(ns);
            let within = lower(bin) <= ns as f64 && ns as f64 <= lower(bin + 1);
            assert!(within, "{ns}: {} to {}", lower(bin), lower(bin + 1));
            assert!(
                lower(bin + 1) <= (lower(bin) * 1.125).max(lower(bin) + 1.0),
                "{ns}"
            );
        }
    }

    #[test]
    fn quantiles_are_as_near_as_a_bin_is_wide() {
        let mut bins = Bins::default();
        (1..=10_000).for_each(|ns| bins.add(ns));
        for (share, exact) in [(0.5, 5_000.0), (0.95, 9_500.0), (1.0, 10_000.0), (0.001, 10.0)] {
            let found = bins.quantile(share).unwrap();
            assert!((found / exact - 1.0_f64).abs() < 0.125, "{share}: {found}");
        }
        assert_eq!(Bins::default().quantile(0.5), None);
        let mut one = Bins::default();
        one.add(1_000);
        assert_eq!(one.quantile(0.5), Some(1_000.0));
        let mut twice = bins.clone();
        twice.merge(&bins);
        assert_eq!((twice.total(), twice.max_ns()), (20_000, 10_000));
        assert_eq!(twice.quantile(0.5), bins.quantile(0.5));
    }
}
