//! Durations of which percentiles are taken: exact ones need them all.

use crate::profile::Sketch;

/// So many durations are listed before any are counted.
const LISTED: usize = 1 << 15;

/// Durations, ns, in any order. Each is listed as long as there are few. Of many, the short ones are counted in a table
/// for each length, which takes no more room than the list that it is made of.
#[derive(Default)]
pub(crate) struct Durations {
    /// How often each length from 0 on occurs.
    counts: Vec<u64>,
    /// How many are counted.
    counted: usize,
    /// Those from the end of the table on, below 4.29 s.
    listed: Vec<u32>,
    /// Those below 0, and longer ones.
    others: Vec<i64>,
}

impl Durations {
    pub(crate) fn len(&self) -> usize {
        self.counted + self.listed.len() + self.others.len()
    }

    #[inline]
    pub(crate) fn push(&mut self, ns: i64) {
        let place = usize::try_from(ns).ok();
        match place.and_then(|place| self.counts.get_mut(place)) {
            Some(count) => {
                *count += 1;
                self.counted += 1;
            }
            None => self.push_other(ns),
        }
    }

    #[inline]
    fn push_other(&mut self, ns: i64) {
        let Ok(short) = u32::try_from(ns) else {
            self.others.push(ns);
            return;
        };
        self.listed.push(short);
        if self.listed.len() >= LISTED.max(4 * self.counts.len()) {
            self.count_listed();
        }
    }

    /// Makes the table as large as the list is, and counts those of the list for which there is room in it.
    #[cold]
    fn count_listed(&mut self) {
        // Memory from a fresh allocation is zero, and taken as far as it is touched.
        let mut counts = vec![0; self.listed.len() / 2];
        counts[..self.counts.len()].copy_from_slice(&self.counts);
        self.counts = counts;
        let Self { counts, counted, .. } = self;
        self.listed.retain(|&ns| match counts.get_mut(ns as usize) {
            Some(count) => {
                *count += 1;
                *counted += 1;
                false
            }
            None => true,
        });
    }

    /// Adds all of another.
    #[cfg(any(feature = "plot", test))]
    pub(crate) fn append(&mut self, mut other: Self) {
        if self.counts.len() < other.counts.len() {
            std::mem::swap(self, &mut other);
        }
        let tables = self.counts.iter_mut().zip(&other.counts);
        tables.for_each(|(count, more)| *count += more);
        self.counted += other.counted;
        other.listed.into_iter().for_each(|ns| self.push(ns.into()));
        self.others.append(&mut other.others);
    }

    /// Adds them to a sketch.
    pub(super) fn add_to(&self, sketch: &mut Sketch) {
        let counted = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.for_each(|(ns, &count)| sketch.add_several(ns as i64, count));
        sketch.extend(self.listed.iter().map(|&ns| i64::from(ns)));
        sketch.extend(self.others.iter().copied());
    }

    /// Percentiles with linear interpolation between neighbours, as `numpy.percentile` has them by default; 0 without
    /// any durations. `ps`, of 0 to 100, ascend.
    pub(crate) fn percentiles<const N: usize>(&mut self, ps: [f64; N]) -> [f64; N] {
        let Some(last) = self.len().checked_sub(1) else {
            return [0.0; N];
        };
        self.others.sort_unstable();
        let mut order = Order {
            below_zero: self.others.partition_point(|&ns| ns < 0),
            counted: 0,
            length: 0,
            listed: 0,
        };
        ps.map(|p| {
            let position = p / 100.0 * last as f64;
            let below = (position.floor() as usize).min(last);
            let low = order.nth(self, below) as f64;
            // The next percentile may be between the same two.
            let high = order.clone().nth(self, (below + 1).min(last)) as f64;
            low + (high - low) * (position - below as f64)
        })
    }
}

/// How far durations have been looked through in order.
#[derive(Clone)]
struct Order {
    below_zero: usize,
    /// How many are shorter than `length` and counted.
    counted: usize,
    length: usize,
    /// Before this place of the list there is nothing larger than from it on.
    listed: usize,
}

impl Order {
    /// The one that `at` others are before, in order of length; not before that of the last time.
    fn nth(&mut self, of: &mut Durations, at: usize) -> i64 {
        let Some(at) = at.checked_sub(self.below_zero) else {
            return of.others[at];
        };
        if at < of.counted {
            while self.counted + of.counts[self.length] as usize <= at {
                self.counted += of.counts[self.length] as usize;
                self.length += 1;
            }
            return self.length as i64;
        }
        let at = at - of.counted;
        if at < of.listed.len() {
            let (_, &mut ns, _) = of.listed[self.listed..].select_nth_unstable(at - self.listed);
            self.listed = at;
            return ns.into();
        }
        of.others[self.below_zero + at - of.listed.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[i64]) -> Durations {
        let mut durations = Durations::default();
        values.iter().for_each(|&ns| durations.push(ns));
        durations
    }

    /// By definition.
    fn percentile(sorted: &[i64], p: f64) -> f64 {
        let position = p / 100.0 * (sorted.len() - 1) as f64;
        let (low, high) = (
            sorted[position.floor() as usize] as f64,
            sorted[position.ceil() as usize] as f64,
        );
        low + (high - low) * position.fract()
    }

    #[test]
    fn a_sketch_of_them_has_each_of_them() {
        let values: Vec<i64> = (0..100_000)
            .map(|n| n % 70_000 - 3)
            .chain([5_000_000_000])
            .collect();
        let mut sketch = Sketch::new();
        of(&values).add_to(&mut sketch);
        assert_eq!(sketch, values.iter().copied().collect());
    }

    #[test]
    fn durations_beyond_4_seconds_and_below_zero_are_kept_whole() {
        for odd in [-7, 5_000_000_000, i64::MAX] {
            let (mut first, second) = (of(&[3]), of(&[odd, 4]));
            first.append(second);
            assert_eq!(first.len(), 3);
            let expected = if odd < 0 {
                [-7.0, 3.0, 4.0]
            } else {
                [3.0, 4.0, odd as f64]
            };
            assert_eq!(first.percentiles([0.0, 50.0, 100.0]), expected);
        }
    }

    #[test]
    fn many_durations_take_less_memory_than_a_list_of_them() {
        let durations = of(&(0..1_000_000).map(|n| n % 1_000 + 40_000).collect::<Vec<_>>());
        assert_eq!(durations.len(), 1_000_000);
        assert!(durations.listed.len() < LISTED && durations.counts.len() < 100_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn percentiles_of_many_are_those_of_the_sorted_values(
            parts in prop::collection::vec((0_usize..90_000, 1_i64..200_000, -9_i64..90_000), 1..5),
            seed in any::<u64>(),
        ) {
            let mut state = seed;
            let (mut all, mut values) = (Durations::default(), Vec::new());
            for (count, spread, from) in parts {
                let part: Vec<i64> = (0..count)
                    .map(|_| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        from + (state >> 33) as i64 % spread
                    })
                    .collect();
                all.append(of(&part));
                values.extend(part);
            }
            prop_assert_eq!(all.len(), values.len());
            if values.is_empty() {
                return Ok(());
            }
            values.sort_unstable();
            let ps = [0.0, 50.0, 95.0, 99.0, 100.0];
            for (found, p) in all.percentiles(ps).into_iter().zip(ps) {
                prop_assert!((found - percentile(&values, p)).abs() < 1e-6, "{p}: {found}");
            }
        }
    }
}
