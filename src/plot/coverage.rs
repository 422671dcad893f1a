//! How much of each pixel a lane covers.

use crate::chart::gantt::Bar;

/// The faintest shade of a pixel in which anything ran.
const FAINTEST: f32 = 0.34;
/// The shade of an interval that is too short to see, far from others.
const LONE: f32 = 0.8;
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

/// Shades `pixels` pixels that stand for `span_ns`; reuses its memory from lane to lane.
#[derive(Debug)]
pub(super) struct Coverage {
    scale: f64,
    /// Covered share of each pixel.
    share: Vec<f32>,
    touched: Vec<bool>,
    parted: Vec<bool>,
}

impl Coverage {
    pub(super) fn new(span_ns: i64, pixels: usize) -> Self {
        Coverage {
            scale: pixels as f64 / span_ns.max(1) as f64,
            share: vec![0.0; pixels],
            touched: vec![false; pixels],
            parted: vec![false; pixels],
        }
    }

    /// The runs of a lane. `parted` tells long calls apart that follow each other at once.
    pub(super) fn runs(&mut self, bars: &[Bar], grain: Grain, parted: bool) -> Vec<Run> {
        self.share.fill(0.0);
        self.touched.fill(false);
        self.parted.fill(false);
        let scale = self.scale;
        let pixels = |bar: &Bar| (bar.start_ns as f64 * scale, bar.end_ns as f64 * scale);
        let mut before = f64::NEG_INFINITY;
        for (i, bar) in bars.iter().enumerate() {
            let (from, to) = pixels(bar);
            let (next_from, next_to) = bars.get(i + 1).map_or((f64::INFINITY, f64::INFINITY), pixels);
            self.add(from, to, bar.busy);
            if to - from < 2.0 && from - before > 4.0 && next_from - to > 4.0 {
                self.mark(from, to);
            }
            if parted && next_from - to < 1.5 && to - from >= APART && next_to - next_from >= APART {
                self.part((to + next_from) / 2.0);
            }
            before = to;
        }
        self.collect(grain)
    }

    fn add(&mut self, from: f64, to: f64, busy: f32) {
        let last = self.share.len() - 1;
        let first = (from as usize).min(last);
        for pixel in first..=(to as usize).clamp(first, last) {
            let covered = (to.min((pixel + 1) as f64) - from.max(pixel as f64)).max(0.0);
            self.share[pixel] += covered as f32 * busy;
            self.touched[pixel] |= covered > 0.0 || pixel == first;
        }
    }

    /// Makes an interval visible that has no neighbours to be mistaken for.
    fn mark(&mut self, from: f64, to: f64) {
        let first = ((from + to) / 2.0 - 0.5).max(0.0) as usize;
        let first = first.min(self.share.len().saturating_sub(2));
        for pixel in first..(first + 2).min(self.share.len()) {
            self.share[pixel] = self.share[pixel].max((LONE - FAINTEST) / (1.0 - FAINTEST));
            self.touched[pixel] = true;
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
            *share = if *parted { 0.0 } else { share.min(1.0) };
        }
        let step = grain.pixels.max(1);
        let shades = f32::from((SHADES / grain.shades).max(1));
        let mut runs: Vec<Run> = Vec::new();
        let pixels = self.share.chunks(step).zip(self.touched.chunks(step));
        for (i, (share, touched)) in pixels.enumerate() {
            if !touched.contains(&true) {
                continue;
            }
            let share = (share.iter().sum::<f32>() / share.len() as f32).min(1.0);
            let shade = (FAINTEST + (1.0 - FAINTEST) * share) * f32::from(SHADES);
            let shade = ((shade / shades).round() * shades) as u8;
            let (from, to) = ((i * step) as i32, (i * step + touched.len()) as i32);
            match runs.last_mut() {
                Some(last) if last.to == from && last.shade == shade => last.to = to,
                _ => runs.push(Run { from, to, shade }),
            }
        }
        runs
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
        }
    }

    #[test]
    fn a_bar_of_whole_pixels_is_solid() {
        let runs = Coverage::new(1_000, 100).runs(&[bar(100, 300, 1.0)], Grain::FINEST, true);
        assert_eq!(
            runs,
            [Run {
                from: 10,
                to: 30,
                shade: SHADES
            }]
        );
    }

    #[test]
    fn the_shade_grows_with_the_busy_share_and_is_never_invisible() {
        let mut coverage = Coverage::new(1_000, 100);
        let mut shade = |busy| coverage.runs(&[bar(100, 300, busy)], Grain::FINEST, true)[0].shade;
        assert!(shade(0.001) >= SHADES / 4);
        assert!(shade(0.001) < shade(0.3) && shade(0.3) < shade(0.8) && shade(0.8) < shade(1.0));
    }

    #[test]
    fn an_interval_too_short_to_see_is_seen_at_both_ends_and_in_between() {
        let mut coverage = Coverage::new(1_000_000, 100);
        for at in [0, 500_000, 1_000_000] {
            let runs = coverage.runs(&[bar(at, at, 1.0)], Grain::FINEST, true);
            assert_eq!(runs.len(), 1, "{runs:?}");
            assert!(runs[0].shade > SHADES / 2 && runs[0].to <= 100);
        }
    }

    #[test]
    fn long_calls_that_follow_at_once_are_told_apart() {
        let bars = [bar(0, 500, 1.0), bar(500, 1_000, 1.0)];
        let mut coverage = Coverage::new(1_000, 100);
        assert_eq!(coverage.runs(&bars, Grain::FINEST, false).len(), 1);
        let runs = coverage.runs(&bars, Grain::FINEST, true);
        assert_eq!(runs.len(), 3);
        assert_eq!((runs[1].from, runs[1].to), (49, 51));
    }

    #[test]
    fn a_coarser_grain_gives_fewer_runs() {
        let bars: Vec<Bar> = (0..500).map(|i| bar(i * 20, i * 20 + 7, 1.0)).collect();
        let mut coverage = Coverage::new(10_000, 1000);
        let mut runs = |pixels, shades| coverage.runs(&bars, Grain { pixels, shades }, true);
        assert!(runs(8, SHADES).len() < runs(1, SHADES).len());
        assert!(runs(1, 8).iter().all(|run| run.shade % 4 == 0 && run.shade > 0));
    }
}
