//! Raw ticks while recording, nanoseconds on `CLOCK_MONOTONIC` afterwards.
//!
//! Nothing is calibrated at start-up. The log gets [`Anchor`]s at intervals, pairs of a tick and a nanosecond;
//! a [`Timeline`] made of them converts ticks to nanoseconds by interpolation, so
//! the error never exceeds that of the nearest anchors.

mod fraction;
mod manual;
mod offset;
mod timeline;

pub(crate) use fraction::Fraction;
pub use manual::ManualClock;
pub(crate) use offset::{ClockMeasurement, Round, unseen_drift};
pub(crate) use timeline::{Anchor, Converter, Timeline};

use crate::sys;
use std::sync::OnceLock;

/// Where ticks come from.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    /// The CPU's counter; used only where the kernel keeps time with it.
    Counter,
    /// `CLOCK_MONOTONIC`: ticks are nanoseconds.
    Monotonic,
    /// Ticks are nanoseconds that a test sets.
    Manual(ManualClock),
}

impl Clock {
    /// The cheapest clock that can be trusted on this system.
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

    /// Out of line, so that code that reads the clock stays small.
    #[inline(never)]
    fn slower_ticks(&self) -> u64 {
        match self {
            Clock::Counter => sys::cpu_counter(),
            Clock::Monotonic => sys::monotonic_ns(),
            Clock::Manual(clock) => clock.now(),
        }
    }

    /// The processor time of the calling thread, ns; none where the system has no such clock.
    pub(crate) fn thread_cpu_ns(&self) -> Option<u64> {
        match self {
            Clock::Manual(clock) => clock.thread_cpu_ns(),
            Clock::Counter | Clock::Monotonic => sys::thread_cpu_ns(),
        }
    }

    /// Its name in the file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Clock::Counter if cfg!(target_arch = "x86_64") => "tsc",
            Clock::Counter => "cntvct_el0",
            Clock::Monotonic => "clock_monotonic",
            Clock::Manual(_) => "manual",
        }
    }

    /// The present time as a [`Timeline`] gives it, ns.
    pub(crate) fn now_ns(&self) -> i64 {
        let ns = match self {
            Clock::Counter | Clock::Monotonic => sys::monotonic_ns(),
            Clock::Manual(clock) => clock.now(),
        };
        i64::try_from(ns).unwrap_or(i64::MAX)
    }

    /// A name for the clock behind the nanoseconds: processes with the same name read the same clock, so their
    /// times can be compared directly. None where that is unknown.
    pub(crate) fn identity(&self) -> Option<String> {
        match self {
            Clock::Counter | Clock::Monotonic => sys::monotonic_identity(),
            Clock::Manual(clock) => Some(clock.identity()),
        }
    }

    /// The present time on both clocks.
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
                // An interrupt between two readings only moves them apart: the closest pair is the most accurate.
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

/// Linux says which counter it keeps time with, after checking it against others. Where that is unknown
/// (a container without sysfs, another system), the counter is not used.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_and_the_system_clock_agree_where_anchored() {
        let clock = Clock::system();
        let first = clock.anchor();
        let line = Timeline::new(vec![first, clock.anchor(), clock.anchor()]);
        assert_eq!(line.converter().ns(first.tick), first.ns);
    }
}
