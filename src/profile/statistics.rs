//! Statistics of durations, one value at a time.

/// Count, sum, extremes, mean and standard deviation of durations, without keeping them.
///
/// Durations are whole numbers, so their sum and the sum of their squares are kept exactly: the order in which they are
/// added, or accumulators of parts of them are merged, changes nothing. Beyond what fits (a single duration of
/// centuries, or sums of which only the differences from the mean are known) variances follow Welford's recurrence
/// (Technometrics 4, 1962, 419-420) and the formula of Chan, Golub and LeVeque (1979).
///
/// ```
/// use scope_profiler::profile::Statistics;
///
/// let durations: Statistics = [5, 13, 15].into_iter().collect();
/// assert_eq!((durations.count(), durations.total_ns()), (3, 33));
/// assert_eq!((durations.min_ns(), durations.max_ns()), (Some(5), Some(15)));
/// assert_eq!(durations.mean_ns(), 11.0);
/// assert!((durations.std_ns() - 4.320_493_798_938_574).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Statistics {
    count: u64,
    total: i128,
    min: i64,
    max: i64,
    spread: Spread,
}

/// How far durations are apart.
#[derive(Clone, Copy, Debug)]
enum Spread {
    /// The sum of their squares, ns², below [`MOST`].
    Squares(u128),
    /// About the sum of the squared differences from their mean, ns²; NaN where it is not known.
    M2(f64),
}

/// Sums of squares from here on are not kept exactly: products with them would not fit.
const MOST: u128 = 1 << 126;

impl Default for Statistics {
    fn default() -> Self {
        Self::NONE
    }
}

impl Statistics {
    pub(crate) const NONE: Self = Self {
        count: 0,
        total: 0,
        min: i64::MAX,
        max: i64::MIN,
        spread: Spread::Squares(0),
    };

    /// Of durations, each at least 0, whose squares add up to less than 2^126.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn exact(count: u64, total: i128, (min, max): (i64, i64), squares: u128) -> Self {
        debug_assert!(squares < MOST);
        if count == 0 {
            return Self::NONE;
        }
        Self {
            count,
            total,
            min,
            max,
            spread: Spread::Squares(squares),
        }
    }

    /// Statistics of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Statistics that were kept while the durations themselves were not: their number, sum, extremes, and sum of
    /// squared differences from the mean (ns²), where that is known.
    ///
    /// ```
    /// use scope_profiler::profile::Statistics;
    ///
    /// let sums = Statistics::from_sums(3, 33, 5, 15, Some(56.0));
    /// assert_eq!((sums.count(), sums.mean_ns(), sums.max_ns()), (3, 11.0, Some(15)));
    /// assert!((sums.std_ns() - 4.320_493_798_938_574).abs() < 1e-12);
    /// assert!(Statistics::from_sums(3, 33, 5, 15, None).std_ns().is_nan());
    /// ```
    #[must_use]
    pub fn from_sums(count: u64, total_ns: i64, min_ns: i64, max_ns: i64, m2: Option<f64>) -> Self {
        if count == 0 {
            return Self::default();
        }
        Self {
            count,
            total: total_ns.into(),
            min: min_ns,
            max: max_ns,
            spread: Spread::M2(m2.unwrap_or(f64::NAN)),
        }
    }

    /// Adds one duration, ns.
    #[inline]
    pub fn add(&mut self, ns: i64) {
        let magnitude = u128::from(ns.unsigned_abs());
        match self.spread {
            Spread::Squares(squares) if squares + magnitude * magnitude < MOST => {
                self.spread = Spread::Squares(squares + magnitude * magnitude);
            }
            _ => self.spread = Spread::M2(self.m2_with(ns)),
        }
        self.count += 1;
        self.total += i128::from(ns);
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
    }

    /// The sum of squared differences from the mean, with another duration.
    #[cold]
    fn m2_with(self, ns: i64) -> f64 {
        let delta = ns as f64 - self.mean_ns();
        let mean = self.mean_ns() + delta / (self.count + 1) as f64;
        self.m2() + delta * (ns as f64 - mean)
    }

    /// Adds everything that `other` has seen.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        self.spread = match (self.spread, other.spread) {
            (Spread::Squares(some), Spread::Squares(more)) if some + more < MOST => {
                Spread::Squares(some + more)
            }
            _ => {
                let (a, b) = (self.count as f64, other.count as f64);
                let delta = other.mean_ns() - self.mean_ns();
                Spread::M2(self.m2() + other.m2() + delta * delta * a * b / (a + b))
            }
        };
        self.count += other.count;
        self.total += other.total;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The sum of squared differences from the mean, ns²; 0 without any, and NaN where it is not known.
    #[must_use]
    pub fn m2(&self) -> f64 {
        let squares = match self.spread {
            // Not `max`, which would take 0 for NaN.
            Spread::M2(m2) => return if m2 < 0.0 { 0.0 } else { m2 },
            Spread::Squares(_) if self.count == 0 => return 0.0,
            Spread::Squares(squares) => squares as i128,
        };
        // Differences from the whole number that is nearest to the mean are exact, and leave little to take away.
        let count = i128::from(self.count);
        let near = (2 * self.total + count).div_euclid(2 * count);
        let rest = self.total - near * count;
        let about_near = squares - near * (self.total + rest);
        about_near as f64 - rest as f64 / count as f64 * rest as f64
    }

    /// The number of durations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum, ns; it stops at the largest `i64` instead of overflowing.
    #[must_use]
    pub fn total_ns(&self) -> i64 {
        saturate(self.total)
    }

    /// The shortest, ns; `None` without any.
    #[must_use]
    pub fn min_ns(&self) -> Option<i64> {
        (self.count > 0).then_some(self.min)
    }

    /// The longest, ns; `None` without any.
    #[must_use]
    pub fn max_ns(&self) -> Option<i64> {
        (self.count > 0).then_some(self.max)
    }

    /// The arithmetic mean, ns; 0 without any.
    #[must_use]
    pub fn mean_ns(&self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        self.total as f64 / self.count as f64
    }

    /// The standard deviation of the population (division by the count), ns; 0 without any, and NaN where of some
    /// only [sums](Self::from_sums) are known.
    #[must_use]
    pub fn std_ns(&self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        (self.m2() / self.count as f64).sqrt()
    }
}

/// Whether they say the same, however the spread is kept.
impl PartialEq for Statistics {
    fn eq(&self, other: &Self) -> bool {
        let whole = |of: &Self| (of.count, of.total, of.min_ns(), of.max_ns());
        whole(self) == whole(other) && self.m2() == other.m2()
    }
}

impl Extend<i64> for Statistics {
    fn extend<I: IntoIterator<Item = i64>>(&mut self, durations: I) {
        // A copy of its own stays in registers.
        let mut all = *self;
        durations.into_iter().for_each(|ns| all.add(ns));
        *self = all;
    }
}

impl FromIterator<i64> for Statistics {
    fn from_iter<I: IntoIterator<Item = i64>>(durations: I) -> Self {
        let mut statistics = Self::new();
        statistics.extend(durations);
        statistics
    }
}

/// The nearest `i64`.
pub(crate) fn saturate(value: i128) -> i64 {
    value.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// Percentiles of values, with linear interpolation between neighbours as `numpy.percentile` does it by default; 0
/// without any. `ps`, of 0 to 100, ascend. The values change places: sorting all of them would cost several times more.
pub(crate) fn percentiles<const N: usize>(values: &mut [i64], ps: [f64; N]) -> [f64; N] {
    let Some(last) = values.len().checked_sub(1) else {
        return [0.0; N];
    };
    // Before this place there is nothing larger than from it on.
    let mut from = 0;
    ps.map(|p| {
        let p = if p.is_nan() { 0.0 } else { p.clamp(0.0, 100.0) };
        let position = p / 100.0 * last as f64;
        let below = (position.floor() as usize).clamp(from, last);
        let (_, &mut low, above) = values[from..].select_nth_unstable(below - from);
        let high = above.iter().copied().min().unwrap_or(low);
        from = below;
        let (low, high) = (low as f64, high as f64);
        low + (high - low) * (position - below as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn statistics_of_nothing_are_zero_or_none() {
        let none = Statistics::new();
        assert_eq!(
            (none.count(), none.total_ns(), none.mean_ns(), none.std_ns()),
            (0, 0, 0.0, 0.0)
        );
        assert_eq!((none.min_ns(), none.max_ns()), (None, None));
        assert_eq!(percentiles(&mut [], [50.0]), [0.0]);
    }

    #[test]
    fn extreme_values_saturate() {
        let extremes: Statistics = [i64::MAX, i64::MAX, i64::MIN].into_iter().collect();
        assert_eq!(extremes.total_ns(), i64::MAX - 1);
        let deviation = 2.0_f64.powi(64) * (2.0_f64 / 9.0).sqrt();
        assert!((extremes.std_ns() / deviation - 1.0).abs() < 1e-9);
        let equal: Statistics = [i64::MIN; 9].into_iter().collect();
        assert_eq!((equal.total_ns(), equal.std_ns()), (i64::MIN, 0.0));
    }

    #[test]
    fn percentiles_interpolate_between_neighbours() {
        let [half, most] = percentiles(&mut [15, 5, 13], [50.0, 95.0]);
        assert_eq!(half, 13.0);
        assert!((most - 14.8).abs() < 1e-9);
        assert_eq!(percentiles(&mut [7], [99.0]), [7.0]);
        assert_eq!(percentiles(&mut [2, 1], [400.0]), [2.0]);
    }

    #[test]
    fn sums_of_squares_lose_nothing_to_large_values() {
        let day = 86_400_000_000_000;
        let statistics: Statistics = [day, day + 1, day + 2].into_iter().collect();
        assert_eq!((statistics.count(), statistics.total_ns()), (3, 3 * day + 3));
        assert!((statistics.std_ns() - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn statistics_are_the_same_when_their_sums_were_kept() {
        let all: Statistics = [5, 13, 15].into_iter().collect();
        assert_eq!(all, Statistics::from_sums(3, 33, 5, 15, Some(all.m2())));
        assert_ne!(all, Statistics::from_sums(3, 33, 5, 15, Some(1.0 + all.m2())));
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_sorted_values(
            mut values in prop::collection::vec(-99_i64..99, 1..200), mut ps in prop::array::uniform4(0.0_f64..100.0),
        ) {
            ps.sort_by(f64::total_cmp);
            let found = percentiles(&mut values.clone(), ps);
            values.sort_unstable();
            for (found, p) in found.into_iter().zip(ps) {
                let position = p / 100.0 * (values.len() - 1) as f64;
                let (low, high) = (values[position.floor() as usize], values[position.ceil() as usize]);
                prop_assert!((low as f64..=high as f64).contains(&found));
                let expected = low as f64 + (high - low) as f64 * position.fract();
                prop_assert!((found - expected).abs() < 1e-9);
            }
        }

        #[test]
        fn the_deviation_is_that_of_two_passes(
            base in prop::sample::select(vec![0_i64, 1_000, 3_600_000_000_000]),
            values in prop::collection::vec(0_i64..100, 1..200),
        ) {
            let statistics: Statistics = values.iter().map(|ns| base + ns).collect();
            let mean = values.iter().sum::<i64>() as f64 / values.len() as f64;
            let m2: f64 = values.iter().map(|&ns| (ns as f64 - mean).powi(2)).sum();
            prop_assert!((statistics.m2() - m2).abs() <= 1e-9 * m2.max(1.0), "{} {m2}", statistics.m2());
        }

        #[test]
        fn the_order_of_values_and_of_parts_changes_nothing(
            mut values in prop::collection::vec(0_i64..10_000_000_000, 0..100), cut in 0_usize..100,
        ) {
            let whole: Statistics = values.iter().copied().collect();
            values.reverse();
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut parts: Statistics = left.iter().copied().collect();
            parts.merge(&right.iter().copied().collect());
            prop_assert_eq!(whole, parts);
        }

        #[test]
        fn merging_two_halves_gives_the_statistics_of_the_whole(
            values in prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 0..200),
            cut in 0_usize..200,
        ) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged: Statistics = left.iter().copied().collect();
            merged.merge(&right.iter().copied().collect());
            let whole: Statistics = values.iter().copied().collect();
            prop_assert_eq!(merged.count(), whole.count());
            prop_assert_eq!(merged.total_ns(), whole.total_ns());
            prop_assert_eq!((merged.min_ns(), merged.max_ns()), (whole.min_ns(), whole.max_ns()));
            prop_assert!((merged.std_ns() - whole.std_ns()).abs() <= 1e-9 * whole.std_ns().max(1.0));
        }
    }
}
