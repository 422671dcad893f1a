//! From a rank's counter to rank 0's clock.

use super::clock_sync::ClockCorrection;
use crate::clock::{Converter, Fraction, Timeline};

/// Converts the ticks of a rank's counter to ns on rank 0's clock.
#[derive(Clone, Debug)]
pub(crate) struct TickTimes<'a> {
    ticks: Converter<'a>,
    correction: &'a ClockCorrection,
    quick: Quick,
}

/// A correction, as far as it takes no division.
#[derive(Clone, Copy, Debug)]
enum Quick {
    Constant(i64),
    /// Of times that lie so many ns after `from`.
    Drift {
        from: i64,
        ns: u64,
        offset: i64,
        gained: Fraction,
        is_loss: bool,
    },
}

/// Sums of three numbers below it are no overflow.
const SMALL: u64 = 1 << 61;

impl Quick {
    fn of(correction: &ClockCorrection) -> Self {
        let (from, offset, to, last) = match correction.points() {
            [] => return Self::Constant(0),
            [(_, offset)] => return Self::Constant(*offset),
            [(from, offset), .., (to, last)] => (*from, *offset, *to, *last),
        };
        let elapsed = to.abs_diff(from);
        let gained = Fraction::new(last.abs_diff(offset), elapsed.max(1));
        let are_small = [from, to, offset, last].iter().all(|n| n.unsigned_abs() < SMALL);
        Self::Drift {
            from,
            ns: if are_small { elapsed.min(gained.reach()) } else { 0 },
            offset,
            gained,
            is_loss: last < offset,
        }
    }
}

impl<'a> TickTimes<'a> {
    pub(crate) fn new(timeline: &'a Timeline, correction: &'a ClockCorrection) -> Self {
        Self {
            ticks: timeline.converter(),
            correction,
            quick: Quick::of(correction),
        }
    }

    /// The time of a tick, ns. A later tick has no earlier time.
    #[inline]
    pub(crate) fn ns(&mut self, tick: u64) -> i64 {
        let ns = self.ticks.ns(tick);
        match &self.quick {
            Quick::Constant(offset) => ns.saturating_add(*offset),
            Quick::Drift { .. } => self.drifted(ns),
        }
    }

    fn drifted(&self, ns: i64) -> i64 {
        match self.quick {
            Quick::Drift {
                from,
                ns: near,
                offset,
                gained,
                is_loss,
            } if ns >= from && ns.abs_diff(from) < near => {
                let (whole, is_rounded) = gained.of(ns.abs_diff(from));
                let gained = whole as i64;
                let gained = if is_loss {
                    -gained - i64::from(is_rounded)
                } else {
                    gained
                };
                ns + offset + gained
            }
            _ => self.correction.apply(ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Anchor, ClockMeasurement};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_are_those_of_the_timeline_after_correction(
            measurements in prop::collection::vec((any::<i64>(), any::<i64>(), 0_u32..64, any::<u8>()), 0..3),
            times in prop::collection::vec((any::<i64>(), 0_u32..64), 1..20),
        ) {
            let measurements: Vec<_> = measurements.into_iter().map(|(at, offset, shift, bound)| ClockMeasurement {
                at: at >> shift,
                offset: offset >> shift >> 3,
                bound: bound.into(),
                hops: 1,
            }).collect();
            let correction = ClockCorrection::new(&measurements, 0, 0);
            let timeline = Timeline::new(vec![Anchor { tick: 0, ns: i64::MIN / 4 }]);
            let mut clock = TickTimes::new(&timeline, &correction);
            for (time, shift) in times {
                let tick = time.unsigned_abs() >> shift;
                prop_assert_eq!(clock.ns(tick), correction.apply(timeline.converter().ns(tick)));
            }
        }
    }
}
