//! Draws the total time of each region as horizontal bars.

use super::fonts::Fonts;
use super::sheet::{Picture, Sheet};
use super::style::{
    AXIS, BACKGROUND, GRID, INK, MARGIN, MUTED, NAME, RULE, TICK, WIDTH, draw_header, header_height, notes_of,
};
use super::text::{Anchor, Text};
use crate::chart::DurationsChart;
use crate::chart::axis::Ticks;
use crate::chart::durations::DurationBar;
use crate::error::{Error, Result};
use crate::units;
use plotters_backend::DrawingBackend;

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

pub(super) struct DurationsPicture<'a> {
    chart: &'a DurationsChart,
    notes: Vec<String>,
    names: Vec<String>,
    /// Value and calls of each bar.
    values: Vec<(String, String)>,
    left: i32,
    right: i32,
    top: i32,
    /// The longest bar or whisker, ns.
    span_ns: i64,
}

impl<'a> DurationsPicture<'a> {
    pub(super) fn new(chart: &'a DurationsChart, fonts: &Fonts) -> Result<Self> {
        if chart.bars.len() > MAX_BARS {
            return Err(Error::plot(format!(
                "{} bars do not fit on a picture; choose fewer regions or a smaller max_bars",
                chart.bars.len()
            )));
        }
        let names: Vec<String> = chart
            .bars
            .iter()
            .map(|bar| fonts.fit(&bar.name, &NAME, MAX_NAME))
            .collect();
        let values: Vec<(String, String)> = chart.bars.iter().map(words).collect();
        let widest = |widths: &mut dyn Iterator<Item = f32>| widths.fold(0.0, f32::max).ceil() as i32;
        let name_width = widest(&mut names.iter().map(|name| fonts.width(name, &NAME)));
        let value_width = widest(&mut values.iter().map(|(value, calls)| {
            fonts.width(value, &VALUE) + CALLS_GAP as f32 + fonts.width(calls, &CALLS)
        }));
        let names_of_bars = chart.bars.iter().map(|bar| bar.name.as_str());
        let notes = notes_of(&chart.header, names_of_bars, fonts);
        Ok(DurationsPicture {
            left: MARGIN + name_width + 24,
            right: WIDTH - MARGIN - value_width - 48,
            top: header_height(&chart.header, &notes) + 8,
            span_ns: chart.bars.iter().map(longest).max().unwrap_or(1).max(1),
            chart,
            notes,
            names,
            values,
        })
    }

    fn bottom(&self) -> i32 {
        self.top + PITCH * self.chart.bars.len() as i32 + 12
    }

    fn x(&self, ns: f64) -> i32 {
        let share = (ns / self.span_ns as f64).clamp(0.0, 1.0);
        self.left + (f64::from(self.right - self.left) * share).round() as i32
    }

    fn draw_axis<B: DrawingBackend>(&self, sheet: &mut Sheet<'_, B>) -> Result<()> {
        let bottom = self.bottom();
        let ticks = Ticks::new(self.span_ns, 9);
        for (at, label) in &ticks.marks {
            let x = self.x(*at as f64);
            sheet.rect(
                (x - 1, x + 1),
                (self.top, bottom + 10),
                if *at == 0 { RULE } else { GRID },
            )?;
            sheet.text(x, bottom + 40, label, &TICK)?;
        }
        let title = format!("{} ({})", self.chart.axis_title(), ticks.unit);
        sheet.text((self.left + self.right) / 2, bottom + 88, &title, &AXIS)
    }

    fn draw_bar<B: DrawingBackend>(&self, sheet: &mut Sheet<'_, B>, index: usize) -> Result<()> {
        let bar = &self.chart.bars[index];
        let middle = self.top + 6 + PITCH * index as i32 + PITCH / 2;
        let mut end = self.x(bar.mean_ns);
        if bar.mean_ns > 0.0 {
            end = end.max(self.left + 2);
        }
        sheet.rect((self.left, end), (middle - BAR / 2, middle + BAR / 2), bar.color)?;
        if self.chart.header.ranks > 1 && bar.min_ns < bar.max_ns {
            let (least, most) = (self.x(bar.min_ns as f64), self.x(bar.max_ns as f64));
            // A light border keeps the whisker apart from a dark bar.
            for (thickness, color) in [(4, BACKGROUND), (2, INK)] {
                let around = thickness - 2;
                sheet.rect(
                    (least - around / 2, most + around / 2),
                    (middle - thickness / 2 - 1, middle + thickness / 2 + 1),
                    color,
                )?;
                for x in [least, most] {
                    sheet.rect(
                        (x - thickness / 2 - 1, x + thickness / 2 + 1),
                        (middle - 9 - around / 2, middle + 9 + around / 2),
                        color,
                    )?;
                }
            }
            end = end.max(most);
        }
        let baseline = middle + NAME.middle_to_baseline();
        sheet.text(self.left - 20, baseline, &self.names[index], &NAME)?;
        let (value, calls) = &self.values[index];
        sheet.text(end + 20, baseline, value, &VALUE)?;
        let calls_at = end + 20 + sheet.width(value, &VALUE).ceil() as i32 + CALLS_GAP;
        sheet.text(calls_at, baseline, calls, &CALLS)
    }
}

impl Picture for DurationsPicture<'_> {
    fn size(&self) -> (u32, u32) {
        (WIDTH as u32, (self.bottom() + 88 + MARGIN) as u32)
    }

    fn draw<B: DrawingBackend>(&self, sheet: &mut Sheet<'_, B>) -> Result<()> {
        let (width, height) = self.size();
        sheet.rect((0, width as i32), (0, height as i32), BACKGROUND)?;
        draw_header(sheet, &self.chart.header, &self.notes)?;
        self.draw_axis(sheet)?;
        (0..self.chart.bars.len()).try_for_each(|index| self.draw_bar(sheet, index))
    }
}

fn longest(bar: &DurationBar) -> i64 {
    bar.max_ns.max(bar.mean_ns as i64)
}

fn words(bar: &DurationBar) -> (String, String) {
    let calls = if bar.calls == 1 { "call" } else { "calls" };
    (
        units::duration_f64(bar.mean_ns),
        format!("{} {calls}", units::count(bar.calls)),
    )
}
