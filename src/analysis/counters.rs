//! What the values of the program's counters come to.

use super::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{CHUNK, CounterRow, Number, Samples, Source};
use std::cmp::Ordering;

/// What the values of a counter come to, on one rank or on several.
///
/// NaN is no value: it ends the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CounterStatistics {
    samples: u64,
    dropped: u64,
    first: Option<Number>,
    last: Option<Number>,
    /// The value that holds at the moment, and since when, ns.
    held: Option<(i64, f64)>,
    min: Option<Number>,
    max: Option<Number>,
    whole_sum: i128,
    float_sum: f64,
    values: u64,
    /// Values times the time for which they held, and that time, ns.
    area: f64,
    held_ns: i128,
}

impl CounterStatistics {
    /// Takes the next samples of a rank, in order of time.
    ///
    /// ```
    /// use scope_profiler::analysis::counters::CounterStatistics;
    /// use scope_profiler::profile::{Number, Sample, Samples};
    ///
    /// // 4 for 10 ns, then 1 for 30 ns, then 7.
    /// let samples: Samples = [(0, 4), (10, 1), (40, 7)].map(|(ns, n)| Sample::new(ns, n)).into_iter().collect();
    /// let mut queue = CounterStatistics::default();
    /// queue.extend(&samples);
    /// assert_eq!((queue.min(), queue.max()), (Some(Number::Int(1)), Some(Number::Int(7))));
    /// assert_eq!(queue.mean(), Some(4.0));
    /// assert_eq!(queue.mean_over_time(), Some((4.0 * 10.0 + 1.0 * 30.0) / 40.0));
    /// ```
    pub fn extend(&mut self, samples: &Samples) {
        self.samples += samples.len() as u64;
        for (&time, value) in samples.times().iter().zip(samples.values().iter()) {
            if let Some((since, held)) = self.held.take() {
                let ns = i128::from(time) - i128::from(since);
                self.area += held * ns as f64;
                self.held_ns += ns;
            }
            let Some(value) = value else { continue };
            self.held = Some((time, value.as_f64()));
            self.values += 1;
            match value {
                Number::Int(n) => self.whole_sum += i128::from(n),
                value => self.float_sum += value.as_f64(),
            }
            self.first.get_or_insert(value);
            self.last = Some(value);
            self.spread(value);
        }
    }

    fn spread(&mut self, value: Number) {
        if self.min.is_none_or(|min| order(value, min).is_lt()) {
            self.min = Some(value);
        }
        if self.max.is_none_or(|max| order(value, max).is_gt()) {
            self.max = Some(value);
        }
    }

    /// Adds those of another rank.
    fn add(&mut self, other: &Self) {
        self.samples = self.samples.saturating_add(other.samples);
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.values += other.values;
        self.whole_sum += other.whole_sum;
        self.float_sum += other.float_sum;
        self.area += other.area;
        self.held_ns += other.held_ns;
        for value in [other.min, other.max].into_iter().flatten() {
            self.spread(value);
        }
        // There is no order among ranks.
        (self.first, self.last, self.held) = (None, None, None);
    }

    /// Samples in the profile, NaN among them.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Samples that were dropped for want of memory or disk.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The first value of a rank; none over several, and without values.
    #[must_use]
    pub fn first(&self) -> Option<Number> {
        self.first
    }

    /// The last value of a rank; none over several, and without values.
    #[must_use]
    pub fn last(&self) -> Option<Number> {
        self.last
    }

    /// The smallest value.
    #[must_use]
    pub fn min(&self) -> Option<Number> {
        self.min
    }

    /// The largest value.
    #[must_use]
    pub fn max(&self) -> Option<Number> {
        self.max
    }

    /// The mean of the values, however long each held.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.values > 0).then(|| (self.whole_sum as f64 + self.float_sum) / self.values as f64)
    }

    /// The mean over the time from the first value to the last: each holds until the next one. Where that takes no
    /// time, [`mean`](Self::mean).
    #[must_use]
    pub fn mean_over_time(&self) -> Option<f64> {
        if self.held_ns == 0 {
            return self.mean();
        }
        Some(self.area / self.held_ns as f64)
    }
}

/// Whole numbers are compared as such: as floating-point ones, large ones would be rounded.
fn order(a: Number, b: Number) -> Ordering {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => a.cmp(&b),
        (a, b) => a.as_f64().total_cmp(&b.as_f64()),
    }
}

/// A counter over the chosen ranks.
#[derive(Clone, Debug)]
pub struct CounterSummary {
    counter: usize,
    ranks: Vec<(u32, CounterStatistics)>,
}

impl CounterSummary {
    /// Of a counter, with what it comes to on some ranks, by rank.
    pub(crate) fn of_ranks(counter: usize, ranks: Vec<(u32, CounterStatistics)>) -> Self {
        Self { counter, ranks }
    }

    /// The counter, as an index into [`Source::counters`].
    #[must_use]
    pub fn counter(&self) -> usize {
        self.counter
    }

    /// What it comes to on each rank that has it, by rank.
    #[must_use]
    pub fn ranks(&self) -> &[(u32, CounterStatistics)] {
        &self.ranks
    }

    /// The same for all of them together.
    #[must_use]
    pub fn pooled(&self) -> CounterStatistics {
        let mut ranks = self.ranks.iter().map(|(_, of)| of);
        let first = ranks.next().copied().unwrap_or_default();
        ranks.fold(first, |mut sum, of| {
            sum.add(of);
            sum
        })
    }
}

/// What the counters of the chosen ranks come to, by name; counters without any row there are left out. Filters of
/// regions leave counters alone: they belong to no region.
///
/// # Errors
///
/// When samples cannot be read.
pub fn of(source: &dyn Source, filter: &RegionFilter) -> Result<Vec<CounterSummary>> {
    let chosen = filter.chosen_ranks(source);
    let mut all: Vec<CounterSummary> = (0..source.counters().len())
        .map(|counter| CounterSummary {
            counter,
            ranks: Vec::new(),
        })
        .collect();
    for (index, row) in source.counter_rows().iter().enumerate() {
        if chosen.binary_search(&row.rank).is_ok() {
            let of_row = one(source, index, row)?;
            all[row.counter].ranks.push((row.rank, of_row));
        }
    }
    all.retain(|summary| !summary.ranks.is_empty());
    Ok(all)
}

fn one(source: &dyn Source, index: usize, row: &CounterRow) -> Result<CounterStatistics> {
    let mut of_row = CounterStatistics {
        dropped: row.dropped,
        ..CounterStatistics::default()
    };
    let mut samples = Samples::new();
    for from in (0..row.samples).step_by(CHUNK as usize) {
        source.read_counter(index, from..row.samples.min(from + CHUNK), &mut samples)?;
        of_row.extend(&samples);
    }
    Ok(of_row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Profile, Sample};
    use proptest::prelude::*;

    #[test]
    fn nan_ends_a_value_and_is_none() {
        let given = [(0, 2.0), (10, f64::NAN), (30, 4.0), (40, 4.0)];
        let samples: Samples = given.iter().map(|&(ns, x)| Sample::new(ns, x)).collect();
        let mut of = CounterStatistics::default();
        of.extend(&samples);
        assert_eq!(
            (of.samples(), of.mean_over_time()),
            (4, Some((20.0 + 40.0) / 20.0))
        );
        assert_eq!((of.first(), of.last()), (Some(2.0.into()), Some(4.0.into())));
    }

    #[test]
    fn over_ranks_extremes_and_means_are_those_of_all_and_there_is_no_last() {
        let profile = Profile::builder()
            .sample(0, "n", Sample::new(0, 10))
            .sample(0, "n", Sample::new(10, 1))
            .sample(3, "n", Sample::new(0, 2))
            .sample(3, "n", Sample::new(30, i64::MAX))
            .dropped_samples(3, "n", 5)
            .build();
        let all = of(&profile, &RegionFilter::new()).unwrap();
        let pooled = all[0].pooled();
        assert_eq!((pooled.samples(), pooled.dropped(), pooled.last()), (4, 5, None));
        assert_eq!(
            (pooled.min(), pooled.max()),
            (Some(Number::Int(1)), Some(Number::Int(i64::MAX)))
        );
        assert_eq!(pooled.mean_over_time(), Some((100.0 + 60.0) / 40.0));
    }

    proptest! {
        #[test]
        fn in_parts_they_come_to_what_they_come_to_as_a_whole(
            given in proptest::collection::vec((0i64..1000, -50i64..50), 1..60),
            cut in 0usize..60,
        ) {
            let all: Samples = given.iter().map(|&(ns, n)| Sample::new(ns, n)).collect();
            let cut = cut.min(all.len());
            let part = |range: std::ops::Range<usize>| {
                let mut part = Samples::new();
                part.copy_from(&all, range);
                part
            };
            let (mut whole, mut parts) = (CounterStatistics::default(), CounterStatistics::default());
            whole.extend(&all);
            parts.extend(&part(0..cut));
            parts.extend(&part(cut..all.len()));
            prop_assert_eq!(whole, parts);
            let values = all.values().whole().unwrap();
            prop_assert_eq!(whole.min(), values.iter().min().map(|&n| Number::Int(n)));
            prop_assert_eq!(whole.max(), values.iter().max().map(|&n| Number::Int(n)));
            let mean = values.iter().sum::<i64>() as f64 / values.len() as f64;
            prop_assert_eq!(whole.mean(), Some(mean));
        }
    }
}
