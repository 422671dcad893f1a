//! The offset between two clocks, from messages between their processes.
//!
//! A process reads its clock, t1, asks another process for the time there, s, and reads its clock again
//! when the answer arrives, t2. However long the messages took, the other clock showed s at a moment
//! between the two: `s - t2 <= offset <= s - t1`, where `offset` added to the process's own time gives the
//! other's. Of several rounds the narrowest limits count (F. Cristian, Probabilistic
//! clock synchronization, Distributed Computing 3, 1989).

/// The assumed maximum drift between two clocks, parts per million: two quartz oscillators at 50 ppm each.
const UNSEEN_DRIFT_PPM: u64 = 100;

/// How far two clocks may have drifted apart in `ns`, rounded up.
pub(crate) fn unseen_drift(ns: u64) -> u64 {
    // After the division neither factor is large enough to overflow.
    ns / 1_000_000 * UNSEEN_DRIFT_PPM + (ns % 1_000_000 * UNSEEN_DRIFT_PPM).div_ceil(1_000_000)
}

/// One question and its answer, ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    /// The process's own clock before the question.
    pub(crate) asked: i64,
    /// The other clock in between.
    pub(crate) answer: i64,
    /// The process's own clock after the answer.
    pub(crate) answered: i64,
}

/// The offset of rank 0's clock from this process's at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockMeasurement {
    /// The moment on the process's own clock, ns.
    pub(crate) at: i64,
    /// To be added to the process's own time to get rank 0's, ns.
    pub(crate) offset: i64,
    /// The error bound of the offset, ns.
    pub(crate) bound: u64,
    /// Comparisons between this clock and rank 0's: 0 when both processes read the same clock.
    pub(crate) hops: u32,
}

impl ClockMeasurement {
    /// For a process that reads rank 0's clock itself.
    pub(crate) fn same_clock(at: i64) -> Self {
        Self {
            at,
            offset: 0,
            bound: 0,
            hops: 0,
        }
    }

    /// From the rounds between this process and another. None when there were none.
    pub(crate) fn of_rounds(rounds: &[Round]) -> Option<Self> {
        let lower = |round: &Round| round.answer.saturating_sub(round.answered);
        let upper = |round: &Round| round.answer.saturating_sub(round.asked);
        let (first, last) = (rounds.first()?, rounds.last()?);
        let mut low = rounds.iter().map(lower).max()?;
        let mut high = rounds.iter().map(upper).min()?;
        if low > high {
            // The clocks drifted while they were compared: only the union of what each round allows is certain.
            low = rounds.iter().map(lower).min()?;
            high = rounds.iter().map(upper).max()?;
        }
        let width = high.abs_diff(low);
        let drift = unseen_drift(last.answered.abs_diff(first.asked));
        Some(Self {
            at: middle(first.asked, last.answered),
            offset: middle(low, high),
            bound: width.div_ceil(2).saturating_add(drift),
            hops: 1,
        })
    }

    /// The offset to rank 0's clock, for a process that compared its clock with one whose offset
    /// to rank 0's is `parent`. The bounds add up, and so does the possible drift between the times of the two
    /// comparisons.
    pub(crate) fn through(self, parent: Self) -> Self {
        let apart = self.at.saturating_add(self.offset).abs_diff(parent.at);
        // Rank 0's clock is the reference and has no drift.
        let drift = if parent.hops == 0 { 0 } else { unseen_drift(apart) };
        Self {
            at: self.at,
            offset: self.offset.saturating_add(parent.offset),
            bound: self.bound.saturating_add(parent.bound).saturating_add(drift),
            hops: self.hops.saturating_add(parent.hops),
        }
    }
}

/// The middle of two numbers, rounded down.
fn middle(a: i64, b: i64) -> i64 {
    ((i128::from(a) + i128::from(b)) >> 1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(asked: i64, answer: i64, answered: i64) -> Round {
        Round {
            asked,
            answer,
            answered,
        }
    }

    #[test]
    fn the_narrowest_limits_of_all_rounds_count() {
        // True offset 1000. The way there took 10, then 100; the way back 300, then 20.
        let rounds = [round(0, 1_010, 310), round(500, 1_600, 620)];
        let link = ClockMeasurement::of_rounds(&rounds).unwrap();
        // Within 620 ns they may have drifted apart by less than one more.
        assert_eq!((link.offset, link.bound), (995, 15 + 1));
        assert_eq!(link.at, 310);
        assert_eq!(ClockMeasurement::of_rounds(&[]), None);
    }

    #[test]
    fn bounds_add_up_along_the_way_to_rank_0() {
        let link = |at, offset, bound, hops| ClockMeasurement {
            at,
            offset,
            bound,
            hops,
        };
        let root = ClockMeasurement::same_clock(5_000);
        let child = link(100, 4_900, 7, 1).through(root);
        assert_eq!((child.offset, child.bound, child.hops), (4_900, 7, 1));
        // Compared 2 ms after its parent was: the two may have drifted apart by 0.2 us since.
        let grandchild = link(0, 2_000_100, 5, 1).through(child);
        assert_eq!((grandchild.offset, grandchild.hops), (2_005_000, 2));
        assert_eq!(grandchild.bound, 7 + 5 + 200);
    }

    proptest! {
        #[test]
        fn the_true_offset_is_within_the_bound(
            offset in -1_000_000_000_000i64..1_000_000_000_000,
            drift_ppb in -100_000i64..100_000,
            ways in proptest::collection::vec((1i64..1_000_000, 0i64..1_000, 1i64..1_000_000, 0i64..10_000_000), 1..40),
        ) {
            let truth = |now: i64| offset + (i128::from(now) * i128::from(drift_ppb)).div_euclid(1_000_000_000) as i64;
            let mut now = 1_000_000i64;
            let mut rounds = Vec::new();
            for (there, stay, back, pause) in ways {
                let asked = now + pause;
                let answer = asked + there + stay;
                now = answer + back;
                rounds.push(round(asked, answer + truth(answer), now));
            }
            let link = ClockMeasurement::of_rounds(&rounds).unwrap();
            let wrong = link.offset.abs_diff(truth(link.at));
            prop_assert!(wrong <= link.bound + 1, "{wrong} {link:?}");
        }

        #[test]
        fn no_numbers_overflow(rounds in proptest::collection::vec((any::<i64>(), any::<i64>(), any::<i64>()), 1..5)) {
            let rounds: Vec<_> = rounds.into_iter().map(|(a, b, c)| round(a, b, c)).collect();
            let link = ClockMeasurement::of_rounds(&rounds).unwrap();
            link.through(link);
        }
    }
}
