//! One of the two times of all regions: bars, whiskers and values on a scale of their own.

use super::OverRanks;
use crate::chart::axis::{Axis, Ticks};
use crate::error::Result;
use crate::render::style::{self, AXIS, BACKGROUND, DETAIL, INK, VALUE};
use crate::render::{Anchor, Canvas, Color, Paper, Text};
use crate::units;

const BAR: i32 = 36;
/// From the end of a bar to its value.
const VALUE_GAP: i32 = 20;
/// From the value to the maximum.
const MOST_GAP: i32 = 20;
/// The least room for bars.
const NARROWEST: i32 = 120;
/// The opacity of what regions inside took.
const TINT: f32 = 0.3;
const TITLE: Text = Text {
    anchor: Anchor::Start,
    ..AXIS
};

pub(super) struct Panel {
    left: i32,
    right: i32,
    span_ns: i64,
    title: String,
    bars: Vec<Option<Bar>>,
    axis: Axis,
}

/// The time of one region, and how much of it is its own.
pub(super) struct Time {
    pub(super) over_ranks: OverRanks,
    pub(super) own_ns: f64,
    /// Whether it is of many regions together, which must not make the bars of single ones too short to be told
    /// apart: its bar is cut off where the scale ends.
    pub(super) is_of_several: bool,
    pub(super) color: Color,
}

struct Bar {
    time: Time,
    value: String,
    value_width: i32,
    /// The maximum, and where it is.
    most: Option<String>,
}

impl Bar {
    fn new(time: Time, ranks: usize, paper: &Paper<'_>) -> Self {
        let over_ranks = &time.over_ranks;
        let value = units::duration_f64(over_ranks.mean_ns);
        let most = units::duration(over_ranks.max_ns);
        Self {
            most: (ranks > 1 && most != value)
                .then(|| format!("max {most}, rank {}", over_ranks.slowest_rank)),
            value_width: paper.widest([value.as_str()], &VALUE),
            value,
            time,
        }
    }

    fn text_width(&self, paper: &Paper<'_>) -> i32 {
        let most = self
            .most
            .as_ref()
            .map(|most| MOST_GAP + paper.widest([most.as_str()], &DETAIL));
        VALUE_GAP + self.value_width + most.unwrap_or(0)
    }
}

impl Panel {
    /// From `range.0` to `range.1`, of the times of the regions of so many ranks; a region may have none.
    pub(super) fn new(
        title: &str,
        times: impl Iterator<Item = Option<Time>>,
        ranks: usize,
        range: (i32, i32),
        paper: &Paper<'_>,
    ) -> Self {
        let mut bars: Vec<Option<Bar>> = times.map(|time| Some(Bar::new(time?, ranks, paper))).collect();
        let width = |bars: &[Option<Bar>]| {
            let widths = bars.iter().flatten().map(|bar| bar.text_width(paper));
            widths.max().unwrap_or(0)
        };
        if range.1 - range.0 - width(&bars) < NARROWEST {
            bars.iter_mut().flatten().for_each(|bar| bar.most = None);
        }
        let right = (range.1 - width(&bars)).max(range.0 + NARROWEST);
        let longest = |bars: &[Option<Bar>], is_scaled: &dyn Fn(&Bar) -> bool| {
            let bars = bars.iter().flatten().filter(|bar| is_scaled(bar));
            bars.map(|bar| bar.time.over_ranks.max_ns).max()
        };
        let of_single = longest(&bars, &|bar| !bar.time.is_of_several).filter(|&ns| ns > 0);
        let span_ns = of_single
            .or_else(|| longest(&bars, &|_| true))
            .unwrap_or(1)
            .max(1);
        let place = |ns| x(ns as f64, span_ns, range.0, right);
        let marks = Ticks::new(span_ns, style::ticks((right - range.0) * 3 / 2, 9));
        let meaning = match ranks {
            0 | 1 => "Total time".to_owned(),
            ranks => format!("Mean of {ranks} ranks, whiskers = min–max"),
        };
        let axis = Axis::of_time(marks, place, &meaning, (range.0, right), paper);
        Self {
            left: range.0,
            right,
            span_ns,
            title: paper.fit(title, &TITLE, (range.1 - range.0) as f32),
            bars,
            axis: axis.with_strong_start(),
        }
    }

    pub(super) fn last_baseline(&self, bottom: i32) -> i32 {
        self.axis.last_baseline(bottom)
    }

    /// Title above and axis below the bars.
    pub(super) fn draw_frame(&self, canvas: &mut dyn Canvas, (top, bottom): (i32, i32)) -> Result<()> {
        canvas.text(self.left, top - 16, &self.title, &TITLE)?;
        self.axis.draw(canvas, (top, bottom))
    }

    /// The bar of a region, about this line.
    pub(super) fn draw_bar(&self, canvas: &mut dyn Canvas, index: usize, middle: i32) -> Result<()> {
        let Some(bar) = &self.bars[index] else {
            return Ok(());
        };
        let Time {
            over_ranks,
            own_ns,
            color,
            is_of_several: _,
        } = &bar.time;
        let (top, bottom) = (middle - BAR / 2, middle + BAR / 2);
        let mut end = self.x(over_ranks.mean_ns);
        if over_ranks.mean_ns > 0.0 {
            end = end.max(self.left + 2);
        }
        let own = self.x(*own_ns).min(end);
        canvas.rect((own, end), (top, bottom), color.over(BACKGROUND, TINT))?;
        canvas.rect((self.left, own), (top, bottom), *color)?;
        if over_ranks.mean_ns > self.span_ns as f64 {
            cut(canvas, end, (top, bottom))?;
        } else if over_ranks.min_ns < over_ranks.max_ns {
            let range = (self.x(over_ranks.min_ns as f64), self.x(over_ranks.max_ns as f64));
            whisker(canvas, range, middle)?;
            end = end.max(range.1);
        }
        let baseline = middle + VALUE.middle_to_baseline();
        canvas.text(end + VALUE_GAP, baseline, &bar.value, &VALUE)?;
        bar.most.as_ref().map_or(Ok(()), |most| {
            let at = end + VALUE_GAP + bar.value_width + MOST_GAP;
            canvas.text(at, baseline, most, &DETAIL)
        })
    }

    fn x(&self, ns: f64) -> i32 {
        x(ns, self.span_ns, self.left, self.right)
    }
}

fn x(ns: f64, span_ns: i64, left: i32, right: i32) -> i32 {
    let share = (ns / span_ns as f64).clamp(0.0, 1.0);
    left + (f64::from(right - left) * share).round() as i32
}

/// Two slanted gaps near the end of a bar, as of an axis that is broken.
fn cut(canvas: &mut dyn Canvas, end: i32, (top, bottom): (i32, i32)) -> Result<()> {
    for y in top..bottom {
        for gap in [56, 38] {
            let x = end - gap + (bottom - y) / 2 - (bottom - top) / 4;
            canvas.rect((x, x + 8), (y, y + 1), BACKGROUND)?;
        }
    }
    Ok(())
}

/// From the least to the most, with a light border that keeps it apart from a dark bar.
fn whisker(canvas: &mut dyn Canvas, (least, most): (i32, i32), middle: i32) -> Result<()> {
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
    Ok(())
}
