//! How many events of each region the writer has not drained yet, for those who ask while the program runs.
//!
//! Asking for one region after the other would read every event each time. So the counts are kept until the
//! writer drains the events, and counting goes on where it stopped.

use super::names::NameId;
use super::thread::shared_view::SharedView;
use crate::store::rank_log::Counts;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What has been counted of the events and counters of all threads since the writer last drained them.
#[derive(Debug, Default)]
pub(super) struct PendingCounts {
    /// How much of each thread has been read, by its index.
    threads: FxHashMap<u32, Seen>,
    /// Events by region.
    waiting: FxHashMap<NameId, u64>,
    /// Where each region's counters are.
    counters: FxHashMap<NameId, Vec<(Arc<SharedView>, usize)>>,
}

#[derive(Debug, Default)]
struct Seen {
    events: usize,
    counters: usize,
}

impl PendingCounts {
    /// Reads what has been added since the last time. Gives the number of events read.
    pub(super) fn update(&mut self, threads: impl IntoIterator<Item = Arc<SharedView>>) -> usize {
        let mut num_read = 0;
        for thread in threads {
            let seen = self.threads.entry(thread.index).or_default();
            let mut skip = seen.events;
            for piece in thread.undrained() {
                let from = (piece.from + skip).min(piece.to);
                skip -= from - piece.from;
                piece.block.read(from, piece.to, |events| {
                    for event in events.iter().filter(|event| event.is_interval()) {
                        *self.waiting.entry(NameId::from_number(event.region)).or_default() += 1;
                    }
                });
                seen.events += piece.to - from;
                num_read += piece.to - from;
            }
            // An entry that is just being added is there the next time.
            while let Some(counters) = thread.counters.get(seen.counters) {
                let places = self.counters.entry(counters.region).or_default();
                places.push((Arc::clone(&thread), seen.counters));
                seen.counters += 1;
            }
        }
        num_read
    }

    /// Events of a region that the writer has not drained.
    pub(super) fn waiting(&self, region: NameId) -> u64 {
        self.waiting.get(&region).copied().unwrap_or(0)
    }

    /// Adds what the threads' counters of a region show now.
    pub(super) fn add_to(&self, region: NameId, counts: &mut Counts) {
        for (thread, index) in self.counters.get(&region).into_iter().flatten() {
            if let Some(counters) = thread.counters.get(*index) {
                counters.add_to(counts);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::recording::Recording;
    use super::super::region::RegionGuard;
    use super::*;
    use crate::config::ProfilingConfig;

    #[test]
    fn what_has_been_counted_is_not_read_again() {
        let config = ProfilingConfig::new().flush_to_disk(false);
        let recording = Recording::new(config.resolve(|_| None).unwrap());
        let ids = ["pending::a", "pending::b"].map(|name| NameId::of(name, None));
        let enter = |n: usize| (0..n).for_each(|n| drop(RegionGuard::enter_in(&recording, ids[n % 2])));
        let mut pending = PendingCounts::default();
        // More than one block.
        enter(50_001);
        assert_eq!(pending.update(recording.threads.all()), 50_001);
        assert_eq!(pending.update(recording.threads.all()), 0);
        enter(3);
        assert_eq!(pending.update(recording.threads.all()), 3);
        assert_eq!(ids.map(|id| pending.waiting(id)), [25_003, 25_001]);
        // What has been drained is counted elsewhere, and the rest from the start.
        assert_eq!(recording.num_calls(ids[0]), 25_003);
        recording.drain(false);
        enter(2);
        assert_eq!(ids.map(|id| recording.num_calls(id)), [25_004, 25_002]);
        recording.close();
    }
}
