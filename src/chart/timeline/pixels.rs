//! From pieces of time to pixels.

use super::Piece;
use crate::chart::value_colors::ValueColors;
use crate::chart::value_mean::Mean;

/// Steps of opacity.
pub(super) const SHADES: u8 = 16;
/// The opacity of the shortest call.
const FAINTEST: f32 = 0.2;

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Fill {
    /// A region, an index into [`Timeline::regions`](super::Timeline::regions).
    Region(usize),
    /// The [tint](ValueColors::tint) of a value; none without.
    Value(Option<u8>),
}

/// Neighbouring pixels of one colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PixelRun {
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) fill: Fill,
    /// Up to [`SHADES`].
    pub(super) shade: u8,
}

/// The opacity of a shade.
pub(super) fn opacity(shade: u8) -> f32 {
    let share = f32::from(shade) / f32::from(SHADES);
    FAINTEST + (1.0 - FAINTEST) * share
}

/// The pixels of a row of so many that show `span_ns` from `from_ns` on: each has the region with the most time in
/// it, or the mean of the values in it, and the share of time in which there was any as its shade.
pub(super) fn runs(
    pieces: &[Piece],
    (from_ns, span_ns): (i64, i64),
    pixels: usize,
    colors: Option<&ValueColors>,
) -> Vec<PixelRun> {
    let mut row = Row {
        colors,
        runs: Vec::new(),
        pixel: 0,
        shares: Vec::new(),
        value: Mean::default(),
    };
    let scale = pixels as f64 / span_ns.max(1) as f64;
    let last = pixels.max(1) as i32 - 1;
    for piece in pieces {
        let place = |ns: i64| ns.saturating_sub(from_ns) as f64 * scale;
        let (start, end) = (place(piece.start_ns), place(piece.end_ns));
        let (first, until) = ((start as i32).min(last), (end as i32).min(last));
        if first == until {
            row.add(first, piece, end - start);
            continue;
        }
        row.add(first, piece, f64::from(first + 1) - start);
        row.fill(first + 1, until, piece);
        let rest = end - f64::from(until);
        if rest > 0.0 {
            row.add(until, piece, rest);
        }
    }
    row.flush();
    row.runs
}

struct Row<'a> {
    colors: Option<&'a ValueColors>,
    runs: Vec<PixelRun>,
    /// The one that is not finished, how much of it is whose, and the value of that.
    pixel: i32,
    shares: Vec<(usize, f32)>,
    value: Mean,
}

impl Row<'_> {
    /// A piece has so much of a pixel.
    fn add(&mut self, pixel: i32, piece: &Piece, part: f64) {
        if pixel != self.pixel {
            self.flush();
            self.pixel = pixel;
        }
        let share = part as f32 * piece.busy;
        match self.shares.iter_mut().find(|(region, _)| *region == piece.region) {
            Some((_, sum)) => *sum += share,
            None => self.shares.push((piece.region, share)),
        }
        // Of calls without length, too.
        let weight = f64::from(share).max(f64::MIN_POSITIVE);
        self.value.add(Mean::of(piece.value, weight));
    }

    /// Pixels that a piece has for itself.
    fn fill(&mut self, from: i32, to: i32, piece: &Piece) {
        if from < to {
            self.flush();
            let fill = self.fill_of(piece.region, piece.value);
            self.push(from, to, fill, piece.busy);
        }
    }

    fn fill_of(&self, region: usize, value: Option<f64>) -> Fill {
        match self.colors {
            Some(colors) => Fill::Value(value.map(|value| colors.tint(value))),
            None => Fill::Region(region),
        }
    }

    fn flush(&mut self) {
        let total: f32 = self.shares.iter().map(|share| share.1).sum();
        let most = self
            .shares
            .iter()
            .copied()
            .reduce(|a, b| if b.1 > a.1 { b } else { a });
        self.shares.clear();
        let value = std::mem::take(&mut self.value);
        if let Some((region, _)) = most {
            let fill = self.fill_of(region, value.get());
            self.push(self.pixel, self.pixel + 1, fill, total);
        }
    }

    fn push(&mut self, from: i32, to: i32, fill: Fill, share: f32) {
        let shade = (share.clamp(0.0, 1.0) * f32::from(SHADES)).round() as u8;
        match self.runs.last_mut() {
            Some(last) if last.to == from && last.fill == fill && last.shade == shade => last.to = to,
            _ => self.runs.push(PixelRun {
                from,
                to,
                fill,
                shade,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Field;

    fn piece(region: usize, start_ns: i64, end_ns: i64) -> Piece {
        Piece {
            region,
            start_ns,
            end_ns,
            busy: 1.0,
            calls: 1,
            value: None,
        }
    }

    fn drawn(pieces: &[Piece]) -> Vec<(i32, i32, usize, u8)> {
        let runs = runs(pieces, (0, 100), 10, None).into_iter();
        let region = |fill| match fill {
            Fill::Region(region) => region,
            Fill::Value(_) => panic!("it is coloured by region"),
        };
        runs.map(|run| (run.from, run.to, region(run.fill), run.shade))
            .collect()
    }

    #[test]
    fn a_pixel_has_the_mean_of_the_values_in_it_over_time() {
        let valued = |start_ns, end_ns, value| Piece {
            value,
            ..piece(0, start_ns, end_ns)
        };
        let colors = ValueColors::new(&Field::new("x"), 0.0, 32.0);
        // The second pixel has 16 for 6 ns and 0 for 2, the last one a call without length.
        let pieces = [
            valued(0, 10, Some(32.0)),
            valued(10, 16, Some(16.0)),
            valued(16, 18, Some(0.0)),
            valued(20, 40, None),
            valued(95, 95, Some(8.0)),
        ];
        let runs = runs(&pieces, (0, 100), 10, Some(&colors));
        let seen: Vec<_> = runs.iter().map(|run| (run.from, run.to, run.fill)).collect();
        let value = |tint| Fill::Value(Some(tint));
        assert_eq!(
            seen,
            [
                (0, 1, value(32)),
                (1, 2, value(12)),
                (2, 4, Fill::Value(None)),
                (9, 10, value(8))
            ]
        );
    }

    #[test]
    fn a_pixel_has_the_region_with_the_most_time_and_the_share_of_all() {
        assert_eq!(
            drawn(&[piece(0, 0, 30), piece(1, 50, 55)]),
            [(0, 3, 0, 16), (5, 6, 1, 8)]
        );
        assert_eq!(drawn(&[piece(0, 10, 12), piece(1, 12, 18)]), [(1, 2, 1, 13)]);
        assert_eq!(
            drawn(&[piece(0, 5, 25)]),
            [(0, 1, 0, 8), (1, 2, 0, 16), (2, 3, 0, 8)]
        );
    }

    #[test]
    fn nothing_is_drawn_beyond_the_last_pixel() {
        assert_eq!(drawn(&[piece(0, 95, 100)]), [(9, 10, 0, 8)]);
        assert_eq!(drawn(&[piece(0, 100, 100)]), [(9, 10, 0, 0)]);
        assert_eq!(drawn(&[piece(0, 0, 100)]), [(0, 10, 0, 16)]);
    }
}
