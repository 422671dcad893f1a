//! The numbers beside intervals that are merged: they are loaded in pieces of a row and needed call by call.

use crate::profile::{Intervals, Number};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Values of columns that were loaded and whose calls have not come yet.
#[derive(Default)]
pub(super) struct Waiting {
    /// Row of the profile to its place among the merged rows.
    places: FxHashMap<usize, usize>,
    columns: Vec<String>,
    /// By place of the row, then by column.
    values: Vec<Vec<VecDeque<Option<Number>>>>,
}

impl Waiting {
    /// For these columns of these rows, in the order in which they are merged.
    pub(super) fn new(rows: &[usize], columns: impl Iterator<Item = impl Into<String>>) -> Self {
        let columns: Vec<String> = columns.map(Into::into).collect();
        Self {
            places: rows
                .iter()
                .enumerate()
                .map(|(place, &row)| (row, place))
                .collect(),
            values: vec![vec![VecDeque::new(); columns.len()]; rows.len()],
            columns,
        }
    }

    /// The columns.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Takes the next intervals of a row.
    pub(super) fn load(&mut self, row: usize, chunk: &Intervals) {
        let Some(&place) = self.places.get(&row) else {
            return;
        };
        for (name, values) in self.columns.iter().zip(&mut self.values[place]) {
            match chunk.column(name) {
                Some(numbers) => values.extend(numbers.iter()),
                None => values.extend(std::iter::repeat_n(None, chunk.len())),
            }
        }
    }

    /// Those of the next call of a merged row, by its place: one for each column.
    pub(super) fn next(&mut self, place: usize) -> impl Iterator<Item = Option<Number>> + '_ {
        let columns = self.values[place].iter_mut();
        columns.map(|values| values.pop_front().flatten())
    }
}
