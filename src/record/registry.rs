//! The regions of a session and what is known of them, by number.
//!
//! A table that grows in chunks, so that nothing in it ever moves: it is read without a lock, also
//! from a signal handler.

use super::names::NameId;
use crate::store::rank_log::Counts;
use crate::sys::fork;
use dashmap::DashMap;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// Every region that has been entered in a session, and what is known of it beyond the blocks that
/// are still waiting.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// Chunk `n` holds `FIRST << n` regions.
    chunks: [OnceLock<Box<[Totals]>>; CHUNKS],
    /// Regions with the numbers of the call sites whose spans have their name.
    sites: DashMap<(NameId, u64), ()>,
}

const FIRST: usize = 64;
/// Enough for every number that a name may have.
const CHUNKS: usize = 27;

/// Calls that are no longer in a thread's blocks and counters.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Whether the region has been entered in this session.
    entered: AtomicBool,
    /// Who has written its name to the log: nobody, a signal handler, or the writer.
    named_by: AtomicU8,
    /// Whether it would have been, had the session not filtered it out.
    filtered_out: AtomicBool,
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
    /// Where the signal handler, which may not allocate, adds up what all threads counted.
    pub(super) handler_counts: HandlerCounts,
}

/// The sum of what all threads counted, while a signal handler adds it up.
#[derive(Debug, Default)]
pub(super) struct HandlerCounts([AtomicU64; 5]);

impl HandlerCounts {
    pub(super) fn set(&self, counts: Counts) {
        let Counts {
            counted,
            dropped,
            throttled,
            throttled_ticks,
            spans,
        } = counts;
        for (to, n) in self
            .0
            .iter()
            .zip([counted, dropped, throttled, throttled_ticks, spans])
        {
            to.store(n, Ordering::Relaxed);
        }
    }

    pub(super) fn get(&self) -> Counts {
        let [counted, dropped, throttled, throttled_ticks, spans] =
            std::array::from_fn(|n| self.0[n].load(Ordering::Relaxed));
        Counts {
            counted,
            dropped,
            throttled,
            throttled_ticks,
            spans,
        }
    }
}

/// Who writes the name of a region to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum NamedBy {
    /// A signal handler, at the end of the log, which may be taken back.
    Handler = 1,
    Writer = 2,
}

/// The chunk of a region, and its place in it.
fn place(region: NameId) -> (usize, usize) {
    let n = region.index() + FIRST;
    let chunk = n.ilog2() - FIRST.ilog2();
    (chunk as usize, n - (FIRST << chunk))
}

impl Registry {
    pub(super) fn find(&self, region: NameId) -> Option<&Totals> {
        let (chunk, index) = place(region);
        let totals = self.chunks.get(chunk)?.get()?.get(index)?;
        totals.entered.load(Ordering::Acquire).then_some(totals)
    }

    fn slot(&self, region: NameId) -> &Totals {
        let (chunk, index) = place(region);
        let _inside = fork::enter();
        let new = || (0..FIRST << chunk).map(|_| Totals::default()).collect();
        &self.chunks[chunk].get_or_init(new)[index]
    }

    fn entry(&self, region: NameId) -> &Totals {
        let totals = self.slot(region);
        totals.entered.store(true, Ordering::Release);
        totals
    }

    /// A region that was to be entered is filtered out.
    pub(crate) fn set_filtered_out(&self, region: NameId) {
        self.slot(region).filtered_out.store(true, Ordering::Release);
    }

    /// A call site, by its number, has spans of this region.
    pub(super) fn add_callsite(&self, region: NameId, site: u64) {
        let _inside = fork::enter();
        // It is usually there already, and reading disturbs other threads less.
        if !self.sites.contains_key(&(region, site)) {
            self.sites.insert((region, site), ());
        }
    }

    /// Regions that have been entered from spans of several call sites, by name, with their number.
    pub(crate) fn shared_names(&self) -> BTreeMap<&'static str, usize> {
        let mut sites: BTreeMap<&'static str, usize> = BTreeMap::new();
        for site in &self.sites {
            let region = site.key().0;
            if self.contains(region) {
                *sites.entry(region.name()).or_default() += 1;
            }
        }
        sites.retain(|_, sites| *sites > 1);
        sites
    }

    /// What was filtered out, in order of their numbers.
    pub(crate) fn filtered_out(&self) -> impl Iterator<Item = NameId> {
        self.marked(|totals| &totals.filtered_out)
    }

    pub(crate) fn insert(&self, region: NameId) {
        self.entry(region);
    }

    pub(crate) fn contains(&self, region: NameId) -> bool {
        self.find(region).is_some()
    }

    /// Whether the log has a name: from the writer, or from either where `named_by` is the handler.
    pub(crate) fn is_named(&self, region: NameId, named_by: NamedBy) -> bool {
        let found = self
            .find(region)
            .map_or(0, |totals| totals.named_by.load(Ordering::Acquire));
        match named_by {
            NamedBy::Writer => found == NamedBy::Writer as u8,
            NamedBy::Handler => found != 0,
        }
    }

    pub(crate) fn set_named(&self, region: NameId, named_by: NamedBy) {
        if let Some(totals) = self.find(region) {
            totals.named_by.store(named_by as u8, Ordering::Release);
        }
    }

    /// In order of their numbers. Takes no lock and allocates nothing.
    pub(crate) fn iter(&self) -> impl Iterator<Item = NameId> {
        self.marked(|totals| &totals.entered)
    }

    fn marked(&self, mark: fn(&Totals) -> &AtomicBool) -> impl Iterator<Item = NameId> {
        (0..CHUNKS).flat_map(move |chunk| {
            let totals = self.chunks[chunk].get().map_or(&[][..], |totals| totals);
            let first = (FIRST << chunk) - FIRST;
            totals
                .iter()
                .enumerate()
                .filter(move |(_, totals)| mark(totals).load(Ordering::Acquire))
                .map(move |(index, _)| NameId::from_number((first + index) as u32))
        })
    }

    pub(crate) fn ids(&self) -> Vec<NameId> {
        self.iter().collect()
    }

    /// Adds to one of the totals.
    pub(crate) fn add(&self, region: NameId, which: fn(&Totals) -> &AtomicU64, n: u64) {
        if n > 0 {
            which(self.entry(region)).fetch_add(n, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self, region: NameId, which: fn(&Totals) -> &AtomicU64) -> u64 {
        self.find(region)
            .map_or(0, |totals| which(totals).load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_place_of_its_own() {
        let mut expected = (0, 0);
        for number in 0..10_000 {
            assert_eq!(place(NameId::from_number(number)), expected, "{number}");
            expected.1 += 1;
            if expected.1 == FIRST << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert!(place(NameId::from_number(u32::MAX)).0 < CHUNKS);
    }

    #[test]
    fn only_what_was_entered_is_there() {
        let registry = Registry::default();
        for number in [5, 64, 1_000] {
            registry.insert(NameId::from_number(number));
        }
        registry.add(NameId::from_number(64), |totals| &totals.drained, 3);
        let numbers: Vec<u32> = registry.iter().map(NameId::number).collect();
        assert_eq!(numbers, [5, 64, 1_000]);
        assert!(!registry.contains(NameId::from_number(6)));
        assert_eq!(registry.get(NameId::from_number(64), |totals| &totals.drained), 3);
        assert_eq!(registry.get(NameId::from_number(9), |totals| &totals.drained), 0);
    }
}
