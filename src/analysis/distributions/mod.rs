//! How the durations of a region's calls are distributed.

mod durations;
mod growing;

pub(crate) use durations::Durations;
pub(super) use growing::GrowingDistributions;

use crate::profile::Sketch;

/// The percentiles that are taken, in ascending order.
pub(crate) const PERCENTILES: [f64; 3] = [50.0, 95.0, 99.0];

/// Durations that are kept, of all regions together, in at most 64 or 128 MiB, and less where they are alike.
pub(crate) const MOST_KEPT: u64 = 1 << 24;

/// A [histogram](Distribution::histogram) spans at least this factor.
const NARROWEST: f64 = 2.0;

/// Calls within so small a part of a cell are all in one: the difference of their places is rounding.
const NARROWEST_SHARED: f64 = 1e-6;

/// How much is read for the distributions of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effort {
    /// No more than a million intervals beside those that are read anyway; where that is not enough, there are no
    /// distributions.
    Little,
    /// All intervals of rows of which the source has no [sketch](crate::profile::RowSummary::sketch).
    Enough,
    /// All intervals, so that percentiles are exact.
    Exact,
}

/// The durations of a region's calls, over the chosen ranks.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::call_tree::CallTree;
/// use scope_profiler::analysis::distributions::Effort;
/// use scope_profiler::profile::{Call, Profile};
///
/// let mut profile = Profile::builder();
/// (0..100).for_each(|n| profile.push(Call::new("step", 1000 * n..1000 * n + 101 + n)));
/// let tree = CallTree::with_distributions(&profile.build(), &RegionFilter::new(), Effort::Enough)?;
/// let steps = tree.distribution("step").expect("step was called");
/// assert_eq!((steps.p50_ns(), steps.relative_error()), (150.5, 0.0));
/// assert_eq!(steps.histogram(4).iter().sum::<f64>().round(), 100.0);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    sketch: Sketch,
    /// The shortest and the longest, ns.
    range_ns: (i64, i64),
    percentiles: [f64; 3],
    relative_error: f64,
}

impl Distribution {
    /// Of durations that are all known.
    fn exact(mut durations: Durations, range_ns: (i64, i64)) -> Self {
        let mut sketch = Sketch::new();
        durations.add_to(&mut sketch);
        Self {
            sketch,
            range_ns,
            percentiles: durations.percentiles(PERCENTILES),
            relative_error: 0.0,
        }
    }

    /// Of durations in a sketch.
    fn sketched(sketch: Sketch, range_ns: (i64, i64)) -> Self {
        let (shortest, longest) = (range_ns.0 as f64, range_ns.1 as f64);
        Self {
            range_ns,
            percentiles: PERCENTILES.map(|p| sketch.percentile(p).clamp(shortest, longest)),
            relative_error: sketch.relative_error(),
            sketch,
        }
    }

    /// The number of calls.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.sketch.count()
    }

    /// The median, ns. Percentiles are interpolated linearly between neighbours, as `numpy.percentile` does it.
    #[must_use]
    pub fn p50_ns(&self) -> f64 {
        self.percentiles[0]
    }

    /// The 95th percentile, ns.
    #[must_use]
    pub fn p95_ns(&self) -> f64 {
        self.percentiles[1]
    }

    /// The 99th percentile, ns.
    #[must_use]
    pub fn p99_ns(&self) -> f64 {
        self.percentiles[2]
    }

    /// By what share of itself a percentile may be wrong: 0 where they are exact, and otherwise what the
    /// [sketch](Sketch::relative_error) says.
    #[must_use]
    pub fn relative_error(&self) -> f64 {
        self.relative_error
    }

    /// How many calls are how long: in `cells` equal steps of the logarithm, from the shortest call to the longest,
    /// or about both where these are less than a factor of two apart. Calls that the sketch does not tell apart are
    /// shared out, so that numbers need not be whole.
    #[must_use]
    pub fn histogram(&self, cells: usize) -> Vec<f64> {
        let logarithm = |ns: f64| ns.max(0.5).ln();
        let (first, past) = (self.range_ns.0.max(0) as f64, self.range_ns.1.max(0) as f64 + 1.0);
        let (mut from, mut to) = (logarithm(first), logarithm(past));
        let missing = NARROWEST.ln() - (to - from);
        if missing > 0.0 {
            (from, to) = (from - missing / 2.0, to + missing / 2.0);
        }
        let place = |ns: f64| (logarithm(ns) - from) / (to - from) * cells as f64;
        let mut counts = vec![0.0; cells];
        for (low, high, count) in self.sketch.buckets(u32::MAX) {
            let (begin, end) = ((low as f64).max(first), (high as f64 + 1.0).min(past));
            let (begin, end) = (place(begin), place(end.max(begin)));
            let width = end - begin;
            let first_cell = (begin.max(0.0) as usize).min(cells.saturating_sub(1));
            for (cell, of_cell) in counts.iter_mut().enumerate().skip(first_cell) {
                if width < NARROWEST_SHARED {
                    *of_cell += count as f64;
                    break;
                }
                let shared = end.min(cell as f64 + 1.0) - begin.max(cell as f64);
                if shared <= 0.0 {
                    break;
                }
                *of_cell += count as f64 * shared / width;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[i64]) -> Distribution {
        let mut durations = Durations::default();
        values.iter().for_each(|&ns| durations.push(ns));
        let range = (values.iter().min(), values.iter().max());
        Distribution::exact(durations, (*range.0.unwrap(), *range.1.unwrap()))
    }

    #[test]
    fn two_kinds_of_calls_are_at_both_ends() {
        let cells = of(&[[1_000; 30].as_slice(), &[64_000; 10]].concat()).histogram(8);
        assert_eq!((cells[0].round(), cells[7].round()), (30.0, 10.0));
        assert_eq!(cells[1..7], [0.0; 6]);
    }

    #[test]
    fn calls_of_one_length_are_in_the_middle() {
        let cells = of(&[100_000; 12]).histogram(9);
        assert_eq!(cells[4].round(), 12.0);
        assert_eq!(of(&[0]).histogram(3).iter().sum::<f64>().round(), 1.0);
    }

    proptest! {
        #[test]
        fn every_call_is_in_the_histogram(
            values in prop::collection::vec((0_u32..63, any::<u64>()), 1..100), cells in 1_usize..40,
        ) {
            let values: Vec<i64> = values.iter().map(|(bits, n)| (n & ((1 << bits) - 1)) as i64).collect();
            let counts = of(&values).histogram(cells);
            prop_assert_eq!(counts.len(), cells);
            let sum: f64 = counts.iter().sum();
            prop_assert!((sum - values.len() as f64).abs() < 1e-6 * sum, "{sum} of {}", values.len());
        }
    }
}
