//! What a thread counts of each region beside its intervals.

use crate::record::names::{self, NameId};
use crate::store::rank_log::Counts;
use std::sync::atomic::{AtomicU64, Ordering};

/// Calls of one region on one thread that left no interval. Written by the thread, read by any.
#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) region: NameId,
    /// Calls that were only counted.
    pub(crate) counted: AtomicU64,
    /// Calls whose interval was dropped.
    pub(crate) dropped: AtomicU64,
    /// Calls whose time was only summed up, since the region is throttled.
    pub(crate) throttled: AtomicU64,
    /// Their time, ticks.
    pub(crate) throttled_ticks: AtomicU64,
    /// Spans created; one that is entered several times is one span and several calls.
    pub(crate) spans: AtomicU64,
}

/// What a thread keeps for a region that it has met: these, and its entry in the thread's table, which
/// grows by doubling.
const BYTES: usize = size_of::<Counters>() + 32;

impl Counters {
    pub(in crate::record) fn new(region: NameId) -> Self {
        names::take(BYTES);
        Self {
            region,
            counted: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            throttled_ticks: AtomicU64::new(0),
            spans: AtomicU64::new(0),
        }
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        names::give_back(BYTES);
    }
}

impl Counters {
    /// Adds their present values. Takes no lock and allocates nothing.
    pub(in crate::record) fn add_to(&self, counts: &mut Counts) {
        let add = |to: &mut u64, from: &AtomicU64| *to += from.load(Ordering::Acquire);
        add(&mut counts.counted, &self.counted);
        add(&mut counts.dropped, &self.dropped);
        add(&mut counts.throttled, &self.throttled);
        add(&mut counts.throttled_ticks, &self.throttled_ticks);
        add(&mut counts.spans, &self.spans);
    }
}

/// Adds to a counter that nobody else writes, so that a load and a store will do.
#[inline(always)]
pub(in crate::record) fn add(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(n), Ordering::Release);
}
