//! All intervals of several rows in one order of start, with bounded memory.

use super::linked::Link;
use crate::error::Result;
use crate::profile::{Intervals, Source};

/// Bytes of intervals held in memory by one merge.
const BUDGET: usize = 64 << 20;
/// Bytes of one interval in memory: start, end, thread.
const INTERVAL: usize = 20;
/// Reads shorter than this cost more in calls than in data.
const SHORTEST_READ: usize = 64;
/// Longer reads gain nothing; also the length of a chunk in large files.
const LONGEST_READ: usize = 1 << 16;

/// One call of one row of a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// Index into the rows that were merged.
    pub row: usize,
    /// Start, ns.
    pub start: i64,
    /// End, ns.
    pub end: i64,
    /// The thread, as an index into the rank's threads.
    pub thread: u32,
}

impl Call {
    /// End minus start, ns; it stops at the largest and smallest `i64`.
    #[must_use]
    pub fn duration(&self) -> i64 {
        self.end.saturating_sub(self.start)
    }
}

/// The intervals of several rows in order of start; at the same start the longer first, then in the order of the rows.
pub(crate) struct Merge<'a> {
    cursors: Vec<Cursor<'a>>,
    /// None before the first calls are taken.
    tournament: Option<Tournament>,
    /// Of the calls that were taken last, where the source has links.
    links: Option<Vec<Link>>,
}

impl<'a> Merge<'a> {
    /// Of rows of a source, which are indices into [`Source::rows`].
    pub(crate) fn new(source: &'a dyn Source, rows: &[usize]) -> Self {
        Self::with_columns(source, rows, &[])
    }

    /// As [`new`](Self::new); the pieces that [`next_calls`](Self::next_calls) shows have these optional columns.
    pub(crate) fn with_columns(source: &'a dyn Source, rows: &[usize], columns: &[&'static str]) -> Self {
        let step = (BUDGET / INTERVAL / rows.len().max(1)).clamp(SHORTEST_READ, LONGEST_READ);
        let has = |wanted: &str| source.columns().contains(&wanted);
        let links = has(Intervals::CALL) && has(Intervals::PARENT);
        let of_links: &[&str] = if links {
            &[Intervals::CALL, Intervals::PARENT]
        } else {
            &[]
        };
        let with = |all: Intervals, name: &&'static str| all.with_column(*name);
        let buffer = columns.iter().chain(of_links).fold(Intervals::new(), with);
        let cursor = |&row: &usize| Cursor::new(source, row, step, buffer.clone());
        Self {
            cursors: rows.iter().map(cursor).collect(),
            tournament: None,
            links: links.then(Vec::new),
        }
    }

    /// What the source says of each of the calls that were taken last; none where it does not say which call each is
    /// inside.
    pub(crate) fn links(&self) -> Option<&[Link]> {
        self.links.as_deref()
    }

    /// Adds the next calls to `calls` until there are `most` of them; fewer when no more are left. `loaded` is told of
    /// each piece of a row when it is read.
    pub(crate) fn next_calls(
        &mut self,
        calls: &mut Vec<Call>,
        most: usize,
        mut loaded: impl FnMut(usize, &Intervals) -> Result<()>,
    ) -> Result<()> {
        let cursors = &mut self.cursors;
        let tournament = match &mut self.tournament {
            Some(tournament) => tournament,
            none => {
                let heads = cursors.iter_mut().enumerate();
                let heads = heads.map(|(index, cursor)| cursor.head(index, &mut loaded));
                none.insert(Tournament::new(heads.collect::<Result<_>>()?))
            }
        };
        if let Some(links) = &mut self.links {
            links.clear();
        }
        while calls.len() < most {
            let Some(row) = tournament.winner() else { break };
            let cursor = &mut cursors[row];
            let interval = cursor.loaded.get(cursor.at);
            calls.push(Call {
                row,
                start: interval.start_ns,
                end: interval.end_ns,
                thread: interval.thread,
            });
            if let Some(links) = &mut self.links {
                links.push(cursor.link());
            }
            cursor.at += 1;
            tournament.replace_winner(cursor.head(row, &mut loaded)?);
        }
        Ok(())
    }
}

/// The next interval of a row, as a number that is smaller the earlier its turn is.
#[derive(Clone, Copy, Debug)]
struct Head {
    key: u128,
    row: usize,
}

impl Head {
    /// Stands for a row without further intervals.
    const NONE: Self = Self {
        key: u128::MAX,
        row: usize::MAX,
    };

    /// Start, then the longer first, which `!end` gives, in order-preserving unsigned numbers.
    fn new(start: i64, end: i64, row: usize) -> Self {
        let unsigned = |value: i64| u128::from(value as u64 ^ (1 << 63));
        Self {
            key: unsigned(start) << 64 | unsigned(!end),
            row,
        }
    }

    #[inline]
    fn before(self, other: Self) -> bool {
        (self.key, self.row) < (other.key, other.row)
    }
}

/// A tree of losers (Knuth, The Art of Computer Programming, volume 3, section 5.4.1): replacing
/// the smallest of k costs log2(k) comparisons on one path from its leaf to the root.
struct Tournament {
    winner: Head,
    /// The loser of each match; the match of leaf i and its neighbour is at (leaves + i) / 2.
    losers: Vec<Head>,
}

impl Tournament {
    fn new(mut heads: Vec<Head>) -> Self {
        let leaves = heads.len().next_power_of_two();
        heads.resize(leaves, Head::NONE);
        let mut losers = vec![Head::NONE; leaves];
        let mut round = heads;
        while round.len() > 1 {
            let matches = round.len() / 2;
            let mut winners = Vec::with_capacity(matches);
            for (at, pair) in round.chunks_exact(2).enumerate() {
                let (winner, loser) = if pair[1].before(pair[0]) {
                    (pair[1], pair[0])
                } else {
                    (pair[0], pair[1])
                };
                losers[matches + at] = loser;
                winners.push(winner);
            }
            round = winners;
        }
        Self {
            winner: round.first().copied().unwrap_or(Head::NONE),
            losers,
        }
    }

    /// The row whose interval is next.
    fn winner(&self) -> Option<usize> {
        (self.winner.row != usize::MAX).then_some(self.winner.row)
    }

    /// Plays the matches of the winner's row again with its next interval.
    #[inline]
    fn replace_winner(&mut self, head: Head) {
        let mut winner = head;
        let mut at = (self.losers.len() + self.winner.row) / 2;
        while at > 0 {
            let loser = &mut self.losers[at];
            if loser.before(winner) {
                std::mem::swap(loser, &mut winner);
            }
            at /= 2;
        }
        self.winner = winner;
    }
}

struct Cursor<'a> {
    source: &'a dyn Source,
    row: usize,
    loaded: Intervals,
    at: usize,
    next: u64,
    len: u64,
    step: u64,
}

impl<'a> Cursor<'a> {
    fn new(source: &'a dyn Source, row: usize, step: usize, buffer: Intervals) -> Self {
        let len = source.rows()[row].intervals;
        Self {
            source,
            row,
            loaded: buffer,
            at: 0,
            next: 0,
            len,
            step: step as u64,
        }
    }

    #[inline]
    fn head(
        &mut self,
        index: usize,
        loaded: &mut impl FnMut(usize, &Intervals) -> Result<()>,
    ) -> Result<Head> {
        if self.at == self.loaded.len() && !self.load(loaded)? {
            return Ok(Head::NONE);
        }
        let interval = self.loaded.get(self.at);
        Ok(Head::new(interval.start_ns, interval.end_ns, index))
    }

    /// What the source says of the next interval.
    fn link(&self) -> Link {
        let number = |name| {
            let numbers = self.loaded.column(name).and_then(|numbers| numbers.whole());
            numbers.map_or(-1, |numbers| numbers[self.at])
        };
        Link {
            call: number(Intervals::CALL),
            parent: number(Intervals::PARENT),
        }
    }

    /// Loads the next intervals; false, and the memory given back, when there are no more.
    fn load(&mut self, loaded: &mut impl FnMut(usize, &Intervals) -> Result<()>) -> Result<bool> {
        self.at = 0;
        if self.next == self.len {
            self.loaded = Intervals::default();
            return Ok(false);
        }
        let end = self.len.min(self.next + self.step);
        self.source.read(self.row, self.next..end, &mut self.loaded)?;
        self.next = end;
        loaded(self.row, &self.loaded)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_tournament_hands_out_everything_in_order(
            mut rows in prop::collection::vec(prop::collection::vec((-9_i64..9, -9_i64..9), 0..9), 0..9),
        ) {
            for row in &mut rows {
                row.sort_by_key(|&(start, end)| (start, !end));
            }
            let mut expected: Vec<(i64, i64, usize)> =
                rows.iter().enumerate().flat_map(|(at, row)| row.iter().map(move |&(s, e)| (s, !e, at))).collect();
            expected.sort_unstable();
            let mut next = vec![0; rows.len()];
            let head = |next: &[usize], row: usize| {
                rows[row].get(next[row]).map_or(Head::NONE, |&(start, end)| Head::new(start, end, row))
            };
            let mut tournament = Tournament::new((0..rows.len()).map(|row| head(&next, row)).collect());
            let mut seen = Vec::new();
            while let Some(row) = tournament.winner() {
                let (start, end) = rows[row][next[row]];
                seen.push((start, !end, row));
                next[row] += 1;
                tournament.replace_winner(head(&next, row));
            }
            prop_assert_eq!(seen, expected);
        }
    }
}
