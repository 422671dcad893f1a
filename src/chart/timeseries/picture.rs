//! Draws time series below each other, over one axis of time.

use super::{Column, Drift, Panel, Shown, TimeSeries};
use crate::analysis::metrics::unit_of;
use crate::chart::axis::{Axis, Ticks};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::chart::log_scale::LogScale;
use crate::chart::value_scale::{ValueScale, with_minus};
use crate::error::Result;
use crate::render::style::{self, BACKGROUND, DETAIL, GRID, INK, MARGIN, MUTED, NAME, RULE, TICK, VALUE};
use crate::render::{Anchor, Canvas, Color, Data, Figure, Paper, Picture, Text};
use crate::text::visible;
use crate::units;
use std::ops::RangeInclusive;

/// From one panel to the next.
const PITCH: RangeInclusive<i32> = 170..=330;
const GAP: i32 = 36;
const MAX_NAME: f32 = 560.0;
/// The colour of the band, so strong.
const TINT: f32 = 0.5;
/// Half the height of the line of medians.
const LINE: i32 = 2;
/// Where columns are this much longer than the median, the axis is logarithmic: the rest would be flat.
const LONG: f64 = 8.0;
/// A column is at least so wide.
const NARROWEST: i32 = 4;
/// Medians that differ by less are as good as equal: percentiles are no more exact.
const STEADY: f64 = 0.02;
const WHAT: Text = Text {
    anchor: Anchor::End,
    ..DETAIL
};
const DURATION: Text = Text {
    anchor: Anchor::End,
    ..TICK
};

struct TimeSeriesPicture {
    backdrop: Backdrop,
    /// Where the names end.
    names: i32,
    left: i32,
    right: i32,
    pitch: i32,
    panels: Vec<Drawn>,
    axis: Axis,
}

/// A panel on paper; heights are above its ground.
struct Drawn {
    name: String,
    /// What it shows of the region, where panels differ in that.
    what: String,
    texts: [String; 3],
    band: Color,
    /// Heights with a label.
    marks: Vec<(i32, String)>,
    columns: Vec<Stroke>,
    /// Whether a value stands until the next one.
    holds: bool,
}

struct Stroke {
    from: i32,
    to: i32,
    low: i32,
    median: i32,
    high: i32,
}

/// Durations or values as heights.
enum Scale {
    Values(ValueScale),
    Linear { height: f64, most_ns: f64 },
    Log(LogScale),
}

impl Scale {
    fn of(panel: &Panel, height: i32) -> Self {
        let low = panel.columns.iter().map(|column| column.low);
        let least = low.fold(f64::MAX, f64::min);
        let high = panel.columns.iter().map(|column| column.high);
        if let Shown::Values { .. } = panel.shown {
            return Self::Values(ValueScale::new(height, least, high.fold(f64::MIN, f64::max)));
        }
        let most_ns = high.fold(1.0, f64::max);
        if most_ns <= LONG * panel.median.max(1.0) {
            // A little room above the highest.
            return Self::Linear {
                height: f64::from(height),
                most_ns: most_ns * 1.05,
            };
        }
        let least = least.max(1.0);
        Self::Log(LogScale::new(0, f64::from(height), least * 0.8, most_ns * 1.2))
    }

    fn height(&self, ns: f64) -> i32 {
        match self {
            Self::Values(scale) => scale.at(ns),
            Self::Linear { height, most_ns } => (height * (ns / most_ns).clamp(0.0, 1.0)).round() as i32,
            Self::Log(scale) => scale.at(ns),
        }
    }

    fn marks(&self, height: i32, unit: Option<&str>) -> Vec<(i32, String)> {
        match self {
            Self::Values(scale) => {
                let marks = scale.marks(unit).into_iter();
                marks.map(|(at, label)| (at, with_minus(label))).collect()
            }
            Self::Linear { most_ns, .. } => {
                let ticks = Ticks::new(*most_ns as i64, (height / 50).clamp(2, 5) as usize);
                let label = |ns: i64, label: String| match ns {
                    0 => label,
                    _ => format!("{label} {}", ticks.unit),
                };
                let marks = ticks.marks.into_iter();
                marks
                    .map(|(ns, text)| (self.height(ns as f64), label(ns, text)))
                    .collect()
            }
            Self::Log(scale) => scale.marks(34.0),
        }
    }
}

/// The unit of what is not a duration.
fn unit(panel: &Panel) -> Option<&str> {
    match &panel.shown {
        Shown::Values { field, .. } => unit_of(field),
        Shown::Durations(_) => None,
    }
}

fn texts(panel: &Panel) -> [String; 3] {
    let amount = |value: f64| with_minus(units::value(value, unit(panel)));
    let (median, change) = match panel.shown {
        Shown::Durations(drift) => (
            units::duration_f64(panel.median.round()),
            drift.map_or_else(String::new, drift_in_words),
        ),
        Shown::Values { first, last, .. } => (
            amount(panel.median),
            format!("first {}, last {}", amount(first), amount(last)),
        ),
    };
    [
        format!("median {median}"),
        units::plural(panel.calls, "call"),
        change,
    ]
}

/// What a panel shows of its region.
fn what(panel: &Panel) -> String {
    match &panel.shown {
        Shown::Durations(_) => "duration".to_owned(),
        Shown::Values { field, .. } => visible(field.name()).into_owned(),
    }
}

fn drift_in_words(Drift { first_ns, last_ns }: Drift) -> String {
    let change = if first_ns > 0.0 {
        last_ns / first_ns - 1.0
    } else {
        0.0
    };
    if change.abs() < STEADY {
        return "steady from first to last quarter".to_owned();
    }
    let percent = with_minus(format!("{:+.0} %", 100.0 * change));
    let [first, last] = [first_ns, last_ns].map(|ns| units::duration_f64(ns.round()));
    format!("first quarter {first}, last {last}: {percent}")
}

impl Figure for TimeSeries {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let names = self.panels.iter().map(|panel| panel.name.as_str());
        let backdrop = Backdrop::new(Heading::of(&self.header, names, paper), paper);
        let room = (paper.height - backdrop.top() - 110 - MARGIN) / self.panels.len().max(1) as i32;
        let pitch = room.clamp(*PITCH.start(), *PITCH.end());
        let height = pitch - GAP;
        let scales: Vec<Scale> = self.panels.iter().map(|panel| Scale::of(panel, height)).collect();
        let marks = self.panels.iter().zip(&scales);
        let marks: Vec<_> = marks
            .map(|(panel, scale)| scale.marks(height, unit(panel)))
            .collect();
        let names: Vec<String> = self
            .panels
            .iter()
            .map(|panel| paper.fit(&visible(&panel.name), &NAME, paper.share(MAX_NAME, 0.25)))
            .collect();
        let is_mixed = self
            .panels
            .iter()
            .any(|panel| matches!(panel.shown, Shown::Values { .. }));
        let whats: Vec<String> = self
            .panels
            .iter()
            .filter(|_| is_mixed)
            .map(|panel| paper.fit(&what(panel), &WHAT, paper.share(MAX_NAME, 0.25)))
            .collect();
        let labels = marks.iter().flatten().map(|(_, label)| label.as_str());
        let labels_width = paper.widest(labels, &DURATION);
        let names_width = paper
            .widest(names.iter().map(String::as_str), &NAME)
            .max(paper.widest(whats.iter().map(String::as_str), &WHAT));
        let left = MARGIN + names_width + 40 + labels_width + 20;
        let texts: Vec<[String; 3]> = self.panels.iter().map(texts).collect();
        let texts_width = texts.iter().flat_map(|texts| {
            [(0, &VALUE), (1, &DETAIL), (2, &DETAIL)]
                .map(|(line, style)| paper.widest([texts[line].as_str()], style))
        });
        let right = (paper.width - MARGIN - texts_width.max().unwrap_or(0) - 24).max(left + 100);
        let x = |ns: i64| {
            let share = (ns as f64 / self.span_ns as f64).clamp(0.0, 1.0);
            left + (f64::from(right - left) * share).round() as i32
        };
        let whats = whats.into_iter().chain(std::iter::repeat(String::new()));
        let panels = self.panels.iter().zip(scales).zip(marks).zip(names).zip(texts);
        let panels = panels
            .zip(whats)
            .map(|(((((panel, scale), marks), name), texts), what)| Drawn {
                name,
                what,
                texts,
                holds: matches!(panel.shown, Shown::Values { .. }),
                band: panel.color.over(BACKGROUND, TINT),
                marks,
                columns: panel
                    .columns
                    .iter()
                    .map(|column| Stroke::of(column, &scale, x))
                    .collect(),
            });
        let ticks = Ticks::new(self.span_ns, style::ticks(right - left, 11));
        let title = format!(
            "{} ({}); line: median of the calls that begin there, band: 5th to 95th percentile",
            self.header.time_axis_title(),
            ticks.unit
        );
        let marks = ticks.marks.into_iter().map(|(at, label)| (x(at), label));
        Ok(Box::new(TimeSeriesPicture {
            panels: panels.collect(),
            axis: Axis::new(marks, &title, (left, right), paper),
            backdrop,
            names: MARGIN + names_width,
            left,
            right,
            pitch,
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

impl Stroke {
    fn of(column: &Column, scale: &Scale, x: impl Fn(i64) -> i32) -> Self {
        let from = x(column.from_ns);
        Self {
            from,
            to: x(column.to_ns).max(from + NARROWEST),
            low: scale.height(column.low),
            median: scale.height(column.median),
            high: scale.height(column.high),
        }
    }
}

impl TimeSeriesPicture {
    fn bottom(&self) -> i32 {
        self.backdrop.top() + self.pitch * self.panels.len() as i32
    }

    fn draw_panel(&self, canvas: &mut dyn Canvas, panel: &Drawn, top: i32) -> Result<()> {
        let ground = top + self.pitch - GAP / 2;
        let middle = (top + GAP / 2 + ground) / 2;
        for (height, label) in &panel.marks {
            let y = ground - height;
            canvas.rect((self.left - 8, self.right), (y - 1, y + 1), GRID)?;
            canvas.text(
                self.left - 20,
                y + DURATION.middle_to_baseline(),
                label,
                &DURATION,
            )?;
        }
        let starts = panel.columns.iter().skip(1).map(|next| next.from);
        for (stroke, next) in panel.columns.iter().zip(starts.map(Some).chain([None])) {
            let band = (ground - stroke.high.max(stroke.low + 2), ground - stroke.low);
            let end = next.filter(|_| panel.holds).unwrap_or(0).max(stroke.to);
            // No light seam between neighbours where a viewer scales the picture.
            let overlap = i32::from(next.is_some_and(|next| next <= end));
            canvas.rect((stroke.from, end + overlap), band, panel.band)?;
        }
        let mut last: Option<&Stroke> = None;
        for stroke in &panel.columns {
            let y = ground - stroke.median;
            if let Some(last) = last.filter(|last| panel.holds && last.to < stroke.from) {
                let other = ground - last.median;
                canvas.rect((last.to, stroke.from), (other - 1, other + 1), MUTED)?;
                let from_to = (y.min(other) - 1, y.max(other) + 1);
                canvas.rect((stroke.from - 1, stroke.from + 1), from_to, MUTED)?;
            }
            canvas.rect((stroke.from, stroke.to), (y - LINE, y + LINE), INK)?;
            // Neighbours are joined; where there was no call between them, they are not.
            if let Some(last) = last.filter(|last| last.to >= stroke.from) {
                let other = ground - last.median;
                let from_to = (y.min(other) - LINE, y.max(other) + LINE);
                canvas.rect((stroke.from - 1, stroke.from + 1), from_to, INK)?;
            }
            last = Some(stroke);
        }
        canvas.rect((self.left, self.right), (ground, ground + 2), RULE)?;
        let baseline = middle + NAME.middle_to_baseline();
        if panel.what.is_empty() {
            canvas.text(self.names, baseline, &panel.name, &NAME)?;
        } else {
            canvas.text(self.names, baseline - 18, &panel.name, &NAME)?;
            canvas.text(self.names, baseline + 18, &panel.what, &WHAT)?;
        }
        for (line, (text, style)) in (-1..).zip(panel.texts.iter().zip([&VALUE, &DETAIL, &DETAIL])) {
            canvas.text(self.right + 24, baseline + 36 * line, text, style)?;
        }
        Ok(())
    }
}

impl Picture for TimeSeriesPicture {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.axis.last_baseline(self.bottom()))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.axis.draw(canvas, (self.backdrop.top(), self.bottom()))?;
        for (index, panel) in self.panels.iter().enumerate() {
            self.draw_panel(canvas, panel, self.backdrop.top() + index as i32 * self.pitch)?;
        }
        Ok(())
    }
}
