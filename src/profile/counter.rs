//! A program's counters: values over time that belong to no region.

use super::{Number, Numbers, Source};
use crate::error::Result;
use std::ops::Range;

/// A counter of a run: what it is called, and what it is measured in.
///
/// A [`Source`] has a [`CounterRow`] of it for each rank that gave values, and hands these out as [`Samples`]:
///
/// ```
/// use scope_profiler::profile::{Numbers, Profile, Sample, Samples, Source};
///
/// let profile = Profile::builder()
///     .sample(0, "queue", Sample::new(100, 3))
///     .sample(0, "queue", Sample::new(250, 0))
///     .counter_unit("queue", "jobs")
///     .build();
///
/// let queue = &profile.counters()[0];
/// assert_eq!((queue.name(), queue.unit()), ("queue", Some("jobs")));
/// let mut samples = Samples::new();
/// profile.read_counter(0, 0..profile.counter_rows()[0].samples, &mut samples)?;
/// assert_eq!(samples.times(), [100, 250]); // ns
/// assert_eq!(*samples.values(), Numbers::Int(vec![3, 0]));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    name: String,
    unit: Option<String>,
}

impl Counter {
    /// A counter of this name, without a unit.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            unit: None,
        }
    }

    /// Sets the unit, as in `B` or `J`.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// The name, as the program gave it, without the unit.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The unit, where it is known.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }
}

/// One counter on one rank: what is known of it without reading its values.
///
/// Further fields may be added; [`CounterRow::new`] makes one with the usual values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CounterRow {
    /// The rank.
    pub rank: u32,
    /// Index into [`Source::counters`].
    pub counter: usize,
    /// The number of values.
    pub samples: u64,
    /// Values that were dropped for want of memory or disk.
    pub dropped: u64,
}

impl CounterRow {
    /// A row with so many values, of which none was dropped.
    #[must_use]
    pub fn new(rank: u32, counter: usize, samples: u64) -> Self {
        Self {
            rank,
            counter,
            samples,
            dropped: 0,
        }
    }
}

/// The value of a counter at one moment. It is the counter's value until the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// When the program gave it, ns, on the clock of the intervals.
    pub time_ns: i64,
    /// The value. NaN says that there is none from here on.
    pub value: Number,
    /// The thread that gave it, as an index into the rank's threads.
    pub thread: u32,
}

impl Sample {
    /// A value that thread 0 gave.
    #[must_use]
    pub fn new(time_ns: i64, value: impl Into<Number>) -> Self {
        Self {
            time_ns,
            value: value.into(),
            thread: 0,
        }
    }

    /// Sets the thread.
    #[must_use]
    pub fn thread(mut self, thread: u32) -> Self {
        self.thread = thread;
        self
    }
}

/// Values of one counter on one rank, in order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    times: Vec<i64>,
    values: Numbers,
    threads: Vec<u32>,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            times: Vec::new(),
            values: Numbers::Int(Vec::new()),
            threads: Vec::new(),
        }
    }
}

impl Samples {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// When each was given, ns, ascending.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// The values: whole numbers where all of the row are, otherwise floating-point ones.
    #[must_use]
    pub fn values(&self) -> &Numbers {
        &self.values
    }

    /// The threads that gave them, as indices into the rank's threads.
    #[must_use]
    pub fn threads(&self) -> &[u32] {
        &self.threads
    }

    /// One after the other; a gap is a value of NaN.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Sample> + '_ {
        (0..self.len()).map(|at| Sample {
            time_ns: self.times[at],
            value: self.values.get(at).unwrap_or(Number::Float(f64::NAN)),
            thread: self.threads[at],
        })
    }

    /// Takes these values in the place of those that it has: what a [`Source`] does in
    /// [`read_counter`](Source::read_counter).
    ///
    /// # Panics
    ///
    /// When the three are not of the same length, or the times do not ascend.
    pub fn set(&mut self, times: Vec<i64>, values: Numbers, threads: Vec<u32>) {
        assert!(
            times.len() == values.len() && times.len() == threads.len(),
            "{} times, {} values and {} threads of samples",
            times.len(),
            values.len(),
            threads.len()
        );
        assert!(times.is_sorted(), "times of samples that do not ascend");
        (self.times, self.values, self.threads) = (times, values, threads);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn copy_from(&mut self, from: &Self, range: Range<usize>) {
        let values = match &from.values {
            Numbers::Int(values) => Numbers::Int(values[range.clone()].to_vec()),
            Numbers::Float(values) => Numbers::Float(values[range.clone()].to_vec()),
        };
        self.set(
            from.times[range.clone()].to_vec(),
            values,
            from.threads[range].to_vec(),
        );
    }
}

impl FromIterator<Sample> for Samples {
    /// In order of time; of those at the same time the order stays.
    fn from_iter<I: IntoIterator<Item = Sample>>(samples: I) -> Self {
        let mut samples: Vec<Sample> = samples.into_iter().collect();
        samples.sort_by_key(|sample| sample.time_ns);
        let values = samples.iter().map(|sample| Some(sample.value)).collect();
        Self {
            times: samples.iter().map(|sample| sample.time_ns).collect(),
            values,
            threads: samples.iter().map(|sample| sample.thread).collect(),
        }
    }
}

/// Reads a counter's row through in pieces of bounded size.
///
/// # Errors
///
/// When they cannot be read, and those of `each`.
pub(crate) fn each_samples(
    source: &dyn Source,
    row: usize,
    mut each: impl FnMut(&Samples) -> Result<()>,
) -> Result<()> {
    let count = source.counter_rows()[row].samples;
    let mut samples = Samples::new();
    for from in (0..count).step_by(super::CHUNK as usize) {
        source.read_counter(row, from..count.min(from + super::CHUNK), &mut samples)?;
        each(&samples)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_in_order_of_time_and_those_at_one_time_in_that_of_the_program() {
        let given = [(5, 1.5), (3, 2.0), (5, f64::NAN), (5, -1.0)];
        let samples: Samples = given
            .iter()
            .map(|&(time, value)| Sample::new(time, value))
            .collect();
        assert_eq!(samples.times(), [3, 5, 5, 5]);
        let values: Vec<_> = samples
            .values()
            .iter()
            .map(|value| value.map(Number::as_f64))
            .collect();
        assert_eq!(values, [Some(2.0), Some(1.5), None, Some(-1.0)]);
    }
}
