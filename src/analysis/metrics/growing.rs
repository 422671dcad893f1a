//! Metrics as a part of a pass.

use super::{FieldStatistics, Metrics};
use crate::analysis::pass::Observer;
use crate::analysis::selection::RegionFilter;
use crate::error::{Error, Result};
use crate::profile::{Field, Intervals, Source};
use std::collections::BTreeMap;

/// Numbers that are kept for percentiles, in 32 MiB.
const MOST_KEPT: usize = 1 << 22;

/// [`Metrics`] that grow while a [pass](crate::analysis::pass) goes on, beside other observers.
pub struct GrowingMetrics<'a> {
    source: &'a dyn Source,
    /// As indices into [`Source::fields`].
    fields: Vec<usize>,
    /// The places in `fields` of those that a row has; by row, without those that have none.
    rows: BTreeMap<usize, Vec<usize>>,
    /// By index into [`Source::names`].
    regions: BTreeMap<usize, Vec<FieldStatistics>>,
    room: usize,
}

impl<'a> GrowingMetrics<'a> {
    /// Of these fields, in the chosen regions and ranks.
    ///
    /// # Errors
    ///
    /// When there is no such field, a chosen rank is not there, or no region is left.
    pub fn new(source: &'a dyn Source, filter: &RegionFilter, fields: &[impl AsRef<str>]) -> Result<Self> {
        let found = fields.iter().map(|name| field_of(source, name.as_ref()));
        let found = found.collect::<Result<Vec<_>>>()?;
        Self::with(source, filter, found)
    }

    /// Of all fields, in the order of the source.
    ///
    /// # Errors
    ///
    /// When a chosen rank is not there, or no region is left.
    pub fn all(source: &'a dyn Source, filter: &RegionFilter) -> Result<Self> {
        Self::with(source, filter, (0..source.fields().len()).collect())
    }

    fn with(source: &'a dyn Source, filter: &RegionFilter, fields: Vec<usize>) -> Result<Self> {
        let mut rows = BTreeMap::new();
        for row in filter.rows(source)? {
            let of_row = source.fields_of(row);
            let places = fields
                .iter()
                .enumerate()
                .filter(|(_, field)| of_row.contains(field));
            let places: Vec<usize> = places.map(|(place, _)| place).collect();
            if !places.is_empty() {
                rows.insert(row, places);
            }
        }
        Ok(Self {
            source,
            fields,
            rows,
            regions: BTreeMap::new(),
            room: MOST_KEPT,
        })
    }

    /// The metrics, when the pass is over.
    #[must_use]
    pub fn finish(mut self) -> Metrics {
        let fields = self
            .fields
            .iter()
            .map(|&field| self.source.fields()[field].clone());
        self.regions
            .values_mut()
            .flatten()
            .for_each(FieldStatistics::sort);
        let names = self.source.names();
        Metrics {
            fields: fields.collect(),
            regions: self
                .regions
                .into_iter()
                .map(|(name, of_region)| (names[name].clone(), of_region))
                .collect(),
        }
    }
}

/// The place of this field in [`Source::fields`].
pub(crate) fn field_of(source: &dyn Source, name: &str) -> Result<usize> {
    let all = source.fields();
    let place = all.iter().position(|field| field.name() == name);
    place.ok_or_else(|| no_such_field(name, all))
}

/// Where no call of what was chosen has this field.
pub(crate) fn none_has(field: &str) -> Error {
    Error::not_found(format!(
        "no call of these regions and ranks has the field {field:?}"
    ))
}

fn no_such_field(name: &str, all: &[Field]) -> Error {
    let known: Vec<&str> = all.iter().map(Field::name).collect();
    Error::not_found(match known.as_slice() {
        [] => format!("there is no field {name:?}: no call of this profile has numbers, see docs/numbers.md"),
        known => format!("there is no field {name:?}; the profile has {}", known.join(", ")),
    })
}

impl Observer for GrowingMetrics<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.rows.contains_key(&row)
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        let places = self.rows.get(&row).into_iter().flatten();
        places
            .map(|&place| self.source.fields()[self.fields[place]].column())
            .collect()
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let Some(places) = self.rows.get(&row) else {
            return Ok(());
        };
        let name = self.source.rows()[row].name;
        let new = || vec![FieldStatistics::default(); self.fields.len()];
        let of_region = self.regions.entry(name).or_insert_with(new);
        for &place in places {
            let column = self.source.fields()[self.fields[place]].column();
            let Some(numbers) = chunk.column(column) else {
                continue;
            };
            for (number, duration) in numbers.iter().zip(chunk.durations()) {
                let Some(number) = number else { continue };
                let keeps = self.room > 0;
                self.room -= usize::from(keeps);
                of_region[place].add(number, duration, keeps);
            }
        }
        Ok(())
    }
}
