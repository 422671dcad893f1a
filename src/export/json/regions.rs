//! The chosen regions on each rank, and on all chosen ranks together.

use crate::analysis::call_tree::CallTree;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{Intervals, RowFacts, Source, Statistics, each_chunk, percentile_of_sorted};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// In order of their first start. Only the durations of one region are in memory at a time.
pub(super) fn regions(
    source: &dyn Source,
    filter: &RegionFilter,
    tree: &CallTree,
) -> Result<Map<String, Value>> {
    let mut by_name: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in filter.rows(source)? {
        by_name.entry(source.rows()[row].name).or_default().push(row);
    }
    let mut regions = Vec::with_capacity(by_name.len());
    for (name, rows) in by_name {
        let mut ranks = Map::new();
        let mut pooled: Option<Sample> = None;
        for row in rows {
            let sample = Sample::read(source, tree, row)?;
            ranks.insert(source.rows()[row].rank.to_string(), sample.json());
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
            &source.names()[name],
            json!({ "ranks": ranks, "pooled": pooled.json() }),
        ));
    }
    // Regions without intervals come last.
    regions.sort_by_key(|(first, ..)| (first.is_none(), *first));
    Ok(regions
        .into_iter()
        .map(|(_, name, region)| (name.clone(), region))
        .collect())
}

/// The durations of one region on one rank, or on several.
#[derive(Default)]
struct Sample {
    calls: u64,
    spans: Option<u64>,
    throttled: u64,
    throttled_ns: i64,
    facts: RowFacts,
    durations: Vec<i64>,
    statistics: Statistics,
    first_start_ns: Option<i64>,
    last_end_ns: Option<i64>,
    inclusive_ns: i64,
    exclusive_ns: Option<i64>,
    recursion_depth: u32,
}

impl Sample {
    fn read(source: &dyn Source, tree: &CallTree, index: usize) -> Result<Self> {
        let row = &source.rows()[index];
        let times = tree.row_times(index).copied().unwrap_or_default();
        let nests = tree.rank_nests(row.rank);
        let mut sample = Self {
            calls: row.calls,
            spans: row.spans,
            throttled: row.throttled,
            throttled_ns: row.throttled_ns,
            facts: source.row_facts(index),
            inclusive_ns: times.inclusive_ns,
            exclusive_ns: nests.then_some(times.exclusive_ns),
            recursion_depth: times.recursion_depth,
            ..Self::default()
        };
        each_chunk(source, index, &mut Intervals::new(), |chunk| {
            sample.durations.extend(chunk.durations());
            let (first, last) = (chunk.starts().iter().min(), chunk.ends().iter().max());
            sample.see(first.copied(), last.copied());
            Ok(())
        })?;
        sample.statistics.extend(sample.durations.iter().copied());
        sample.durations.sort_unstable();
        Ok(sample)
    }

    fn see(&mut self, first: Option<i64>, last: Option<i64>) {
        self.first_start_ns = [self.first_start_ns, first].into_iter().flatten().min();
        self.last_end_ns = self.last_end_ns.max(last);
    }

    /// Adds another rank's; the durations are one after the other then.
    fn merge(&mut self, other: Self) {
        let add = u64::saturating_add;
        self.calls = add(self.calls, other.calls);
        self.spans = [self.spans, other.spans].into_iter().flatten().reduce(add);
        self.throttled = add(self.throttled, other.throttled);
        self.throttled_ns = self.throttled_ns.saturating_add(other.throttled_ns);
        self.facts.dropped = add(self.facts.dropped, other.facts.dropped);
        self.facts.open = add(self.facts.open, other.facts.open);
        self.facts.clamped = add(self.facts.clamped, other.facts.clamped);
        self.statistics.merge(&other.statistics);
        self.durations.extend(other.durations);
        self.see(other.first_start_ns, other.last_end_ns);
        self.inclusive_ns = self.inclusive_ns.saturating_add(other.inclusive_ns);
        let exclusive = self.exclusive_ns.zip(other.exclusive_ns);
        self.exclusive_ns = exclusive.map(|(a, b)| a.saturating_add(b));
        self.recursion_depth = self.recursion_depth.max(other.recursion_depth);
    }

    fn json(&self) -> Value {
        let percentile = |p| percentile_of_sorted(&self.durations, p);
        let total = self.statistics.total_ns();
        json!({
            "num_calls": self.calls,
            "num_intervals": self.statistics.count(),
            "inclusive_ns": self.inclusive_ns,
            "exclusive_ns": self.exclusive_ns,
            "sum_of_durations_ns": total,
            "total_ns": total,
            "mean_ns": self.statistics.mean_ns(),
            "min_ns": self.statistics.min_ns().unwrap_or(0),
            "max_ns": self.statistics.max_ns().unwrap_or(0),
            "std_ns": self.statistics.std_ns(),
            "p50_ns": percentile(50.0),
            "p95_ns": percentile(95.0),
            "p99_ns": percentile(99.0),
            "first_start_ns": self.first_start_ns,
            "last_end_ns": self.last_end_ns,
            "recursion_depth": self.recursion_depth,
            "num_spans": self.spans,
            "dropped_calls": self.facts.dropped,
            "throttled_calls": self.throttled,
            "throttled_ns": self.throttled_ns,
            "open_calls": self.facts.open,
            "clamped_calls": self.facts.clamped,
        })
    }
}
