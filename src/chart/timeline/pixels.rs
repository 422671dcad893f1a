//! From pieces of time to pixels.

use super::Piece;

/// Steps of opacity.
pub(super) const SHADES: u8 = 16;
/// The opacity of the shortest call.
const FAINTEST: f32 = 0.2;

/// Neighbouring pixels of one colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PixelRun {
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) region: usize,
    /// Up to [`SHADES`].
    pub(super) shade: u8,
}

/// The opacity of a shade.
pub(super) fn opacity(shade: u8) -> f32 {
    let share = f32::from(shade) / f32::from(SHADES);
    FAINTEST + (1.0 - FAINTEST) * share
}

/// The pixels of a row of so many that show `span_ns` from `from_ns` on: each has the region with the most time in it, and the share of
/// time in which there was any as its shade.
pub(super) fn runs(pieces: &[Piece], (from_ns, span_ns): (i64, i64), pixels: usize) -> Vec<PixelRun> {
    let mut row = Row {
        runs: Vec::new(),
        pixel: 0,
        shares: Vec::new(),
    };
    let scale = pixels as f64 / span_ns.max(1) as f64;
    let last = pixels.max(1) as i32 - 1;
    for piece in pieces {
        let place = |ns: i64| ns.saturating_sub(from_ns) as f64 * scale;
        let (start, end) = (place(piece.start_ns), place(piece.end_ns));
        let (first, until) = ((start as i32).min(last), (end as i32).min(last));
        if first == until {
            row.add(first, piece.region, (end - start) as f32 * piece.busy);
            continue;
        }
        row.add(
            first,
            piece.region,
            (f64::from(first + 1) - start) as f32 * piece.busy,
        );
        row.fill(first + 1, until, piece);
        let rest = end - f64::from(until);
        if rest > 0.0 {
            row.add(until, piece.region, rest as f32 * piece.busy);
        }
    }
    row.flush();
    row.runs
}

struct Row {
    runs: Vec<PixelRun>,
    /// The one that is not finished, and how much of it is whose.
    pixel: i32,
    shares: Vec<(usize, f32)>,
}

impl Row {
    fn add(&mut self, pixel: i32, region: usize, share: f32) {
        if pixel != self.pixel {
            self.flush();
            self.pixel = pixel;
        }
        match self.shares.iter_mut().find(|(other, _)| *other == region) {
            Some((_, sum)) => *sum += share,
            None => self.shares.push((region, share)),
        }
    }

    /// Pixels that a piece has for itself.
    fn fill(&mut self, from: i32, to: i32, piece: &Piece) {
        if from < to {
            self.flush();
            self.push(from, to, piece.region, piece.busy);
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
        if let Some((region, _)) = most {
            self.push(self.pixel, self.pixel + 1, region, total);
        }
    }

    fn push(&mut self, from: i32, to: i32, region: usize, share: f32) {
        let shade = (share.clamp(0.0, 1.0) * f32::from(SHADES)).round() as u8;
        match self.runs.last_mut() {
            Some(last) if last.to == from && last.region == region && last.shade == shade => last.to = to,
            _ => self.runs.push(PixelRun {
                from,
                to,
                region,
                shade,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(region: usize, start_ns: i64, end_ns: i64) -> Piece {
        Piece {
            region,
            start_ns,
            end_ns,
            busy: 1.0,
            calls: 1,
        }
    }

    fn drawn(pieces: &[Piece]) -> Vec<(i32, i32, usize, u8)> {
        let runs = runs(pieces, (0, 100), 10).into_iter();
        runs.map(|run| (run.from, run.to, run.region, run.shade))
            .collect()
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
