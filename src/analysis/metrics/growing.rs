//! Metrics as a part of a pass.

use super::span_times::SpanTimes;
use super::{FieldStatistics, Metrics};
use crate::analysis::pass::Observer;
use crate::analysis::selection::RegionFilter;
use crate::error::{Error, Result};
use crate::profile::{ClockAgreement, Field, Intervals, Numbers, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that are kept for percentiles, in 32 MiB.
pub(in crate::analysis) const MOST_KEPT: usize = 1 << 22;

/// [`Metrics`] that grow while a [pass](crate::analysis::pass) goes on, beside other observers.
pub struct GrowingMetrics<'a> {
    source: &'a dyn Source,
    /// As indices into [`Source::fields`].
    fields: Vec<usize>,
    /// The places in `fields` of those that a row has; by row, without those that have none.
    rows: BTreeMap<usize, Vec<usize>>,
    /// By index into [`Source::names`].
    regions: BTreeMap<usize, Vec<FieldStatistics>>,
    /// Of rows with spans that were entered several times.
    spans: BTreeMap<usize, SpanTimes>,
    /// Whether times of different ranks cannot be compared.
    own_clocks: bool,
    room: usize,
}

impl<'a> GrowingMetrics<'a> {
    /// Of these fields, in the chosen regions and ranks.
    ///
    /// # Errors
    ///
    /// When there is no such field, a chosen rank is not there, no region is left, or intervals cannot be read: those
    /// of very many spans that were entered several times are looked at before the pass.
    pub fn new(source: &'a dyn Source, filter: &RegionFilter, fields: &[impl AsRef<str>]) -> Result<Self> {
        let found = fields.iter().map(|name| field_of(source, name.as_ref()));
        let found = found.collect::<Result<Vec<_>>>()?;
        Self::with(source, filter, found)
    }

    /// Of all fields, in the order of the source.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn all(source: &'a dyn Source, filter: &RegionFilter) -> Result<Self> {
        Self::with(source, filter, (0..source.fields().len()).collect())
    }

    fn with(source: &'a dyn Source, filter: &RegionFilter, fields: Vec<usize>) -> Result<Self> {
        let (mut rows, mut spans) = (BTreeMap::new(), BTreeMap::new());
        for row in filter.rows(source)? {
            let of_row = source.fields_of(row);
            let places = fields
                .iter()
                .enumerate()
                .filter(|(_, field)| of_row.contains(field));
            let places: Vec<usize> = places.map(|(place, _)| place).collect();
            if !places.is_empty() {
                rows.insert(row, places);
                spans.extend(SpanTimes::of_row(source, row)?.map(|of_row| (row, of_row)));
            }
        }
        Ok(Self {
            own_clocks: source.clocks(&source.ranks()) == ClockAgreement::Unknown,
            spans,
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

/// The place of this field in [`Source::fields`], and those of some rows that have it.
///
/// # Errors
///
/// When there is no such field, or none of these rows has it.
pub(crate) fn field_of_rows(
    source: &dyn Source,
    rows: &[usize],
    name: &str,
) -> Result<(usize, BTreeSet<usize>)> {
    let field = field_of(source, name)?;
    let has = |row: &usize| source.fields_of(*row).contains(&field);
    let rows: BTreeSet<usize> = rows.iter().copied().filter(has).collect();
    if rows.is_empty() {
        return Err(none_has(name));
    }
    Ok((field, rows))
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
        let columns = places.map(|&place| self.source.fields()[self.fields[place]].column());
        let span = self.spans.contains_key(&row).then_some(Intervals::SPAN);
        columns.chain(span).collect()
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let Some(places) = self.rows.get(&row) else {
            return Ok(());
        };
        let of_row = &self.source.rows()[row];
        let new = || vec![FieldStatistics::default(); self.fields.len()];
        let of_region = self.regions.entry(of_row.name).or_insert_with(new);
        let mut of_spans = self.spans.get_mut(&row);
        let spans = chunk.column(Intervals::SPAN).and_then(Numbers::whole);
        let clock = if self.own_clocks { of_row.rank } else { 0 };
        for &place in places {
            let column = self.source.fields()[self.fields[place]].column();
            let Some(numbers) = chunk.column(column) else {
                continue;
            };
            let field = &mut of_region[place];
            for (at, (number, call)) in numbers.iter().zip(chunk.iter()).enumerate() {
                let Some(number) = number else { continue };
                let keeps = self.room > 0;
                self.room -= usize::from(keeps);
                field.add(number, (clock, call.start_ns), keeps);
                let is_of_span = match (&mut of_spans, spans) {
                    (Some(of_spans), Some(spans)) => of_spans.take(spans[at], place),
                    _ => false,
                };
                if !is_of_span {
                    field.add_time(call.end_ns.saturating_sub(call.start_ns));
                }
            }
        }
        if let Some(of_spans) = of_spans {
            of_spans.chunk(chunk, of_region);
        }
        Ok(())
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        if let Some(of_spans) = self.spans.remove(&row) {
            let region = self.source.rows()[row].name;
            if let Some(of_region) = self.regions.get_mut(&region) {
                of_spans.end(of_region);
            }
        }
        Ok(())
    }
}
