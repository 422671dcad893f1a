//! The times of a short log's calls, kept from the reading that verifies it: it is then not read again.

use crate::analysis::summarize::TimedCall;
use rustc_hash::FxHashMap;

/// Calls whose times are kept: 4 MB.
const MOST_CALLS: u64 = 1 << 18;

/// The columns of each region, by its number.
#[derive(Debug)]
pub(crate) struct RegionTimes(FxHashMap<u32, Times>);

/// Starts and ends, ns, in order of start.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    pub(super) starts: Vec<i64>,
    pub(super) ends: Vec<i64>,
}

/// The same while the calls come from the last to the first.
#[derive(Debug)]
pub(super) struct GrowingTimes(Vec<Times>);

impl GrowingTimes {
    /// Of so many regions; none of too many calls.
    pub(super) fn new(regions: usize, calls: u64) -> Option<Self> {
        (calls <= MOST_CALLS).then(|| Self(vec![Times::default(); regions]))
    }

    /// Takes calls before those that came so far, in order. Their rows are places among the regions.
    pub(super) fn add(&mut self, calls: &[TimedCall]) {
        for call in calls.iter().rev() {
            let times = &mut self.0[call.row as usize];
            times.starts.push(call.start);
            times.ends.push(call.end);
        }
    }

    /// The columns of regions with these numbers.
    pub(super) fn finish(self, numbers: &[u32]) -> RegionTimes {
        let in_order = |mut times: Times| {
            times.starts.reverse();
            times.ends.reverse();
            times
        };
        let times = self.0.into_iter().map(in_order);
        RegionTimes(numbers.iter().copied().zip(times).collect())
    }
}

impl RegionTimes {
    /// The columns of a region, once.
    pub(super) fn take(&mut self, region: u32) -> Times {
        self.0.remove(&region).unwrap_or_default()
    }
}
