//! The values of a field in one region by the time of the calls, while they stream past.

use super::columns::{Columns, Content};
use super::series::Column;
use crate::analysis::metrics::percentile_of_sorted;
use crate::profile::{Intervals, Numbers};

/// A column keeps at most so many values; of more it keeps a sample of at least half as many.
const MOST_KEPT: usize = 1024;

/// Values in columns of the time axis.
#[derive(Clone, Debug)]
pub(super) struct Values {
    columns: Columns<Sample>,
    count: u64,
    /// When the first call began, on the axis of all ranks, and its value.
    first: Option<(i64, f64)>,
    last: Option<(i64, f64)>,
}

/// What is known of all values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Course {
    pub(super) calls: u64,
    pub(super) median: f64,
    /// The value of the call that began first, and that of the one that began last.
    pub(super) first: f64,
    pub(super) last: f64,
}

/// Values, or a sample of them in which each is as likely as any other.
#[derive(Clone, Debug, Default)]
struct Sample {
    /// With their priorities; those of a lower one than `least` are left out.
    kept: Vec<(u32, f64)>,
    least: u32,
}

/// One of two values has at least priority 1, one of four at least 2, and so on, independently of what comes at regular
/// intervals (the mixing function of `SplitMix64`; Steele, Lea and Flood, OOPSLA 2014).
fn priority(number: u64) -> u32 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)).trailing_zeros()
}

impl Sample {
    fn add(&mut self, priority: u32, value: f64) {
        if priority >= self.least {
            self.kept.push((priority, value));
            self.thin_out();
        }
    }

    fn thin_out(&mut self) {
        while self.kept.len() > MOST_KEPT && self.least < u64::BITS {
            self.least += 1;
            self.kept.retain(|&(priority, _)| priority >= self.least);
        }
    }

    /// Percentiles of its values.
    fn percentiles<const N: usize>(&self, ps: [f64; N]) -> [f64; N] {
        let mut values: Vec<f64> = self.kept.iter().map(|&(_, value)| value).collect();
        values.sort_unstable_by(f64::total_cmp);
        ps.map(|p| percentile_of_sorted(&values, p).unwrap_or(0.0))
    }
}

impl Content for Sample {
    fn unite(&mut self, other: &Self) {
        self.least = self.least.max(other.least);
        self.kept.extend(&other.kept);
        self.kept.retain(|&(priority, _)| priority >= self.least);
        self.thin_out();
    }
}

impl Values {
    /// For at least so many columns, and less than twice as many, of a time axis of at least `span` ns.
    pub(super) fn new(columns: u64, span: u64) -> Self {
        Self {
            columns: Columns::new(columns, span),
            count: 0,
            first: None,
            last: None,
        }
    }

    /// Takes intervals in order of start, of a rank whose time begins at `shift`, and their values. Those without one
    /// are left out, and infinite ones.
    pub(super) fn add(&mut self, chunk: &Intervals, values: &Numbers, shift: i64) {
        for (start, value) in chunk.starts().iter().zip(values.iter()) {
            let value = value.map(|number| number.as_f64());
            let Some(value) = value.filter(|value| value.is_finite()) else {
                continue;
            };
            let at = start.saturating_sub(shift);
            let place = at >> self.columns.level();
            self.columns.at(place).add(priority(self.count), value);
            self.columns.coarsen_as_needed();
            self.count += 1;
            if self.first.is_none_or(|(first, _)| at < first) {
                self.first = Some((at, value));
            }
            if self.last.is_none_or(|(last, _)| at >= last) {
                self.last = Some((at, value));
            }
        }
    }

    /// None without any value.
    pub(super) fn course(&self) -> Option<Course> {
        let ((_, first), (_, last)) = self.first.zip(self.last)?;
        let mut all = Sample::default();
        self.columns.contents().for_each(|column| all.unite(column));
        let [median] = all.percentiles([50.0]);
        Some(Course {
            calls: self.count,
            median,
            first,
            last,
        })
    }

    /// Its columns on an axis from `origin` to `end`, ns. Neighbours are never united for the sake of percentiles: each
    /// value of an iteration counts.
    pub(super) fn columns(&self, origin: i64, end: i64) -> Vec<Column> {
        let columns = self.columns.on_axis(origin, end);
        let columns = columns.map(|(from_ns, to_ns, sample)| {
            let [low, median, high] = sample.percentiles([5.0, 50.0, 95.0]);
            Column {
                from_ns,
                to_ns,
                low,
                median,
                high,
            }
        });
        columns.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(calls: impl Iterator<Item = (i64, f64)>) -> Values {
        let (mut chunk, mut numbers) = (Intervals::new(), Vec::new());
        for (start, value) in calls {
            chunk.push(start, start + 1, 0);
            numbers.push(value);
        }
        let mut values = Values::new(4, 0);
        values.add(&chunk, &Numbers::Float(numbers), 0);
        values
    }

    #[test]
    fn few_values_are_exact_however_far_apart_they_are() {
        let found = values([(0, 1e-300), (1, f64::NAN), (1 << 20, 7e200)].into_iter()).columns(0, 1 << 21);
        let shown: Vec<[f64; 3]> = found.iter().map(|of| [of.low, of.median, of.high]).collect();
        assert_eq!(shown, [[1e-300; 3], [7e200; 3]]);
    }

    #[test]
    fn of_many_values_that_alternate_neither_is_left_out() {
        let many = values((0..100_000).map(|call| (call, f64::from(u8::from(call % 4 == 0)))));
        assert!(
            many.columns
                .contents()
                .all(|sample| sample.kept.len() <= MOST_KEPT)
        );
        for column in many.columns(0, 100_000) {
            assert_eq!(
                (column.low, column.median, column.high),
                (0.0, 0.0, 1.0),
                "{column:?}"
            );
        }
        let course = many.course().unwrap();
        assert_eq!((course.calls, course.first, course.last), (100_000, 1.0, 0.0));
    }
}
