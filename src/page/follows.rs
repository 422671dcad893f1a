//! Which spans follow from which, as the program has said.

use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{Interval, Source};
use rustc_hash::FxHashMap;

/// More pairs are not listed.
const MOST: usize = if cfg!(test) { 3 } else { 1 << 12 };

/// The first entry of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The region, an index into [`Source::names`].
    pub(super) region: usize,
    /// On the clock of the chart's axis, ns.
    pub(super) interval: Interval,
}

/// A span that follows from another of its rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Follow {
    pub(super) rank: u32,
    pub(super) following: Entry,
    pub(super) followed: Entry,
}

/// The spans of a subject that follow from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Follows {
    /// By rank, and start of the one that follows.
    pub(super) all: Vec<Follow>,
    /// How many more there are.
    pub(super) left_out: usize,
}

/// Both while a [pass](crate::analysis::pass) goes on.
#[derive(Debug)]
pub(super) struct GrowingFollows {
    /// Rank, the span that follows, and the one that it follows from.
    pairs: Vec<(u32, u32, u32)>,
    left_out: usize,
    /// By rank and span.
    entries: FxHashMap<(u32, u32), Option<Entry>>,
}

impl GrowingFollows {
    pub(super) fn new(source: &dyn Source, filter: &RegionFilter) -> Result<Self> {
        let mut pairs = Vec::new();
        let mut left_out: usize = 0;
        for rank in filter.chosen_ranks(source) {
            for facts in source.span_facts(rank)? {
                let room = MOST - pairs.len();
                let of_span = facts.follows.iter().take(room);
                pairs.extend(of_span.map(|&followed| (rank, facts.span, followed)));
                left_out += facts.follows.len().saturating_sub(room);
            }
        }
        let ends = pairs
            .iter()
            .flat_map(|&(rank, following, followed)| [(rank, following), (rank, followed)]);
        Ok(Self {
            entries: ends.map(|end| (end, None)).collect(),
            left_out,
            pairs,
        })
    }

    /// Whether there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Takes an entry of a span.
    pub(super) fn take(&mut self, rank: u32, span: u32, entry: Entry) {
        if let Some(first) = self.entries.get_mut(&(rank, span)) {
            if first.is_none_or(|first| first.interval.start_ns > entry.interval.start_ns) {
                *first = Some(entry);
            }
        }
    }

    /// What follows from what, when the pass is over; spans that were not entered have no place.
    pub(super) fn finish(self) -> Follows {
        let entry = |end| self.entries.get(&end).copied().flatten();
        let pairs = self.pairs.iter();
        let mut all: Vec<Follow> = pairs
            .filter_map(|&(rank, following, followed)| {
                Some(Follow {
                    rank,
                    following: entry((rank, following))?,
                    followed: entry((rank, followed))?,
                })
            })
            .collect();
        all.sort_by_key(|follow| (follow.rank, follow.following.interval.start_ns));
        Follows {
            all,
            left_out: self.left_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Profile, SpanFacts};

    fn source(follows: &[(u32, u32)]) -> Profile {
        let mut builder = Profile::builder();
        for &(span, followed) in follows {
            let mut facts = SpanFacts::new(span);
            facts.follows.push(followed);
            builder = builder.span_facts(0, facts);
        }
        builder.push(crate::profile::Call::new("any", 0..1));
        builder.build()
    }

    fn entry(start_ns: i64) -> Entry {
        Entry {
            region: 1,
            interval: Interval {
                start_ns,
                end_ns: start_ns + 5,
                thread: 0,
            },
        }
    }

    #[test]
    fn the_first_entries_of_both_spans_are_found_in_any_order() {
        let profile = source(&[(2, 1)]);
        let mut follows = GrowingFollows::new(&profile, &RegionFilter::new()).unwrap();
        for (span, start) in [(2, 90), (2, 50), (9, 0), (1, 10), (1, 70)] {
            follows.take(0, span, entry(start));
        }
        let expected = Follow {
            rank: 0,
            following: entry(50),
            followed: entry(10),
        };
        assert_eq!(follows.finish().all, [expected]);
    }

    #[test]
    fn pairs_without_a_place_are_none_and_those_beyond_the_most_are_counted() {
        let profile = source(&[(2, 1), (3, 1), (4, 1), (5, 1), (6, 1)]);
        let mut follows = GrowingFollows::new(&profile, &RegionFilter::new()).unwrap();
        for span in [1, 3, 4, 5] {
            follows.take(0, span, entry(i64::from(span)));
        }
        let found = follows.finish();
        assert_eq!((found.all.len(), found.left_out), (2, 2));
    }
}
