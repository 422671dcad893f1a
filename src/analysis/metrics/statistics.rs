//! The numbers of one field in the calls of one region.

use crate::profile::Number;

/// Count, sum, extremes and percentiles of numbers, and how long the calls took that have one.
#[derive(Clone, Debug, Default)]
pub struct FieldStatistics {
    calls: u64,
    /// Whole numbers are added without rounding.
    whole: i128,
    float: f64,
    range: Option<(f64, f64)>,
    time_ns: i128,
    /// The number of the call that began last, and what that is ordered by.
    last: Option<(Moment, f64)>,
    kept: Vec<f64>,
}

/// When a call began: 0, or the rank where the clocks of ranks were never compared, and ns.
pub(in crate::analysis) type Moment = (u32, i64);

impl FieldStatistics {
    /// Adds the number of a call that began then; `keeps` it for percentiles.
    #[inline]
    pub(in crate::analysis) fn add(&mut self, number: Number, begun: Moment, keeps: bool) {
        self.calls += 1;
        match number {
            Number::Int(n) => self.whole += i128::from(n),
            Number::Float(x) => self.float += x,
        }
        let x = number.as_f64();
        self.range = Some(self.range.map_or((x, x), |(min, max)| (min.min(x), max.max(x))));
        if self.last.is_none_or(|(latest, _)| latest <= begun) {
            self.last = Some((begun, x));
        }
        if keeps {
            self.kept.push(x);
        }
    }

    /// Adds the time of a call, or of a span, that has a number, ns.
    #[inline]
    pub(in crate::analysis) fn add_time(&mut self, ns: i64) {
        self.time_ns += i128::from(ns);
    }

    pub(in crate::analysis) fn sort(&mut self) {
        self.kept.sort_unstable_by(f64::total_cmp);
    }

    /// Adds those of other calls; neither is [sorted](Self::sort) yet.
    pub(in crate::analysis) fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.whole += other.whole;
        self.float += other.float;
        self.time_ns += other.time_ns;
        self.range = match (self.range, other.range) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        };
        let is_later = other
            .last
            .is_some_and(|(theirs, _)| self.last.is_none_or(|(ours, _)| ours <= theirs));
        if is_later {
            self.last = other.last;
        }
        self.kept.extend_from_slice(&other.kept);
    }

    /// The calls that have a number.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// The sum of the numbers.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.whole as f64 + self.float
    }

    /// Their mean; 0 without any.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.total() / self.calls.max(1) as f64
    }

    /// The smallest and the largest; none without any.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        self.range
    }

    /// The number of the call that began last of those that have one; none without any. Where the clocks of the ranks
    /// were never compared, that is of the last rank.
    #[must_use]
    pub fn last(&self) -> Option<f64> {
        self.last.map(|(_, x)| x)
    }

    /// How long the calls took that have a number, from their start to their end, ns; threads and ranks add up. Of a
    /// span that was entered several times it is the time of all of its entries, as long as it was busy, whichever of
    /// them has the number.
    #[must_use]
    pub fn time_ns(&self) -> i128 {
        self.time_ns
    }

    /// [`total`](Self::total) by [`time_ns`](Self::time_ns): what a thread that is in such a call does in a second;
    /// none without time.
    #[must_use]
    pub fn per_second(&self) -> Option<f64> {
        (self.time_ns > 0).then(|| self.total() / (self.time_ns as f64 / 1e9))
    }

    /// A percentile of the numbers, with linear interpolation between neighbours as `numpy.percentile` does it by
    /// default; `p` is of 0 to 100. None without any, and of very many, which are not kept: four million of all
    /// fields and regions together are.
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<f64> {
        if self.kept.len() as u64 != self.calls {
            return None;
        }
        percentile_of_sorted(&self.kept, p)
    }
}

/// A percentile of numbers in ascending order, with linear interpolation between neighbours as `numpy.percentile` does
/// it by default; none without any.
pub(crate) fn percentile_of_sorted(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = if p.is_nan() { 0.0 } else { p.clamp(0.0, 100.0) } / 100.0 * last as f64;
    let below = position.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    if low == high {
        return Some(low);
    }
    Some(low + (high - low) * (position - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[Number]) -> FieldStatistics {
        let mut all = FieldStatistics::default();
        for (at, &number) in (0..).zip(numbers) {
            all.add(number, (0, at), true);
            all.add_time(10);
        }
        all.sort();
        all
    }

    #[test]
    fn percentiles_interpolate_between_neighbours_in_order() {
        let all = of(&[15.0, 5.0, 13.0].map(Number::Float));
        assert_eq!(all.percentile(50.0), Some(13.0));
        assert!((all.percentile(95.0).unwrap() - 14.8).abs() < 1e-9);
        assert_eq!((all.mean(), all.range()), (11.0, Some((5.0, 15.0))));
        assert_eq!(all.last(), Some(13.0));
        assert_eq!(of(&[]).percentile(50.0), None);
    }

    #[test]
    fn large_whole_numbers_add_up_without_rounding() {
        let all = of(&[
            Number::Int(i64::MAX),
            Number::Int(1),
            Number::Int(-i64::MAX),
            Number::Float(0.5),
        ]);
        assert_eq!((all.total(), all.calls(), all.time_ns()), (1.5, 4, 40));
        assert_eq!(all.per_second(), Some(1.5 / 40e-9));
    }
}
