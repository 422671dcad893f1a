//! What waits of each region for the writer, for those who ask while the program runs.
//!
//! Who asks for all regions one after the other would look at every event for each. So what has been
//! counted is kept until the writer takes the events away, and counting goes on where it stopped.

use super::names::NameId;
use super::view::LaneShared;
use crate::store::rank_log::Counts;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What has been counted of the events and counters of all threads since the writer last took some.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How much of each thread has been looked at, by its number.
    lanes: FxHashMap<u32, Seen>,
    /// Events by region.
    waiting: FxHashMap<NameId, u64>,
    /// Where the counters of a region are.
    counters: FxHashMap<NameId, Vec<(Arc<LaneShared>, usize)>>,
}

#[derive(Debug, Default)]
struct Seen {
    events: usize,
    counters: usize,
}

impl Tally {
    /// Looks at what has come since the last time. Gives the number of events that were looked at.
    pub(super) fn go_on(&mut self, lanes: impl IntoIterator<Item = Arc<LaneShared>>) -> usize {
        let mut looked_at = 0;
        for lane in lanes {
            let seen = self.lanes.entry(lane.index).or_default();
            let mut skip = seen.events;
            for piece in lane.undrained() {
                let from = (piece.from + skip).min(piece.to);
                skip -= from - piece.from;
                piece.block.read(from, piece.to, |events| {
                    for event in events {
                        *self.waiting.entry(event.region).or_default() += 1;
                    }
                });
                seen.events += piece.to - from;
                looked_at += piece.to - from;
            }
            // One that is being added is there the next time.
            while let Some(counters) = lane.counters.get(seen.counters) {
                let places = self.counters.entry(counters.region).or_default();
                places.push((Arc::clone(&lane), seen.counters));
                seen.counters += 1;
            }
        }
        looked_at
    }

    /// Events of a region that the writer has not had.
    pub(super) fn waiting(&self, region: NameId) -> u64 {
        self.waiting.get(&region).copied().unwrap_or(0)
    }

    /// Adds what the threads' counters of a region show now.
    pub(super) fn add_to(&self, region: NameId, counts: &mut Counts) {
        for (lane, index) in self.counters.get(&region).into_iter().flatten() {
            if let Some(counters) = lane.counters.get(*index) {
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
    fn what_has_been_counted_is_not_looked_at_again() {
        let config = ProfilingConfig::new().flush_to_disk(false);
        let recording = Recording::new(config.resolve(|_| None).unwrap());
        let ids = ["tally::a", "tally::b"].map(|name| NameId::of(name, None));
        let enter = |n: usize| (0..n).for_each(|n| drop(RegionGuard::enter_in(&recording, ids[n % 2])));
        let mut tally = Tally::default();
        // More than one block.
        enter(50_001);
        assert_eq!(tally.go_on(recording.lanes.all()), 50_001);
        assert_eq!(tally.go_on(recording.lanes.all()), 0);
        enter(3);
        assert_eq!(tally.go_on(recording.lanes.all()), 3);
        assert_eq!(ids.map(|id| tally.waiting(id)), [25_003, 25_001]);
        // What has been handed over is counted elsewhere, and the rest from the start.
        assert_eq!(recording.num_calls(ids[0]), 25_003);
        recording.drain();
        enter(2);
        assert_eq!(ids.map(|id| recording.num_calls(id)), [25_004, 25_002]);
        recording.close();
    }
}
