//! The names of the regions, and a row for each region and rank.

use crate::error::Result;
use crate::export::Selected;
use crate::export::formats::python_lanes::NOT_KNOWN;
use crate::export::formats::python_metadata;
use crate::profile::{Intervals, Origin, Statistics};
use crate::store::hdf5::{NewFile, NewGroup, Summary};
use crate::store::names::columnar;
use crate::store::region_names::RegionNames;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A region on a rank, and what its events sum up to.
pub(super) struct IndexRow {
    offset: u64,
    durations: Statistics,
    summary: Summary,
    /// Which fields its events have numbers of.
    pub(super) field_mask: u64,
}

impl IndexRow {
    /// Without events yet; the first will be event number `offset` of the file.
    pub(super) fn new(offset: u64) -> Self {
        Self {
            offset,
            durations: Statistics::new(),
            summary: Summary::default(),
            field_mask: 0,
        }
    }

    /// Takes the next events.
    pub(super) fn add(&mut self, chunk: &Intervals) {
        let (Some(first), Some(last)) = (chunk.durations().next(), chunk.durations().last()) else {
            return;
        };
        let is_first = self.durations.count() == 0;
        self.durations.extend(chunk.durations());
        let summary = &mut self.summary;
        let start = chunk.starts().iter().copied().min().unwrap_or(0);
        let end = chunk.ends().iter().copied().max().unwrap_or(0);
        if is_first {
            (summary.first, summary.start_minimum, summary.end_maximum) = (first, start, end);
        }
        summary.last = last;
        summary.start_minimum = summary.start_minimum.min(start);
        summary.end_maximum = summary.end_maximum.max(end);
        let gpu = chunk.column(Intervals::GPU).and_then(|numbers| numbers.whole());
        for &ns in gpu.unwrap_or_default().iter().filter(|&&ns| ns >= 0) {
            summary.gpu_count += 1;
            summary.gpu_total = summary.gpu_total.saturating_add(ns);
        }
    }

    fn summary(&self) -> Summary {
        let durations = &self.durations;
        Summary {
            total: durations.total_ns(),
            minimum: durations.min_ns().unwrap_or(0),
            maximum: durations.max_ns().unwrap_or(0),
            mean: durations.mean_ns(),
            m2: durations.m2(),
            ..self.summary
        }
    }
}

/// Writes the rows of a profile with events, and of each which of the fields it has that have these bits.
pub(super) fn write(
    file: &NewFile,
    profile: &Selected<'_>,
    rows: Vec<IndexRow>,
    fields: Option<Vec<usize>>,
) -> Result<()> {
    let index = of_rows(file, profile)?;
    let counts: Vec<u64> = rows.iter().map(|row| row.durations.count()).collect();
    let offsets: Vec<u64> = rows.iter().map(|row| row.offset).collect();
    let summaries: Vec<Summary> = rows.iter().map(IndexRow::summary).collect();
    index.values(columnar::EVENT_OFFSETS, &offsets)?;
    index.values(columnar::EVENT_COUNTS, &counts)?;
    index.table(columnar::SUMMARY_STATISTICS, &summaries)?;
    if let Some(fields) = fields.filter(|fields| !fields.is_empty()) {
        let mask = |row: &IndexRow| {
            let bits = fields.iter().enumerate();
            bits.fold(0, |mask: i64, (to, from)| {
                mask | ((row.field_mask >> from & 1) << to) as i64
            })
        };
        let masks: Vec<i64> = rows.iter().map(mask).collect();
        index.values(columnar::FIELD_MASKS, &masks)?;
    }
    index.values(columnar::EXCLUSIVE_TOTALS, &exclusive_totals(profile)?)?;
    let of_calls: Vec<String> = profile
        .rows()
        .iter()
        .map(|&row| of_calls(profile, row))
        .collect::<Result<_>>()?;
    index.texts(columnar::EVENT_METADATA, of_calls.iter().map(String::as_str))
}

/// Writes the rows of a profile of sums alone.
pub(super) fn write_sums(file: &NewFile, profile: &Selected<'_>) -> Result<()> {
    let index = of_rows(file, profile)?;
    let rows = profile.rows().iter();
    let sums: Vec<_> = rows.map(|&row| profile.source().row_facts(row).sums).collect();
    let durations = || {
        sums.iter()
            .map(|sums| sums.map_or(Statistics::new(), |sums| sums.statistics))
    };
    let numbers = |name, numbers: Vec<i64>| index.values(name, &numbers);
    let counts: Vec<u64> = durations().map(|durations| durations.count()).collect();
    index.values(columnar::AGGREGATE_COUNTS, &counts)?;
    numbers(
        columnar::AGGREGATE_TOTALS,
        durations().map(|durations| durations.total_ns()).collect(),
    )?;
    numbers(
        columnar::AGGREGATE_MINIMUMS,
        durations()
            .map(|durations| durations.min_ns().unwrap_or(0))
            .collect(),
    )?;
    numbers(
        columnar::AGGREGATE_MAXIMUMS,
        durations()
            .map(|durations| durations.max_ns().unwrap_or(0))
            .collect(),
    )?;
    numbers(
        columnar::AGGREGATE_EXCLUSIVES,
        sums.iter()
            .map(|sums| sums.map_or(0, |sums| sums.exclusive_ns))
            .collect(),
    )
}

/// The names, and the columns of the index that every file has.
fn of_rows(file: &NewFile, profile: &Selected<'_>) -> Result<NewGroup> {
    let source = profile.source();
    let rows = profile.rows().iter();
    // In the order of the file, as far as they are used.
    let numbers: BTreeMap<usize, u32> = {
        let mut used: Vec<usize> = rows.clone().map(|&row| source.rows()[row].name).collect();
        used.sort_unstable();
        used.dedup();
        used.into_iter().zip(0..).collect()
    };
    let mut different = RegionNames::default();
    let names: Vec<Cow<'_, str>> = numbers
        .iter()
        .map(|(&name, &number)| different.of(Some(&source.names()[name]), number))
        .collect();
    let regions = file.create_group(columnar::REGION_TABLE)?;
    regions.texts(columnar::NAMES, names.iter().map(|name| &**name))?;

    let index = file.create_group(columnar::INDEX)?;
    let ids: Vec<u32> = rows
        .clone()
        .map(|&row| numbers[&source.rows()[row].name])
        .collect();
    let ranks: Vec<u32> = rows.clone().map(|&row| profile.rank(row)).collect();
    index.values(columnar::REGION_IDS, &ids)?;
    index.values(columnar::RANKS, &ranks)?;
    let origins: Vec<Origin> = rows.map(|&row| source.origin(row)).collect();
    let line = |origin: &Origin| origin.source_line.map_or(NOT_KNOWN, i64::from);
    let lines: Vec<i64> = origins.iter().map(line).collect();
    index.values(columnar::SOURCE_LINES, &lines)?;
    let tags: Vec<String> = origins
        .iter()
        .map(|origin| Json::from(origin.tags.as_slice()).to_string())
        .collect();
    index.texts(columnar::TAGS, tags.iter().map(String::as_str))?;
    let file = |origin: &'_ Origin| origin.source_file.clone().unwrap_or_default();
    let files: Vec<String> = origins.iter().map(file).collect();
    index.texts(columnar::SOURCE_FILES, files.iter().map(String::as_str))?;
    let text = |origin: &'_ Origin| origin.source_text.clone().unwrap_or_default();
    let texts: Vec<String> = origins.iter().map(text).collect();
    index.texts(columnar::SOURCE_TEXTS, texts.iter().map(String::as_str))?;
    Ok(index)
}

/// The exclusive time of each row, ns; -1 on a rank whose calls do not nest. All regions count, selected or not.
fn exclusive_totals(profile: &Selected<'_>) -> Result<Vec<i64>> {
    let mut totals = BTreeMap::new();
    for rank in profile.rows_by_rank().into_keys() {
        match profile.exclusive_times(rank) {
            Ok(of_rank) => totals.extend(of_rank),
            Err(error) if error.is_not_nested() => {}
            Err(error) => return Err(error),
        }
    }
    let rows = profile.rows().iter();
    Ok(rows
        .map(|row| totals.get(row).copied().unwrap_or(NOT_KNOWN))
        .collect())
}

/// What the program said of each event of a row, as a JSON array.
fn of_calls(profile: &Selected<'_>, row: usize) -> Result<String> {
    let of_calls = python_metadata::of_calls(profile, row)?;
    Ok(Json::from(of_calls.unwrap_or_default()).to_string())
}
