//! Raw ticks while recording, nanoseconds on `CLOCK_MONOTONIC` afterwards.
//!
//! Nothing is calibrated at start-up. [`Anchor`]s, pairs of (tick, nanosecond) taken now and then,
//! go into the log; a [`Timeline`] made of them turns ticks into nanoseconds by interpolation, so
//! an error never grows beyond that of the anchors around it.

use crate::sys;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A clock for tests: it stands still until it is told otherwise.
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
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that shows `now`, in ns.
    #[must_use]
    pub fn new(now: u64) -> Self {
        Self(Arc::new(AtomicU64::new(now)))
    }

    /// Moves the clock forward by `ns` nanoseconds.
    pub fn advance(&self, ns: u64) {
        self.0.fetch_add(ns, Ordering::Relaxed);
    }

    /// Sets the clock to `now`, in ns.
    pub fn set(&self, now: u64) {
        self.0.store(now, Ordering::Relaxed);
    }

    /// What the clock shows, ns.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where ticks come from.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    /// The CPU's counter; used only where the kernel itself keeps time by it.
    Counter,
    /// `CLOCK_MONOTONIC`: ticks are nanoseconds.
    Monotonic,
    /// Ticks are nanoseconds that a test sets.
    Manual(ManualClock),
}

impl Clock {
    /// The cheapest clock that this system can be trusted with.
    pub(crate) fn system() -> Self {
        static TRUSTED: OnceLock<bool> = OnceLock::new();
        if *TRUSTED.get_or_init(kernel_trusts_counter) {
            Clock::Counter
        } else {
            Clock::Monotonic
        }
    }

    #[inline(always)]
    pub(crate) fn ticks(&self) -> u64 {
        match self {
            Clock::Counter => sys::cpu_counter(),
            _ => self.slower_ticks(),
        }
    }

    /// Out of line, so that every place that reads the clock stays small.
    #[inline(never)]
    fn slower_ticks(&self) -> u64 {
        match self {
            Clock::Counter => sys::cpu_counter(),
            Clock::Monotonic => sys::monotonic_ns(),
            Clock::Manual(clock) => clock.now(),
        }
    }

    /// The name that the file records.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Clock::Counter if cfg!(target_arch = "x86_64") => "tsc",
            Clock::Counter => "cntvct_el0",
            Clock::Monotonic => "clock_monotonic",
            Clock::Manual(_) => "manual",
        }
    }

    /// The present moment on both clocks.
    pub(crate) fn anchor(&self) -> Anchor {
        match self {
            Clock::Counter => (0..8)
                .map(|_| {
                    let before = sys::cpu_counter();
                    let ns = sys::monotonic_ns();
                    let width = sys::cpu_counter().wrapping_sub(before);
                    (
                        width,
                        Anchor {
                            tick: before.wrapping_add(width / 2),
                            ns: ns as i64,
                        },
                    )
                })
                // An interrupt between the readings only widens them: the narrowest is the truest.
                .min_by_key(|&(width, _)| width)
                .map_or(Anchor { tick: 0, ns: 0 }, |(_, anchor)| anchor),
            Clock::Monotonic | Clock::Manual(_) => {
                let tick = self.ticks();
                Anchor {
                    tick,
                    ns: tick as i64,
                }
            }
        }
    }
}

/// Linux says which counter it keeps time by, after watching it against the others. Where it says
/// nothing (a container without sysfs, another system), the counter is not used.
fn kernel_trusts_counter() -> bool {
    let expected = if cfg!(target_arch = "x86_64") {
        "tsc"
    } else if cfg!(target_arch = "aarch64") {
        "arch_sys_counter"
    } else {
        return false;
    };
    cfg!(target_os = "linux")
        && std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")
            .is_ok_and(|current| current.trim() == expected)
}

/// One moment on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) tick: u64,
    pub(crate) ns: i64,
}

impl Anchor {
    /// The mean length of a tick between this moment and a later one, ns.
    pub(crate) fn ns_of_ticks_until(self, later: Self) -> f64 {
        let ticks = later.tick.saturating_sub(self.tick);
        if ticks == 0 {
            1.0
        } else {
            later.ns.saturating_sub(self.ns) as f64 / ticks as f64
        }
    }
}

/// Turns ticks into nanoseconds. Never decreasing: a later tick is never an earlier nanosecond.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    anchors: Vec<Anchor>,
}

impl Timeline {
    /// Sorts the anchors and leaves out those that would turn time back.
    pub(crate) fn new(mut anchors: Vec<Anchor>) -> Self {
        anchors.sort_by_key(|anchor| (anchor.tick, anchor.ns));
        let mut kept: Vec<Anchor> = Vec::with_capacity(anchors.len());
        for anchor in anchors {
            if kept
                .last()
                .is_none_or(|last| anchor.tick > last.tick && anchor.ns >= last.ns)
            {
                kept.push(anchor);
            }
        }
        Self { anchors: kept }
    }

    /// This many ticks in nanoseconds, at the mean rate of the whole time.
    pub(crate) fn length_ns(&self, ticks: u64) -> i64 {
        let rate = match self.anchors.as_slice() {
            [first, .., last] => first.ns_of_ticks_until(*last),
            _ => 1.0,
        };
        (ticks as f64 * rate).round() as i64
    }

    /// Turns ticks into nanoseconds: between two neighbouring anchors by linear interpolation,
    /// outside of all anchors by the rate of the nearest pair. With a single anchor, or none, a
    /// tick counts as a nanosecond.
    pub(crate) fn converter(&self) -> Converter<'_> {
        Converter {
            timeline: self,
            segment: self.segment(0),
        }
    }

    fn segment(&self, tick: u64) -> Segment {
        let (first, last) = match self.anchors.as_slice() {
            [] => return Segment::identity(Anchor { tick: 0, ns: 0 }),
            [only] => return Segment::identity(*only),
            [first, .., last] => (first, last),
        };
        let next = self
            .anchors
            .partition_point(|anchor| anchor.tick <= tick)
            .clamp(1, self.anchors.len() - 1);
        let (low, high) = (self.anchors[next - 1], self.anchors[next]);
        Segment {
            origin: low,
            from: if low == *first { 0 } else { low.tick },
            to: if high == *last { u64::MAX } else { high.tick },
            rate_ns: high.ns.abs_diff(low.ns),
            rate_ticks: high.tick - low.tick,
        }
    }
}

/// The stretch between two anchors; the first and the last reach to the ends of time.
#[derive(Clone, Copy, Debug)]
struct Segment {
    origin: Anchor,
    from: u64,
    to: u64,
    rate_ns: u64,
    rate_ticks: u64,
}

impl Segment {
    fn identity(origin: Anchor) -> Self {
        Self {
            origin,
            from: 0,
            to: u64::MAX,
            rate_ns: 1,
            rate_ticks: 1,
        }
    }

    fn ns(&self, tick: u64) -> i64 {
        // A second of nanoseconds times a second of ticks fits into 64 bits; the rest is rare.
        if let Some(ns) = tick
            .checked_sub(self.origin.tick)
            .and_then(|elapsed| elapsed.checked_mul(self.rate_ns))
            .and_then(|product| self.origin.ns.checked_add_unsigned(product / self.rate_ticks))
        {
            return ns;
        }
        let elapsed = i128::from(tick) - i128::from(self.origin.tick);
        let scaled = elapsed
            .saturating_mul(i128::from(self.rate_ns))
            .div_euclid(i128::from(self.rate_ticks));
        let ns = scaled.saturating_add(i128::from(self.origin.ns));
        i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
    }
}

/// Turns many ticks into nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Converter<'a> {
    timeline: &'a Timeline,
    segment: Segment,
}

impl Converter<'_> {
    #[inline]
    pub(crate) fn ns(&mut self, tick: u64) -> i64 {
        if tick < self.segment.from || tick >= self.segment.to {
            self.segment = self.timeline.segment(tick);
        }
        self.segment.ns(tick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn timeline(anchors: &[(u64, i64)]) -> Timeline {
        Timeline::new(anchors.iter().map(|&(tick, ns)| Anchor { tick, ns }).collect())
    }

    #[test]
    fn anchors_are_hit_exactly_and_ticks_between_them_are_interpolated() {
        let line = timeline(&[(1_000, 50), (3_000, 1_050), (4_000, 1_650)]);
        for (tick, ns) in [
            (1_000, 50),
            (2_000, 550),
            (3_000, 1_050),
            (3_500, 1_350),
            (4_000, 1_650),
        ] {
            assert_eq!(line.converter().ns(tick), ns, "tick {tick}");
        }
    }

    #[test]
    fn ticks_beyond_the_anchors_go_on_at_the_nearest_rate() {
        let line = timeline(&[(1_000, 0), (2_000, 500), (3_000, 1_500)]);
        assert_eq!(line.converter().ns(0), -500);
        assert_eq!(line.converter().ns(5_000), 3_500);
    }

    #[test]
    fn an_anchor_that_would_turn_time_back_is_left_out() {
        let line = timeline(&[(1_000, 100), (2_000, 90), (3_000, 300)]);
        assert_eq!(line.converter().ns(2_000), 200);
    }

    #[test]
    fn the_counter_and_the_system_clock_agree_where_anchored() {
        let clock = Clock::system();
        let first = clock.anchor();
        let line = Timeline::new(vec![first, clock.anchor(), clock.anchor()]);
        assert_eq!(line.converter().ns(first.tick), first.ns);
    }

    proptest! {
        #[test]
        fn time_never_runs_backwards(
            anchors in proptest::collection::vec((any::<u64>(), any::<i64>()), 0..8),
            ticks in proptest::collection::vec(any::<u64>(), 2..20),
        ) {
            let line = timeline(&anchors);
            let mut ticks = ticks;
            ticks.sort_unstable();
            for pair in ticks.windows(2) {
                prop_assert!(line.converter().ns(pair[0]) <= line.converter().ns(pair[1]));
            }
        }
    }
}
