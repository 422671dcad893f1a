//! Converts times of a rank's clock to rank 0's.
//!
//! The offset is measured at the start and at the end of a run; in between it is interpolated
//! linearly, before and after it is constant. Two measurements that agree within their bounds
//! give one constant offset: no drift was measured, and noise must not stretch a short run.

use crate::clock::{ClockMeasurement, unseen_drift};

/// The offset to add to the times of a rank, and its error bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClockCorrection {
    /// Times on the rank's clock and the offset to add there, ns; ascending, at most two.
    points: Vec<(i64, i64)>,
    /// The error bound of corrected times, ns; none where nothing was measured.
    bound: Option<u64>,
}

impl ClockCorrection {
    /// For a rank that recorded from `first` to `last`, ns on its own clock.
    pub(crate) fn new(measurements: &[ClockMeasurement], first: i64, last: i64) -> Self {
        let measured = || measurements.iter().filter(|measured| is_of_a_clock(measured));
        let earliest = measured().min_by_key(|measured| measured.at);
        let latest = measured().max_by_key(|measured| measured.at);
        let (Some(&a), Some(&b)) = (earliest, latest) else {
            return Self::default();
        };
        if a.hops == 0 && b.hops == 0 {
            return Self {
                points: Vec::new(),
                bound: Some(0),
            };
        }
        let outside = a.at.saturating_sub(first).max(last.saturating_sub(b.at)).max(0);
        let drift = unseen_drift(outside.unsigned_abs());
        let (points, bound) = if a.at == b.at || runs_backwards(a, b) {
            let other = a.offset.abs_diff(b.offset).saturating_add(b.bound);
            (vec![(a.at, a.offset)], a.bound.max(other))
        } else if a.offset.abs_diff(b.offset) <= a.bound.saturating_add(b.bound) {
            let offset = between(a, b);
            let reach =
                |measured: ClockMeasurement| measured.bound.saturating_add(measured.offset.abs_diff(offset));
            (vec![(a.at, offset)], reach(a).max(reach(b)))
        } else {
            (vec![(a.at, a.offset), (b.at, b.offset)], a.bound.max(b.bound))
        };
        Self {
            points,
            bound: Some(bound.saturating_add(drift)),
        }
    }

    /// The time on rank 0's clock when this rank's shows `ns`. Monotonic.
    #[inline]
    pub(crate) fn apply(&self, ns: i64) -> i64 {
        match self.points.as_slice() {
            [] => ns,
            [(_, offset)] => ns.saturating_add(*offset),
            [(from, offset), .., (to, last)] => {
                let [ns, from, to, offset, last] = [ns, *from, *to, *offset, *last].map(i128::from);
                let gained = (last - offset) * (ns.clamp(from, to) - from);
                // Only the sum is clamped: clamping earlier could swap times beyond the range.
                let corrected = ns + offset + gained.div_euclid(to - from);
                corrected.clamp(i64::MIN.into(), i64::MAX.into()) as i64
            }
        }
    }

    /// Times on the rank's clock and the offset that was added there, ns.
    pub(crate) fn points(&self) -> &[(i64, i64)] {
        &self.points
    }

    pub(crate) fn bound(&self) -> Option<u64> {
        self.bound
    }
}

/// Whether the numbers are within a century, as those of clocks are, so that their products do not overflow: a
/// damaged log may contain anything.
fn is_of_a_clock(measured: &ClockMeasurement) -> bool {
    const LIMIT: u64 = 1 << 62;
    measured.at.unsigned_abs() < LIMIT && measured.offset.unsigned_abs() < LIMIT
}

/// Whether interpolating between the two would turn time back, which no clock does.
fn runs_backwards(a: ClockMeasurement, b: ClockMeasurement) -> bool {
    let elapsed = i128::from(b.at) - i128::from(a.at);
    let gained = i128::from(b.offset) - i128::from(a.offset);
    // Nor is any clock twice as fast as another.
    gained.abs() >= elapsed
}

/// The middle of the range that both measurements allow; their ranges overlap.
fn between(a: ClockMeasurement, b: ClockMeasurement) -> i64 {
    let low = |m: ClockMeasurement| i128::from(m.offset) - i128::from(m.bound);
    let high = |m: ClockMeasurement| i128::from(m.offset) + i128::from(m.bound);
    ((low(a).max(low(b)) + high(a).min(high(b))) >> 1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn measured(at: i64, offset: i64, bound: u64) -> ClockMeasurement {
        ClockMeasurement {
            at,
            offset,
            bound,
            hops: 1,
        }
    }

    const HOUR: i64 = 3_600_000_000_000;

    #[test]
    fn between_two_measurements_the_offset_is_interpolated() {
        // 1 ppm is 3.6 ms in an hour.
        let two = [measured(0, 500, 20), measured(HOUR, 500 + 3_600_000, 30)];
        let clock = ClockCorrection::new(&two, 0, HOUR);
        assert_eq!(clock.apply(0), 500);
        assert_eq!(clock.apply(HOUR / 2), HOUR / 2 + 500 + 1_800_000);
        assert_eq!(clock.apply(HOUR), HOUR + 3_600_500);
        assert_eq!(clock.apply(HOUR + 1_000), HOUR + 3_601_500);
        assert_eq!(clock.apply(-1_000), -500);
        assert_eq!(clock.bound(), Some(30));
    }

    #[test]
    fn measurements_that_agree_do_not_stretch_a_short_run() {
        let two = [measured(0, 1_000, 400), measured(2_000, 1_300, 100)];
        let clock = ClockCorrection::new(&two, 0, 2_000);
        assert_eq!(clock.apply(1_700) - clock.apply(300), 1_400);
        // Both allow 1200 to 1400.
        assert_eq!(clock.points(), [(0, 1_300)]);
        assert_eq!(clock.bound(), Some(700));
    }

    #[test]
    fn with_the_first_measurement_alone_the_bound_grows_with_time() {
        let clock = ClockCorrection::new(&[measured(0, -70, 20)], 0, HOUR);
        assert_eq!(clock.apply(HOUR), HOUR - 70);
        // 100 ppm of an hour.
        assert_eq!(clock.bound(), Some(20 + 360_000_000));
    }

    #[test]
    fn without_measurements_times_stay_as_they_are() {
        let clock = ClockCorrection::new(&[], 0, HOUR);
        assert_eq!((clock.apply(77), clock.bound()), (77, None));
    }

    #[test]
    fn the_same_clock_needs_no_correction() {
        let two = [0, HOUR].map(ClockMeasurement::same_clock);
        let clock = ClockCorrection::new(&two, -5, 2 * HOUR);
        assert_eq!((clock.apply(77), clock.bound()), (77, Some(0)));
    }

    proptest! {
        #[test]
        fn time_never_runs_backwards(
            measurements in proptest::collection::vec((any::<i64>(), any::<i64>(), any::<u64>(), 0u32..3), 0..4),
            times in proptest::collection::vec(any::<i64>(), 2..20),
        ) {
            let measurements: Vec<_> = measurements
                .into_iter()
                .map(|(at, offset, bound, hops)| ClockMeasurement { at, offset, bound, hops })
                .collect();
            let clock = ClockCorrection::new(&measurements, i64::MIN, i64::MAX);
            let mut times = times;
            times.sort_unstable();
            for pair in times.windows(2) {
                prop_assert!(clock.apply(pair[0]) <= clock.apply(pair[1]));
            }
        }

        #[test]
        fn a_clock_with_a_constant_drift_is_corrected_within_the_bound(
            offset in -1_000_000_000_000i64..1_000_000_000_000,
            drift_ppb in -200_000i64..200_000,
            length in 1_000i64..HOUR,
            errors in (-5_000i64..5_000, -5_000i64..5_000),
            at in 0.0f64..1.0,
        ) {
            let truth = |ns: i64| offset + (i128::from(ns) * i128::from(drift_ppb)).div_euclid(1_000_000_000) as i64;
            let bound = 5_000;
            let two = [
                measured(0, truth(0) + errors.0, bound),
                measured(length, truth(length) + errors.1, bound),
            ];
            let clock = ClockCorrection::new(&two, 0, length);
            let ns = (length as f64 * at) as i64;
            let wrong = clock.apply(ns).abs_diff(ns + truth(ns));
            prop_assert!(wrong <= clock.bound().unwrap() + 2, "{wrong} {clock:?}");
        }
    }
}
