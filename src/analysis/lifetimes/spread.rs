//! Durations of which statistics and percentiles are wanted.

use crate::profile::{Statistics, percentiles};

/// Durations that are kept for percentiles, in 32 MiB.
const MOST_KEPT: usize = if cfg!(test) { 50 } else { 1 << 22 };

/// Statistics of durations, and their percentiles unless they are too many.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    statistics: Statistics,
    kept: Vec<i64>,
}

impl Spread {
    pub(super) fn add(&mut self, ns: i64) {
        self.statistics.add(ns);
        if self.statistics.count() <= MOST_KEPT as u64 {
            self.kept.push(ns);
        } else {
            self.kept = Vec::new();
        }
    }

    /// Count, sum, extremes, mean and standard deviation.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The percentiles at `ps`, of 0 to 100 and ascending, ns, with linear interpolation; none of more than four
    /// million durations, which are not kept.
    #[must_use]
    pub fn percentiles<const N: usize>(&self, ps: [f64; N]) -> Option<[f64; N]> {
        let all = self.kept.len() as u64 == self.statistics.count();
        all.then(|| percentiles(&mut self.kept.clone(), ps))
    }
}
