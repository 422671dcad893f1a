//! Columns of a time axis whose length need not be known.

use crate::analysis::lane::{level_for, offset};
use std::collections::BTreeMap;

/// What is known of the calls that begin in a column.
pub(super) trait Content: Clone + Default {
    /// Adds what another column has.
    fn unite(&mut self, other: &Self);
}

/// Columns of 2^level ns, counted from the clock's zero: where the time axis grows too long for its number of columns,
/// two neighbours become one.
#[derive(Clone, Debug)]
pub(super) struct Columns<T> {
    most: u64,
    level: u32,
    columns: BTreeMap<i64, T>,
}

impl<T: Content> Columns<T> {
    /// At least so many columns, and less than twice as many, of a time axis of at least `span` ns.
    pub(super) fn new(columns: u64, span: u64) -> Self {
        Self {
            most: columns,
            level: level_for(span, columns),
            columns: BTreeMap::new(),
        }
    }

    /// Its columns are 2^level ns.
    pub(super) fn level(&self) -> u32 {
        self.level
    }

    /// How many columns have any call.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// The column at this place.
    pub(super) fn at(&mut self, place: i64) -> &mut T {
        self.columns.entry(place).or_default()
    }

    /// What the columns have, in order of time.
    pub(super) fn contents(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.columns.values()
    }

    /// As [`contents`](Self::contents), each with the time that it is of on an axis from `origin` to `end`, ns.
    pub(super) fn on_axis(&self, origin: i64, end: i64) -> impl Iterator<Item = (i64, i64, &T)> {
        let level = self.level;
        self.columns.iter().map(move |(&place, content)| {
            let from = place.saturating_mul(1 << level).clamp(origin, end.max(origin));
            let to = place.saturating_add(1).saturating_mul(1 << level);
            let to = to.clamp(from, end.max(from));
            (offset(origin, from), offset(origin, to), content)
        })
    }

    /// Unites columns where there are too many.
    pub(super) fn coarsen_as_needed(&mut self) {
        let Some((&first, &last)) = self.columns.keys().next().zip(self.columns.keys().next_back()) else {
            return;
        };
        let columns = last.wrapping_sub(first) as u64;
        if columns >= 2 * self.most {
            self.coarsen_to(self.level + level_for(columns, self.most));
        }
    }

    /// Makes columns of 2^level ns, unless they are as long already.
    pub(super) fn coarsen_to(&mut self, level: u32) {
        let by = level.saturating_sub(self.level);
        if by == 0 {
            return;
        }
        self.level = level;
        let mut coarse: BTreeMap<i64, T> = BTreeMap::new();
        for (place, content) in std::mem::take(&mut self.columns) {
            coarse.entry(place >> by).or_default().unite(&content);
        }
        self.columns = coarse;
    }
}
