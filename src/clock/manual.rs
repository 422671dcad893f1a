//! A clock for tests.

use crate::sys;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A clock for tests: it moves only when it is told to, or it runs by itself with an offset and a drift.
///
/// ```
/// use scope_profiler::{ManualClock, Profiler, ProfilingConfig};
///
/// let clock = ManualClock::new(1_000);
/// let config = ProfilingConfig::new().flush_to_disk(false).verbose(false).manual_clock(&clock);
/// let profiler = Profiler::new(config)?;
/// {
///     let _guard = profiler.profile_region("step");
///     clock.advance(250);
/// }
/// assert_eq!(profiler.get_region("step").unwrap().durations_ns(), [250]);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The time of a clock that stands still.
    now: AtomicU64,
    /// As much of it as threads have waited.
    waited: AtomicU64,
    skew: Option<Skew>,
}

/// How a running clock differs from the system's.
#[derive(Clone, Copy, Debug)]
struct Skew {
    /// The system's time when it was made, ns.
    began: u64,
    offset_ns: i64,
    drift_ppb: i64,
}

impl Skew {
    fn now(self, system: u64) -> u64 {
        let elapsed = i128::from(system) - i128::from(self.began);
        let drift = elapsed * i128::from(self.drift_ppb) / 1_000_000_000;
        let now = i128::from(system) + i128::from(self.offset_ns) + drift;
        u64::try_from(now).unwrap_or(if now < 0 { 0 } else { u64::MAX })
    }
}

impl ManualClock {
    /// A clock that stands still at `now`, in ns.
    #[must_use]
    pub fn new(now: u64) -> Self {
        Self(Arc::new(State {
            now: AtomicU64::new(now),
            waited: AtomicU64::new(0),
            skew: None,
        }))
    }

    /// A clock that runs by itself, like that of another machine: ahead of this system's monotonic
    /// clock by `offset_ns`, and gaining `drift_ppb` nanoseconds on it each second. With 0 and 0 it
    /// shows the same time, but ranks still take it for a different clock.
    ///
    /// ```
    /// use scope_profiler::ManualClock;
    ///
    /// let right = ManualClock::skewed(0, 0);
    /// let ahead = ManualClock::skewed(5_000_000_000, 0);
    /// assert!(ahead.now() >= right.now() + 4_000_000_000);
    /// ```
    #[must_use]
    pub fn skewed(offset_ns: i64, drift_ppb: i64) -> Self {
        Self(Arc::new(State {
            now: AtomicU64::new(0),
            waited: AtomicU64::new(0),
            skew: Some(Skew {
                began: sys::monotonic_ns(),
                offset_ns,
                drift_ppb,
            }),
        }))
    }

    /// Moves the clock forward by `ns` nanoseconds. Does nothing to a clock that runs by itself.
    pub fn advance(&self, ns: u64) {
        self.0.now.fetch_add(ns, Ordering::Relaxed);
    }

    /// Moves the clock forward by `ns` nanoseconds in which no thread runs: they are not
    /// [processor time](crate::ProfilingConfig::cpu_time). Does nothing to a clock that runs by itself.
    pub fn wait(&self, ns: u64) {
        self.0.waited.fetch_add(ns, Ordering::Relaxed);
        self.advance(ns);
    }

    /// Sets the clock to `now`, in ns. Does nothing to a clock that runs by itself.
    pub fn set(&self, now: u64) {
        self.0.now.store(now, Ordering::Relaxed);
    }

    /// While the clock stands still, each thread has run for all of its time but what it has [waited](Self::wait).
    pub(super) fn thread_cpu_ns(&self) -> Option<u64> {
        match self.0.skew {
            None => Some(self.now().saturating_sub(self.0.waited.load(Ordering::Relaxed))),
            Some(_) => sys::thread_cpu_ns(),
        }
    }

    /// No other process can read it.
    pub(super) fn identity(&self) -> String {
        format!("manual {} {:p}", std::process::id(), Arc::as_ptr(&self.0))
    }

    /// The present time of the clock, ns.
    #[must_use]
    pub fn now(&self) -> u64 {
        match self.0.skew {
            None => self.0.now.load(Ordering::Relaxed),
            Some(skew) => skew.now(sys::monotonic_ns()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skewed_clock_is_off_by_its_offset_and_by_its_drift() {
        let skew = Skew {
            began: 1_000,
            offset_ns: -300,
            drift_ppb: 2_000,
        };
        assert_eq!(skew.now(1_000), 700);
        assert_eq!(skew.now(1_000_001_000), 1_000_002_700);
        let slow = Skew {
            drift_ppb: -500_000_000,
            ..skew
        };
        assert_eq!(slow.now(1_200), 800);
        assert_eq!(slow.now(0), 200, "before it began");
    }
}
