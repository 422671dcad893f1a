//! Draws the ranks of each region as points: to the right what took longer than the mean, from top to bottom by rank.

use super::{ImbalanceChart, ImbalanceRow};
use crate::chart::axis::{Axis, Ticks};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::chart::sentence::Sentence;
use crate::error::Result;
use crate::render::style::{self, BACKGROUND, DETAIL, INK, MARGIN, NAME, TICK, VALUE};
use crate::render::{Anchor, Canvas, Color, Data, Figure, Paper, Picture, Text};
use crate::text::visible;
use crate::units;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// From one region to the next, the more the more ranks there are.
const PITCH: RangeInclusive<i32> = 84..=190;
const GAP: i32 = 20;
/// The width of a point, the less the more ranks there are.
const POINT: RangeInclusive<i32> = 6..=16;
/// Points of this width have a border, and are hollow where a rank never entered the region.
const WITH_BORDER: i32 = 10;
const MAX_NAME: f32 = 640.0;
/// What is around the range of a region's ranks: its colour, so strong.
const TINT: f32 = 0.16;
/// The colour of points without a border is darker: it has so much of the region's.
const STRONG: f32 = 0.5;
const SLOWEST: Text = Text {
    anchor: Anchor::Start,
    color: INK,
    ..TICK
};
const ONE_RANK: &str = "There is only one rank here: imbalance compares ranks.";

struct ImbalancePicture<'a> {
    chart: &'a ImbalanceChart,
    backdrop: Backdrop,
    pitch: i32,
    point: i32,
    scale: Scale,
    rows: Vec<Label>,
    axis: Axis,
}

/// Differences from the mean on paper.
struct Scale {
    left: i32,
    /// Where the values of the regions begin.
    values: i32,
    length: f64,
    least: f64,
    most: f64,
}

impl Scale {
    fn x(&self, ns: f64) -> i32 {
        let share = (ns - self.least) / (self.most - self.least);
        self.left + (self.length * share.clamp(0.0, 1.0)).round() as i32
    }

    /// Marks to both sides of the mean, at equal steps.
    fn marks(&self) -> (Vec<(i32, String)>, &'static str) {
        let span = (self.most - self.least) as i64;
        let ticks = Ticks::new(span, style::ticks(self.length as i32, 9));
        let mut marks = Vec::new();
        for (ns, label) in ticks.marks {
            if ns == 0 {
                marks.push((self.x(0.0), "mean".to_owned()));
                continue;
            }
            // A minus sign is as wide as a plus sign.
            for (at, sign) in [(-(ns as f64), '−'), (ns as f64, '+')] {
                if (self.least..=self.most).contains(&at) {
                    marks.push((self.x(at), format!("{sign}{label}")));
                }
            }
        }
        (marks, ticks.unit)
    }
}

/// What is written to a region.
struct Label {
    name: String,
    /// The time that is lost, and the factor.
    value: String,
    detail: String,
    slowest: String,
}

impl Label {
    fn of(row: &ImbalanceRow, paper: &Paper<'_>) -> Self {
        let region = &row.region;
        let factor = units::three_digits(region.imbalance_factor().unwrap_or(1.0));
        Label {
            name: paper.fit(&visible(region.name()), &NAME, paper.share(MAX_NAME, 0.3)),
            value: format!(
                "{} lost, {factor} × mean",
                units::duration_f64(region.imbalance_time_ns().round())
            ),
            detail: format!(
                "min {}, mean {}, max {}",
                units::duration(region.min_ns()),
                units::duration_f64(region.mean_ns().round()),
                units::duration(region.max_ns())
            ),
            slowest: if region.imbalance_time_ns() > 0.0 {
                format!("rank {}", region.slowest_rank())
            } else {
                String::new()
            },
        }
    }
}

impl Figure for ImbalanceChart {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let names = self.rows.iter().map(|row| row.region.name());
        let backdrop = Backdrop::new(Heading::of(&self.header, names, paper), paper);
        if self.ranks.len() < 2 {
            return Ok(Box::new(Sentence::new(backdrop, ONE_RANK, paper)));
        }
        let rows: Vec<Label> = self.rows.iter().map(|row| Label::of(row, paper)).collect();
        let widest = |text: fn(&Label) -> &str, style| paper.widest(rows.iter().map(text), style);
        let left = MARGIN + widest(|row| &row.name, &NAME) + 24;
        let values_width = widest(|row| &row.value, &VALUE).max(widest(|row| &row.detail, &DETAIL));
        let values = (paper.width - MARGIN - values_width).max(left + 200);
        let slowest_width = widest(|row| &row.slowest, &SLOWEST);
        let room = (paper.height - backdrop.top() - 100 - MARGIN) / self.rows.len() as i32;
        let ranks = self.ranks.len() as i32;
        let pitch = ranks.saturating_mul(18).clamp(*PITCH.start(), *PITCH.end());
        let pitch = pitch.min(room).max(*PITCH.start());
        let point = (2 * pitch / ranks).clamp(*POINT.start(), *POINT.end());
        let first = left + point;
        let scale = Scale {
            left: first,
            values,
            length: f64::from((values - slowest_width - 60 - first).max(60)),
            least: self.deviations().fold(0.0, f64::min),
            most: self.deviations().fold(1.0, f64::max),
        };
        let (marks, unit) = scale.marks();
        let title = self.axis_title(unit);
        let right = scale.x(scale.most);
        Ok(Box::new(ImbalancePicture {
            chart: self,
            backdrop,
            pitch,
            point,
            rows,
            axis: Axis::new(marks, &title, (left, right), paper).with_strong_start(),
            scale,
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

impl ImbalanceChart {
    fn deviations(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().flat_map(ImbalanceRow::deviations)
    }

    fn axis_title(&self, unit: &str) -> String {
        let ranks = units::count(self.ranks.len() as u64);
        let mut title =
            format!("Time of a rank, less the mean of {ranks} ranks ({unit}); ranks from top to bottom");
        if self.rows.iter().any(|row| row.times_ns.contains(&None)) {
            title += "; hollow: never entered";
        }
        if self.rows.len() < self.regions {
            title += &format!(
                "; the {} regions of {} that lose most",
                self.rows.len(),
                units::count(self.regions as u64)
            );
        }
        title
    }
}

impl ImbalancePicture<'_> {
    fn bottom(&self) -> i32 {
        self.backdrop.top() + self.pitch * self.rows.len() as i32
    }

    fn draw_row(&self, canvas: &mut dyn Canvas, index: usize) -> Result<()> {
        let (row, label) = (&self.chart.rows[index], &self.rows[index]);
        let top = self.backdrop.top() + self.pitch * index as i32;
        let y = (top + GAP / 2, top + self.pitch - GAP / 2);
        let (region, mean) = (&row.region, row.region.mean_ns());
        let least = self.scale.x(region.min_ns() as f64 - mean);
        let most = self.scale.x(region.max_ns() as f64 - mean);
        let half = self.point / 2;
        canvas.rect((least - half, most + half), y, row.color.over(BACKGROUND, TINT))?;
        let middle = self.scale.x(0.0);
        if self.point >= WITH_BORDER {
            canvas.rect((middle - 1, middle + 2), y, INK)?;
            self.draw_points(canvas, row, y)?;
        } else {
            // Many points would cover the line.
            self.draw_points(canvas, row, y)?;
            canvas.rect((middle - 3, middle + 4), y, BACKGROUND)?;
            canvas.rect((middle - 1, middle + 2), y, INK)?;
        }

        let name_at = (y.0 + y.1) / 2 + NAME.middle_to_baseline();
        canvas.text(self.scale.left - self.point - 20, name_at, &label.name, &NAME)?;
        canvas.text(self.scale.values, name_at - 18, &label.value, &VALUE)?;
        canvas.text(self.scale.values, name_at + 18, &label.detail, &DETAIL)?;
        let slowest = self
            .chart
            .ranks
            .iter()
            .position(|&rank| rank == region.slowest_rank());
        let slowest_at = self.place(slowest.unwrap_or(0), y) + SLOWEST.middle_to_baseline();
        // At the edges of the band, the text stays inside.
        let slowest_at = slowest_at.clamp(y.0 + 20, y.1 - 2);
        canvas.text(most + half + 14, slowest_at, &label.slowest, &SLOWEST)
    }

    /// The middle of the point of a rank, from top to bottom.
    fn place(&self, rank: usize, y: (i32, i32)) -> i32 {
        let share = (rank as f64 + 0.5) / self.chart.ranks.len() as f64;
        let room = f64::from(y.1 - y.0 - self.point);
        y.0 + self.point / 2 + (room * share).round() as i32
    }

    fn draw_points(&self, canvas: &mut dyn Canvas, row: &ImbalanceRow, y: (i32, i32)) -> Result<()> {
        let half = self.point / 2;
        let has_border = self.point >= WITH_BORDER;
        let points = row.deviations().zip(&row.times_ns).enumerate();
        // Of points in one place, one is enough.
        let points: BTreeSet<(i32, i32, bool)> = points
            .map(|(rank, (ns, time))| (self.place(rank, y), self.scale.x(ns), time.is_some()))
            .collect();
        for (y, x, is_there) in points {
            let mut square =
                |half: i32, color: Color| canvas.rect((x - half, x + half), (y - half, y + half), color);
            match (has_border, is_there) {
                (true, _) => {
                    square(half, INK)?;
                    square(half - 2, if is_there { row.color } else { BACKGROUND })?;
                }
                (false, true) => square(half, row.color.over(INK, STRONG))?,
                (false, false) => {
                    square(half, INK)?;
                    square(half - 1, BACKGROUND)?;
                }
            }
        }
        Ok(())
    }
}

impl Picture for ImbalancePicture<'_> {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.axis.last_baseline(self.bottom()))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.axis.draw(canvas, (self.backdrop.top(), self.bottom()))?;
        (0..self.rows.len()).try_for_each(|index| self.draw_row(canvas, index))
    }
}
