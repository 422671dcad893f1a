//! Draws the total time of each region as horizontal bars.

use super::{DurationBar, DurationsChart};
use crate::chart::axis::{Axis, Ticks};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::error::{Error, Result};
use crate::render::style::{self, BACKGROUND, DETAIL, INK, MARGIN, NAME, VALUE};
use crate::render::{Canvas, Figure, Paper, Picture};
use crate::text::visible;
use crate::units;

const PITCH: i32 = 56;
const BAR: i32 = 36;
const CALLS_GAP: i32 = 22;
const MAX_NAME: f32 = 760.0;
const MAX_BARS: usize = 250;

struct DurationsPicture<'a> {
    chart: &'a DurationsChart,
    backdrop: Backdrop,
    labels: Vec<Label>,
    scale: Scale,
    axis: Axis,
}

/// Durations on paper.
struct Scale {
    left: i32,
    right: i32,
    /// The longest bar or whisker, ns.
    span_ns: i64,
}

impl Scale {
    fn x(&self, ns: f64) -> i32 {
        let share = (ns / self.span_ns as f64).clamp(0.0, 1.0);
        self.left + (f64::from(self.right - self.left) * share).round() as i32
    }
}

/// What stands beside a bar.
struct Label {
    name: String,
    value: String,
    value_width: i32,
    calls: String,
}

impl Label {
    fn of(bar: &DurationBar, paper: &Paper<'_>) -> Self {
        let value = units::duration_f64(bar.mean_ns);
        let calls = if bar.calls == 1 { "call" } else { "calls" };
        Label {
            name: paper.fit(&visible(&bar.name), &NAME, paper.share(MAX_NAME, 0.35)),
            value_width: paper.widest([value.as_str()], &VALUE),
            value,
            calls: format!("{} {calls}", units::count(bar.calls)),
        }
    }

    fn right_width(&self, paper: &Paper<'_>) -> f32 {
        paper.text_width(&self.value, &VALUE) + CALLS_GAP as f32 + paper.text_width(&self.calls, &DETAIL)
    }
}

impl Figure for DurationsChart {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        if self.bars.len() > MAX_BARS {
            return Err(Error::plot(format!(
                "{} bars do not fit on a picture; choose fewer regions or a smaller max_bars",
                self.bars.len()
            )));
        }
        let labels: Vec<Label> = self.bars.iter().map(|bar| Label::of(bar, paper)).collect();
        let names = labels.iter().map(|label| label.name.as_str());
        let values = labels.iter().map(|label| label.right_width(paper));
        let value_width = values.fold(0.0, f32::max).ceil() as i32;
        let heading = Heading::of(&self.header, self.bars.iter().map(|bar| bar.name.as_str()), paper);
        let left = MARGIN + paper.widest(names, &NAME) + 24;
        let right = paper.width - MARGIN - value_width - 48;
        let span_ns = self.bars.iter().map(longest).max().unwrap_or(1).max(1);
        let ticks = Ticks::new(span_ns, style::ticks(right - left, 9));
        let scale = Scale { left, right, span_ns };
        let axis = Axis::of_time(
            ticks,
            |ns| scale.x(ns as f64),
            &self.axis_title(),
            (left, right),
            paper,
        );
        Ok(Box::new(DurationsPicture {
            chart: self,
            backdrop: Backdrop::new(heading, paper),
            labels,
            scale,
            axis: axis.with_strong_start(),
        }))
    }
}

impl DurationsPicture<'_> {
    fn bottom(&self) -> i32 {
        self.backdrop.top() + PITCH * self.chart.bars.len() as i32 + 12
    }

    fn draw_bar(&self, canvas: &mut dyn Canvas, index: usize) -> Result<()> {
        let bar = &self.chart.bars[index];
        let scale = &self.scale;
        let middle = self.backdrop.top() + 6 + PITCH * index as i32 + PITCH / 2;
        let mut end = scale.x(bar.mean_ns);
        if bar.mean_ns > 0.0 {
            end = end.max(scale.left + 2);
        }
        canvas.rect((scale.left, end), (middle - BAR / 2, middle + BAR / 2), bar.color)?;
        if self.chart.header.ranks > 1 && bar.min_ns < bar.max_ns {
            let (least, most) = (scale.x(bar.min_ns as f64), scale.x(bar.max_ns as f64));
            // A light border keeps the whisker apart from a dark bar.
            for (thickness, color) in [(4, BACKGROUND), (2, INK)] {
                let around = thickness - 2;
                canvas.rect(
                    (least - around / 2, most + around / 2),
                    (middle - thickness / 2 - 1, middle + thickness / 2 + 1),
                    color,
                )?;
                for x in [least, most] {
                    canvas.rect(
                        (x - thickness / 2 - 1, x + thickness / 2 + 1),
                        (middle - 9 - around / 2, middle + 9 + around / 2),
                        color,
                    )?;
                }
            }
            end = end.max(most);
        }
        let baseline = middle + NAME.middle_to_baseline();
        let label = &self.labels[index];
        canvas.text(scale.left - 20, baseline, &label.name, &NAME)?;
        canvas.text(end + 20, baseline, &label.value, &VALUE)?;
        let calls_at = end + 20 + label.value_width + CALLS_GAP;
        canvas.text(calls_at, baseline, &label.calls, &DETAIL)
    }
}

impl Picture for DurationsPicture<'_> {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.axis.last_baseline(self.bottom()))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.axis.draw(canvas, (self.backdrop.top(), self.bottom()))?;
        (0..self.chart.bars.len()).try_for_each(|index| self.draw_bar(canvas, index))
    }
}

fn longest(bar: &DurationBar) -> i64 {
    bar.max_ns.max(bar.mean_ns as i64)
}
