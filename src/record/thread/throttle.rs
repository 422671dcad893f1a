//! Regions that are too short and too many: whose intervals a thread stops keeping.

use crate::record::names::NameId;
use std::time::Duration;

/// What a thread knows of how often it calls each region, and for how long.
#[derive(Debug)]
pub(crate) struct Throttle {
    calls: u64,
    mean_ns: f64,
    regions: Vec<Seen>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    calls: u64,
    ticks: u64,
    stopped: bool,
}

impl Throttle {
    /// Stops a region after `calls` calls or more with a mean below `mean`.
    pub(crate) fn new(calls: u64, mean: Duration) -> Self {
        Self {
            calls,
            mean_ns: mean.as_nanos() as f64,
            regions: Vec::new(),
        }
    }

    /// Whether no call of a region is kept any more.
    pub(crate) fn has_stopped(&self, region: NameId) -> bool {
        self.regions.get(region.index()).is_some_and(|seen| seen.stopped)
    }

    /// Notes a call of this many ticks; true when it is not to be kept. `ns_of_ticks` gives the length
    /// of a tick, and is asked now and then.
    pub(crate) fn stops(&mut self, region: NameId, ticks: u64, ns_of_ticks: impl FnOnce() -> f64) -> bool {
        let index = region.index();
        if index >= self.regions.len() {
            self.regions.resize(index + 1, Seen::default());
        }
        let seen = &mut self.regions[index];
        if seen.stopped {
            return true;
        }
        seen.calls += 1;
        seen.ticks = seen.ticks.saturating_add(ticks);
        if seen.calls % self.calls == 0 {
            seen.stopped = seen.ticks as f64 / seen.calls as f64 * ns_of_ticks() < self.mean_ns;
        }
        false
    }
}
