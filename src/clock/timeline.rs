//! Ticks to nanoseconds.

use super::fraction::Fraction;

/// One moment on both clocks: the counter and `CLOCK_MONOTONIC`.
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

/// Converts ticks to nanoseconds. Monotonic: a later tick is never an earlier nanosecond.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    anchors: Vec<Anchor>,
}

impl Timeline {
    /// Sorts the anchors and removes those that would turn time back.
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

    /// The first and the last moment that is known, ns; 0 without any.
    pub(crate) fn ends_ns(&self) -> (i64, i64) {
        self.span_ns().unwrap_or_default()
    }

    /// The first and the last moment that is known, ns.
    pub(crate) fn span_ns(&self) -> Option<(i64, i64)> {
        Some((self.anchors.first()?.ns, self.anchors.last()?.ns))
    }

    /// This many ticks in nanoseconds, at the mean rate of the whole time.
    pub(crate) fn length_ns(&self, ticks: u64) -> i64 {
        let rate = match self.anchors.as_slice() {
            [first, .., last] => first.ns_of_ticks_until(*last),
            _ => 1.0,
        };
        (ticks as f64 * rate).round() as i64
    }

    /// Converts ticks to nanoseconds: between two neighbouring anchors by linear interpolation,
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
        let rate = (high.ns.abs_diff(low.ns), high.tick - low.tick);
        Segment::new(
            low,
            if low == *first { 0 } else { low.tick },
            if high == *last { u64::MAX } else { high.tick },
            rate,
        )
    }
}

/// The stretch between two anchors; the first and the last extend without end.
#[derive(Clone, Copy, Debug)]
struct Segment {
    origin: Anchor,
    from: u64,
    to: u64,
    /// So many ns in so many ticks.
    rate: (u64, u64),
    ns_of_ticks: Fraction,
    /// So many ticks after the origin are in the stretch, and their times within reach.
    near: u64,
}

impl Segment {
    fn new(origin: Anchor, from: u64, to: u64, rate: (u64, u64)) -> Self {
        let ns_of_ticks = Fraction::new(rate.0, rate.1);
        let near = (to - origin.tick).min(ns_of_ticks.reach());
        Self {
            origin,
            from,
            to,
            rate,
            ns_of_ticks,
            near: if origin.ns.unsigned_abs() < 1 << 62 {
                near
            } else {
                0
            },
        }
    }

    fn identity(origin: Anchor) -> Self {
        Self::new(origin, 0, u64::MAX, (1, 1))
    }

    /// The time of any tick.
    fn ns(&self, tick: u64) -> i64 {
        let elapsed = i128::from(tick) - i128::from(self.origin.tick);
        let scaled = elapsed
            .saturating_mul(i128::from(self.rate.0))
            .div_euclid(i128::from(self.rate.1));
        let ns = scaled.saturating_add(i128::from(self.origin.ns));
        i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
    }
}

/// Converts many ticks to nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Converter<'a> {
    timeline: &'a Timeline,
    segment: Segment,
}

impl Converter<'_> {
    #[inline]
    pub(crate) fn ns(&mut self, tick: u64) -> i64 {
        match self.near(tick) {
            Some(ns) => ns,
            None => self.ns_of_other(tick),
        }
    }

    /// The time of a tick that lies in the stretch of the last one, and that is quickly told. It is between -2^62
    /// and 2^62.
    #[inline]
    pub(crate) fn near(&self, tick: u64) -> Option<i64> {
        // Of a tick before the origin this is larger than any that is near.
        let elapsed = tick.wrapping_sub(self.segment.origin.tick);
        let ns = || self.segment.origin.ns + self.segment.ns_of_ticks.of(elapsed).0 as i64;
        (elapsed < self.segment.near).then(ns)
    }

    #[cold]
    fn ns_of_other(&mut self, tick: u64) -> i64 {
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

    proptest! {
        #[test]
        fn a_near_tick_is_converted_as_any_other(
            anchors in proptest::collection::vec((any::<u64>(), any::<u64>(), 0_u32..64), 0..6),
            ticks in proptest::collection::vec((any::<u64>(), 0_u32..64), 1..20),
        ) {
            let anchors: Vec<_> = anchors.into_iter().map(|(tick, ns, shift)| (tick >> shift, (ns >> shift) as i64)).collect();
            let line = timeline(&anchors);
            let mut converter = line.converter();
            for (tick, shift) in ticks {
                let tick = tick >> shift;
                // The first leads to the segment, the second may be near.
                let first = converter.ns(tick);
                prop_assert_eq!(first, line.segment(tick).ns(tick));
                prop_assert_eq!(converter.ns(tick), first);
            }
        }

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
