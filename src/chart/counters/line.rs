//! A value that holds until the next one, in the columns of a time axis.

/// The columns of the axis of a picture.
pub(super) const COLUMNS: usize = 1024;

/// What a counter's value was within a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The last value in the column.
    pub(crate) last: f64,
}

impl Cell {
    fn of(value: f64) -> Self {
        Self {
            low: value,
            high: value,
            last: value,
        }
    }

    fn add(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        self.last = value;
    }
}

/// The columns of an axis; none where there was no value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line(pub(super) Vec<Option<Cell>>);

/// A line while its samples come.
pub(crate) struct GrowingLine {
    cells: Vec<Option<Cell>>,
    origin: i64,
    span: i128,
    /// The value that holds, and the column up to which that is known.
    held: Option<f64>,
    column: usize,
}

impl GrowingLine {
    /// In so many columns, at least one, on an axis from `origin` to `end`, ns.
    pub(crate) fn new(columns: usize, origin: i64, end: i64) -> Self {
        Self {
            cells: vec![None; columns],
            origin,
            span: (i128::from(end) - i128::from(origin)).max(1),
            held: None,
            column: 0,
        }
    }

    /// Takes the next value, in order of time; one that is not finite ends the one before it.
    pub(crate) fn add(&mut self, at: i64, value: f64) {
        let since = i128::from(at) - i128::from(self.origin);
        let columns = self.cells.len() as i128;
        let column = (since * columns / self.span).clamp(0, columns - 1) as usize;
        // The value before is in this column, too, unless the column begins with the new one.
        let begins_here = since * columns % self.span == 0;
        self.hold_until(column + usize::from(!begins_here));
        self.column = column;
        let value = Some(value).filter(|value| value.is_finite());
        if let Some(value) = value {
            match &mut self.cells[column] {
                Some(cell) => cell.add(value),
                none => *none = Some(Cell::of(value)),
            }
        }
        self.held = value;
    }

    /// The value holds in all columns before this one.
    fn hold_until(&mut self, end: usize) {
        if let Some(held) = self.held {
            for cell in self.cells.iter_mut().take(end).skip(self.column) {
                cell.get_or_insert(Cell::of(held));
            }
        }
    }

    pub(crate) fn finish(mut self) -> Line {
        self.hold_until(self.cells.len());
        Line(self.cells)
    }
}

impl Line {
    /// From the smallest to the largest value of some lines.
    pub(super) fn around(lines: &[&Self]) -> Self {
        Self::over(lines, |cells| {
            let cells = cells.iter();
            cells.fold(None, |all: Option<Cell>, cell| {
                Some(all.map_or(*cell, |all| Cell {
                    low: all.low.min(cell.low),
                    high: all.high.max(cell.high),
                    last: cell.last,
                }))
            })
        })
    }

    /// The mean of the last values of some lines in each column.
    pub(super) fn mean(lines: &[&Self]) -> Self {
        Self::over(lines, |cells| {
            let number = cells.len() as f64;
            // Divided first, so that no sum overflows.
            let mean = cells.iter().map(|cell| cell.last / number).sum();
            (!cells.is_empty()).then(|| Cell::of(mean))
        })
    }

    fn over(lines: &[&Self], of: impl Fn(&[Cell]) -> Option<Cell>) -> Self {
        let cells = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.0[column]);
            cells.collect::<Vec<Cell>>()
        };
        Self((0..COLUMNS).map(|column| of(&cells(column))).collect())
    }

    /// When a column begins on an axis from `origin` to `end`, ns.
    #[cfg(feature = "plot")]
    pub(crate) fn time(&self, column: usize, origin: i64, end: i64) -> i64 {
        let span = i128::from(end) - i128::from(origin);
        (i128::from(origin) + span * column as i128 / self.0.len() as i128) as i64
    }

    /// Neighbouring columns with the same values, as one: the first column, the one after the last, and the values.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (usize, usize, Cell)> + '_ {
        let mut from = 0;
        self.0.chunk_by(|a, b| a == b).filter_map(move |run| {
            let first = from;
            from += run.len();
            run[0].map(|cell| (first, first + run.len(), cell))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(samples: &[(i64, f64)]) -> Line {
        let mut line = GrowingLine::new(COLUMNS, 0, COLUMNS as i64);
        samples.iter().for_each(|&(at, value)| line.add(at, value));
        line.finish()
    }

    #[test]
    fn a_value_holds_until_the_next_and_a_gap_ends_it() {
        let line = line(&[(2, 1.0), (4, 3.0), (6, f64::NAN), (8, 5.0)]);
        let cells = |range: std::ops::Range<usize>| {
            let cells = line.0[range].iter();
            cells
                .map(|cell| cell.map(|cell| (cell.low, cell.high)))
                .collect::<Vec<_>>()
        };
        let one = |x| Some((x, x));
        assert_eq!(
            cells(0..9),
            [
                None,
                None,
                one(1.0),
                one(1.0),
                one(3.0),
                one(3.0),
                None,
                None,
                one(5.0)
            ]
        );
        assert_eq!(cells(COLUMNS - 1..COLUMNS), [one(5.0)]);
        assert_eq!(line.runs().count(), 3);
    }

    #[test]
    fn over_ranks_the_band_is_from_the_least_to_the_most_and_the_mean_of_what_holds() {
        let (a, b) = (line(&[(0, 1.0)]), line(&[(4, 4.0)]));
        let band = Line::around(&[&a, &b]);
        let mean = Line::mean(&[&a, &b]);
        assert_eq!(band.0[3].map(|cell| (cell.low, cell.high)), Some((1.0, 1.0)));
        assert_eq!(band.0[4].map(|cell| (cell.low, cell.high)), Some((1.0, 4.0)));
        assert_eq!((mean.0[3].unwrap().last, mean.0[4].unwrap().last), (1.0, 2.5));
    }

    proptest! {
        #[test]
        fn no_value_is_lost_however_dense_they_are(
            samples in proptest::collection::vec((0i64..COLUMNS as i64 / 4, -1e9f64..1e9), 1..200),
        ) {
            let mut samples = samples;
            samples.sort_by_key(|&(at, _)| at);
            let line = line(&samples);
            for (place, &(at, value)) in samples.iter().enumerate() {
                let cell = line.0[at as usize].unwrap();
                prop_assert!(cell.low <= value && value <= cell.high);
                if samples.get(place + 1).is_none_or(|&(next, _)| next > at) {
                    prop_assert_eq!(cell.last, value);
                }
            }
        }
    }
}
