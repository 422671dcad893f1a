//! Values reduced beside the bars that they belong to: a bar of several calls has their [mean](Mean).

use crate::analysis::lane::{RawBar, level_for};
use crate::chart::value_mean::Mean;

/// The values of one lane, of one field or several: bars are joined where a
/// [`LaneReducer`](crate::analysis::lane::LaneReducer) joins them.
#[derive(Clone, Debug)]
pub(crate) struct ValueLane {
    fields: usize,
    columns: u64,
    level: u32,
    bars: Vec<RawBar>,
    /// Those of a bar stand beside each other.
    means: Vec<Mean>,
    is_open: bool,
}

impl ValueLane {
    /// Of so many fields; columns and level as for the bars.
    pub(super) fn new(fields: usize, columns: u64, level: u32) -> Self {
        Self {
            fields,
            columns: columns.max(2),
            level,
            bars: Vec::new(),
            means: Vec::new(),
            is_open: false,
        }
    }

    /// The same without bars.
    pub(super) fn like(other: &Self) -> Self {
        Self::new(other.fields, other.columns, other.level)
    }

    pub(super) fn level(&self) -> u32 {
        self.level
    }

    /// Adds the next call in order of start, and its value in each field.
    pub(super) fn push(&mut self, start: i64, end: i64, values: impl Iterator<Item = Option<f64>>) {
        let end = end.max(start);
        let weight = (end.wrapping_sub(start) as u64).max(1) as f64;
        let is_inside = self.is_open && self.bars.last().is_some_and(|open| start < open.end);
        if is_inside {
            if let Some(open) = self.bars.last_mut() {
                open.end = open.end.max(end);
            }
            let first = self.means.len() - self.fields;
            for (mean, value) in self.means[first..].iter_mut().zip(values) {
                mean.add(Mean::of(value, weight));
            }
            return;
        }
        self.close();
        self.bars.push(RawBar {
            start,
            end,
            busy: 0,
            calls: 1,
        });
        self.means.extend(values.map(|value| Mean::of(value, weight)));
        self.is_open = true;
    }

    /// Ends the bar that may still grow.
    fn close(&mut self) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        let [.., last] = self.bars.as_slice() else { return };
        let span = last.end.wrapping_sub(self.bars[0].start) as u64;
        if span >> self.level >= 2 * self.columns {
            self.coarsen_to(level_for(span, self.columns));
        } else if let [.., before, last] = self.bars.as_mut_slice() {
            let last = *last;
            if before.absorbs(&last, self.level) {
                self.bars.pop();
                self.join(self.bars.len() - 1, self.bars.len());
                self.means.truncate(self.bars.len() * self.fields);
            }
        }
    }

    /// Adds the values of one bar to those of another before it.
    fn join(&mut self, into: usize, from: usize) {
        for field in 0..self.fields {
            let value = self.means[from * self.fields + field];
            self.means[into * self.fields + field].add(value);
        }
    }

    /// Makes columns of at least 2^level ns. The bar that may still grow stays by itself.
    pub(super) fn coarsen_to(&mut self, level: u32) {
        if level > self.level {
            self.level = level;
            self.join_where(|last, next| last.absorbs(next, level));
        }
    }

    /// As [`LaneReducer::coarsen_parts`](crate::analysis::lane::LaneReducer::coarsen_parts).
    #[cfg(feature = "plot")]
    pub(super) fn coarsen_parts(&mut self, level: u32, parts: usize) {
        self.join_where(|last, next| next.part(level) < parts && last.absorbs(next, level));
    }

    /// Joins bars that take in the one after them, but for the one that may still grow.
    fn join_where(&mut self, absorbs: impl Fn(&mut RawBar, &RawBar) -> bool) {
        let (all, mut kept) = (self.bars.len(), 0);
        for at in 0..all {
            let bar = self.bars[at];
            let may_grow = self.is_open && at + 1 == all;
            if kept > 0 && !may_grow && absorbs(&mut self.bars[kept - 1], &bar) {
                self.join(kept - 1, at);
                continue;
            }
            self.bars[kept] = bar;
            self.means
                .copy_within(at * self.fields..(at + 1) * self.fields, kept * self.fields);
            kept += 1;
        }
        self.bars.truncate(kept);
        self.means.truncate(kept * self.fields);
    }

    /// Puts an end to it, at `level` or, where the lane is coarser, its own.
    pub(super) fn finish(&mut self, level: u32) {
        self.close();
        self.coarsen_to(level);
    }

    /// The bars, and the mean of each in a field.
    pub(super) fn values(&self, field: usize) -> impl Iterator<Item = (&RawBar, Mean)> + '_ {
        let means = self.means.iter().skip(field).step_by(self.fields.max(1));
        self.bars.iter().zip(means.copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::lane::LaneReducer;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_are_the_bars_of_the_lane(
            gaps in prop::collection::vec((-50i64..300, 0i64..200), 1..200),
            columns in 2u64..500,
            level in 0u32..8,
        ) {
            let (mut time, mut lane, mut values) =
                (0, LaneReducer::new(columns, 0), ValueLane::new(2, columns, 0));
            let mut total = 0.0;
            for (gap, length) in gaps {
                time += gap.max(0);
                let start = time + gap.clamp(-10, 0);
                lane.push(start, start + length);
                values.push(start, start + length, [None, Some(length as f64)].into_iter());
                total += length as f64 * length.max(1) as f64;
                time = start + length.max(10);
            }
            let bars = lane.finish(level).1;
            values.finish(level);
            let span = |bar: &RawBar| (bar.start, bar.end);
            prop_assert_eq!(
                bars.iter().map(span).collect::<Vec<_>>(),
                values.values(1).map(|(bar, _)| span(bar)).collect::<Vec<_>>()
            );
            prop_assert!(values.values(0).all(|(_, mean)| mean.get().is_none()));
            let sum: f64 = values.values(1).map(|(_, value)| value.sum()).sum();
            prop_assert!((sum - total).abs() <= 1e-9 * total.max(1.0), "{} {}", sum, total);
        }
    }
}
