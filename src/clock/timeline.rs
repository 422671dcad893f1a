//! Ticks to nanoseconds.

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
        Segment {
            origin: low,
            from: if low == *first { 0 } else { low.tick },
            to: if high == *last { u64::MAX } else { high.tick },
            rate_ns: high.ns.abs_diff(low.ns),
            rate_ticks: high.tick - low.tick,
            reciprocal: reciprocal(high.tick - low.tick),
        }
    }
}

/// The stretch between two anchors; the first and the last extend without end.
#[derive(Clone, Copy, Debug)]
struct Segment {
    origin: Anchor,
    from: u64,
    to: u64,
    rate_ns: u64,
    rate_ticks: u64,
    /// 2^64 / `rate_ticks`, rounded down.
    reciprocal: u64,
}

impl Segment {
    fn identity(origin: Anchor) -> Self {
        Self {
            origin,
            from: 0,
            to: u64::MAX,
            rate_ns: 1,
            rate_ticks: 1,
            reciprocal: reciprocal(1),
        }
    }

    fn ns(&self, tick: u64) -> i64 {
        // A second in nanoseconds times a second in ticks fits into 64 bits; longer stretches are rare.
        if let Some(ns) = tick
            .checked_sub(self.origin.tick)
            .and_then(|elapsed| elapsed.checked_mul(self.rate_ns))
            .and_then(|product| self.origin.ns.checked_add_unsigned(self.divided(product)))
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

    /// `product / rate_ticks`: two multiplications take a fraction of the time of a division. What the reciprocal
    /// lacks makes the quotient too small by at most one.
    #[inline]
    fn divided(&self, product: u64) -> u64 {
        let quotient = ((u128::from(product) * u128::from(self.reciprocal)) >> 64) as u64;
        let rest = product - quotient * self.rate_ticks;
        quotient + u64::from(rest >= self.rate_ticks)
    }
}

/// 2^64 / `divisor`, rounded down; of 1 the largest number instead.
fn reciprocal(divisor: u64) -> u64 {
    u64::try_from((1_u128 << 64) / u128::from(divisor)).unwrap_or(u64::MAX)
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
        fn the_product_of_a_reciprocal_is_the_quotient(
            product in any::<u64>(), bits in 0_u32..64, divisor in any::<u64>(), off in 0_u64..3,
        ) {
            let divisor = (divisor >> bits).max(1);
            let segment = Segment { rate_ticks: divisor, reciprocal: reciprocal(divisor), ..Segment::identity(Anchor { tick: 0, ns: 0 }) };
            // Multiples, where rounding shows, and anything else.
            for product in [product, (product / divisor * divisor).saturating_add(off).saturating_sub(1)] {
                prop_assert_eq!(segment.divided(product), product / divisor);
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
