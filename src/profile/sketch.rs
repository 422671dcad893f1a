//! A sketch of how durations are distributed, from which percentiles come with a bounded error.

/// Buckets in each doubling of the duration, as a power of two: 64 of them, each at most 1/64 wide.
const FINEST: u32 = 6;

/// Counts durations in buckets that grow with them, so that a percentile is off by no more than a
/// [share](Self::relative_error) of itself, however many durations there are and however they are distributed.
///
/// Each doubling of the duration is cut into equal buckets, 64 at first, as in `HdrHistogram` and, with a linear
/// mapping, `DDSketch` (Masson, Rim and Lee, VLDB 2019). Sketches add up, and neighbouring buckets can be united to
/// save space, which doubles the error (as Epicoco and others do it, IEEE Access 8, 2020).
///
/// ```
/// use scope_profiler::profile::Sketch;
///
/// let sketch: Sketch = (1..=1000).map(|us| us * 1000).collect();
/// let median = sketch.percentile(50.0);
/// assert!((median - 500_500.0).abs() <= 500_500.0 * sketch.relative_error());
/// assert_eq!(sketch.relative_error(), 1.0 / 128.0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// The logarithm of the number of buckets in a doubling.
    bits: u32,
    /// By bucket, without zeros at the end.
    counts: Vec<u64>,
    count: u64,
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            bits: FINEST,
            counts: Vec::new(),
            count: 0,
        }
    }
}

/// The bucket of a duration.
#[inline]
fn bucket(bits: u32, ns: u64) -> usize {
    let doubling = 63 - (ns | 1).leading_zeros();
    if doubling < bits {
        // Shorter ones have a bucket each.
        return ns as usize;
    }
    let shift = doubling - bits;
    ((shift as usize) << bits) + (ns >> shift) as usize
}

/// The shortest and the longest duration in a bucket.
fn range(bits: u32, bucket: usize) -> (u64, u64) {
    let shift = (bucket >> bits).saturating_sub(1) as u32;
    let low = (bucket - ((shift as usize) << bits)) as u64;
    (low << shift, (low << shift) + ((1 << shift) - 1))
}

impl Sketch {
    /// The sketch of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a duration, ns. A negative one counts as 0.
    #[inline]
    pub fn add(&mut self, ns: i64) {
        let bucket = bucket(self.bits, ns.max(0).unsigned_abs());
        self.count += 1;
        match self.counts.get_mut(bucket) {
            Some(count) => *count += 1,
            None => self.add_in_new(bucket),
        }
    }

    #[cold]
    fn add_in_new(&mut self, bucket: usize) {
        self.counts.resize(bucket + 1, 0);
        self.counts[bucket] = 1;
    }

    /// Adds so many equal durations.
    pub(crate) fn add_several(&mut self, ns: i64, times: u64) {
        let Some(more) = times.checked_sub(1) else { return };
        self.add(ns);
        self.counts[bucket(self.bits, ns.max(0).unsigned_abs())] += more;
        self.count += more;
    }

    /// The number of durations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// By what share of itself a percentile may be wrong: half the width of a bucket.
    #[must_use]
    pub fn relative_error(&self) -> f64 {
        0.5 / f64::from(1_u32 << self.bits)
    }

    /// Adds everything that `other` has seen. The result is as coarse as the coarser of the two.
    pub fn merge(&mut self, other: &Self) {
        let bits = self.bits.min(other.bits);
        self.coarsen_to(bits);
        let mut other = other.clone();
        other.coarsen_to(bits);
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
        self.count = self.count.saturating_add(other.count);
    }

    /// Unites buckets until no more than `most` have any duration in them, or they cannot become coarser.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn coarsen(&mut self, most: usize) {
        while self.bits > 0 && self.counts.iter().filter(|&&count| count > 0).count() > most {
            self.coarsen_to(self.bits - 1);
        }
    }

    fn coarsen_to(&mut self, bits: u32) {
        if bits == self.bits {
            return;
        }
        let mut coarse: Vec<u64> = Vec::new();
        for (at, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let to = bucket(bits, range(self.bits, at).0);
            if to >= coarse.len() {
                coarse.resize(to + 1, 0);
            }
            coarse[to] = coarse[to].saturating_add(count);
        }
        (self.bits, self.counts) = (bits, coarse);
    }

    /// Its buckets with any duration in them, united until there are no more than 2^`bits` in a doubling: the
    /// shortest and the longest duration of each, and how many it has.
    pub(crate) fn buckets(&self, bits: u32) -> Vec<(u64, u64, u64)> {
        let mut coarse = self.clone();
        coarse.coarsen_to(bits.min(self.bits));
        let counts = coarse.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let of = |(at, &count): (usize, &u64)| {
            let (low, high) = range(coarse.bits, at);
            (low, high, count)
        };
        counts.map(of).collect()
    }

    /// Whether uniting buckets of this one makes the other.
    pub(crate) fn becomes(&self, other: &Self) -> bool {
        let mut coarse = self.clone();
        coarse.coarsen_to(other.bits.min(self.bits));
        coarse == *other
    }

    /// A percentile, with linear interpolation between neighbours as `numpy.percentile` does it by default, ns; 0
    /// without any duration. `p` is of 0 to 100.
    #[must_use]
    pub fn percentile(&self, p: f64) -> f64 {
        let Some(last) = self.count.checked_sub(1) else {
            return 0.0;
        };
        let p = if p.is_nan() { 0.0 } else { p.clamp(0.0, 100.0) };
        let position = p / 100.0 * last as f64;
        let below = (position.floor() as u64).min(last);
        let low = self.value(below);
        let high = self.value((below + 1).min(last));
        low + (high - low) * (position - below as f64)
    }

    /// The duration at a place in ascending order, as far as it is known.
    fn value(&self, place: u64) -> f64 {
        let mut before = 0_u64;
        let of_bucket = |&count: &u64| {
            before = before.saturating_add(count);
            before > place
        };
        let at = self.counts.iter().position(of_bucket);
        let (low, high) = range(self.bits, at.unwrap_or(self.counts.len().saturating_sub(1)));
        low as f64 + (high - low) as f64 / 2.0
    }

    /// The logarithm of the number of buckets in a doubling, and the number and the count of each bucket with any
    /// duration in it.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn parts(&self) -> (u32, impl Iterator<Item = (u32, u64)> + '_) {
        let buckets = self.counts.iter().enumerate();
        let buckets = buckets.map(|(at, &count)| (at as u32, count));
        (self.bits, buckets.filter(|(_, count)| *count > 0))
    }

    /// A sketch of its [parts](Self::parts); none where there cannot be such a bucket.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn from_parts(bits: u32, buckets: impl IntoIterator<Item = (u32, u64)>) -> Option<Self> {
        let mut sketch = Self {
            bits: (bits <= FINEST).then_some(bits)?,
            ..Self::default()
        };
        let last = bucket(bits, i64::MAX.unsigned_abs());
        for (at, count) in buckets {
            let at = usize::try_from(at).ok().filter(|&at| at <= last)?;
            if at >= sketch.counts.len() {
                sketch.counts.resize(at + 1, 0);
            }
            sketch.counts[at] = sketch.counts[at].checked_add(count)?;
            sketch.count = sketch.count.checked_add(count)?;
        }
        Some(sketch)
    }
}

impl Extend<i64> for Sketch {
    fn extend<I: IntoIterator<Item = i64>>(&mut self, durations: I) {
        durations.into_iter().for_each(|ns| self.add(ns));
    }
}

impl FromIterator<i64> for Sketch {
    fn from_iter<I: IntoIterator<Item = i64>>(durations: I) -> Self {
        let mut sketch = Self::new();
        sketch.extend(durations);
        sketch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::statistics::percentiles;
    use proptest::prelude::*;

    /// Durations of all magnitudes.
    fn durations() -> impl Strategy<Value = Vec<i64>> {
        prop::collection::vec((0_u32..63, any::<u64>()), 1..300).prop_map(|all| {
            all.into_iter()
                .map(|(bits, n)| (n & ((1 << bits) - 1)) as i64)
                .collect()
        })
    }

    proptest! {
        #[test]
        fn every_percentile_is_within_the_stated_error(mut values in durations(), p in 0.0..=100.0, most in 1_usize..400) {
            let mut sketch: Sketch = values.iter().copied().collect();
            sketch.coarsen(most);
            let [exact] = percentiles(&mut values, [p]);
            let found = sketch.percentile(p);
            prop_assert!(
                (found - exact).abs() <= exact * (sketch.relative_error() + 1e-9),
                "{found} for {exact}, error {}", sketch.relative_error()
            );
        }

        #[test]
        fn sketches_add_up_and_survive_being_taken_apart(a in durations(), b in durations(), most in 1_usize..400) {
            let mut all: Sketch = a.iter().chain(&b).copied().collect();
            let mut sum: Sketch = a.iter().copied().collect();
            let mut other: Sketch = b.iter().copied().collect();
            other.coarsen(most);
            sum.merge(&other);
            all.coarsen_to(sum.bits);
            prop_assert_eq!(&sum, &all);
            let (bits, buckets) = sum.parts();
            let again = Sketch::from_parts(bits, buckets);
            prop_assert_eq!(again.as_ref(), Some(&sum));
        }

        #[test]
        fn a_bucket_holds_what_it_says(ns in 0..=i64::MAX, bits in 0_u32..=FINEST) {
            let ns = ns as u64;
            let (low, high) = range(bits, bucket(bits, ns));
            prop_assert!((low..=high).contains(&ns), "{low}..={high}");
            prop_assert!(low == 0 || u128::from(high - low) < u128::from(low >> bits) + 1);
        }
    }

    #[test]
    fn nothing_has_no_percentiles_and_impossible_parts_are_refused() {
        assert_eq!(Sketch::new().percentile(50.0), 0.0);
        assert_eq!(Sketch::from_parts(7, [(0, 1)]), None);
        assert_eq!(Sketch::from_parts(6, [(1 << 20, 1)]), None);
        assert_eq!(Sketch::from_parts(6, [(1, u64::MAX), (2, 1)]), None);
    }
}
