//! Draws the total time of each region as horizontal bars.

use super::{DurationBar, DurationsChart};
use crate::chart::axis::Ticks;
use crate::chart::heading::Heading;
use crate::error::{Error, Result};
use crate::render::style::{self, AXIS, BACKGROUND, GRID, INK, MARGIN, MUTED, NAME, RULE, TICK};
use crate::render::{Anchor, Canvas, Figure, Paper, Picture, Text};
use crate::text::visible;
use crate::units;

const PITCH: i32 = 56;
const BAR: i32 = 36;
const VALUE: Text = Text {
    anchor: Anchor::Start,
    ..NAME
};
const CALLS: Text = Text {
    color: MUTED,
    size: 25.0,
    ..VALUE
};
const CALLS_GAP: i32 = 22;
const MAX_NAME: f32 = 760.0;
const MAX_BARS: usize = 250;

struct DurationsPicture<'a> {
    chart: &'a DurationsChart,
    heading: Heading,
    labels: Vec<Label>,
    width: i32,
    left: i32,
    right: i32,
    top: i32,
    /// The longest bar or whisker, ns.
    span_ns: i64,
    ticks: Ticks,
    axis_title: (i32, String),
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
        paper.text_width(&self.value, &VALUE) + CALLS_GAP as f32 + paper.text_width(&self.calls, &CALLS)
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
        let title = format!("{} ({})", self.axis_title(), ticks.unit);
        Ok(Box::new(DurationsPicture {
            width: paper.width,
            left,
            right,
            top: heading.height() + 8,
            span_ns,
            ticks,
            axis_title: paper.centred(&title, &AXIS, (left, right)),
            chart: self,
            heading,
            labels,
        }))
    }
}

impl DurationsPicture<'_> {
    fn bottom(&self) -> i32 {
        self.top + PITCH * self.chart.bars.len() as i32 + 12
    }

    fn x(&self, ns: f64) -> i32 {
        let share = (ns / self.span_ns as f64).clamp(0.0, 1.0);
        self.left + (f64::from(self.right - self.left) * share).round() as i32
    }

    fn draw_axis(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let bottom = self.bottom();
        for (at, label) in &self.ticks.marks {
            let x = self.x(*at as f64);
            canvas.rect(
                (x - 1, x + 1),
                (self.top, bottom + 10),
                if *at == 0 { RULE } else { GRID },
            )?;
            canvas.text(x, bottom + 40, label, &TICK)?;
        }
        let (middle, title) = &self.axis_title;
        canvas.text(*middle, bottom + 88, title, &AXIS)
    }

    fn draw_bar(&self, canvas: &mut dyn Canvas, index: usize) -> Result<()> {
        let bar = &self.chart.bars[index];
        let middle = self.top + 6 + PITCH * index as i32 + PITCH / 2;
        let mut end = self.x(bar.mean_ns);
        if bar.mean_ns > 0.0 {
            end = end.max(self.left + 2);
        }
        canvas.rect((self.left, end), (middle - BAR / 2, middle + BAR / 2), bar.color)?;
        if self.chart.header.ranks > 1 && bar.min_ns < bar.max_ns {
            let (least, most) = (self.x(bar.min_ns as f64), self.x(bar.max_ns as f64));
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
        canvas.text(self.left - 20, baseline, &label.name, &NAME)?;
        canvas.text(end + 20, baseline, &label.value, &VALUE)?;
        let calls_at = end + 20 + label.value_width + CALLS_GAP;
        canvas.text(calls_at, baseline, &label.calls, &CALLS)
    }
}

impl Picture for DurationsPicture<'_> {
    fn size(&self) -> (u32, u32) {
        (self.width as u32, (self.bottom() + 88 + MARGIN) as u32)
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let (width, height) = self.size();
        canvas.rect((0, width as i32), (0, height as i32), BACKGROUND)?;
        self.heading.draw(canvas)?;
        self.draw_axis(canvas)?;
        (0..self.chart.bars.len()).try_for_each(|index| self.draw_bar(canvas, index))
    }
}

fn longest(bar: &DurationBar) -> i64 {
    bar.max_ns.max(bar.mean_ns as i64)
}
