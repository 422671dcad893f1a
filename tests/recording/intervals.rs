//! The intervals of a session under a manual clock.

use super::{ORIGIN, Run};
use scope_profiler::ProfilingH5Reader;

impl Run {
    /// Ends the session; start and end of each interval of a region, ns after the origin.
    pub(crate) fn intervals(&self, region: &str) -> Vec<(i64, i64)> {
        intervals(&self.read(), region)
    }
}

pub(crate) fn intervals(reader: &ProfilingH5Reader, region: &str) -> Vec<(i64, i64)> {
    let region = reader.get_region(region).unwrap();
    let times = region[0].start_times_ns().iter().zip(region[0].end_times_ns());
    times.map(|(start, end)| (start - ORIGIN, end - ORIGIN)).collect()
}
