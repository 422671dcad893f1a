//! Time axes and labels.

use crate::error::Result;
use crate::render::style::{AXIS, GRID, RULE, TICK};
use crate::render::{Canvas, Color, Paper};
pub use crate::text::{printable, shorten};

/// The marks of a time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ticks {
    /// The unit of the labels: `ns`, `µs`, `ms`, `s`, `min` or `h`.
    pub unit: &'static str,
    /// Position, ns from the start of the axis, and label, in order.
    pub marks: Vec<(i64, String)>,
}

const UNITS: [(&str, i128); 6] = [
    ("ns", 1),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl Ticks {
    /// Marks in steps of 1, 2 or 5 times a power of ten, at most `max` of them (at least 2).
    ///
    /// The unit is the largest of which the axis is at least two long, seconds up to ten minutes
    /// and minutes up to ten hours.
    ///
    /// ```
    /// use scope_profiler::chart::axis::Ticks;
    ///
    /// let ticks = Ticks::new(23_000, 6); // 23 µs
    /// assert_eq!(ticks.unit, "µs");
    /// let labels: Vec<&str> = ticks.marks.iter().map(|(_, label)| label.as_str()).collect();
    /// assert_eq!(labels, ["0", "5", "10", "15", "20"]);
    /// ```
    #[must_use]
    pub fn new(span_ns: i64, max: usize) -> Self {
        Self::within(0, span_ns, max)
    }

    /// As [`new`](Self::new), of an axis that begins at `from_ns`: the labels are as long as they have to be to tell
    /// the marks apart.
    ///
    /// ```
    /// use scope_profiler::chart::axis::Ticks;
    ///
    /// let ticks = Ticks::within(1_500_000_000, 40_000, 3); // 40 µs after 1.5 s
    /// assert_eq!((ticks.unit, ticks.marks[1].0, ticks.marks[1].1.as_str()), ("ms", 20_000, "1500.02"));
    /// ```
    #[must_use]
    pub fn within(from_ns: i64, span_ns: i64, max: usize) -> Self {
        let (from, span) = (i128::from(from_ns), i128::from(span_ns.max(1)));
        let intervals = (max.max(2) - 1) as i128;
        let (_, fine) = unit_of(span);
        let step_ns = steps(fine).find(|step| step * intervals >= span).unwrap_or(span);
        let (unit, scale) = unit_of(from + span);
        let decimals = decimals(step_ns, scale);
        let first = from.div_euclid(step_ns) + i128::from(from.rem_euclid(step_ns) > 0);
        let marks = (first..=(from + span) / step_ns)
            .map(|i| {
                let at = i * step_ns;
                (
                    i64::try_from(at - from).unwrap_or(i64::MAX),
                    format!("{:.decimals$}", at as f64 / scale as f64),
                )
            })
            .collect();
        Ticks { unit, marks }
    }
}

/// The unit for times up to so many nanoseconds, and its length.
fn unit_of(ns: i128) -> (&'static str, i128) {
    let is_large_enough = |&&(unit, scale): &&(&str, i128)| {
        let least = if matches!(unit, "min" | "h") { 10 } else { 2 };
        ns >= least * scale
    };
    let unit = UNITS.iter().rev().find(is_large_enough);
    unit.copied().unwrap_or(UNITS[0])
}

/// 1, 2 and 5 thousandths of a unit, hundredths, and so on, as whole nanoseconds.
fn steps(scale: i128) -> impl Iterator<Item = i128> {
    let bases = (0..24)
        .map(move |power| scale * 10_i128.pow(power))
        .filter(|base| base % 1_000 == 0);
    bases.flat_map(|base| [1, 2, 5].map(|factor| base / 1_000 * factor))
}

/// How many decimals a multiple of `step` needs in a unit of `scale`.
fn decimals(step: i128, scale: i128) -> usize {
    (0..12)
        .find(|&digits| step * 10_i128.pow(digits) % scale == 0)
        .unwrap_or(3) as usize
}

/// Which of so many equal parts of a length have a label: all, every second, fifth, tenth and so on, so that labels are
/// at least `pitch` apart.
pub(super) fn labelled(parts: usize, length: f64, pitch: f64) -> impl Iterator<Item = usize> {
    let each = length / parts.max(1) as f64;
    let mut steps = (0..9).flat_map(|power| [1, 2, 5].map(|step| step * 10_usize.pow(power)));
    let step = steps.find(|&step| step as f64 * each >= pitch).unwrap_or(1);
    (0..parts).step_by(step)
}

/// An axis from left to right, with lines at its marks.
pub(super) struct Axis {
    marks: Vec<Mark>,
    /// Its middle, and the text.
    title: (i32, String),
    /// From the chart down to the title.
    title_at: i32,
    /// From where to where there is a line between chart and labels.
    rule: Option<(i32, i32)>,
    above: bool,
}

struct Mark {
    x: i32,
    label: String,
    color: Color,
}

impl Axis {
    /// The marks are at these places.
    pub(super) fn new(
        marks: impl IntoIterator<Item = (i32, String)>,
        title: &str,
        range: (i32, i32),
        paper: &Paper<'_>,
    ) -> Self {
        let marks = marks.into_iter().map(|(x, label)| Mark {
            x,
            label,
            color: GRID,
        });
        Self {
            marks: marks.collect(),
            title: paper.centred(title, &AXIS, range),
            title_at: 88,
            rule: None,
            above: false,
        }
    }

    /// A time axis: `x` says where each time is.
    pub(super) fn of_time(
        ticks: Ticks,
        x: impl Fn(i64) -> i32,
        title: &str,
        range: (i32, i32),
        paper: &Paper<'_>,
    ) -> Self {
        let title = format!("{title} ({})", ticks.unit);
        let marks = ticks.marks.into_iter().map(|(at, label)| (x(at), label));
        Self::new(marks, &title, range, paper)
    }

    /// Puts the title that far below the chart.
    pub(super) fn title_at(self, below: i32) -> Self {
        Self {
            title_at: below,
            ..self
        }
    }

    /// Draws a line along the axis.
    pub(super) fn with_rule(self, range: (i32, i32)) -> Self {
        Self {
            rule: Some(range),
            ..self
        }
    }

    /// Makes the first line stronger, as that from which bars begin.
    pub(super) fn with_strong_start(mut self) -> Self {
        if let Some(first) = self.marks.first_mut() {
            first.color = RULE;
        }
        self
    }

    /// Also writes the labels above the chart.
    pub(super) fn above(self, above: bool) -> Self {
        Self { above, ..self }
    }

    /// What fits of it.
    pub(super) fn title(&self) -> &str {
        &self.title.1
    }

    /// The baseline of the title, of a chart that ends there.
    pub(super) fn last_baseline(&self, bottom: i32) -> i32 {
        bottom + self.title_at
    }

    /// Draws it for a chart between these.
    pub(super) fn draw(&self, canvas: &mut dyn Canvas, (top, bottom): (i32, i32)) -> Result<()> {
        for Mark { x, label, color } in &self.marks {
            canvas.rect((x - 1, x + 1), (top, bottom + 10), *color)?;
            canvas.text(*x, bottom + 40, label, &TICK)?;
            if self.above {
                canvas.text(*x, top - 14, label, &TICK)?;
            }
        }
        if let Some(range) = self.rule {
            canvas.rect(range, (bottom, bottom + 2), RULE)?;
        }
        let (middle, title) = &self.title;
        canvas.text(*middle, self.last_baseline(bottom), title, &AXIS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(span_ns: i64, max: usize) -> (String, &'static str) {
        let ticks = Ticks::new(span_ns, max);
        let labels: Vec<String> = ticks.marks.into_iter().map(|(_, label)| label).collect();
        (labels.join(" "), ticks.unit)
    }

    #[test]
    fn the_unit_fits_the_span() {
        assert_eq!(labels(1, 6), ("0 1".into(), "ns"));
        assert_eq!(labels(1_999, 6), ("0 500 1000 1500".into(), "ns"));
        assert_eq!(labels(64_000_000, 8), ("0 10 20 30 40 50 60".into(), "ms"));
        assert_eq!(labels(2_500_000_000, 6), ("0.0 0.5 1.0 1.5 2.0 2.5".into(), "s"));
        assert_eq!(labels(700_000_000_000, 8), ("0 2 4 6 8 10".into(), "min"));
        assert_eq!(labels(40_000_000_000_000, 8), ("0 2 4 6 8 10".into(), "h"));
    }

    #[test]
    fn marks_are_never_more_than_asked_for_and_never_beyond_the_end() {
        for power in 0..63 {
            for span in [1_i64 << power, (1_i64 << power) + 1, i64::MAX] {
                for max in [2, 5, 9] {
                    let ticks = Ticks::new(span, max);
                    assert!((1..=max).contains(&ticks.marks.len()), "{span} {max}");
                    assert!(ticks.marks.last().unwrap().0 <= span);
                    assert_eq!(ticks.marks[0].0, 0);
                    let mut labels: Vec<_> = ticks.marks.iter().map(|mark| &mark.1).collect();
                    labels.dedup();
                    assert_eq!(labels.len(), ticks.marks.len(), "{span} {max}");
                }
            }
        }
    }
}
