//! The program's counters: are their samples in order, and are they all there?

use crate::error::Result;
use crate::profile::CHUNK;
use crate::store::names;
use crate::store::schema::{Catalog, Decoder, Issues};
use crate::units::plural;
use std::collections::BTreeMap;

/// What became of the samples of a rank.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Samples {
    pub(super) written: u64,
    pub(super) dropped: u64,
}

impl Samples {
    /// Says so where the samples of the part of the file called `place` are not those that were recorded.
    pub(super) fn compare(self, place: &str, recorded: u64, issues: &mut Issues) {
        let Self { written, dropped } = self;
        let sum = written.saturating_add(dropped);
        if recorded != sum {
            issues.find(format!(
                "{place}: {recorded} samples of counters were recorded, but {written} written + {dropped} dropped are {sum}"
            ));
        }
    }

    /// Says how many were dropped, if any were.
    pub(super) fn report(self, place: &str, issues: &mut Issues) {
        if self.dropped > 0 {
            issues.note(format!(
                "{place}: {} of counters dropped for want of memory or disk",
                plural(self.dropped, "sample")
            ));
        }
    }
}

/// Reads all samples.
pub(super) fn check(file: &dyn Decoder, catalog: &Catalog, issues: &mut Issues) {
    let mut ranks: BTreeMap<u32, Samples> = BTreeMap::new();
    for (index, row) in catalog.counter_rows.iter().enumerate() {
        let of_rank = ranks.entry(row.rank).or_default();
        of_rank.written = of_rank.written.saturating_add(row.samples);
        of_rank.dropped = of_rank.dropped.saturating_add(row.dropped);
        if let Err(error) = one(file, catalog, index, issues) {
            issues.find_error(&error);
        }
    }
    for &rank in &catalog.ranks {
        let place = format!("{}{rank}", names::RANK_PREFIX);
        let samples = ranks.get(&rank).copied().unwrap_or_default();
        samples.report(&place, issues);
        let recorded = catalog.rank_fact(rank, names::RECORDED_SAMPLES);
        if let Some(recorded) = recorded.and_then(|n| u64::try_from(n).ok()) {
            samples.compare(&place, recorded, issues);
        }
    }
}

fn one(file: &dyn Decoder, catalog: &Catalog, index: usize, issues: &mut Issues) -> Result<()> {
    let row = &catalog.counter_rows[index];
    let threads = catalog.threads(row.rank);
    let mut last = i64::MIN;
    let (mut disorder, mut unknown) = (None, None);
    for from in (0..row.samples).step_by(CHUNK as usize) {
        let samples = file.read_samples(index, from..row.samples.min(from + CHUNK))?;
        for (at, (&time, thread)) in (from..).zip(samples.times.iter().zip(&samples.threads)) {
            if time < last {
                disorder.get_or_insert((at, time, last));
            }
            last = time;
            if threads.is_some_and(|threads| !threads.contains_key(thread)) {
                unknown.get_or_insert((at, *thread));
            }
        }
    }
    let place = file.counter_place(index);
    if let Some((at, time, before)) = disorder {
        issues.find(format!(
            "{place}: sample {at} is at {time} ns, before the one ahead of it at {before} ns"
        ));
    }
    if let Some((at, thread)) = unknown {
        issues.find(format!(
            "{place}: sample {at} is of thread {thread}, which the rank's list does not have"
        ));
    }
    Ok(())
}
