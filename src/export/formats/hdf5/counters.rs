//! The counters of a rank.

use crate::error::Result;
use crate::export::Selected;
use crate::profile::Numbers;
use crate::store::counter_columns::{CounterGroups, KnownCounter};
use crate::store::hdf5::NewGroup;
use std::collections::BTreeMap;

/// Writes the counters of a rank, and adds their threads to the list. Gives the number of their samples, with those
/// that are known to have been dropped.
pub(super) fn write(
    profile: &Selected<'_>,
    rank: u32,
    group: &NewGroup,
    threads: &mut BTreeMap<u32, String>,
) -> Result<u64> {
    let source = profile.source();
    let mut recorded = 0_u64;
    let mut groups = None;
    for row in profile.counter_rows() {
        let of_row = source.counter_rows()[row];
        if of_row.rank != rank {
            continue;
        }
        let mut known = KnownCounter::default();
        // Of a dropped sample it is not known when it was.
        if profile.window_of(rank).is_none() {
            known.dropped = of_row.dropped;
        }
        profile.each_samples(row, |samples| {
            known.samples += samples.len() as u64;
            known.is_float |= matches!(samples.values(), Numbers::Float(_));
            known.has_threads |= samples.threads().iter().any(|&thread| thread != 0);
            for run in samples.threads().chunk_by(|a, b| a == b) {
                threads.entry(run[0]).or_default();
            }
            Ok(())
        })?;
        recorded = recorded
            .saturating_add(known.samples)
            .saturating_add(known.dropped);
        let groups = match &mut groups {
            Some(groups) => groups,
            none => none.insert(CounterGroups::new(group)?),
        };
        let mut columns = groups.create(profile.counter(row), known)?;
        profile.each_samples(row, |samples| {
            columns.write(samples.times(), samples.values(), samples.threads())
        })?;
    }
    Ok(recorded)
}
