//! The run as a whole.

use crate::analysis::call_tree::CallTree;
use crate::analysis::selection::RegionFilter;
use crate::profile::{ClockAgreement, Metadata, Source, Value as MetaValue, thread_label};
use crate::store::reader::ProfilingH5Reader;
use serde_json::{Map, Value, json};

/// What is shown, where that is not everything.
pub(super) fn filter(reader: &ProfilingH5Reader, filter: &RegionFilter, tree: &CallTree) -> Value {
    let Some(text) = tree.filter() else {
        return Value::Null;
    };
    let regions = filter.chosen_regions(reader);
    json!({
        "text": text,
        "regions": regions.iter().filter(|&&chosen| chosen).count(),
        "of_regions": regions.len(),
        "ranks": filter.chosen_ranks(reader),
        "of_ranks": reader.num_ranks(),
    })
}

/// How far the times of the ranks can be compared.
pub(super) fn clocks(reader: &ProfilingH5Reader) -> Value {
    let (agreement, bound) = match reader.clocks(reader.ranks()) {
        ClockAgreement::Same => ("same", Some(0)),
        ClockAgreement::Within(ns) => ("within", Some(ns)),
        ClockAgreement::Unknown => ("unknown", None),
    };
    json!({ "agreement": agreement, "bound_ns": bound })
}

/// What the threads of a rank are called, by number.
fn thread_labels(reader: &ProfilingH5Reader, rank: u32) -> Map<String, Value> {
    // Names that cannot be read are no reason to give no numbers.
    let names = reader.thread_names(rank).unwrap_or_default();
    let labels = names.iter().map(|(&number, name)| {
        let label = thread_label(number, Some(name));
        (number.to_string(), json!(label))
    });
    labels.collect()
}

/// How long it took, and what part of that was outside any region.
pub(super) fn run(reader: &ProfilingH5Reader, tree: &CallTree) -> Value {
    let wall = tree.wall();
    let facts = reader.run();
    let ranks: Map<String, Value> = tree
        .rank_times()
        .map(|(rank, times)| {
            let of_rank = facts.ranks.get(&rank);
            let (session, span) = (of_rank.and_then(|of| of.span_ns), times.intervals_span_ns);
            let value = json!({
                "run_ns": wall.rank_ns(rank),
                "busy_ns": times.busy_ns,
                "outside_ns": tree.outside_of_rank_ns(rank),
                "session_start_ns": session.map(|span| span.0),
                "session_end_ns": session.map(|span| span.1),
                "first_start_ns": span.map(|span| span.0),
                "last_end_ns": span.map(|span| span.1),
                "threads": times.threads,
                "thread_labels": thread_labels(reader, rank),
                "num_intervals": times.intervals,
                "ended_by": of_rank.and_then(|of| of.ended_by.clone()),
            });
            (rank.to_string(), value)
        })
        .collect();
    let intervals = tree.rank_times().filter_map(|(_, times)| times.intervals_span_ns);
    let (first, last) =
        intervals
            .filter(|_| !wall.has_own_clocks())
            .fold((None, None), |(first, last), span| {
                (
                    Some(first.map_or(span.0, |ns: i64| ns.min(span.0))),
                    Some(last.map_or(span.1, |ns: i64| ns.max(span.1))),
                )
            });
    json!({
        "wall_ns": wall.ns(),
        "basis": if wall.is_of_run() { "run" } else { "intervals" },
        "own_clocks": wall.has_own_clocks(),
        "start_ns": wall.span().map(|span| span.0),
        "end_ns": wall.span().map(|span| span.1),
        "first_to_last_interval_ns": Option::zip(first, last).map(|(first, last)| last.saturating_sub(first)),
        "available_ns": tree.available_ns(),
        "outside_ns": tree.outside_ns(),
        "outside_share": tree.outside_share(),
        "outside_is_exact": tree.outside_is_exact(),
        "num_threads": tree.threads(),
        "num_intervals": tree.intervals(),
        "overlapping_calls": tree.overlaps(),
        "reversed_calls": tree.reversed(),
        "folded_calls": tree.folded(),
        "ranks": ranks,
    })
}

pub(super) fn metadata(metadata: &Metadata) -> Map<String, Value> {
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
