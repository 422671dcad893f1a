//! How far the times of several ranks can be compared.

use std::collections::BTreeMap;

/// How far the times of several ranks can be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockAgreement {
    /// They read the same clock.
    #[default]
    Same,
    /// Their clocks were compared, and their times put on one of them: times of different ranks may be
    /// wrong against each other by so many ns.
    Within(u64),
    /// Their clocks were not compared, or the file does not say.
    Unknown,
}

/// What is known of the clock of a rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RankClock {
    /// The machine that the rank ran on.
    pub host: Option<String>,
    /// Ranks with the same one read the same clock.
    pub id: Option<String>,
    /// By how much the rank's times may differ from rank 0's clock, ns; none where the clocks were not
    /// compared, and the times are as the rank's own clock gave them.
    pub bound_ns: Option<u64>,
    /// Times on the rank's own clock, ascending, and what was added to them, ns: linear in between,
    /// constant outside.
    pub added: Vec<(i64, i64)>,
}

impl RankClock {
    /// What the rank's own clock showed at `ns`, a time in the file.
    ///
    /// ```
    /// use scope_profiler::profile::RankClock;
    ///
    /// let mut clock = RankClock::default();
    /// clock.added = vec![(1_000, 50), (2_000, 70)];
    /// assert_eq!([1_050, 1_560, 9_070].map(|ns| clock.own_ns(ns)), [1_000, 1_500, 9_000]);
    /// ```
    #[must_use]
    pub fn own_ns(&self, ns: i64) -> i64 {
        match self.added.as_slice() {
            [] => ns,
            [(_, added)] => ns.saturating_sub(*added),
            [(from, first), .., (to, last)] => {
                let (low, high) = (from.saturating_add(*first), to.saturating_add(*last));
                let into = i128::from(ns.clamp(low, high.max(low))) - i128::from(low);
                let own = (i128::from(*to) - i128::from(*from)) * into;
                let own = own / (i128::from(high) - i128::from(low)).max(1);
                let outside = ns.saturating_sub(ns.clamp(low, high.max(low)));
                from.saturating_add(own as i64).saturating_add(outside)
            }
        }
    }
}

/// How far the times of ranks with these clocks can be compared; none stands for a rank of whose clock
/// nothing is known.
pub(crate) fn agreement<'a>(clocks: impl ExactSizeIterator<Item = Option<&'a RankClock>>) -> ClockAgreement {
    if clocks.len() <= 1 {
        return ClockAgreement::Same;
    }
    // The bound of each clock; those without a name are all different.
    let mut bounds: BTreeMap<(usize, &str), Option<u64>> = BTreeMap::new();
    for (index, clock) in clocks.enumerate() {
        let (key, bound) = match clock {
            None => ((index + 1, ""), None),
            Some(clock) => match &clock.id {
                Some(id) => ((0, id.as_str()), clock.bound_ns),
                None => ((index + 1, ""), clock.bound_ns),
            },
        };
        let known = bounds.entry(key).or_insert(bound);
        *known = (*known).zip(bound).map(|(a, b)| a.max(b));
    }
    if bounds.len() == 1 {
        return ClockAgreement::Same;
    }
    let Some(mut bounds) = bounds.into_values().collect::<Option<Vec<u64>>>() else {
        return ClockAgreement::Unknown;
    };
    // The two that are known worst.
    bounds.sort_unstable_by(|a, b| b.cmp(a));
    ClockAgreement::Within(bounds[0].saturating_add(bounds[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(id: Option<&str>, bound_ns: Option<u64>) -> Option<RankClock> {
        Some(RankClock {
            id: id.map(Into::into),
            bound_ns,
            ..RankClock::default()
        })
    }

    fn agree(clocks: &[Option<RankClock>]) -> ClockAgreement {
        agreement(clocks.iter().map(Option::as_ref))
    }

    #[test]
    fn ranks_that_read_one_clock_need_no_comparison() {
        let here = clock(Some("here"), None);
        assert_eq!(agree(&[here.clone(), here.clone(), here]), ClockAgreement::Same);
        assert_eq!(agree(&[None]), ClockAgreement::Same);
        assert_eq!(agree(&[]), ClockAgreement::Same);
    }

    #[test]
    fn two_ranks_differ_by_no_more_than_the_two_worst_bounds() {
        let clocks = [
            clock(Some("a"), Some(0)),
            clock(Some("b"), Some(300)),
            clock(Some("b"), Some(400)),
            clock(None, Some(200)),
        ];
        assert_eq!(agree(&clocks), ClockAgreement::Within(600));
    }

    #[test]
    fn one_rank_without_a_comparison_is_enough_not_to_know() {
        let known = clock(Some("a"), Some(0));
        assert_eq!(
            agree(&[known.clone(), clock(Some("b"), None)]),
            ClockAgreement::Unknown
        );
        assert_eq!(agree(&[known, None]), ClockAgreement::Unknown);
        assert_eq!(
            agree(&[clock(None, None), clock(None, None)]),
            ClockAgreement::Unknown
        );
        assert_eq!(agree(&[None, None]), ClockAgreement::Unknown);
    }
}
