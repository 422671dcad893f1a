//! The numbers of calls in a profile in memory, while it is built.

use super::{Field, Intervals, Number, Numbers};
use std::collections::BTreeMap;

/// The fields that calls had numbers of so far, in order of appearance, and what is known of units.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldNames {
    names: Vec<String>,
    units: BTreeMap<String, String>,
}

impl FieldNames {
    /// The number of the field of this name, known or new.
    pub(super) fn number_of(&mut self, name: &str) -> usize {
        let known = self.names.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    /// Sets the unit of a field that there is or will be.
    pub(super) fn set_unit(&mut self, field: &str, unit: String) {
        self.units.insert(field.to_owned(), unit);
    }

    pub(super) fn list(&self) -> Vec<Field> {
        let field = |name: &String| match self.units.get(name) {
            Some(unit) => Field::new(name).with_unit(unit),
            None => Field::new(name),
        };
        self.names.iter().map(field).collect()
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
