//! Which spans follow from which, as whole numbers one after the other.

use crate::page::follows::{Entry, Follow, Follows};

/// A share of the pairs, and how many are left out.
pub(super) fn share(follows: &Follows, share: f64) -> (&[Follow], usize) {
    let kept = (follows.all.len() as f64 * share).ceil() as usize;
    let (kept, others) = follows.all.split_at(kept.min(follows.all.len()));
    (kept, follows.left_out + others.len())
}

/// Of each pair the rank; then of the entry that follows and of the one that it follows from region, thread, start
/// after that of the run, and duration, ns.
pub(super) fn flat(follows: &[Follow], origin_ns: i64, number: impl Fn(usize) -> Option<usize>) -> Vec<i64> {
    let of = |entry: &Entry| {
        let interval = &entry.interval;
        Some([
            number(entry.region)? as i64,
            interval.thread.into(),
            interval.start_ns.saturating_sub(origin_ns),
            interval.end_ns.saturating_sub(interval.start_ns),
        ])
    };
    let pair = |follow: &Follow| {
        let ends = [of(&follow.following)?, of(&follow.followed)?];
        Some(
            [i64::from(follow.rank)]
                .into_iter()
                .chain(ends.into_iter().flatten()),
        )
    };
    follows.iter().filter_map(pair).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Interval;

    fn entry(region: usize, start_ns: i64) -> Entry {
        let interval = Interval {
            start_ns,
            end_ns: start_ns + 5,
            thread: 3,
        };
        Entry { region, interval }
    }

    #[test]
    fn pairs_are_written_after_the_start_of_the_run_and_a_share_says_what_is_missing() {
        let follow = |region, start| Follow {
            rank: 2,
            following: entry(region, start),
            followed: entry(0, 110),
        };
        let follows = Follows {
            all: vec![follow(1, 150), follow(7, 160), follow(1, 170)],
            left_out: 4,
        };
        let (some, left_out) = share(&follows, 0.5);
        assert_eq!(left_out, 5);
        // Region 7 is not in the page.
        let written = flat(some, 100, |region| (region < 7).then_some(region));
        assert_eq!(written, [2, 1, 3, 50, 5, 0, 3, 10, 5]);
    }
}
