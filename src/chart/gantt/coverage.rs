//! How much of each pixel a lane covers.

use super::Bar;

/// The share of a pixel in which anything ran at all, however short: faint, and still to be seen.
const FAINTEST: f32 = 0.0625;
/// The shade of a call alone that is too short to see.
const LONE: f32 = 0.65;
/// A bar shorter than this many pixels has no edges that the eye could tell from its middle.
const SHORT: f64 = 2.0;
/// The empty pixels to either side that make a short bar one alone.
const ALONE: f64 = 4.0;
/// The empty pixels beside an edge that may be moved to a whole pixel.
const FREE: f64 = 2.0;
/// Weights by which the shares of dense pixels are averaged, from the pixel itself to the farthest one.
const WEIGHTS: [f32; 4] = [4.0, 3.0, 2.0, 1.0];
/// How much of its shade a line between two calls keeps.
const PARTED: f32 = 0.34;
/// The length, in pixels, from which calls are told apart that follow each other at once.
const APART: f64 = 12.0;
/// Shades between none and full.
pub(super) const SHADES: u8 = 32;

/// How finely a lane is drawn: every run is a multiple of `pixels` long, and there are `shades`
/// shades, a divisor of [`SHADES`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Grain {
    pub(super) pixels: usize,
    pub(super) shades: u8,
}

impl Grain {
    pub(super) const FINEST: Grain = Grain {
        pixels: 1,
        shades: SHADES,
    };
}

/// Pixels of one shade, from the first up to, not including, the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) from: i32,
    pub(super) to: i32,
    /// 1 to [`SHADES`].
    pub(super) shade: u8,
}

/// Shades `pixels` pixels that stand for `span_ns` from `from_ns` on; reuses its memory from lane to lane.
///
/// A shade is the share of time in which the region ran. Calls of one length look alike wherever in a pixel they
/// begin: edges with room beside them stand on whole pixels, a short call alone is a hairline whose strength is that
/// of its length, and where short calls are dense the shares of neighbouring pixels are averaged.
#[derive(Debug)]
pub(super) struct Coverage {
    from_ns: i64,
    scale: f64,
    /// Covered share of each pixel, but for dense ones.
    share: Vec<f32>,
    /// What short calls that are not alone cover.
    dense: Vec<f32>,
    is_dense: Vec<bool>,
    parted: Vec<bool>,
}

impl Coverage {
    pub(super) fn new((from_ns, span_ns): (i64, i64), pixels: usize) -> Self {
        Coverage {
            from_ns,
            scale: pixels as f64 / span_ns.max(1) as f64,
            share: vec![0.0; pixels],
            dense: vec![0.0; pixels],
            is_dense: vec![false; pixels],
            parted: vec![false; pixels],
        }
    }

    /// How many there are.
    pub(super) fn pixels(&self) -> usize {
        self.share.len()
    }

    /// The runs of a lane. `parted` tells long calls apart that follow each other at once.
    pub(super) fn runs(&mut self, bars: &[Bar], grain: Grain, parted: bool) -> Vec<Run> {
        let shifted: Vec<Bar>;
        let bars = if self.from_ns == 0 {
            bars
        } else {
            shifted = bars.iter().map(|bar| bar.shifted(-self.from_ns)).collect();
            &shifted
        };
        self.share.fill(0.0);
        self.dense.fill(0.0);
        self.is_dense.fill(false);
        self.parted.fill(false);
        let scale = self.scale;
        let pixels = |bar: &Bar| (bar.start_ns as f64 * scale, bar.end_ns as f64 * scale);
        let mut before = f64::NEG_INFINITY;
        // Bars before this one are drawn.
        let mut drawn = 0;
        for (i, bar) in bars.iter().enumerate() {
            let (from, to) = pixels(bar);
            if i < drawn {
                before = to;
                continue;
            }
            let (next_from, next_to) = bars.get(i + 1).map_or((f64::INFINITY, f64::INFINITY), pixels);
            let room = (from - before, next_from - to);
            // Not `to - from`, which rounding makes differ for equal calls.
            let length = (bar.end_ns - bar.start_ns) as f64 * scale;
            let speck = (room.0 >= ALONE).then(|| speck(&bars[i..], scale)).flatten();
            if let Some(speck) = speck {
                self.add_lone(speck.middle, speck.busy);
                drawn = i + speck.bars;
            } else if length >= SHORT {
                self.add_long((from, to), length, bar.busy, room);
            } else {
                // The pixels up to the next short one belong to the same texture.
                let to_next = room.1 < ALONE && next_to - next_from < SHORT;
                self.add_dense(from, to, bar.busy, if to_next { next_from } else { to });
            }
            if parted && room.1 < 1.5 && to - from >= APART && next_to - next_from >= APART {
                self.part((to + next_from) / 2.0);
            }
            before = to;
        }
        self.level_dense();
        self.collect(grain)
    }

    /// Edges with room beside them are moved to whole pixels; the same length is as many pixels everywhere.
    fn add_long(&mut self, (from, to): (f64, f64), length: f64, busy: f32, (before, after): (f64, f64)) {
        let from_pixel = if before >= FREE { from.round() } else { from };
        let to_pixel = match (before >= FREE, after >= FREE) {
            (_, false) => to,
            (true, true) => from_pixel + length.round(),
            (false, true) => to.round(),
        };
        cover(&mut self.share, from_pixel, to_pixel, busy);
    }

    /// One or two pixels, more than faint.
    fn add_lone(&mut self, middle: f64, busy: f64) {
        let width = busy.round().max(1.0);
        let first = (middle - width / 2.0).round().max(0.0) as usize;
        let first = first.min(self.share.len().saturating_sub(width as usize));
        let share = LONE + (1.0 - LONE) * (busy / width).min(1.0) as f32;
        for pixel in self.share.iter_mut().skip(first).take(width as usize) {
            *pixel = pixel.max(share);
        }
    }

    fn add_dense(&mut self, from: f64, to: f64, busy: f32, until: f64) {
        cover(&mut self.dense, from, to, busy);
        let last = self.is_dense.len() - 1;
        let first = (from as usize).min(last);
        // A pixel of which just the left edge is touched is not.
        let end = (until.ceil() as usize).saturating_sub(1);
        self.is_dense[first..=end.clamp(first, last)].fill(true);
    }

    /// Averages over neighbours, so that the shade does not depend on where in a pixel each call begins.
    fn level_dense(&mut self) {
        for pixel in 0..self.dense.len() {
            if !self.is_dense[pixel] {
                continue;
            }
            let (mut sum, mut weights) = (0.0, 0.0);
            for direction in [-1, 1] {
                for (distance, weight) in WEIGHTS.iter().enumerate() {
                    let Some(at) = pixel.checked_add_signed(direction * distance as isize) else {
                        break;
                    };
                    // Not across a gap, nor twice the pixel itself.
                    if !self.is_dense.get(at).is_some_and(|&dense| dense) {
                        break;
                    }
                    if distance > 0 || direction > 0 {
                        sum += weight * self.dense[at];
                        weights += weight;
                    }
                }
            }
            self.share[pixel] += (sum / weights).max(FAINTEST);
        }
    }

    /// Draws a line of one CSS pixel between two calls.
    fn part(&mut self, at: f64) {
        let middle = at.round() as usize;
        for pixel in middle.saturating_sub(1)..(middle + 1).min(self.parted.len()) {
            self.parted[pixel] = true;
        }
    }

    fn collect(&mut self, grain: Grain) -> Vec<Run> {
        for (share, parted) in self.share.iter_mut().zip(&self.parted) {
            *share = if *parted { PARTED * *share } else { *share }.min(1.0);
        }
        let step = grain.pixels.max(1);
        let shades = f32::from((SHADES / grain.shades).max(1));
        let mut runs: Vec<Run> = Vec::new();
        for (i, share) in self.share.chunks(step).enumerate() {
            let mean = share.iter().sum::<f32>() / share.len() as f32;
            if mean <= 0.0 {
                continue;
            }
            let shade = ((mean * f32::from(SHADES) / shades).round() * shades) as u8;
            let shade = shade.max((FAINTEST * f32::from(SHADES)) as u8);
            let (from, to) = ((i * step) as i32, (i * step + share.len()) as i32);
            match runs.last_mut() {
                Some(last) if last.to == from && last.shade == shade => last.to = to,
                _ => runs.push(Run { from, to, shade }),
            }
        }
        runs
    }
}

/// Bars that are too short to see and too close together to be told apart.
struct Speck {
    bars: usize,
    /// Where their busy time has its middle, and how long it is, pixels.
    middle: f64,
    busy: f64,
}

/// The speck that begins with the first of these bars, if it has nothing close behind. One call may be several bars,
/// where it reaches from one column of the chart into the next.
fn speck(bars: &[Bar], scale: f64) -> Option<Speck> {
    let first = bars[0].start_ns as f64 * scale;
    let mut speck = Speck {
        bars: 0,
        middle: 0.0,
        busy: 0.0,
    };
    let mut end = first;
    for bar in bars {
        let from = bar.start_ns as f64 * scale;
        if speck.bars > 0 && from - end >= 1.0 {
            if from - end < ALONE {
                return None;
            }
            break;
        }
        let length = (bar.end_ns - bar.start_ns) as f64 * scale;
        let busy = length * f64::from(bar.busy);
        end = from + length;
        speck.bars += 1;
        speck.busy += busy;
        speck.middle += busy * (from + length / 2.0);
        if speck.busy >= SHORT || end - first > ALONE {
            return None;
        }
    }
    speck.middle = if speck.busy > 0.0 {
        speck.middle / speck.busy
    } else {
        (first + end) / 2.0
    };
    Some(speck)
}

/// Adds what `from` to `to` cover of each pixel; no length covers no part of one, and something of it.
fn cover(shares: &mut [f32], from: f64, to: f64, busy: f32) {
    let last = shares.len() - 1;
    let first = (from as usize).min(last);
    for (pixel, share) in shares
        .iter_mut()
        .enumerate()
        .take((to as usize).clamp(first, last) + 1)
        .skip(first)
    {
        let covered = (to.min((pixel + 1) as f64) - from.max(pixel as f64)).max(0.0);
        *share += covered as f32 * busy;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(start_ns: i64, end_ns: i64, busy: f32) -> Bar {
        Bar {
            start_ns,
            end_ns,
            busy,
            calls: 1,
            value: None,
        }
    }

    #[test]
    fn a_bar_of_whole_pixels_is_solid() {
        let runs = Coverage::new((0, 1_000), 100).runs(&[bar(100, 300, 1.0)], Grain::FINEST, true);
        assert_eq!(
            runs,
            [Run {
                from: 10,
                to: 30,
                shade: SHADES
            }]
        );
    }

    /// The mean shade of all pixels, 0 to 1.
    fn ink(runs: &[Run], pixels: usize) -> f64 {
        let shades = runs
            .iter()
            .map(|run| f64::from(run.to - run.from) * f64::from(run.shade));
        shades.sum::<f64>() / f64::from(SHADES) / pixels as f64
    }

    #[test]
    fn the_shade_is_the_busy_share_and_never_invisible() {
        let mut coverage = Coverage::new((0, 1_000), 100);
        let mut shade = |busy| coverage.runs(&[bar(100, 300, busy)], Grain::FINEST, true)[0].shade;
        assert_eq!([1.0, 0.75, 0.5, 0.25].map(&mut shade), [32, 24, 16, 8]);
        assert_eq!([0.014, 0.000_001].map(&mut shade), [2, 2]);
    }

    #[test]
    fn dense_calls_are_as_strong_as_they_are_busy() {
        for (busy, least, most) in [
            (0.014, 0.06, 0.07),
            (0.2, 0.18, 0.22),
            (0.5, 0.48, 0.52),
            (0.9, 0.88, 0.92),
        ] {
            // Calls 1.37 pixels apart: in each pixel another part of one.
            let bars: Vec<Bar> = (0..700)
                .map(|i| bar(i * 1_370, i * 1_370 + (1_370.0 * busy) as i64, 1.0))
                .collect();
            let runs = Coverage::new((0, 700 * 1_370), 959).runs(&bars, Grain::FINEST, true);
            let ink = ink(&runs, 959);
            assert!((least..=most).contains(&ink), "{busy}: {ink}");
            let shades = runs.iter().map(|run| run.shade);
            let spread = shades.clone().max().unwrap() - shades.min().unwrap();
            assert!(spread <= 8, "{busy}: {spread} of {SHADES} shades");
        }
    }

    #[test]
    fn calls_of_one_length_look_alike_wherever_in_a_pixel_they_begin() {
        for length in [0, 10, 300, 700, 1_000, 1_400, 2_400, 2_500, 7_300] {
            // Four pixels and more in between, and never the same part of a pixel.
            let bars: Vec<Bar> = (0..80)
                .map(|i| bar(i * 12_347 + 5, i * 12_347 + 5 + length, 1.0))
                .collect();
            let runs = Coverage::new((0, 1_000_000), 1_000).runs(&bars, Grain::FINEST, true);
            assert_eq!(runs.len(), 80, "{length}");
            let looks: std::collections::BTreeSet<_> =
                runs.iter().map(|run| (run.to - run.from, run.shade)).collect();
            assert_eq!(looks.len(), 1, "{length}: {looks:?}");
        }
    }

    #[test]
    fn a_short_call_looks_the_same_in_one_column_of_the_chart_and_in_two() {
        let mut coverage = Coverage::new((0, 1_000), 1_000);
        let mut look = |bars: &[Bar]| {
            let runs = coverage.runs(bars, Grain::FINEST, false);
            assert_eq!(runs.len(), 1, "{runs:?}");
            (runs[0].to - runs[0].from, runs[0].shade)
        };
        let one = look(&[bar(100, 101, 0.4)]);
        assert_eq!(look(&[bar(100, 101, 0.1), bar(101, 102, 0.3)]), one);
        assert_eq!(look(&[bar(100, 102, 0.2)]), one);
    }

    #[test]
    fn an_interval_too_short_to_see_is_a_hairline_at_both_ends_and_in_between() {
        let mut coverage = Coverage::new((0, 1_000_000), 100);
        for at in [0, 500_000, 1_000_000] {
            let runs = coverage.runs(&[bar(at, at, 1.0)], Grain::FINEST, true);
            assert_eq!(runs.len(), 1, "{runs:?}");
            assert!(runs[0].shade >= SHADES / 2 && runs[0].to <= 100);
        }
    }

    #[test]
    fn long_calls_that_follow_at_once_are_told_apart() {
        let bars = [bar(0, 500, 1.0), bar(500, 1_000, 1.0)];
        let mut coverage = Coverage::new((0, 1_000), 100);
        assert_eq!(coverage.runs(&bars, Grain::FINEST, false).len(), 1);
        let runs = coverage.runs(&bars, Grain::FINEST, true);
        assert_eq!(runs.len(), 3);
        assert_eq!((runs[1].from, runs[1].to), (49, 51));
    }

    #[test]
    fn a_coarser_grain_gives_fewer_runs() {
        let bars: Vec<Bar> = (0..500).map(|i| bar(i * 20, i * 20 + 7, 1.0)).collect();
        let mut coverage = Coverage::new((0, 10_000), 1000);
        let mut runs = |pixels, shades| coverage.runs(&bars, Grain { pixels, shades }, true);
        assert!(runs(8, SHADES).len() < runs(1, SHADES).len());
        assert!(runs(1, 8).iter().all(|run| run.shade % 4 == 0 && run.shade > 0));
    }
}
