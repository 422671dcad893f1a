//! The statistics of regions as JSON, for programs.
//!
//! ```json
//! {
//!   "file": "profiling_data.h5",
//!   "num_ranks": 2,
//!   "ranks": [0, 1],
//!   "clocks": {"agreement": "within", "bound_ns": 1800},
//!   "metadata": {"label": "heat"},
//!   "regions": {
//!     "solver": {
//!       "ranks": {"0": {"num_calls": 3, "num_intervals": 3, "total_ns": 33, "...": 0}},
//!       "pooled": {"num_calls": 6, "...": 0}
//!     }
//!   }
//! }
//! ```
//!
//! Regions are in order of their first start (those without calls first), ranks in numeric order. All times are nanoseconds:
//! integers where they are sums or extremes, floating-point numbers for means, standard deviations
//! (of the population) and percentiles (linear interpolation). Without calls, statistics are 0 and
//! `first_start_ns` and `last_end_ns` are null. `exclusive_ns` is null where calls of one thread
//! overlap but do not nest. `clocks` says how far times of different ranks can be compared: `same` clock, `within` a
//! bound, or `unknown`, with a bound of null.

use crate::analysis::nesting::own_times_of_rank;
use crate::analysis::selection::RegionFilter;
use crate::error::{Error, Result};
use crate::output;
use crate::profile::{
    ClockAgreement, Intervals, Metadata, Source, Statistics, Value as MetaValue, percentile_of_sorted,
};
use crate::store::reader::ProfilingH5Reader;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Intervals read in one go.
const STEP: u64 = 1 << 16;

/// Writes [`region_statistics`] to a file, which appears when it is complete.
///
/// # Errors
///
/// As [`region_statistics`], and when the file cannot be written.
pub fn write_region_statistics(
    reader: &ProfilingH5Reader,
    filter: &RegionFilter,
    path: impl AsRef<Path>,
) -> Result<()> {
    output::write(
        path.as_ref(),
        "statistics",
        region_statistics(reader, filter)?.as_bytes(),
    )
}

/// The statistics of the chosen regions, for each rank and for all ranks together, as JSON text.
///
/// # Errors
///
/// When a chosen rank is not there, no region is left, or the file cannot be read.
pub fn region_statistics(reader: &ProfilingH5Reader, filter: &RegionFilter) -> Result<String> {
    let rows = filter.rows(reader)?;
    let own_times = own_times(reader, &rows)?;
    let mut by_name: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &row in &rows {
        by_name.entry(reader.rows()[row].name).or_default().push(row);
    }
    let mut regions = Vec::with_capacity(by_name.len());
    for (name, rows) in by_name {
        let mut ranks = Map::new();
        let mut pooled: Option<Sample> = None;
        for row in rows {
            let mut sample = Sample::read(reader, row)?;
            sample.exclusive_ns = own_times.get(&row).copied();
            ranks.insert(reader.rows()[row].rank.to_string(), sample.json());
            match &mut pooled {
                None => pooled = Some(sample),
                Some(pooled) => pooled.merge(sample),
            }
        }
        let Some(mut pooled) = pooled else { continue };
        // The stable sort merges ascending runs, here one for each rank.
        pooled.durations.sort();
        let first = pooled.first_start_ns;
        regions.push((
            first,
            &reader.names()[name],
            json!({ "ranks": ranks, "pooled": pooled.json() }),
        ));
    }
    regions.sort_by_key(|(first, ..)| *first);
    let document = json!({
        "file": reader.path().file_name().map(|name| name.to_string_lossy()),
        "num_ranks": reader.num_ranks(),
        "ranks": reader.ranks(),
        "clocks": clocks(reader),
        "metadata": metadata(reader.metadata()),
        "regions": regions.into_iter().map(|(_, name, region)| (name.clone(), region)).collect::<Map<_, _>>(),
    });
    Ok(format!("{document:#}\n"))
}

/// How far the times of the ranks can be compared.
fn clocks(reader: &ProfilingH5Reader) -> Value {
    let (agreement, bound) = match reader.clocks(reader.ranks()) {
        ClockAgreement::Same => ("same", Some(0)),
        ClockAgreement::Within(ns) => ("within", Some(ns)),
        ClockAgreement::Unknown => ("unknown", None),
    };
    json!({ "agreement": agreement, "bound_ns": bound })
}

/// Exclusive times of the rows on ranks whose calls nest.
fn own_times(source: &dyn Source, rows: &[usize]) -> Result<BTreeMap<usize, i64>> {
    let ranks: BTreeSet<u32> = rows.iter().map(|&row| source.rows()[row].rank).collect();
    let mut own_times = BTreeMap::new();
    for rank in ranks {
        match own_times_of_rank(source, rank) {
            Ok(times) => own_times.extend(times),
            Err(error) if Error::is_not_nested(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(own_times)
}

/// The durations of one region on one rank, or on several.
struct Sample {
    calls: u64,
    durations: Vec<i64>,
    statistics: Statistics,
    first_start_ns: Option<i64>,
    last_end_ns: Option<i64>,
    exclusive_ns: Option<i64>,
}

impl Sample {
    fn read(source: &dyn Source, index: usize) -> Result<Self> {
        let row = &source.rows()[index];
        let mut sample = Self {
            calls: row.calls,
            durations: Vec::new(),
            statistics: Statistics::new(),
            first_start_ns: None,
            last_end_ns: None,
            exclusive_ns: None,
        };
        let mut chunk = Intervals::default();
        let mut at = 0;
        while at < row.intervals {
            let end = row.intervals.min(at + STEP);
            source.read(index, at..end, &mut chunk)?;
            let durations = chunk
                .starts
                .iter()
                .zip(&chunk.ends)
                .map(|(&start, &end)| end.saturating_sub(start));
            sample.durations.extend(durations);
            sample.first_start_ns = sample
                .first_start_ns
                .into_iter()
                .chain(chunk.starts.iter().copied())
                .min();
            sample.last_end_ns = sample
                .last_end_ns
                .into_iter()
                .chain(chunk.ends.iter().copied())
                .max();
            at = end;
        }
        sample.statistics.extend(sample.durations.iter().copied());
        sample.durations.sort_unstable();
        Ok(sample)
    }

    /// Adds another rank's; the durations are one after the other then.
    fn merge(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.statistics.merge(&other.statistics);
        self.durations.extend(other.durations);
        self.first_start_ns = self.first_start_ns.into_iter().chain(other.first_start_ns).min();
        self.last_end_ns = self.last_end_ns.into_iter().chain(other.last_end_ns).max();
        self.exclusive_ns = self
            .exclusive_ns
            .zip(other.exclusive_ns)
            .map(|(a, b)| a.saturating_add(b));
    }

    fn json(&self) -> Value {
        let percentile = |p| percentile_of_sorted(&self.durations, p);
        json!({
            "num_calls": self.calls,
            "num_intervals": self.statistics.count(),
            "total_ns": self.statistics.total_ns(),
            "mean_ns": self.statistics.mean_ns(),
            "min_ns": self.statistics.min_ns().unwrap_or(0),
            "max_ns": self.statistics.max_ns().unwrap_or(0),
            "std_ns": self.statistics.std_ns(),
            "p50_ns": percentile(50.0),
            "p95_ns": percentile(95.0),
            "p99_ns": percentile(99.0),
            "first_start_ns": self.first_start_ns,
            "last_end_ns": self.last_end_ns,
            "exclusive_ns": self.exclusive_ns,
        })
    }
}

fn metadata(metadata: &Metadata) -> Map<String, Value> {
    let value = |value: &MetaValue| match value {
        MetaValue::Text(text) => json!(text),
        MetaValue::Int(number) => json!(number),
        MetaValue::Float(number) => json!(number),
        MetaValue::List(texts) => json!(texts),
    };
    metadata
        .iter()
        .map(|(name, v)| (name.clone(), value(v)))
        .collect()
}
