//! A lane of several threads or ranks: what they were in together, column by column.

use super::strip::{RawPiece, add, most};
use crate::analysis::lane::level_for;
use crate::chart::value_mean::Mean;

/// Time in regions by columns of 2^level ns, counted from the clock's zero.
pub(super) struct Mix {
    most_columns: u64,
    level: u32,
    /// Of all pieces, the first start and the last end.
    span: Option<(i64, i64)>,
    first_column: i64,
    columns: Vec<Column>,
}

#[derive(Clone, Default)]
struct Column {
    shares: Vec<(u32, u64)>,
    calls: u32,
    value: Mean,
}

impl Mix {
    /// With at least so many columns, and less than twice as many; `level` is where to begin.
    pub(super) fn new(columns: u64, level: u32) -> Self {
        Self {
            most_columns: columns,
            level,
            span: None,
            first_column: 0,
            columns: Vec::new(),
        }
    }

    /// Adds the pieces of a thread, in order of time.
    pub(super) fn add(&mut self, pieces: &[RawPiece]) {
        let Some((first, last)) = pieces.first().zip(pieces.last()) else {
            return;
        };
        let (mut start, mut end) = (first.start, last.end);
        if let Some(span) = self.span {
            (start, end) = (start.min(span.0), end.max(span.1));
        }
        self.span = Some((start, end));
        self.coarsen_to(level_for(end.wrapping_sub(start) as u64, self.most_columns));
        self.cover(start >> self.level, end >> self.level);
        for piece in pieces {
            let column = self.column(piece.start >> self.level);
            column.calls = column.calls.saturating_add(piece.calls);
            self.spread(piece);
        }
    }

    /// Makes columns of at least 2^level ns.
    fn coarsen_to(&mut self, level: u32) {
        let by = level.saturating_sub(self.level);
        if by == 0 {
            return;
        }
        self.level = level;
        let fine = std::mem::take(&mut self.columns);
        let first = self.first_column;
        self.first_column >>= by;
        for (at, fine) in (0..).zip(fine) {
            let place = (((first + at) >> by) - self.first_column) as usize;
            self.columns
                .resize(self.columns.len().max(place + 1), Column::default());
            let column = &mut self.columns[place];
            column.calls = column.calls.saturating_add(fine.calls);
            column.value.add(fine.value);
            for (region, busy) in fine.shares {
                add(&mut column.shares, region, busy);
            }
        }
    }

    /// Makes room for columns `first` to `last`.
    fn cover(&mut self, first: i64, last: i64) {
        if self.columns.is_empty() {
            self.first_column = first;
        }
        let before = (self.first_column - first).max(0) as usize;
        self.columns.splice(..0, vec![Column::default(); before]);
        self.first_column -= before as i64;
        let length = (last - self.first_column + 1) as usize;
        self.columns
            .resize(self.columns.len().max(length), Column::default());
    }

    fn column(&mut self, column: i64) -> &mut Column {
        &mut self.columns[(column - self.first_column) as usize]
    }

    /// Shares the time of a piece out evenly between the columns that it reaches over, and the weight of its value.
    fn spread(&mut self, piece: &RawPiece) {
        let length = piece.end.wrapping_sub(piece.start) as u64 as f64;
        let mut from = piece.start;
        while from < piece.end {
            let column = from >> self.level;
            let end = column
                .checked_add(1)
                .and_then(|next| next.checked_mul(1 << self.level));
            let to = end.map_or(piece.end, |end| end.min(piece.end));
            let part = to.wrapping_sub(from) as u64 as f64 / length;
            let busy = (piece.busy as f64 * part).round() as u64;
            let into = self.column(column);
            add(&mut into.shares, piece.region, busy);
            into.value.add(piece.value.shared_by(1.0 / part));
            from = to;
        }
    }

    /// A piece for each column: its region is that with the most time, its time the mean of so many ranks, of which
    /// none is busy for more than all of the time.
    pub(super) fn finish(self, ranks: u64) -> Vec<RawPiece> {
        let (first, last) = self.span.unwrap_or((0, 0));
        let columns = (self.first_column..).zip(self.columns);
        let pieces = columns.filter_map(|(column, of)| {
            let Column { shares, calls, value } = of;
            let busy: u64 = shares.iter().map(|share| share.1).sum();
            let start = column << self.level;
            let end = start.checked_add(1 << self.level).unwrap_or(last);
            let (start, end) = (start.max(first), end.min(last));
            Some(RawPiece {
                region: most(&shares)?,
                start,
                end,
                busy: (busy / ranks.max(1)).min(end.wrapping_sub(start) as u64),
                calls,
                value,
            })
        });
        pieces.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_grow_with_the_axis_and_keep_all_time_and_calls() {
        let piece = |start| RawPiece {
            region: 0,
            start,
            end: start + 40,
            busy: 40,
            calls: 1,
            value: Mean::default(),
        };
        let mut mix = Mix::new(100, 0);
        for from in [0, 1_000_000, -1_000_000] {
            mix.add(&(0..100).map(|at| piece(from + 64 * at)).collect::<Vec<_>>());
        }
        let pieces = mix.finish(1);
        assert!(pieces.len() <= 200, "{}", pieces.len());
        assert_eq!(pieces.iter().map(|piece| piece.calls).sum::<u32>(), 300);
        let busy = pieces.iter().map(|piece| piece.busy).sum::<u64>();
        assert!((11_900..12_100).contains(&busy), "{busy}");
        assert!(pieces.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }

    #[test]
    fn a_column_belongs_to_the_region_in_which_most_ranks_were() {
        let piece = |region, start, end| RawPiece {
            region,
            start,
            end,
            busy: (end - start) as u64,
            calls: 1,
            value: Mean::of(Some(f64::from(region)), (end - start) as f64),
        };
        let mut mix = Mix::new(2, 7);
        mix.add(&[piece(0, 0, 200)]);
        mix.add(&[piece(1, 0, 128)]);
        mix.add(&[piece(1, 0, 64)]);
        let pieces = mix.finish(4);
        assert_eq!(pieces.len(), 2);
        assert_eq!((pieces[0].region, pieces[0].busy, pieces[0].calls), (1, 80, 3));
        assert_eq!((pieces[1].region, pieces[1].busy, pieces[1].start), (0, 18, 128));
        // For 128 ns 0, and for 128 and 64 ns 1.
        let values = [0, 1].map(|at: usize| pieces[at].value.get());
        assert_eq!(values, [Some(0.6), Some(0.0)]);
    }
}
