//! The processor time of a thread, read rarely enough that it costs next to nothing.
//!
//! The system's clock of a thread is a system call, which takes ten times as long as all of an interval. So the
//! readings of a thread are at least [`SHARE`] times as far apart as one takes, apart from a few that may follow each
//! other closely. In between the thread is taken to have run, so no value is off by more than that distance. A call
//! gets its processor time if it is at least [`LEAST`] times as long.

use std::cell::Cell;

/// Readings take at most one part of so many of the time.
const SHARE: u64 = 100;
/// A call has processor time if it lasts so many times the distance of readings.
const LEAST: u64 = 10;
/// So many readings may follow each other closely, if there were none for as long: nested calls that begin or end
/// together.
const AT_ONCE: u64 = 8;

/// A thread's readings of its clock.
#[derive(Debug)]
pub(super) struct CpuTime {
    /// The distance of readings, ticks.
    distance: u64,
    /// The length of a tick, ns.
    ns_of_tick: f64,
    /// When the next reading would come if they were evenly spaced.
    next: Cell<u64>,
    /// The last reading: when it was, and the processor time, ns.
    last: Cell<(u64, u64)>,
}

impl CpuTime {
    /// For a clock of which a reading takes `cost` ticks. `last` is a first reading.
    pub(super) fn new(cost: u64, ns_of_tick: f64, last: (u64, u64)) -> Self {
        Self {
            distance: cost.saturating_mul(SHARE),
            ns_of_tick,
            next: Cell::new(last.0),
            last: Cell::new(last),
        }
    }

    /// Whether a call of so many ticks has processor time.
    pub(super) fn is_long(&self, ticks: u64) -> bool {
        ticks >= self.distance.saturating_mul(LEAST)
    }

    /// Whether the clock may be read now.
    pub(super) fn is_due(&self, tick: u64) -> bool {
        tick >= self.next.get()
    }

    /// A reading.
    pub(super) fn set(&self, tick: u64, cpu_ns: u64) {
        let earliest = tick.saturating_sub(self.distance.saturating_mul(AT_ONCE - 1));
        self.next
            .set(self.next.get().max(earliest).saturating_add(self.distance));
        self.last.set((tick, cpu_ns));
    }

    /// The thread's processor time at `tick`, ns.
    pub(super) fn at(&self, tick: u64) -> u64 {
        let (last, cpu_ns) = self.last.get();
        cpu_ns + self.ns(tick.saturating_sub(last))
    }

    /// So many ticks, in ns.
    pub(super) fn ns(&self, ticks: u64) -> u64 {
        (ticks as f64 * self.ns_of_tick) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COST: u64 = 3;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Work(u64),
        Wait(u64),
        Ask,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let ticks = || prop_oneof![0..20u64, 0..400u64, 0..5000u64];
        let step = prop_oneof![
            ticks().prop_map(Step::Work),
            ticks().prop_map(Step::Wait),
            Just(Step::Ask),
            Just(Step::Ask),
        ];
        prop::collection::vec(step, 0..200)
    }

    proptest! {
        #[test]
        fn no_value_is_off_by_more_than_the_distance_and_readings_take_a_hundredth(steps in steps()) {
            let (mut now, mut cpu) = (1_000, 70);
            let time = CpuTime::new(COST, 1.0, (now, cpu));
            let mut readings = 0;
            for step in steps {
                match step {
                    Step::Work(ticks) => (now, cpu) = (now + ticks, cpu + ticks),
                    Step::Wait(ticks) => now += ticks,
                    Step::Ask => {
                        if time.is_due(now) {
                            time.set(now, cpu);
                            readings += 1;
                        }
                        let told = time.at(now);
                        prop_assert!(cpu <= told && told <= cpu + SHARE * COST, "{told}, not {cpu}");
                    }
                }
            }
            prop_assert!(readings <= (now - 1_000) / (SHARE * COST) + AT_ONCE, "{readings} readings");
        }
    }

    #[test]
    fn a_few_readings_may_follow_each_other_after_a_pause() {
        let time = CpuTime::new(COST, 1.0, (0, 0));
        let now = 1_000_000;
        let due = (0..20).take_while(|_| {
            let due = time.is_due(now);
            if due {
                time.set(now, 5);
            }
            due
        });
        assert_eq!(due.count(), AT_ONCE as usize);
        assert!(time.is_due(now + SHARE * COST));
        assert!(!time.is_due(now + SHARE * COST - 1));
    }
}
