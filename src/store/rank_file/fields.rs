//! The numbers in a log: which regions have which fields, and the numbers as rows that are sorted like intervals.

use crate::event::Event;
use crate::note::NumberNote;
use crate::profile::{Field, Number, Numbers};
use crate::span_numbers::FromOutside;
use crate::store::columns::Entry;
use crate::store::rank_log::NumberAt;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What is found of fields while a log is read through.
#[derive(Debug, Default)]
pub(super) struct FoundFields {
    names: BTreeMap<u32, Field>,
    /// By region and field: whether a number is none that can be kept as a whole one.
    floats: FxHashMap<(u32, u32), bool>,
}

impl FoundFields {
    pub(super) fn name(&mut self, field: u32, name: &str, unit: &str) {
        let named = Field::new(name);
        let named = if unit.is_empty() {
            named
        } else {
            named.with_unit(unit)
        };
        self.names.insert(field, named);
    }

    /// Takes note of the numbers of some intervals.
    pub(super) fn count(&mut self, events: &[Event], numbers: &[NumberAt]) {
        for &NumberAt { at, field, number } in numbers {
            self.count_one(events[at as usize].region, NumberNote { field, number });
        }
    }

    /// The same of one, of an interval of this region.
    pub(super) fn count_one(&mut self, region: u32, number: NumberNote) {
        let is_float = match number.number {
            Number::Int(n) => n == Numbers::ABSENT,
            Number::Float(_) => true,
        };
        *self.floats.entry((region, number.field)).or_default() |= is_float;
    }
}

/// A field of a region. Its numbers are rows of their own, one for each interval of the region, with the number in the
/// place of thread and span: they are sorted as the intervals are, and end up in the same order.
#[derive(Clone, Debug)]
pub(super) struct RegionField {
    number: u32,
    /// Its place among those of all regions.
    place: usize,
    is_float: bool,
}

/// The fields of all regions.
#[derive(Debug, Default)]
pub(super) struct LogFields {
    names: BTreeMap<u32, Field>,
    of_regions: FxHashMap<u32, Vec<RegionField>>,
    len: usize,
}

impl LogFields {
    pub(super) fn new(found: FoundFields) -> Self {
        let mut fields = Self {
            names: found.names,
            len: found.floats.len(),
            ..Self::default()
        };
        let mut order: Vec<((u32, u32), bool)> = found.floats.into_iter().collect();
        order.sort_unstable();
        for (place, ((region, number), is_float)) in order.into_iter().enumerate() {
            let unnamed = || Field::new(&format!("field {number}"));
            fields.names.entry(number).or_insert_with(unnamed);
            fields.of_regions.entry(region).or_default().push(RegionField {
                number,
                place,
                is_float,
            });
        }
        fields
    }

    /// Those of a region.
    pub(super) fn of(&self, region: u32) -> &[RegionField] {
        self.of_regions.get(&region).map_or(&[], Vec::as_slice)
    }

    /// How many fields of regions there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The name and the unit of a field.
    pub(super) fn name(&self, field: &RegionField) -> &Field {
        &self.names[&field.number]
    }
}

impl RegionField {
    /// Its place among those of all regions.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// The row of an interval with these numbers, and those from outside it; of two of the field the last counts.
    pub(super) fn row(&self, interval: Entry, numbers: &[NumberAt], outside: FromOutside<'_>) -> Entry {
        let FromOutside { before, after } = outside;
        let outside = |notes: &[NumberNote]| {
            let note = notes.iter().rfind(|note| note.field == self.number)?;
            Some(note.number)
        };
        let inside = || {
            let number = numbers.iter().rfind(|number| number.field == self.number)?;
            Some(number.number)
        };
        let number = outside(after).or_else(inside).or_else(|| outside(before));
        let bits = if self.is_float {
            number.map_or(f64::NAN, Number::as_f64).to_bits()
        } else {
            match number {
                Some(Number::Int(n)) => n as u64,
                _ => Numbers::ABSENT as u64,
            }
        };
        Entry {
            thread: bits as u32,
            span: (bits >> 32) as u32,
            ..interval
        }
    }

    /// The numbers in some rows.
    pub(super) fn numbers(&self, rows: &[Entry]) -> Numbers {
        let bits = |row: &Entry| u64::from(row.thread) | u64::from(row.span) << 32;
        if self.is_float {
            Numbers::Float(rows.iter().map(|row| f64::from_bits(bits(row))).collect())
        } else {
            Numbers::Int(rows.iter().map(|row| bits(row) as i64).collect())
        }
    }
}

/// Goes through the numbers of the calls of a block.
pub(super) struct NumbersOfCalls<'a>(&'a [NumberAt]);

impl<'a> NumbersOfCalls<'a> {
    pub(super) fn new(numbers: &'a [NumberAt]) -> Self {
        Self(numbers)
    }

    /// Those of the call at this place. Places ascend.
    #[inline]
    pub(super) fn of(&mut self, at: usize) -> &'a [NumberAt] {
        if self.0.is_empty() {
            return &[];
        }
        let first = self.0.partition_point(|number| (number.at as usize) < at);
        let rest = &self.0[first..];
        let len = rest.iter().take_while(|number| number.at as usize == at).count();
        let (of_call, rest) = rest.split_at(len);
        self.0 = rest;
        of_call
    }
}
