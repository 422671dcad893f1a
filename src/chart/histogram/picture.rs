//! Draws histograms below each other, over one logarithmic axis of time.

use super::{Histogram, Histograms};
use crate::chart::axis::Axis;
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::chart::log_scale::LogScale;
use crate::error::Result;
use crate::render::style::{BACKGROUND, DETAIL, INK, MARGIN, NAME, RULE};
use crate::render::{Canvas, Color, Data, Figure, Paper, Picture};
use crate::units;
use std::ops::RangeInclusive;

/// From one row to the next.
const PITCH: RangeInclusive<i32> = 56..=120;
const GAP: i32 = 14;
const MAX_NAME: f32 = 640.0;
/// The room that the label of a mark takes.
const LABEL: f64 = 130.0;
/// A bar is no lower, however few calls it has.
const LOWEST: i32 = 2;
pub(super) const MEDIAN: f64 = 50.0;
pub(super) const HIGH: f64 = 95.0;
const TITLE: &str =
    "Duration of a call: bars are numbers of calls, strokes the median and the 95th percentile";

struct HistogramPicture {
    backdrop: Backdrop,
    left: i32,
    right: i32,
    pitch: i32,
    rows: Vec<Row>,
    axis: Axis,
}

struct Row {
    name: String,
    values: String,
    color: Color,
    /// From, up to, and the height as a share.
    bars: Vec<(i32, i32, f64)>,
    /// Where median and 95th percentile are.
    strokes: Vec<i32>,
}

impl Figure for Histograms {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let heading = Heading::of(&self.header, self.rows.iter().map(|row| row.name.as_str()), paper);
        let backdrop = Backdrop::new(heading, paper);
        let names = self.rows.iter();
        let names: Vec<String> = names
            .map(|row| paper.fit(&row.name, &NAME, paper.share(MAX_NAME, 0.3)))
            .collect();
        let values: Vec<String> = self.rows.iter().map(values).collect();
        let left = MARGIN + paper.widest(names.iter().map(String::as_str), &NAME) + 24;
        let values_width = paper.widest(values.iter().map(String::as_str), &DETAIL);
        let right = (paper.width - MARGIN - values_width - 40).max(left + 100);
        let room = paper.height - backdrop.top() - 100 - MARGIN;
        let pitch = (room / self.rows.len() as i32).clamp(*PITCH.start(), *PITCH.end());
        let scale = self.scale(left, right);
        let rows = self.rows.iter().zip(names.into_iter().zip(values));
        Ok(Box::new(HistogramPicture {
            backdrop,
            left,
            right,
            pitch,
            rows: rows
                .map(|(row, (name, values))| Row::of(row, name, values, &scale))
                .collect(),
            axis: Axis::new(scale.marks(LABEL), TITLE, (left, right), paper).title_at(92),
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

impl Histograms {
    fn scale(&self, left: i32, right: i32) -> LogScale {
        let bars = || self.rows.iter().flat_map(|row| row.bins.filled().into_iter());
        let from = bars().map(|(from, _, _)| from).fold(f64::MAX, f64::min);
        let to = bars().map(|(_, to, _)| to).fold(1.0, f64::max);
        LogScale::new(left, f64::from(right - left), from, to)
    }
}

fn values(row: &Histogram) -> String {
    let calls = units::plural(row.bins.total(), "call");
    let percentile = |p| units::duration_f64(row.bins.percentile(p).unwrap_or(0.0).round());
    format!(
        "{calls}, median {}, 95 % {}, max {}",
        percentile(MEDIAN),
        percentile(HIGH),
        units::duration(row.bins.max_ns())
    )
}

impl Row {
    fn of(row: &Histogram, name: String, values: String, scale: &LogScale) -> Self {
        // Bins below 8 ns are wider on this axis: what counts is the area.
        let density = |(from, to, count): (f64, f64, u64)| {
            count as f64 / (to.max(1.0).log10() - from.max(0.5).log10()).max(1e-6)
        };
        let filled = row.bins.filled();
        let most = filled.iter().copied().map(density).fold(0.0, f64::max);
        let bars = filled
            .into_iter()
            .map(|bin| (scale.at(bin.0), scale.at(bin.1), density(bin) / most));
        let strokes = [MEDIAN, HIGH].into_iter().filter_map(|p| row.bins.percentile(p));
        Row {
            name,
            values,
            color: row.color,
            bars: bars.collect(),
            strokes: strokes.map(|ns| scale.at(ns)).collect(),
        }
    }
}

impl HistogramPicture {
    fn bottom(&self) -> i32 {
        self.backdrop.top() + self.rows.len() as i32 * self.pitch
    }

    fn draw_row(&self, canvas: &mut dyn Canvas, row: &Row, top: i32) -> Result<()> {
        let ground = top + self.pitch - 2;
        let height = self.pitch - GAP;
        for &(from, to, share) in &row.bars {
            let bar = ((f64::from(height) * share).round() as i32).max(LOWEST);
            // A line between bars that are wide enough to have one.
            let right = if to - from >= 8 { to - 1 } else { to.max(from + 1) };
            canvas.rect((from, right), (ground - bar, ground), row.color)?;
        }
        canvas.rect((self.left, self.right), (ground, ground + 2), RULE)?;
        for &x in &row.strokes {
            canvas.rect((x - 3, x + 3), (ground - height - 2, ground), BACKGROUND)?;
            canvas.rect((x - 1, x + 1), (ground - height - 2, ground), INK)?;
        }
        let baseline = top + GAP / 2 + self.pitch / 2 + NAME.middle_to_baseline();
        canvas.text(self.left - 20, baseline, &row.name, &NAME)?;
        canvas.text(self.right + 20, baseline, &row.values, &DETAIL)
    }
}

impl Picture for HistogramPicture {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.axis.last_baseline(self.bottom()))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.axis.draw(canvas, (self.backdrop.top(), self.bottom()))?;
        for (index, row) in self.rows.iter().enumerate() {
            self.draw_row(canvas, row, self.backdrop.top() + index as i32 * self.pitch)?;
        }
        Ok(())
    }
}
