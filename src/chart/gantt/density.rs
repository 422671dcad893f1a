//! A lane that stands for several ranks or regions: how busy they were together, column by column.

use super::Bar;
use crate::analysis::lane::{LaneReducer, level_for, offset};

/// Sums over lanes for each column of 2^level ns.
#[derive(Debug)]
pub(in crate::chart) struct Density {
    columns: u64,
    level: u32,
    first_column: i64,
    bins: Vec<Bin>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    /// Busy time of all lanes together, ns.
    busy: f64,
    /// Calls that begin here.
    calls: u32,
}

impl Density {
    pub(in crate::chart) fn new(columns: u64) -> Self {
        Density {
            columns: columns.max(2),
            level: 0,
            first_column: 0,
            bins: Vec::new(),
        }
    }

    /// Adds a lane.
    pub(in crate::chart) fn add(&mut self, lane: LaneReducer) {
        let (lane_level, bars) = lane.finish(self.level);
        let (Some(first), Some(last)) = (bars.first(), bars.last()) else {
            return;
        };
        let (mut start, mut end) = (first.start, last.end);
        if !self.bins.is_empty() {
            start = start.min(self.first_column << self.level);
            let last_column = self.first_column + (self.bins.len() as i64 - 1);
            end = end.max(last_column << self.level);
        }
        self.coarsen_to(lane_level.max(level_for(end.wrapping_sub(start) as u64, self.columns)));
        self.cover(start >> self.level, end >> self.level);
        for bar in &bars {
            let column = (bar.column(self.level) - self.first_column) as usize;
            self.bins[column].calls = self.bins[column].calls.saturating_add(bar.calls);
            self.spread(bar.start, bar.end, bar.busy);
        }
    }

    /// Shares `busy` out evenly between `start` and `end`.
    fn spread(&mut self, start: i64, end: i64, busy: u64) {
        let length = end.wrapping_sub(start) as u64 as f64;
        let mut from = start;
        while from < end {
            let column = from >> self.level;
            let to = column
                .checked_add(1)
                .and_then(|next| next.checked_mul(1 << self.level));
            let to = to.map_or(end, |to| to.min(end));
            let part = to.wrapping_sub(from) as u64 as f64;
            self.bins[(column - self.first_column) as usize].busy += busy as f64 * (part / length);
            from = to;
        }
    }

    /// Makes room for columns `first` to `last`.
    fn cover(&mut self, first: i64, last: i64) {
        if self.bins.is_empty() {
            self.first_column = first;
        }
        if first < self.first_column {
            let missing = (self.first_column - first) as usize;
            self.bins
                .splice(0..0, std::iter::repeat_n(Bin::default(), missing));
            self.first_column = first;
        }
        let length = (last - self.first_column + 1) as usize;
        if length > self.bins.len() {
            self.bins.resize(length, Bin::default());
        }
    }

    fn coarsen_to(&mut self, level: u32) {
        if level <= self.level {
            return;
        }
        let by = level - self.level;
        let first = self.first_column >> by;
        let mut bins: Vec<Bin> = Vec::new();
        for (column, bin) in (self.first_column..).zip(&self.bins) {
            let index = ((column >> by) - first) as usize;
            bins.resize(index + 1, Bin::default());
            bins[index].busy += bin.busy;
            bins[index].calls = bins[index].calls.saturating_add(bin.calls);
        }
        (self.level, self.first_column, self.bins) = (level, first, bins);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bins.is_empty()
    }

    /// Bars from `origin` to `end`, busy by the mean over `lanes` lanes.
    pub(in crate::chart) fn finish(mut self, level: u32, origin: i64, end: i64, lanes: usize) -> Vec<Bar> {
        self.coarsen_to(level);
        let mut bars: Vec<Bar> = Vec::new();
        for (column, bin) in (self.first_column..).zip(&self.bins) {
            if bin.calls == 0 && bin.busy == 0.0 {
                continue;
            }
            let from = column.saturating_mul(1 << self.level).max(origin);
            let to = column
                .saturating_add(1)
                .saturating_mul(1 << self.level)
                .clamp(from, end.max(from));
            let length = to.wrapping_sub(from) as u64 as f64;
            let busy = if length == 0.0 {
                1.0
            } else {
                bin.busy / (length * lanes.max(1) as f64)
            };
            let bar = Bar {
                start_ns: offset(origin, from),
                end_ns: offset(origin, to),
                busy: busy.min(1.0) as f32,
                calls: bin.calls,
                value: None,
            };
            match bars.last_mut() {
                // A long interval fills many columns alike.
                Some(last) if continues(last, &bar) => last.end_ns = bar.end_ns,
                _ => bars.push(bar),
            }
        }
        bars
    }
}

fn continues(last: &Bar, next: &Bar) -> bool {
    next.calls == 0 && last.end_ns == next.start_ns && (last.busy - next.busy).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(intervals: &[(i64, i64)]) -> LaneReducer {
        let mut lane = LaneReducer::new(16, 0);
        intervals.iter().for_each(|&(start, end)| lane.push(start, end));
        lane
    }

    #[test]
    fn two_lanes_of_which_one_is_busy_are_half_busy() {
        let mut density = Density::new(16);
        density.add(lane(&[(0, 10)]));
        density.add(lane(&[(0, 5)]));
        let bars = density.finish(0, 0, 10, 2);
        let shape: Vec<_> = bars
            .iter()
            .map(|bar| (bar.start_ns, bar.end_ns, bar.busy))
            .collect();
        assert_eq!(shape, [(0, 5, 1.0), (5, 10, 0.5)]);
        assert_eq!(bars.iter().map(|bar| bar.calls).sum::<u32>(), 2);
    }

    #[test]
    fn coarsening_keeps_the_busy_time() {
        let mut density = Density::new(4);
        density.add(lane(&[(3, 10), (20, 31)]));
        density.add(lane(&[(500, 1000)]));
        let bars = density.finish(0, 3, 1000, 1);
        let busy: f64 = bars
            .iter()
            .map(|b| (b.end_ns - b.start_ns) as f64 * f64::from(b.busy))
            .sum();
        assert!((busy - 518.0).abs() < 0.01, "{busy}");
    }

    #[test]
    fn the_whole_range_of_the_clock_fits() {
        let mut density = Density::new(4);
        density.add(lane(&[(i64::MIN, i64::MAX)]));
        density.add(lane(&[(i64::MAX, i64::MAX)]));
        assert!(!density.finish(0, i64::MIN, i64::MAX, 2).is_empty());
    }
}
