//! The numbers of calls on their way from the rows that are read to the lanes that their calls are in.

use crate::profile::{Intervals, Number, Source};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Takes the numbers of rows while they are read, and hands them out call by call: calls of a rank come in one order,
/// in which those of a row keep theirs.
pub(super) struct CallNumbers<'a> {
    source: &'a dyn Source,
    /// Those that are asked for, as indices into [`Source::fields`].
    fields: Vec<usize>,
    /// By row: of calls that are yet to come, those of one call beside each other.
    waiting: FxHashMap<usize, VecDeque<Option<f64>>>,
    /// The smallest and the largest of each field so far.
    ranges: Vec<Option<(f64, f64)>>,
}

impl<'a> CallNumbers<'a> {
    pub(super) fn new(source: &'a dyn Source, fields: Vec<usize>) -> Self {
        Self {
            source,
            ranges: vec![None; fields.len()],
            fields,
            waiting: FxHashMap::default(),
        }
    }

    /// How many fields are asked for.
    #[cfg(feature = "plot")]
    pub(super) fn fields(&self) -> usize {
        self.fields.len()
    }

    /// Whether a row has any of them.
    #[cfg(feature = "plot")]
    pub(super) fn has(&self, row: usize) -> bool {
        self.fields_of(row).next().is_some()
    }

    /// Their columns in a row.
    #[cfg(feature = "plot")]
    pub(super) fn columns(&self, row: usize) -> Vec<&str> {
        self.fields_of(row).map(|(_, column)| column).collect()
    }

    /// The place of each field that a row has, and its column.
    fn fields_of(&self, row: usize) -> impl Iterator<Item = (usize, &'a str)> + '_ {
        let source = self.source;
        let of_row = source.fields_of(row);
        let asked = self.fields.iter().enumerate();
        let asked = asked.filter(move |(_, field)| of_row.contains(field));
        asked.map(move |(place, &field)| (place, source.fields()[field].column()))
    }

    /// The numbers of a piece of a row, those of one call beside each other.
    pub(super) fn of(&mut self, row: usize, chunk: &Intervals) -> Vec<Option<f64>> {
        let mut numbers = vec![None; chunk.len() * self.fields.len()];
        let columns: Vec<(usize, &str)> = self.fields_of(row).collect();
        for (place, column) in columns {
            let Some(column) = chunk.column(column) else {
                continue;
            };
            let range = &mut self.ranges[place];
            let places = numbers.iter_mut().skip(place).step_by(self.fields.len());
            for (to, number) in places.zip(column.iter()) {
                *to = number.map(Number::as_f64);
                if let Some(x) = to.filter(|x| x.is_finite()) {
                    let (low, high) = range.unwrap_or((x, x));
                    *range = Some((low.min(x), high.max(x)));
                }
            }
        }
        numbers
    }

    /// The smallest and the largest number of each field; none without any.
    #[cfg(feature = "plot")]
    pub(super) fn into_ranges(self) -> Vec<Option<(f64, f64)>> {
        self.ranges
    }

    /// Takes those of a piece of a row whose calls are yet to come.
    pub(super) fn take(&mut self, row: usize, chunk: &Intervals) {
        let numbers = self.of(row, chunk);
        self.waiting.entry(row).or_default().extend(numbers);
    }

    /// Those of the next call of a row.
    pub(super) fn next(&mut self, row: usize) -> impl Iterator<Item = Option<f64>> + '_ {
        let mut waiting = self.waiting.get_mut(&row);
        (0..self.fields.len()).map(move |_| waiting.as_mut()?.pop_front()?)
    }

    /// All calls of a rank have come.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
