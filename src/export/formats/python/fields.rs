//! The numeric fields of the events of all rows, which share a column for each field.

use crate::error::Result;
use crate::export::Selected;
use crate::profile::{Field, Intervals, Number, Numbers};
use crate::store::field_columns::{FieldColumn, FieldColumns};
use crate::store::hdf5::NewGroup;
use std::ops::Range;

/// A mask of 64 bits has no room for more.
const MOST_IN_MASK: usize = 63;

/// The columns of fields while they are written.
pub(super) struct EventFields<'a> {
    columns: FieldColumns<'a>,
    fields: Vec<OneField<'a>>,
}

struct OneField<'a> {
    field: &'a Field,
    /// Whether its numbers in any row are no whole ones.
    is_float: bool,
    column: FieldColumn,
}

impl<'a> EventFields<'a> {
    /// Of the selected rows, whose events have their columns in `group`, and are so many.
    pub(super) fn new(group: &'a NewGroup, profile: &Selected<'a>, events: usize) -> Result<Self> {
        let fields = profile.fields_of(profile.rows()).into_iter();
        let mut fields: Vec<OneField<'a>> = fields
            .map(|field| OneField {
                field,
                is_float: false,
                column: FieldColumn::default(),
            })
            .collect();
        let source = profile.source();
        for &row in profile.rows() {
            let of_row = source.fields_of(row).iter().map(|&field| &source.fields()[field]);
            let mut first = of_row.fold(Intervals::new(), |all, field| all.with_column(field.column()));
            let intervals = source.rows()[row].intervals;
            source.read(row, 0..intervals.min(1), &mut first)?;
            for one in &mut fields {
                // Whole or not, that is the same for all calls of a row.
                one.is_float |= matches!(first.column(one.field.column()), Some(Numbers::Float(_)));
            }
        }
        Ok(Self {
            columns: FieldColumns::new(group, events),
            fields,
        })
    }

    /// What to read with the calls of a row.
    pub(super) fn wanted(&self, buffer: Intervals) -> Intervals {
        let fields = self.fields.iter();
        fields.fold(buffer, |all, one| all.with_column(one.field.column()))
    }

    /// Writes the numbers of events that are at this place. Gives which fields they have numbers of, a bit for each.
    pub(super) fn write(&mut self, chunk: &Intervals, at: &Range<usize>) -> Result<u64> {
        let mut mask = 0;
        for (place, one) in self.fields.iter_mut().enumerate() {
            let Some(numbers) = chunk.column(one.field.column()) else {
                continue;
            };
            if place < MOST_IN_MASK && numbers.iter().any(|number| number.is_some()) {
                mask |= 1 << place;
            }
            one.column.skip_to(at.start)?;
            match numbers {
                Numbers::Int(_) if one.is_float => {
                    let float = |number: Option<Number>| number.map_or(f64::NAN, Number::as_f64);
                    let floats = Numbers::Float(numbers.iter().map(float).collect());
                    self.columns.write(one.field, &mut one.column, &floats)?;
                }
                numbers => self.columns.write(one.field, &mut one.column, numbers)?,
            }
        }
        Ok(mask)
    }

    /// Ends the columns. Gives the bit of each that is in the file, in the order of their names there; none where
    /// there are too many for a mask.
    pub(super) fn finish(self) -> Result<Option<Vec<usize>>> {
        let fit = self.fields.len() <= MOST_IN_MASK;
        let fields = self.fields.iter().enumerate();
        let mut named: Vec<(&str, usize)> = fields
            .filter_map(|(place, one)| Some((one.column.name()?, place)))
            .collect();
        named.sort_unstable();
        let bits = named.into_iter().map(|(_, place)| place).collect();
        for one in self.fields {
            self.columns.finish(one.column)?;
        }
        Ok(fit.then_some(bits))
    }
}
