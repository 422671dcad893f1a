//! Sums of durations that no sum of a run can make overflow.

use crate::profile::Statistics;

/// The exact sums of durations, none of which is longer than some minutes: adding one takes no branch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Durations {
    count: u64,
    min: u64,
    max: u64,
    total: u128,
    squares: u128,
}

/// Longer durations, ns, are not for these sums. Squares of as many others as a disk can hold stay below 2^126.
const LONGEST: u64 = if cfg!(test) { 1 << 4 } else { 1 << 40 };

impl Durations {
    pub(super) const NONE: Self = Self {
        count: 0,
        min: u64::MAX,
        max: 0,
        total: 0,
        squares: 0,
    };

    /// Whether a duration may be added.
    #[inline]
    pub(super) fn takes(ns: u64) -> bool {
        ns <= LONGEST
    }

    #[inline]
    pub(super) fn add(&mut self, ns: u64) {
        self.count += 1;
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
        self.total += u128::from(ns);
        self.squares += u128::from(ns) * u128::from(ns);
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn total(&self) -> i128 {
        self.total as i128
    }

    pub(super) fn statistics(&self) -> Statistics {
        Statistics::exact(
            self.count,
            self.total(),
            (self.min as i64, self.max as i64),
            self.squares,
        )
    }
}
