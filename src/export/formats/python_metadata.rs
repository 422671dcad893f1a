//! What the Python package calls what is known of a run.

use crate::error::Result;
use crate::export::Selected;
use crate::profile::{Intervals, Metadata, Value};
use crate::store::names;
use serde_json::{Map, Value as Json};

/// Where the package looks for something, and where a file of this crate has it.
const OTHER_NAMES: [(&str, &str); 3] = [
    ("timestamp", "start_time"),
    ("hostname", "host"),
    ("chip_information", "cpu_model"),
];

/// How the file of the source was made, which no longer holds.
const OF_THE_FILE: [&str; 4] = [
    names::WRITTEN_INTERVALS,
    names::RANK_FILES,
    names::LOG_BYTES,
    names::COMPRESSED,
];

/// The metadata of the run, with those that the package looks for as far as they are known.
pub(super) fn of(profile: &Selected<'_>) -> Metadata {
    let source = profile.source();
    let mut metadata = source.metadata();
    metadata.retain(|key, _| !OF_THE_FILE.contains(&key.as_str()));
    for (name, ours) in OTHER_NAMES {
        if let Some(value) = metadata.get(ours).cloned() {
            metadata.entry(name.into()).or_insert(value);
        }
    }
    if let Some(ranks) = left_out(profile, &metadata) {
        metadata.insert(names::LEFT_OUT_RANKS.into(), Value::Text(ranks));
    }
    let size = Value::Int(num_ranks(profile));
    metadata.entry("mpi_size".into()).or_insert(size);
    // The package has one clock for all.
    let (run, ranks) = (source.run(), source.ranks());
    let spans = || ranks.iter().filter_map(|rank| run.ranks.get(rank)?.span_ns);
    let start = spans().map(|(start, _)| start).min();
    let end = spans().map(|(_, end)| end).max();
    for (name, moment) in [("start_time_ns", start), ("finalize_time_ns", end)] {
        if let Some(ns) = moment {
            metadata.entry(name.into()).or_insert(Value::Int(ns));
        }
    }
    metadata
}

/// The ranks that have no row here, and are not missing for that; with those that were left out before.
fn left_out(profile: &Selected<'_>, metadata: &Metadata) -> Option<String> {
    let before = match metadata.get(names::LEFT_OUT_RANKS) {
        Some(Value::Text(ranks)) => Some(ranks.clone()),
        _ => None,
    };
    let here = profile.rows_by_rank();
    let ranks = profile.source().ranks().into_iter();
    let now = ranks.filter(|rank| !here.contains_key(rank));
    let all: Vec<String> = before
        .into_iter()
        .chain(now.map(|rank| rank.to_string()))
        .collect();
    (!all.is_empty()).then(|| all.join(","))
}

/// The ranks of the run, also those of which there is nothing.
pub(super) fn num_ranks(profile: &Selected<'_>) -> i64 {
    let source = profile.source();
    let missing = source.run().missing;
    let missing = missing.iter().map(|ranks| *ranks.end());
    let last = source.ranks().into_iter().chain(missing).max();
    last.map_or(0, |last| i64::from(last) + 1)
}

/// What the program said of each interval of a row; none where it said nothing of any.
pub(super) fn of_calls(profile: &Selected<'_>, row: usize) -> Result<Option<Vec<Json>>> {
    let all = profile.source().call_metadata(row)?;
    if all.is_empty() {
        return Ok(None);
    }
    let mut kept = Vec::new();
    let mut buffer = Intervals::new().with_column(Selected::NUMBER);
    profile.each_chunk(row, &mut buffer, |chunk| {
        let numbers = chunk.column(Selected::NUMBER).and_then(|numbers| numbers.whole());
        kept.extend(numbers.unwrap_or_default().iter().map(|&number| {
            let known = usize::try_from(number).ok().and_then(|number| all.get(number));
            Json::Object(known.map(json).unwrap_or_default())
        }));
        Ok(())
    })?;
    Ok(Some(kept))
}

/// As an object.
pub(super) fn json(metadata: &Metadata) -> Map<String, Json> {
    let entries = metadata.iter();
    entries
        .map(|(key, value)| (key.clone(), in_json(value)))
        .collect()
}

fn in_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Int(number) => (*number).into(),
        // Not a number becomes null.
        Value::Float(number) => (*number).into(),
        Value::List(texts) => texts.as_slice().into(),
    }
}
