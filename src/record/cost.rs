//! What the profiler itself costs on this machine.

use super::names::NameId;
use super::recording::Recording;
use super::region::RegionGuard;
use crate::clock::Clock;
use crate::config::{Overflow, Settings};
use crate::pattern::Patterns;
use std::time::Instant;

const CALLS: u32 = 2_000;
const ROUNDS: usize = 5;

/// Nanoseconds that one call of an empty region takes, entering and leaving: measured now, in a session of its
/// own. None under a manual clock.
pub(crate) fn of_one_call(settings: &Settings) -> Option<f64> {
    if matches!(settings.clock, Clock::Manual(_)) || !settings.time_trace {
        return None;
    }
    let recording = Recording::new(Settings {
        file_path: None,
        overflow: Overflow::Drop,
        throttle: None,
        patterns: Patterns::default(),
        ..settings.clone()
    });
    let region = NameId::of("scope-profiler: one call", None);
    let best = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..CALLS {
                drop(RegionGuard::enter_in(&recording, region));
            }
            start.elapsed()
        })
        // An interruption only adds to it.
        .min();
    recording.close();
    best.map(|time| time.as_nanos() as f64 / f64::from(CALLS))
}
