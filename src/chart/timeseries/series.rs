//! The durations of one region by the time of their start, while they stream past.

use super::Drift;
use super::columns::{Columns, Content};
use crate::profile::{Intervals, Sketch};

/// Quarters of the time in which a region was called are compared where it has at least so many columns.
const COLUMNS_TO_COMPARE: usize = 4;
/// A column has so many calls on average, unless there are few columns.
const CALLS_IN_COLUMN: u64 = 6;
const FEW_COLUMNS: usize = 16;

/// Sketches of durations in columns of the time axis.
#[derive(Clone, Debug)]
pub(in crate::chart) struct Series {
    columns: Columns<Sketch>,
    /// The shortest and the longest duration, ns.
    extremes: (i64, i64),
}

impl Content for Sketch {
    fn unite(&mut self, other: &Self) {
        self.merge(other);
    }
}

/// What the calls that began in a part of the time axis have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Column {
    /// From where on the axis, ns.
    pub(crate) from_ns: i64,
    /// Up to where on the axis, ns.
    pub(crate) to_ns: i64,
    /// 5th percentile of their durations, ns, or of their values.
    pub(crate) low: f64,
    /// The median.
    pub(crate) median: f64,
    /// 95th percentile.
    pub(crate) high: f64,
}

impl Series {
    /// For at least so many columns, and less than twice as many, of a time axis of at least `span` ns.
    pub(in crate::chart) fn new(columns: u64, span: u64) -> Self {
        Self {
            columns: Columns::new(columns, span),
            extremes: (i64::MAX, i64::MIN),
        }
    }

    /// Takes intervals in order of start, of a rank whose time begins at `shift`.
    pub(in crate::chart) fn add(&mut self, chunk: &Intervals, shift: i64) {
        let mut extremes = self.extremes;
        let mut calls = chunk.starts().iter().zip(chunk.durations()).peekable();
        while let Some((start, _)) = calls.peek() {
            let level = self.columns.level();
            let column = start.saturating_sub(shift) >> level;
            let sketch = self.columns.at(column);
            let is_inside = |start: i64| start.saturating_sub(shift) >> level == column;
            while let Some((_, ns)) = calls.next_if(|call| is_inside(*call.0)) {
                sketch.add(ns);
                extremes = (extremes.0.min(ns), extremes.1.max(ns));
            }
            self.columns.coarsen_as_needed();
        }
        self.extremes = extremes;
    }

    /// Its columns are 2^level ns.
    pub(in crate::chart) fn level(&self) -> u32 {
        self.columns.level()
    }

    /// The number of calls.
    pub(in crate::chart) fn calls(&self) -> u64 {
        self.columns.contents().map(Sketch::count).sum()
    }

    /// All durations.
    pub(in crate::chart) fn all(&self) -> Sketch {
        merged(self.columns.contents())
    }

    /// The shortest and the longest duration, ns, where there is any.
    #[cfg(feature = "plot")]
    pub(in crate::chart) fn extremes(&self) -> (i64, i64) {
        self.extremes
    }

    /// How the median changed from the first quarter of its columns to the last; none where there are few.
    pub(in crate::chart) fn drift(&self) -> Option<Drift> {
        let quarter = self.columns.len() / 4;
        (self.columns.len() >= COLUMNS_TO_COMPARE).then(|| Drift {
            first_ns: merged(self.columns.contents().take(quarter)).percentile(50.0),
            last_ns: merged(self.columns.contents().rev().take(quarter)).percentile(50.0),
        })
    }

    /// Columns of 2^level ns, or its own where they are coarser, on an axis from `origin` to `end`.
    pub(in crate::chart) fn finish(mut self, level: u32, origin: i64, end: i64) -> Vec<Column> {
        self.columns.coarsen_to(level);
        // Percentiles of single calls say little.
        while self.columns.len() > FEW_COLUMNS && self.calls() < CALLS_IN_COLUMN * self.columns.len() as u64 {
            self.columns.coarsen_to(self.columns.level() + 1);
        }
        let columns = self.columns.on_axis(origin, end);
        let columns = columns.map(|(from_ns, to_ns, sketch)| Column {
            from_ns,
            to_ns,
            low: sketch.percentile(5.0),
            median: sketch.percentile(50.0),
            high: sketch.percentile(95.0),
        });
        columns.collect()
    }
}

fn merged<'a>(sketches: impl Iterator<Item = &'a Sketch>) -> Sketch {
    sketches.fold(Sketch::new(), |mut all, sketch| {
        all.merge(sketch);
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(columns: u64, span: u64, calls: impl Iterator<Item = (i64, i64)>) -> Series {
        let mut chunk = Intervals::new();
        calls.for_each(|(start, ns)| chunk.push(start, start + ns, 0));
        let mut series = Series::new(columns, span);
        series.add(&chunk, 0);
        series
    }

    fn columns(series: &Series) -> Vec<Column> {
        series.clone().finish(0, 0, 1 << 20)
    }

    #[test]
    fn an_axis_that_grows_gives_the_columns_of_one_that_was_known() {
        let calls = || (0..5_000_i64).map(|call| (call * 200, 50 + call % 7));
        let (grown, known) = (series(16, 0, calls()), series(16, 1_000_000, calls()));
        assert_eq!(columns(&grown), columns(&known));
        assert!(
            (16..=32).contains(&grown.columns.len()),
            "{}",
            grown.columns.len()
        );
        assert_eq!(grown.calls(), 5_000);
    }

    #[test]
    fn columns_have_the_percentiles_of_the_calls_that_begin_in_them() {
        let calls = (0..100).map(|call| (call, 1 + call)).chain([(1 << 19, 700)]);
        let found = columns(&series(2, 1 << 20, calls));
        let near = |found: f64, exact: f64| (found / exact - 1.0).abs() < 0.02;
        let [first, last] = &found[..] else {
            panic!("{found:?}")
        };
        assert!(
            near(first.low, 5.95) && near(first.median, 50.5) && near(first.high, 95.05),
            "{first:?}"
        );
        assert_eq!((last.from_ns, last.low), (1 << 19, last.high));
    }

    #[test]
    fn few_calls_share_longer_columns() {
        let calls = |count: i64| (0..count).map(move |call| (call * (1 << 20) / count, 5));
        let many = columns(&series(64, 1 << 20, calls(5_000)));
        let few = columns(&series(64, 1 << 20, calls(150)));
        assert_eq!(many.len(), 64);
        assert_eq!(few.len(), 16);
        assert_eq!(few.last().unwrap().to_ns, many.last().unwrap().to_ns);
    }

    #[test]
    fn a_region_that_becomes_slower_drifts() {
        let calls = (0..4_000_i64).map(|call| (call * 1_000, if call < 2_000 { 100 } else { 200 }));
        let drift = series(32, 0, calls).drift().unwrap();
        assert!((drift.last_ns / drift.first_ns - 2.0).abs() < 0.02, "{drift:?}");
        assert_eq!(series(32, 0, [(0, 5), (9, 5)].into_iter()).drift(), None);
    }

    #[test]
    fn the_whole_range_of_the_clock_fits() {
        let mut all = series(8, 0, [(i64::MIN, 1), (0, 1)].into_iter());
        let mut end = Intervals::new();
        end.push(i64::MAX, i64::MAX, 0);
        all.add(&end, i64::MIN);
        assert_eq!(all.calls(), 3);
        assert!(!all.finish(0, i64::MIN, i64::MAX).is_empty());
    }
}
