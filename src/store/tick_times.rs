//! From a rank's counter to rank 0's clock.

use super::clock_sync::ClockCorrection;
use crate::clock::{Converter, Fraction, Timeline};

/// Converts the ticks of a rank's counter to ns on rank 0's clock.
#[derive(Clone, Debug)]
pub(crate) struct TickTimes<'a> {
    ticks: Converter<'a>,
    correction: &'a ClockCorrection,
    /// What the correction adds to any time, where it is little and always the same.
    offset: Option<i64>,
    drift: Option<Drift>,
}

/// A correction that changes from `from` on, so far as it takes no division.
#[derive(Clone, Copy, Debug)]
struct Drift {
    from: i64,
    offset: i64,
    gained: Fraction,
    is_loss: bool,
    /// For so many ns.
    near: u64,
}

/// Sums of three numbers below it do not overflow.
const SMALL: u64 = 1 << 61;

impl Drift {
    fn of(correction: &ClockCorrection) -> Option<Self> {
        let [(from, offset), .., (to, last)] = correction.points() else {
            return None;
        };
        let are_small = [from, to, offset, last].iter().all(|n| n.unsigned_abs() < SMALL);
        let elapsed = to.abs_diff(*from).max(1);
        let gained = Fraction::new(last.abs_diff(*offset), elapsed);
        are_small.then_some(Self {
            from: *from,
            offset: *offset,
            gained,
            is_loss: last < offset,
            near: elapsed.min(gained.reach()),
        })
    }

    #[inline]
    fn apply(&self, ns: i64) -> Option<i64> {
        if ns < self.from || ns.abs_diff(self.from) >= self.near {
            return None;
        }
        let (gained, is_rounded) = self.gained.of(ns.abs_diff(self.from));
        let gained = match self.is_loss {
            true => -(gained as i64) - i64::from(is_rounded),
            false => gained as i64,
        };
        Some(ns + self.offset + gained)
    }
}

impl<'a> TickTimes<'a> {
    pub(crate) fn new(timeline: &'a Timeline, correction: &'a ClockCorrection) -> Self {
        let offset = match correction.points() {
            [] => Some(0),
            [(_, offset)] => Some(*offset),
            _ => None,
        };
        Self {
            ticks: timeline.converter(),
            correction,
            offset: offset.filter(|offset| offset.unsigned_abs() < SMALL),
            drift: Drift::of(correction),
        }
    }

    /// The time of a tick, ns. A later tick has no earlier time.
    #[inline]
    pub(crate) fn ns(&mut self, tick: u64) -> i64 {
        match (self.ticks.near(tick), self.offset) {
            (Some(ns), Some(offset)) => ns + offset,
            _ => self.other(tick),
        }
    }

    #[inline(never)]
    fn other(&mut self, tick: u64) -> i64 {
        let ns = self.ticks.ns(tick);
        let drifted = self.drift.as_ref().and_then(|drift| drift.apply(ns));
        drifted.unwrap_or_else(|| self.correction.apply(ns))
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
            (from, offset, shift) in (any::<i64>(), any::<i64>(), 2_u32..64),
            (elapsed, gained) in (any::<u64>(), any::<i64>()),
            points in 0_usize..3,
            ticks in prop::collection::vec(any::<u64>(), 1..20),
        ) {
            let (from, offset) = (from >> shift, offset >> shift);
            let elapsed = (elapsed >> shift >> 1) as i64 + 2;
            let measured = |at, offset| ClockMeasurement { at, offset, bound: 0, hops: 1 };
            let measured = [measured(from, offset), measured(from + elapsed, offset + gained % elapsed)];
            let correction = ClockCorrection::new(&measured[..points], from, from + elapsed);
            let timeline = Timeline::new(vec![Anchor { tick: 0, ns: from - 5 }]);
            let mut times = TickTimes::new(&timeline, &correction);
            // From shortly before the first measurement until after the second.
            for tick in ticks.into_iter().map(|tick| tick % (elapsed as u64 * 2)) {
                prop_assert_eq!(times.ns(tick), correction.apply(timeline.converter().ns(tick)));
            }
        }
    }
}
