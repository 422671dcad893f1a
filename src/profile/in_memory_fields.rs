//! The numbers of calls in a profile in memory, while it is built.

use super::{Field, Intervals, Number, Numbers};
use std::collections::BTreeMap;

/// The fields that were named so far, in order of appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldNames(Vec<Field>);

impl FieldNames {
    /// The number of the field of this name, known or new.
    pub(super) fn number_of(&mut self, name: &str) -> usize {
        let known = self.0.iter().position(|field| field.name() == name);
        known.unwrap_or_else(|| {
            self.0.push(Field::new(name));
            self.0.len() - 1
        })
    }

    pub(super) fn set_unit(&mut self, field: usize, unit: String) {
        self.0[field] = Field::new(self.0[field].name()).with_unit(unit);
    }

    pub(super) fn into_list(self) -> Vec<Field> {
        self.0
    }
}

/// The numbers of a row by field and by the place of their interval.
#[derive(Clone, Debug, Default)]
pub(super) struct RowNumbers(BTreeMap<usize, BTreeMap<usize, Number>>);

impl RowNumbers {
    pub(super) fn set(&mut self, field: usize, at: usize, number: Number) {
        self.0.entry(field).or_default().insert(at, number);
    }

    /// The intervals, in the order in which they came, with a column for each field; and which fields these are.
    pub(super) fn put_into(&self, mut intervals: Intervals, fields: &[Field]) -> (Intervals, Vec<usize>) {
        for (&field, numbers) in &self.0 {
            let column = fields[field].column();
            let all: Numbers = (0..intervals.len()).map(|at| numbers.get(&at).copied()).collect();
            intervals = intervals.with_column(column);
            intervals.set_column(column, all);
        }
        (intervals, self.0.keys().copied().collect())
    }
}
