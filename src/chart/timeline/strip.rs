//! What ran on one line of a picture, while it streams past: pieces of time, each of one region.
//!
//! Time is cut into columns of 2^level ns, as in lanes of the [Gantt chart](crate::chart::gantt). What is shorter than
//! a column shares a piece with what else is short there: the piece has the time of all of them, and the region with
//! the most of it.

use crate::analysis::lane::level_for;
use crate::chart::value_mean::Mean;

/// A time in which a region ran, or several that are short and close together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RawPiece {
    /// An index into [`Source::names`](crate::profile::Source::names).
    pub(super) region: u32,
    pub(super) start: i64,
    pub(super) end: i64,
    /// The time within it in which any of them ran, ns.
    pub(super) busy: u64,
    /// The calls that begin in it.
    pub(super) calls: u32,
    /// The value of these calls, where pieces are coloured by one.
    pub(super) value: Mean,
}

impl RawPiece {
    fn length(&self) -> u64 {
        self.end.wrapping_sub(self.start) as u64
    }

    fn column(&self, level: u32) -> i64 {
        self.start >> level
    }

    fn is_narrow(&self, level: u32) -> bool {
        self.length() >> level == 0
    }
}

/// The pieces so far: at most two for each column.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    columns: u64,
    level: u32,
    /// Finished ones.
    pieces: Vec<RawPiece>,
    /// The last one, which may still grow.
    last: Option<Growing>,
    guesses: Guesses,
}

/// Where in shares a region was found last, by the last digits of its number: a guess that saves a search.
#[derive(Clone, Debug)]
struct Guesses([u8; 64]);

impl Guesses {
    const NONE: Self = Self([0; 64]);

    /// Adds to the time of a region.
    fn add(&mut self, shares: &mut Vec<(u32, u64)>, region: u32, busy: u64) {
        let guess = &mut self.0[region as usize % 64];
        match shares.get_mut(usize::from(*guess)) {
            Some((guessed, sum)) if *guessed == region => *sum += busy,
            _ => *guess = add(shares, region, busy) as u8,
        }
    }
}

/// A piece, and how much of its time is whose.
#[derive(Clone, Debug)]
struct Growing {
    piece: RawPiece,
    shares: Vec<(u32, u64)>,
}

impl Growing {
    fn new(piece: RawPiece) -> Self {
        Self {
            piece,
            shares: Vec::new(),
        }
    }

    /// Joins what comes next if both are short and in one column, or are one call that went on.
    fn absorbs(&mut self, next: &RawPiece, level: u32, guesses: &mut Guesses) -> bool {
        let piece = &mut self.piece;
        let goes_on = next.calls == 0 && next.region == piece.region && next.start == piece.end;
        if goes_on && next.value.get() == piece.value.get() && self.shares.is_empty() {
            piece.end = next.end;
            piece.busy += next.busy;
            piece.value.add(next.value);
            return true;
        }
        let are_close = piece.column(level) == next.column(level);
        if !are_close || !piece.is_narrow(level) || !next.is_narrow(level) {
            return false;
        }
        if self.shares.is_empty() {
            self.shares.push((piece.region, piece.busy));
        }
        guesses.add(&mut self.shares, next.region, next.busy);
        piece.end = piece.end.max(next.end);
        piece.busy += next.busy;
        piece.calls = piece.calls.saturating_add(next.calls);
        piece.value.add(next.value);
        true
    }

    fn finish(self) -> RawPiece {
        RawPiece {
            region: most(&self.shares).unwrap_or(self.piece.region),
            ..self.piece
        }
    }
}

impl Strip {
    /// With at least so many columns, and less than twice as many; `level` is where to begin.
    pub(super) fn new(columns: u64, level: u32) -> Self {
        Self {
            columns,
            level,
            pieces: Vec::new(),
            last: None,
            guesses: Guesses::NONE,
        }
    }

    /// Adds the time in which a region ran next, which begins no earlier than the last one has ended: that of so many
    /// new calls, or of one that goes on, and its value.
    pub(super) fn push(
        &mut self,
        region: u32,
        (start, end): (i64, i64),
        calls: u32,
        value: impl Into<Option<f64>>,
    ) {
        let busy = end.wrapping_sub(start) as u64;
        let piece = RawPiece {
            region,
            start,
            end,
            busy,
            calls,
            value: Mean::of(value.into(), busy.max(1) as f64),
        };
        let before = take(&mut self.last, piece, self.level, &mut self.guesses);
        self.pieces.extend(before);
        if self.pieces.len() as u64 > 4 * self.columns {
            self.keep_few();
        }
    }

    /// There are too many pieces only where the axis has grown longer.
    fn keep_few(&mut self) {
        let Some((first, last)) = self.pieces.first().zip(self.pieces.last()) else {
            return;
        };
        let span = last.end.wrapping_sub(first.start) as u64;
        self.coarsen_to(level_for(span, self.columns).max(self.level + 1));
    }

    fn coarsen_to(&mut self, level: u32) {
        if level <= self.level {
            return;
        }
        self.level = level;
        let mut coarse: Vec<RawPiece> = Vec::new();
        let mut last: Option<Growing> = None;
        for piece in self.pieces.drain(..) {
            coarse.extend(take(&mut last, piece, level, &mut self.guesses));
        }
        coarse.extend(last.map(Growing::finish));
        self.pieces = coarse;
    }

    /// The pieces in order of time, with columns of at least 2^level ns.
    pub(super) fn finish(mut self, level: u32) -> Vec<RawPiece> {
        self.pieces.extend(self.last.take().map(Growing::finish));
        self.coarsen_to(level);
        self.pieces
    }
}

/// Lets the last piece take the next one in, or makes way for it: then the last one is finished.
fn take(last: &mut Option<Growing>, next: RawPiece, level: u32, guesses: &mut Guesses) -> Option<RawPiece> {
    if let Some(last) = last {
        if last.absorbs(&next, level, guesses) {
            return None;
        }
    }
    last.replace(Growing::new(next)).map(Growing::finish)
}

/// Adds to the time of a region. Gives its place.
pub(super) fn add(shares: &mut Vec<(u32, u64)>, region: u32, busy: u64) -> usize {
    match shares.iter().position(|(other, _)| *other == region) {
        Some(place) => {
            shares[place].1 += busy;
            place
        }
        None => {
            shares.push((region, busy));
            shares.len() - 1
        }
    }
}

/// The region with the most time; the first of several.
pub(super) fn most(shares: &[(u32, u64)]) -> Option<u32> {
    let most = shares.iter().map(|share| share.1).max()?;
    let first = shares.iter().find(|share| share.1 == most);
    first.map(|share| share.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_and_close_together_shares_a_piece_of_the_region_with_the_most_time() {
        let mut strip = Strip::new(100, 7);
        strip.push(0, (0, 1_000), 1, None);
        for at in 0..10 {
            strip.push(1, (1_024 + 10 * at, 1_024 + 10 * at + 6), 1, 5.0);
            strip.push(2, (1_024 + 10 * at + 6, 1_024 + 10 * at + 8), 1, 1.0);
        }
        let pieces = strip.finish(0);
        assert_eq!(pieces.len(), 2);
        let short = pieces[1];
        assert_eq!((short.region, short.busy, short.calls), (1, 80, 20));
        assert_eq!((short.start, short.end), (1_024, 1_122));
        assert_eq!(pieces[0].value.get(), None);
        // (60 x 5 + 20 x 1) / 80
        assert!(short.value.get().is_some_and(|value| (value - 4.0).abs() < 1e-9));
    }

    #[test]
    fn pieces_stay_few_and_keep_all_time_and_calls_on_an_axis_that_grows() {
        let mut strip = Strip::new(50, 0);
        for at in 0..100_000 {
            strip.push(at as u32 % 3, (10 * at, 10 * at + 7), 1, None);
        }
        let pieces = strip.finish(0);
        assert!(pieces.len() <= 200, "{}", pieces.len());
        assert_eq!(pieces.iter().map(|piece| piece.busy).sum::<u64>(), 700_000);
        assert_eq!(pieces.iter().map(|piece| piece.calls).sum::<u32>(), 100_000);
        assert!(pieces.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }

    #[test]
    fn a_call_that_goes_on_after_one_inside_it_without_length_stays_one_piece() {
        let mut strip = Strip::new(100, 0);
        strip.push(0, (0, 500), 1, 2.0);
        strip.push(0, (500, 900), 0, 2.0);
        let pieces = strip.finish(0);
        assert_eq!((pieces.len(), pieces[0].end, pieces[0].calls), (1, 900, 1));
    }

    #[test]
    fn a_call_that_goes_on_after_one_of_its_region_with_another_value_is_a_piece_of_its_own() {
        let mut strip = Strip::new(100, 0);
        strip.push(0, (0, 500), 1, 2.0);
        strip.push(0, (500, 900), 0, 3.0);
        let values: Vec<_> = strip.finish(0).iter().map(|piece| piece.value.get()).collect();
        assert_eq!(values, [Some(2.0), Some(3.0)]);
    }
}
