//! Draws how busy ranks are: time from left to right, ranks from top to bottom, the darker the busier.

use super::RankDensity;
use crate::chart::axis::{self, Axis, Ticks};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::error::Result;
use crate::render::style::{self, AXIS, BACKGROUND, MARGIN, RULE, TICK};
use crate::render::{Anchor, Canvas, Color, Data, Figure, Paper, Picture, Text};
use std::ops::RangeInclusive;

/// The height of a lane, and of all together.
const LANE: RangeInclusive<i32> = 3..=64;
const HEIGHT: i32 = 1800;
/// Lanes this high have a line of background between them.
const PARTED: i32 = 12;
/// The width of a cell; in a vector picture it is doubled until there are no more cells than these.
const CELL: usize = 2;
const MAX_VECTOR_CELLS: usize = 150_000;
/// Colours from idle to busy.
const SHADES: usize = 24;
const IDLE: Color = Color(0xee, 0xf1, 0xf4);
const BUSY: Color = Color(0x0b, 0x2f, 0x5e);
/// From the label of one rank to the next.
const LABEL_PITCH: f64 = 40.0;
const RANK: Text = Text {
    anchor: Anchor::End,
    ..TICK
};
const LEGEND: [&str; 2] = ["busy: 0 %", "100 %"];

struct DensityPicture<'a> {
    chart: &'a RankDensity,
    backdrop: Backdrop,
    left: i32,
    right: i32,
    lane: i32,
    /// Which lanes have a label, and the label.
    ranks: Vec<(usize, String)>,
    axis: Axis,
    /// Where the legend begins, and how wide its first word is.
    legend: (i32, i32),
}

impl Figure for RankDensity {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let backdrop = Backdrop::new(Heading::of(&self.header, [], paper), paper);
        let lanes = self.lanes.len() as i32;
        let lane = (HEIGHT / lanes).clamp(*LANE.start(), *LANE.end());
        let labels = axis::labelled(self.lanes.len(), f64::from(lane * lanes), LABEL_PITCH);
        let ranks: Vec<(usize, String)> = labels
            .map(|lane| (lane, self.lanes[lane].rank.to_string()))
            .collect();
        let ranks_width = paper.widest(
            ranks.iter().map(|(_, label)| label.as_str()).chain(["rank"]),
            &RANK,
        );
        let left = MARGIN + ranks_width + 24;
        let right = (paper.width - MARGIN).max(left + 100);
        let x = |ns: i64| {
            let share = (ns as f64 / self.span_ns as f64).clamp(0.0, 1.0);
            left + (f64::from(right - left) * share).round() as i32
        };
        let ticks = Ticks::new(self.span_ns, style::ticks(right - left, 11));
        let [less, more] = LEGEND.map(|text| paper.widest([text], &TICK));
        let legend_width = less + 14 + SHADES as i32 * 12 + 14 + more;
        Ok(Box::new(DensityPicture {
            chart: self,
            backdrop,
            left,
            right,
            lane,
            ranks,
            axis: Axis::of_time(ticks, x, self.header.time_axis_title(), (left, right), paper),
            legend: ((right - legend_width).max(MARGIN), less),
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

impl DensityPicture<'_> {
    fn top(&self) -> i32 {
        // A line for the word above the ranks.
        self.backdrop.top() + 30
    }

    fn bottom(&self) -> i32 {
        self.top() + self.lane * self.chart.lanes.len() as i32
    }

    /// Lanes of cells, those of one shade at once.
    fn draw_lanes(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let width = (self.right - self.left) as usize;
        let mut cell = CELL;
        while canvas.is_vector() && width / cell * self.chart.lanes.len() > MAX_VECTOR_CELLS {
            cell *= 2;
        }
        let cells = (width / cell).max(1);
        let x = |index: usize| self.left + (width * index / cells) as i32;
        let gap = if self.lane >= PARTED { 2 } else { 0 };
        for (index, lane) in self.chart.lanes.iter().enumerate() {
            let top = self.top() + self.lane * index as i32;
            let mut strips: Vec<Vec<(i32, i32)>> = vec![Vec::new(); SHADES + 1];
            for (index, share) in self.chart.shares(lane, cells).into_iter().enumerate() {
                let strips = &mut strips[shade(share)];
                match strips.last_mut() {
                    Some(last) if last.1 == x(index) => last.1 = x(index + 1),
                    _ => strips.push((x(index), x(index + 1))),
                }
            }
            for (shade, strips) in strips.iter().enumerate().filter(|(_, strips)| !strips.is_empty()) {
                canvas.strips(strips, (top, top + self.lane - gap), color(shade))?;
            }
        }
        Ok(())
    }

    fn draw_legend(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let style = Text {
            anchor: Anchor::Start,
            ..TICK
        };
        let (left, width) = self.legend;
        let baseline = self.backdrop.top() + 6;
        canvas.text(left, baseline, LEGEND[0], &style)?;
        let mut x = left + width + 14;
        for shade in 0..=SHADES {
            canvas.rect((x, x + 12), (baseline - 19, baseline + 1), color(shade))?;
            x += 12;
        }
        canvas.text(x + 14, baseline, LEGEND[1], &style)
    }
}

/// Which of the colours: 0 is for no time at all, however coarse the steps.
fn shade(share: f64) -> usize {
    match (share * SHADES as f64).round() as usize {
        0 if share > 0.0 => 1,
        shade => shade.min(SHADES),
    }
}

fn color(shade: usize) -> Color {
    if shade == 0 {
        return BACKGROUND;
    }
    BUSY.over(IDLE, (shade - 1) as f32 / (SHADES - 1) as f32)
}

impl Picture for DensityPicture<'_> {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.axis.last_baseline(self.bottom()))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.axis.draw(canvas, (self.top(), self.bottom()))?;
        self.draw_lanes(canvas)?;
        self.draw_legend(canvas)?;
        let (top, bottom) = (self.top(), self.bottom());
        canvas.rect((self.left, self.right), (top - 2, top), RULE)?;
        canvas.rect((self.left, self.right), (bottom, bottom + 2), RULE)?;
        canvas.text(
            self.left - 16,
            top - 24,
            "rank",
            &Text {
                anchor: Anchor::End,
                ..AXIS
            },
        )?;
        for (lane, label) in &self.ranks {
            let middle = top + self.lane * *lane as i32 + self.lane / 2;
            canvas.text(self.left - 16, middle + RANK.middle_to_baseline(), label, &RANK)?;
        }
        Ok(())
    }
}
