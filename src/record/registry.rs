//! The regions of a session: name to running count.

use super::names::NameId;
use dashmap::DashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every region that has been entered in a session, and what is known of it beyond the blocks that
/// are still waiting.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    regions: DashMap<NameId, Totals>,
}

/// Calls that are no longer in a block or lane of a thread.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Intervals handed to the writer.
    pub(crate) drained: AtomicU64,
    /// Of those, the ones that could not be written.
    pub(crate) unwritten: AtomicU64,
    /// Calls that were only counted, of threads that have ended.
    pub(crate) counted: AtomicU64,
    /// Calls whose interval was dropped, of threads that have ended.
    pub(crate) dropped: AtomicU64,
    /// Calls of throttled regions, of threads that have ended.
    pub(crate) throttled: AtomicU64,
    /// Their time, ticks.
    pub(crate) throttled_ticks: AtomicU64,
    /// Spans created on threads that have ended.
    pub(crate) spans: AtomicU64,
}

impl Registry {
    pub(crate) fn insert(&self, region: NameId) {
        self.regions.entry(region).or_default();
    }

    pub(crate) fn contains(&self, region: NameId) -> bool {
        self.regions.contains_key(&region)
    }

    pub(crate) fn ids(&self) -> Vec<NameId> {
        self.regions.iter().map(|entry| *entry.key()).collect()
    }

    /// Adds to one of the totals.
    pub(crate) fn add(&self, region: NameId, which: fn(&Totals) -> &AtomicU64, n: u64) {
        if n > 0 {
            which(&self.regions.entry(region).or_default()).fetch_add(n, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self, region: NameId, which: fn(&Totals) -> &AtomicU64) -> u64 {
        self.regions
            .get(&region)
            .map_or(0, |totals| which(&totals).load(Ordering::Relaxed))
    }
}
