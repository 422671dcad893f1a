//! The numbers of the intervals of one region.

use crate::note::NumberNote;
use crate::profile::{Number, Numbers};
use crate::span_numbers::FromOutside;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers by field and interval. Intervals have numbers of their own, which go along when they are sorted.
#[derive(Debug, Default)]
pub(super) struct CallNumbers {
    /// The number of each interval, in the order of the intervals; empty before any has a number of a field.
    ids: Vec<u32>,
    fields: BTreeMap<u32, OfField>,
    /// Those that were recorded before and after the interval; they may turn out to be of another one.
    before: BTreeMap<u32, OfField>,
    after: BTreeMap<u32, OfField>,
}

#[derive(Debug, Default)]
struct OfField {
    by_id: FxHashMap<u32, Number>,
    is_float: bool,
}

impl CallNumbers {
    /// More intervals have been added: there are `len` now.
    pub(super) fn follow(&mut self, len: usize) {
        if !self.ids.is_empty() {
            self.ids.extend(self.ids.len() as u32..len as u32);
        }
    }

    /// The interval at this place, one of those that were added last, has this number.
    pub(super) fn add(&mut self, len: usize, place: usize, field: u32, number: Number) {
        let id = self.known_id(len, place);
        self.fields.entry(field).or_default().add(id, number);
    }

    /// The interval at this place has these numbers from outside it.
    pub(super) fn add_outside(&mut self, len: usize, place: usize, outside: FromOutside<'_>) {
        for NumberNote { field, number } in outside.before {
            let id = self.known_id(len, place);
            self.before.entry(*field).or_default().add(id, *number);
        }
        for NumberNote { field, number } in outside.after {
            let id = self.known_id(len, place);
            self.after.entry(*field).or_default().add(id, *number);
        }
    }

    /// No interval has a number from outside it.
    pub(super) fn forget_outside(&mut self) {
        self.before.clear();
        self.after.clear();
    }

    fn known_id(&mut self, len: usize, place: usize) -> u32 {
        if self.ids.is_empty() {
            self.ids.extend(0..len as u32);
        }
        self.ids[place]
    }

    /// The fields that there are numbers of.
    pub(super) fn fields(&self) -> impl Iterator<Item = u32> + use<> {
        let all = [&self.fields, &self.before, &self.after];
        let all: BTreeSet<u32> = all.into_iter().flat_map(BTreeMap::keys).copied().collect();
        all.into_iter()
    }

    /// The numbers of the intervals from `first` on, to be sorted with them; none where no interval has any.
    pub(super) fn ids_from(&mut self, first: usize) -> Option<&mut [u32]> {
        self.ids.get_mut(first..).filter(|ids| !ids.is_empty())
    }

    /// What stands for the interval at this place.
    pub(super) fn id(&self, place: usize) -> u32 {
        self.ids.get(place).copied().unwrap_or(0)
    }

    /// The numbers of a field, one for each of these intervals; none where no interval has any.
    pub(super) fn of(&self, field: u32, ids: impl Iterator<Item = u32>) -> Option<Numbers> {
        let known = [&self.after, &self.fields, &self.before].map(|numbers| numbers.get(&field));
        let mut known = known.into_iter().flatten().peekable();
        known.peek()?;
        let known: Vec<&OfField> = known.collect();
        let numbers = ids.map(|id| known.iter().find_map(|of_field| of_field.by_id.get(&id)).copied());
        if known.iter().any(|of_field| of_field.is_float) {
            let float = |number: Option<Number>| number.map_or(f64::NAN, Number::as_f64);
            return Some(Numbers::Float(numbers.map(float).collect()));
        }
        Some(numbers.collect())
    }
}

impl OfField {
    fn add(&mut self, id: u32, number: Number) {
        self.is_float |= !matches!(number, Number::Int(n) if n != Numbers::ABSENT);
        self.by_id.insert(id, number);
    }
}
