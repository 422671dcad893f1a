//! Draws time series below each other, over one axis of time.

use super::{Column, Drift, Panel, Shown, TimeSeries};
use crate::analysis::metrics::unit_of;
use crate::chart::axis::Ticks;
use crate::chart::log_scale::LogScale;
use crate::chart::panels::{Frame, Panels, Room};
use crate::chart::value_scale::{ValueScale, with_minus};
use crate::error::Result;
use crate::render::style::{BACKGROUND, INK, MUTED};
use crate::render::{Canvas, Color, Data, Figure, Paper, Picture};
use crate::units;

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

struct TimeSeriesPicture {
    panels: Panels,
    /// What is drawn in each panel.
    drawn: Vec<Drawn>,
}

/// Columns of a panel; heights are above its ground.
struct Drawn {
    band: Color,
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
            Self::Values(scale) => scale.marks(unit),
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
        Shown::Values { field, .. } => field.name().to_owned(),
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
        let room = Room::new(&self.header, names, 0, paper);
        let height = room.height();
        let scales: Vec<Scale> = self.panels.iter().map(|panel| Scale::of(panel, height)).collect();
        let shows_values = |panel: &Panel| matches!(panel.shown, Shown::Values { .. });
        let is_mixed = self.panels.iter().any(shows_values);
        let frame = |(panel, scale): (&Panel, &Scale)| Frame {
            name: panel.name.clone(),
            what: is_mixed.then(|| what(panel)),
            texts: texts(panel),
            marks: scale.marks(height, unit(panel)),
        };
        let frames = self.panels.iter().zip(&scales).map(frame).collect();
        let how = "line: median of the calls that begin there, band: 5th to 95th percentile";
        let panels = Panels::new(room, frames, (&self.header, self.span_ns), how, paper);
        let drawn = self.panels.iter().zip(&scales).map(|(panel, scale)| Drawn {
            band: panel.color.over(BACKGROUND, TINT),
            columns: panel
                .columns
                .iter()
                .map(|column| Stroke::of(column, scale, &panels))
                .collect(),
            holds: shows_values(panel),
        });
        Ok(Box::new(TimeSeriesPicture {
            drawn: drawn.collect(),
            panels,
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

impl Stroke {
    fn of(column: &Column, scale: &Scale, panels: &Panels) -> Self {
        let from = panels.at(column.from_ns);
        Self {
            from,
            to: panels.at(column.to_ns).max(from + NARROWEST),
            low: scale.height(column.low),
            median: scale.height(column.median),
            high: scale.height(column.high),
        }
    }
}

impl Drawn {
    fn draw(&self, canvas: &mut dyn Canvas, ground: i32) -> Result<()> {
        let starts = self.columns.iter().skip(1).map(|next| next.from);
        for (stroke, next) in self.columns.iter().zip(starts.map(Some).chain([None])) {
            let band = (ground - stroke.high.max(stroke.low + 2), ground - stroke.low);
            let end = next.filter(|_| self.holds).unwrap_or(0).max(stroke.to);
            // No light seam between neighbours where a viewer scales the picture.
            let overlap = i32::from(next.is_some_and(|next| next <= end));
            canvas.rect((stroke.from, end + overlap), band, self.band)?;
        }
        let mut last: Option<&Stroke> = None;
        for stroke in &self.columns {
            let y = ground - stroke.median;
            if let Some(last) = last.filter(|last| self.holds && last.to < stroke.from) {
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
        Ok(())
    }
}

impl Picture for TimeSeriesPicture {
    fn size(&self) -> (u32, u32) {
        self.panels.size(self.panels.last_baseline())
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.panels.draw(canvas, self.size(), |canvas, index, ground| {
            self.drawn[index].draw(canvas, ground)
        })
    }
}
