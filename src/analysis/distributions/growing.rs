//! Distributions as a part of a pass: of stored sketches, and of intervals where there are none.

use super::{Distribution, Durations, Effort, MOST_KEPT};
use crate::analysis::pass::Observer;
use crate::error::Result;
use crate::profile::{Intervals, RowSummary, Sketch, Source, each_chunk};
use std::collections::{BTreeMap, BTreeSet};

/// What [`Effort::Little`] reads.
const LITTLE: u64 = 1 << 20;

/// The distributions of regions while a pass goes on.
pub(in crate::analysis) struct GrowingDistributions<'a> {
    source: &'a dyn Source,
    effort: Effort,
    /// Rows of which the intervals are needed.
    to_read: BTreeSet<usize>,
    /// By index into [`Source::names`].
    regions: BTreeMap<usize, Growing>,
    /// Those that were read before the pass.
    done: BTreeMap<usize, Distribution>,
}

#[derive(Default)]
struct Growing {
    range: Option<(i64, i64)>,
    /// Those that are listed.
    durations: Durations,
    /// Those that are not.
    sketch: Option<Sketch>,
}

impl<'a> GrowingDistributions<'a> {
    /// Of these rows.
    pub(in crate::analysis) fn new(
        source: &'a dyn Source,
        rows: impl Iterator<Item = usize>,
        effort: Effort,
    ) -> Self {
        Self {
            source,
            effort,
            to_read: rows.filter(|&row| source.rows()[row].intervals > 0).collect(),
            regions: BTreeMap::new(),
            done: BTreeMap::new(),
        }
    }

    /// Takes what is stored of a row.
    pub(in crate::analysis) fn take_stored(&mut self, row: usize, summary: &RowSummary) {
        let Some(sketch) = &summary.sketch else { return };
        if self.effort == Effort::Exact || !self.to_read.remove(&row) {
            return;
        }
        let growing = self.regions.entry(self.source.rows()[row].name).or_default();
        let statistics = &summary.statistics;
        growing.see(statistics.min_ns().zip(statistics.max_ns()));
        growing.sketch.get_or_insert_default().merge(sketch);
    }

    /// All that is stored has come: decides what is read. Ranks whose intervals are read anyway are `free`.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read: those of very many are, one region after the other, before the pass.
    pub(in crate::analysis) fn begin(&mut self, free: &BTreeSet<u32>) -> Result<()> {
        let rows = self.source.rows();
        let costly = self
            .to_read
            .iter()
            .filter(|&&row| !free.contains(&rows[row].rank));
        let cost = costly.fold(0, |sum: u64, &row| sum.saturating_add(rows[row].intervals));
        if self.effort == Effort::Little && cost > LITTLE {
            self.to_read.clear();
            self.regions.clear();
            return Ok(());
        }
        let mut by_name: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &row in &self.to_read {
            by_name.entry(rows[row].name).or_default().push(row);
        }
        let mut room = MOST_KEPT;
        for (name, of_region) in by_name {
            let growing = self.regions.entry(name).or_default();
            if growing.sketch.is_some() {
                continue;
            }
            let intervals = of_region.iter().map(|&row| rows[row].intervals);
            match room.checked_sub(intervals.fold(0, u64::saturating_add)) {
                Some(left) => room = left,
                None if self.effort == Effort::Exact => {
                    for &row in &of_region {
                        each_chunk(self.source, row, &mut Intervals::new(), |chunk| {
                            growing.add(chunk);
                            Ok(())
                        })?;
                    }
                    let read = std::mem::take(growing).finish();
                    self.done.extend(read.map(|distribution| (name, distribution)));
                    self.to_read.retain(|row| !of_region.contains(row));
                }
                None => growing.sketch = Some(Sketch::new()),
            }
        }
        Ok(())
    }

    /// The distribution of each region with intervals, by name, when the pass is over.
    pub(in crate::analysis) fn finish(self) -> BTreeMap<String, Distribution> {
        let names = self.source.names();
        let regions = self.regions.into_iter();
        let regions = regions.filter_map(|(name, growing)| Some((name, growing.finish()?)));
        let all = regions.chain(self.done);
        all.map(|(name, distribution)| (names[name].clone(), distribution))
            .collect()
    }
}

impl Growing {
    fn see(&mut self, range: Option<(i64, i64)>) {
        let both = [self.range, range].into_iter().flatten();
        self.range = both.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    }

    fn add(&mut self, chunk: &Intervals) {
        self.see(chunk.durations().min().zip(chunk.durations().max()));
        match &mut self.sketch {
            Some(sketch) => sketch.extend(chunk.durations()),
            None => chunk.durations().for_each(|ns| self.durations.push(ns)),
        }
    }

    fn finish(self) -> Option<Distribution> {
        let range = self.range?;
        Some(match self.sketch {
            Some(sketch) => Distribution::sketched(sketch, range),
            None => Distribution::exact(self.durations, range),
        })
    }
}

impl Observer for GrowingDistributions<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.to_read.contains(&row)
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        if self.to_read.contains(&row) {
            let name = self.source.rows()[row].name;
            self.regions.entry(name).or_default().add(chunk);
        }
        Ok(())
    }
}
