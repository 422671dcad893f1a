//! The chosen regions on each rank, and on all chosen ranks together.

use super::{extras, lifetimes, numbers};
use crate::analysis::call_tree::CallTree;
use crate::analysis::distributions::{Durations, MOST_KEPT, PERCENTILES};
use crate::analysis::metrics::GrowingMetrics;
use crate::analysis::pass::Observer;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{Intervals, RowFacts, Source, Statistics, each_chunk};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The durations of the chosen rows while a pass goes on.
pub(super) struct Samples<'a> {
    source: &'a dyn Source,
    /// The rows of each chosen region.
    by_name: BTreeMap<usize, Vec<usize>>,
    kept: BTreeMap<usize, Sample>,
    /// The durations of regions with several rows, as far as these have ended.
    pooled: BTreeMap<usize, Durations>,
    numbers: GrowingMetrics<'a>,
}

impl<'a> Samples<'a> {
    pub(super) fn new(source: &'a dyn Source, filter: &RegionFilter) -> Result<Self> {
        // Regions beyond are read again, one after the other.
        Self::keeping(source, filter, MOST_KEPT)
    }

    fn keeping(source: &'a dyn Source, filter: &RegionFilter, most: u64) -> Result<Self> {
        let mut by_name: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for row in filter.rows(source)? {
            by_name.entry(source.rows()[row].name).or_default().push(row);
        }
        let mut room = most;
        let mut kept = BTreeMap::new();
        for rows in by_name.values() {
            let intervals = rows.iter().map(|&row| source.rows()[row].intervals);
            if let Some(left) = room.checked_sub(intervals.fold(0, u64::saturating_add)) {
                room = left;
                kept.extend(rows.iter().map(|&row| (row, Sample::default())));
            }
        }
        Ok(Self {
            source,
            by_name,
            kept,
            pooled: BTreeMap::new(),
            numbers: GrowingMetrics::all(source, filter)?,
        })
    }

    /// The regions in order of their first start, when the pass is over.
    pub(super) fn finish(self, tree: &CallTree) -> Result<Map<String, Value>> {
        let Self {
            source,
            by_name,
            mut kept,
            mut pooled,
            numbers,
        } = self;
        let numbers = numbers.finish();
        let mut regions = Vec::with_capacity(by_name.len());
        for (name, rows) in by_name {
            let mut ranks = Map::new();
            let mut durations = pooled.remove(&name).unwrap_or_default();
            let has_several = rows.len() > 1;
            let mut all: Option<Sample> = None;
            for &row in &rows {
                let sample = match kept.remove(&row) {
                    Some(sample) => sample,
                    None => {
                        let (sample, of_row) = Sample::read(source, row)?;
                        if has_several {
                            durations.append(of_row);
                        }
                        sample
                    }
                };
                let sample = sample.with_facts(source, tree, row);
                let mut of_rank = sample.json();
                extras::gpu(source, row, &mut of_rank)?;
                ranks.insert(source.rows()[row].rank.to_string(), of_rank);
                match &mut all {
                    None => all = Some(sample),
                    Some(all) => all.merge(&sample),
                }
            }
            let Some(mut all) = all else { continue };
            if has_several {
                all.percentiles = durations.percentiles(PERCENTILES);
            }
            let mut region = Map::new();
            extras::origin(source, &rows, &mut region);
            region.insert("ranks".into(), ranks.into());
            region.insert("pooled".into(), all.json());
            let mut lives = tree.lifetimes().iter();
            if let Some(lives) = lives.find(|region| region.name() == source.names()[name]) {
                region.insert("lifetimes".into(), lifetimes::of(lives));
            }
            let fields = numbers::of(&numbers, &source.names()[name]);
            if !fields.is_empty() {
                region.insert("fields".into(), fields.into());
            }
            regions.push((all.first_start_ns, &source.names()[name], region));
        }
        // Regions without intervals come last.
        regions.sort_by_key(|(first, ..)| (first.is_none(), *first));
        let regions = regions.into_iter();
        Ok(regions
            .map(|(_, name, region)| (name.clone(), region.into()))
            .collect())
    }
}

impl Observer for Samples<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.kept.contains_key(&row) || self.numbers.takes_row(row)
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        self.numbers.columns(row)
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        self.numbers.chunk(row, chunk)?;
        if let Some(sample) = self.kept.get_mut(&row) {
            sample.add(chunk);
        }
        Ok(())
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        if let Some(sample) = self.kept.get_mut(&row) {
            let durations = sample.end();
            let name = self.source.rows()[row].name;
            if self.by_name[&name].len() > 1 {
                self.pooled.entry(name).or_default().append(durations);
            }
        }
        Ok(())
    }
}

/// One region on one rank, or on several.
#[derive(Default)]
struct Sample {
    calls: u64,
    spans: Option<u64>,
    throttled: u64,
    throttled_ns: i64,
    facts: RowFacts,
    intervals: u64,
    /// Those of the row while it is read.
    durations: Durations,
    /// [`PERCENTILES`], once it is read.
    percentiles: [f64; 3],
    statistics: Statistics,
    first_start_ns: Option<i64>,
    last_end_ns: Option<i64>,
    inclusive_ns: i64,
    exclusive_ns: Option<i64>,
    recursion_depth: u32,
}

impl Sample {
    /// Of a row that is read for itself, and its durations.
    fn read(source: &dyn Source, row: usize) -> Result<(Self, Durations)> {
        let mut sample = Self::default();
        each_chunk(source, row, &mut Intervals::new(), |chunk| {
            sample.add(chunk);
            Ok(())
        })?;
        let durations = sample.end();
        Ok((sample, durations))
    }

    fn add(&mut self, chunk: &Intervals) {
        chunk.durations().for_each(|ns| self.durations.push(ns));
        self.statistics.extend(chunk.durations());
        self.intervals += chunk.len() as u64;
        // They are in order of start.
        self.see(
            chunk.starts().first().copied(),
            chunk.ends().iter().max().copied(),
        );
    }

    /// All intervals of the row have come: gives their durations, which are needed for those of other ranks alone.
    fn end(&mut self) -> Durations {
        self.percentiles = self.durations.percentiles(PERCENTILES);
        std::mem::take(&mut self.durations)
    }

    /// Adds what is known of a row beside its intervals.
    fn with_facts(self, source: &dyn Source, tree: &CallTree, index: usize) -> Self {
        let row = &source.rows()[index];
        let times = tree.row_times(index).copied().unwrap_or_default();
        let facts = source.row_facts(index);
        let mut sample = Self {
            calls: row.calls,
            spans: row.spans,
            throttled: row.throttled,
            throttled_ns: row.throttled_ns,
            facts,
            inclusive_ns: times.inclusive_ns,
            exclusive_ns: tree.rank_nests(row.rank).then_some(times.exclusive_ns),
            recursion_depth: times.recursion_depth,
            ..self
        };
        if let Some(sums) = &facts.sums {
            sample.statistics.merge(&sums.statistics);
            sample.see(sums.span_ns.map(|span| span.0), sums.span_ns.map(|span| span.1));
        }
        sample
    }

    fn see(&mut self, first: Option<i64>, last: Option<i64>) {
        self.first_start_ns = [self.first_start_ns, first].into_iter().flatten().min();
        self.last_end_ns = self.last_end_ns.max(last);
    }

    /// Adds another rank's, but for percentiles.
    fn merge(&mut self, other: &Self) {
        let add = u64::saturating_add;
        self.calls = add(self.calls, other.calls);
        self.spans = [self.spans, other.spans].into_iter().flatten().reduce(add);
        self.throttled = add(self.throttled, other.throttled);
        self.throttled_ns = self.throttled_ns.saturating_add(other.throttled_ns);
        self.facts.dropped = add(self.facts.dropped, other.facts.dropped);
        self.facts.open = add(self.facts.open, other.facts.open);
        self.facts.clamped = add(self.facts.clamped, other.facts.clamped);
        self.statistics.merge(&other.statistics);
        self.intervals += other.intervals;
        self.see(other.first_start_ns, other.last_end_ns);
        self.inclusive_ns = self.inclusive_ns.saturating_add(other.inclusive_ns);
        let exclusive = self.exclusive_ns.zip(other.exclusive_ns);
        self.exclusive_ns = exclusive.map(|(a, b)| a.saturating_add(b));
        self.recursion_depth = self.recursion_depth.max(other.recursion_depth);
    }

    fn json(&self) -> Value {
        // Of calls that are only summed up they are not known.
        let [p50, p95, p99] = if self.statistics.count() > self.intervals {
            [None; 3]
        } else {
            self.percentiles.map(Some)
        };
        let total = self.statistics.total_ns();
        json!({
            "num_calls": self.calls,
            "num_intervals": self.intervals,
            "inclusive_ns": self.inclusive_ns,
            "exclusive_ns": self.exclusive_ns,
            "sum_of_durations_ns": total,
            "total_ns": total,
            "mean_ns": self.statistics.mean_ns(),
            "min_ns": self.statistics.min_ns().unwrap_or(0),
            "max_ns": self.statistics.max_ns().unwrap_or(0),
            "std_ns": self.statistics.std_ns(),
            "p50_ns": p50,
            "p95_ns": p95,
            "p99_ns": p99,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::call_tree::GrowingTree;
    use crate::analysis::pass;
    use crate::profile::{Call, Profile};

    fn regions(source: &Profile, most: u64) -> (usize, Map<String, Value>) {
        let filter = RegionFilter::new();
        let mut tree = GrowingTree::new(source, &filter).unwrap();
        let mut samples = Samples::keeping(source, &filter, most).unwrap();
        pass::run(source, &mut [&mut tree, &mut samples]).unwrap();
        (samples.kept.len(), samples.finish(&tree.finish()).unwrap())
    }

    #[test]
    fn regions_of_very_many_intervals_are_read_again_and_have_the_same_numbers() {
        let mut profile = Profile::builder();
        for n in 0..90 {
            profile.push(Call::new("many", 100 * n..100 * n + 9 + n % 7));
            profile.push(Call::new("many", 100 * n..100 * n + 30 - n % 11).rank(1));
        }
        profile.push(Call::new("few", 0..10_000));
        let profile = profile.build();
        let (kept, all) = regions(&profile, u64::MAX);
        assert_eq!((kept, all.len()), (3, 2));
        assert_eq!(regions(&profile, 10), (1, all.clone()));
        assert_eq!(regions(&profile, 0), (0, all));
    }
}
