//! Which value each pixel of a lane has.

use super::Bar;
use super::coverage::Run;
use crate::chart::value_colors::ValueColors;
use crate::chart::value_mean::Mean;

/// Pixels of one shade and one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TintedRun {
    pub(super) run: Run,
    /// The [tint](ValueColors::tint) of its value; none without.
    pub(super) tint: Option<u8>,
}

impl TintedRun {
    /// Of a lane that is coloured by region.
    pub(super) fn plain(run: Run) -> Self {
        Self { run, tint: None }
    }
}

/// Cuts the runs of a lane where its values change, but into nothing shorter than `step` pixels. The `pixels` of the
/// lane stand for some ns from a moment on.
pub(super) fn cut(
    runs: &[Run],
    bars: &[Bar],
    colors: &ValueColors,
    ((from_ns, span_ns), pixels): ((i64, i64), usize),
    step: usize,
) -> Vec<TintedRun> {
    let scale = span_ns as f64 / pixels.max(1) as f64;
    let time = |pixel: i32| from_ns as f64 + f64::from(pixel) * scale;
    let mut cut: Vec<TintedRun> = Vec::new();
    // Bars before this one are over.
    let mut first = 0;
    for run in runs {
        for from in (run.from..run.to).step_by(step.max(1)) {
            let to = (from + step.max(1) as i32).min(run.to);
            let value = value_in(bars, &mut first, (time(from), time(to)));
            let tint = value.map(|value| colors.tint(value));
            match cut.last_mut() {
                Some(last) if last.tint == tint && last.run.shade == run.shade && last.run.to == from => {
                    last.run.to = to;
                }
                _ => cut.push(TintedRun {
                    run: Run { from, to, ..*run },
                    tint,
                }),
            }
        }
    }
    cut
}

/// The mean over the bars in a time; of the nearest one where there is none, as bars are moved to whole pixels.
fn value_in(bars: &[Bar], first: &mut usize, (from, to): (f64, f64)) -> Option<f64> {
    while bars.get(*first).is_some_and(|bar| (bar.end_ns as f64) < from) {
        *first += 1;
    }
    let mut mean = Mean::default();
    let inside = bars[*first..].iter().take_while(|bar| (bar.start_ns as f64) < to);
    // One that ends where the time begins is not in it.
    let inside = inside.filter(|bar| bar.end_ns as f64 > from || bar.start_ns == bar.end_ns);
    let mut any = false;
    for bar in inside {
        any = true;
        let part = (bar.end_ns as f64).min(to) - (bar.start_ns as f64).max(from);
        mean.add(Mean::of(
            bar.value,
            part.max(f64::MIN_POSITIVE) * f64::from(bar.busy).max(1e-6),
        ));
    }
    if any {
        return mean.get();
    }
    let middle = from.midpoint(to);
    let near = bars[first.saturating_sub(1)..].iter().take(2);
    let distance = |bar: &&Bar| (bar.start_ns as f64 - middle).max(middle - bar.end_ns as f64);
    near.min_by(|a, b| distance(a).total_cmp(&distance(b)))?.value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::value_colors::TINTS;
    use crate::profile::Field;

    #[test]
    fn a_run_is_cut_where_the_value_changes() {
        let bar = |from, to, value| Bar {
            value,
            ..Bar::new(from, to)
        };
        let bars = [
            bar(0, 100, Some(1.0)),
            bar(100, 200, Some(9.0)),
            bar(200, 300, None),
        ];
        let colors = ValueColors::new(&Field::new("x"), 1.0, 9.0);
        let runs = [Run {
            from: 0,
            to: 30,
            shade: 32,
        }];
        let cut = cut(&runs, &bars, &colors, ((0, 300), 30), 1);
        let shape: Vec<_> = cut.iter().map(|of| (of.run.from, of.run.to, of.tint)).collect();
        assert_eq!(shape, [(0, 10, Some(0)), (10, 20, Some(TINTS)), (20, 30, None)]);
    }

    #[test]
    fn a_pixel_beside_a_bar_has_the_value_of_that() {
        let bar = Bar {
            value: Some(3.0),
            ..Bar::new(100, 100)
        };
        let colors = ValueColors::new(&Field::new("x"), 1.0, 5.0);
        let runs = [Run {
            from: 9,
            to: 12,
            shade: 20,
        }];
        let cut = cut(&runs, &[bar], &colors, ((0, 300), 30), 1);
        assert_eq!(
            cut,
            [TintedRun {
                run: runs[0],
                tint: Some(TINTS / 2)
            }]
        );
    }
}
