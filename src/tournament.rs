//! Merging intervals of several rows, each in order, into one order of start.

/// The next interval of a row, as a number that is smaller the earlier its turn is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    key: u128,
    row: usize,
}

impl Head {
    /// Stands for a row without further intervals.
    pub(crate) const NONE: Self = Self {
        key: u128::MAX,
        row: usize::MAX,
    };

    /// Start, then the longer first, which `!end` gives, in order-preserving unsigned numbers.
    pub(crate) fn new(start: i64, end: i64, row: usize) -> Self {
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
pub(crate) struct Tournament {
    winner: Head,
    /// The loser of each match; the match of leaf i and its neighbour is at (leaves + i) / 2.
    losers: Vec<Head>,
}

impl Tournament {
    /// Of the first interval of each row, or [`Head::NONE`] where there is none.
    pub(crate) fn new(mut heads: Vec<Head>) -> Self {
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
    pub(crate) fn winner(&self) -> Option<usize> {
        (self.winner.row != usize::MAX).then_some(self.winner.row)
    }

    /// Plays the matches of the winner's row again with its next interval.
    #[inline]
    pub(crate) fn replace_winner(&mut self, head: Head) {
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
