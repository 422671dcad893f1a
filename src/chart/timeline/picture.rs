//! Draws timelines.

use super::labels::{self, LABEL};
use super::legend::{self, MOST_NAMED};
use super::names::{Name, Names};
use super::pixels::{self, Fill, PixelRun};
use super::{LaneOf, Piece, Timeline, TimelineLane};
use crate::chart::axis::{Axis, Ticks};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::chart::legend::Legend;
use crate::chart::palette::OTHERS;
use crate::chart::value_legend::ValueLegend;
use crate::error::Result;
use crate::render::style::{self, AXIS, BACKGROUND, GRID, MARGIN, RULE};
use crate::render::{Anchor, Canvas, Color, Data, Figure, Paper, Picture, Text};
use rustc_hash::FxHashMap;
use std::ops::RangeInclusive;

/// What lanes of ranks fill before they become thinner.
const COMFORTABLE: i32 = 1800;
/// A chart this tall has its time axis above as well.
const TALL: i32 = 1800;
/// Rows this high have a line of background between calls, and between them.
const PARTED: i32 = 10;
/// In a vector picture pixels are doubled until there are no more than these.
const MAX_VECTOR_PIXELS: usize = 300_000;
/// The opacity of a task that is alive and not entered.
const ALIVE: f32 = 0.25;

struct TimelinePicture<'a> {
    chart: &'a Timeline,
    backdrop: Backdrop,
    left: i32,
    right: i32,
    /// From one row to the next.
    pitch: i32,
    /// Top and label of each lane, the top from that of the first.
    lanes: Vec<(i32, Option<String>)>,
    height: i32,
    colors: Vec<Color>,
    names: Vec<Name>,
    axis: Axis,
    has_axis_above: bool,
    legend: Key,
}

/// What the colours mean.
enum Key {
    Regions(Legend),
    Values(ValueLegend),
}

impl Key {
    /// Of colours by value, that begins at `left`; that of regions otherwise.
    fn of(chart: &Timeline, regions: Legend, left: i32, paper: &Paper<'_>) -> Self {
        match &chart.colors {
            Some(colors) => Self::Values(ValueLegend::new(colors, left, paper)),
            None => Self::Regions(regions),
        }
    }

    fn last_baseline(&self, above: i32) -> i32 {
        match self {
            Self::Regions(legend) => legend.last_baseline(above),
            Self::Values(_) => ValueLegend::baseline(above),
        }
    }

    fn draw(&self, canvas: &mut dyn Canvas, above: i32) -> Result<()> {
        match self {
            Self::Regions(legend) => legend.draw(canvas, above),
            Self::Values(legend) => legend.draw(canvas, above),
        }
    }
}

/// How high rows are, and the gap after a lane.
struct Spacing {
    pitch: RangeInclusive<i32>,
    gap: i32,
    height: i32,
}

impl Figure for Timeline {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let names = self.regions.iter().map(|region| region.name.as_str());
        let backdrop = Backdrop::new(Heading::of(&self.header, names, paper), paper);
        let by_color_alone = matches!(self.lanes.first().map(|lane| &lane.of), Some(LaneOf::Ranks(..)));
        let colored = if by_color_alone {
            MOST_NAMED
        } else {
            self.regions.len()
        };
        let colors = self.regions.iter().enumerate();
        let colors = colors.map(|(place, region)| if place < colored { region.color } else { OTHERS });
        let colors: Vec<Color> = colors.collect();
        let legend = legend::of(self, by_color_alone, paper);
        let below = match self.colors {
            Some(_) => ValueLegend::baseline(0),
            None => 12 + legend.height(),
        };
        let room = paper.height - top_of(&backdrop) - 88 - below - MARGIN;
        let spacing = self.spacing(room);
        let rows: i32 = self.lanes.iter().map(rows_of).sum();
        let gaps = spacing.gap * self.lanes.len() as i32;
        let pitch = (spacing.height.min(room) - gaps) / rows.max(1);
        let pitch = pitch.clamp(*spacing.pitch.start(), *spacing.pitch.end());
        let heights: Vec<i32> = self
            .lanes
            .iter()
            .map(|lane| rows_of(lane) * pitch + spacing.gap)
            .collect();
        let labels = labels::of(self, &heights, paper);
        let widest = labels
            .iter()
            .flatten()
            .map(String::as_str)
            .chain([labels::heading(self)]);
        let left = MARGIN + paper.widest(widest, &LABEL) + 24;
        let right = (paper.width - MARGIN).max(left + 100);
        let mut height = 0;
        let lanes = heights.iter().zip(labels).map(|(&of_lane, label)| {
            let top = height;
            height += of_lane;
            (top, label)
        });
        let lanes: Vec<(i32, Option<String>)> = lanes.collect();
        let x = |ns: i64| place(self, self.from_ns.saturating_add(ns), (left, right));
        let ticks = Ticks::within(self.from_ns, self.span_ns, style::ticks(right - left, 11));
        let axis = Axis::of_time(ticks, x, self.header.time_axis_title(), (left, right), paper);
        let mut picture = TimelinePicture {
            chart: self,
            backdrop,
            left,
            right,
            pitch,
            lanes,
            height,
            colors,
            names: Vec::new(),
            axis: axis.with_rule((left, right)).above(height > TALL),
            has_axis_above: height > TALL,
            legend: Key::of(self, legend, left, paper),
        };
        picture.names = picture.name_calls(paper);
        Ok(Box::new(picture))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

fn rows_of(lane: &TimelineLane) -> i32 {
    lane.rows.len().max(1) as i32
}

/// Where lanes begin: a line for the word above the labels, or the axis there.
fn top_of(backdrop: &Backdrop) -> i32 {
    backdrop.top() + 60
}

fn place(chart: &Timeline, ns: i64, (left, right): (i32, i32)) -> i32 {
    let share = (ns.saturating_sub(chart.from_ns) as f64 / chart.span_ns as f64).clamp(0.0, 1.0);
    left + (f64::from(right - left) * share).round() as i32
}

impl Timeline {
    fn spacing(&self, room: i32) -> Spacing {
        let few = self.lanes.len() < 80;
        match self.lanes.first().map(|lane| &lane.of) {
            Some(LaneOf::Ranks(..)) | None => Spacing {
                pitch: 3..=64,
                gap: 0,
                height: COMFORTABLE,
            },
            Some(LaneOf::Thread(..)) => Spacing {
                pitch: 4..=44,
                gap: if few { 14 } else { 3 },
                height: room,
            },
            Some(LaneOf::Task(..)) => Spacing {
                pitch: 8..=40,
                gap: if few { 6 } else { 3 },
                height: room,
            },
        }
    }
}

impl TimelinePicture<'_> {
    fn top(&self) -> i32 {
        top_of(&self.backdrop)
    }

    fn bottom(&self) -> i32 {
        self.top() + self.height
    }

    /// The names of calls that have room for them.
    fn name_calls(&self, paper: &Paper<'_>) -> Vec<Name> {
        let names = Names::new(self.chart, self.pitch, paper);
        let Some(mut names) = names.filter(|_| !self.by_rank()) else {
            return Vec::new();
        };
        for (lane, (top, _)) in self.chart.lanes.iter().zip(&self.lanes) {
            for (depth, row) in (0..).zip(&lane.rows) {
                let middle = top + depth * self.pitch + self.pitch / 2;
                for piece in row {
                    names.add(piece, self.color_of(piece), self.range(piece), middle);
                }
            }
        }
        names.finish()
    }

    /// The colour of what is busy all of the time.
    fn color_of(&self, piece: &Piece) -> Color {
        match &self.chart.colors {
            Some(colors) => colors.drawn(piece.value.map(|value| colors.tint(value)), 1.0),
            None => self.colors[piece.region],
        }
    }

    /// The colour of pixels.
    fn color(&self, fill: Fill, shade: u8) -> Color {
        let busy = f32::from(shade) / f32::from(pixels::SHADES);
        match (fill, &self.chart.colors) {
            (Fill::Value(tint), Some(colors)) => colors.drawn(tint, busy),
            (Fill::Region(region), _) => self.colors[region].over(BACKGROUND, pixels::opacity(shade)),
            (Fill::Value(_), None) => OTHERS,
        }
    }

    fn by_rank(&self) -> bool {
        matches!(
            self.chart.lanes.first().map(|lane| &lane.of),
            Some(LaneOf::Ranks(..))
        )
    }

    fn range(&self, piece: &Piece) -> (i32, i32) {
        let x = |ns| place(self.chart, ns, (self.left, self.right));
        (x(piece.start_ns), x(piece.end_ns))
    }

    fn draw_lanes(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let width = self.right - self.left;
        let mut pixel = canvas.resolution() as i32;
        let rows: usize = self.chart.lanes.iter().map(|lane| lane.rows.len()).sum();
        while canvas.is_vector() && (width / pixel) as usize * rows > MAX_VECTOR_PIXELS {
            pixel *= 2;
        }
        let pixels = (width / pixel).max(1) as usize;
        let gap = if self.pitch >= PARTED { 2 } else { 0 };
        for (lane, &(top, _)) in self.chart.lanes.iter().zip(&self.lanes) {
            if let Some(life) = lane.life_ns {
                self.draw_life(canvas, lane, life, top)?;
            }
            for (depth, row) in (0..).zip(&lane.rows) {
                let top = self.top() + top + depth * self.pitch;
                let y = (top, top + self.pitch - gap);
                let axis = (self.chart.from_ns, self.chart.span_ns);
                let runs = pixels::runs(row, axis, pixels, self.chart.colors.as_ref());
                self.draw_runs(canvas, &runs, y, pixel)?;
                if gap > 0 && !self.by_rank() {
                    self.part_calls(canvas, row, y)?;
                }
            }
        }
        Ok(())
    }

    /// From first entry to last exit.
    fn draw_life(
        &self,
        canvas: &mut dyn Canvas,
        lane: &TimelineLane,
        life: (i64, i64),
        top: i32,
    ) -> Result<()> {
        let piece = lane.rows.iter().flatten().next();
        let color = match &self.chart.colors {
            Some(colors) => colors.drawn(lane.life_value.map(|value| colors.tint(value)), 0.0),
            None => {
                let color = piece.map_or(OTHERS, |piece| self.colors[piece.region]);
                color.over(BACKGROUND, ALIVE)
            }
        };
        let x = |ns| place(self.chart, ns, (self.left, self.right));
        let (start, end) = (x(life.0), x(life.1));
        let y = self.top() + top + self.pitch / 2;
        let half = (self.pitch / 6).max(1);
        canvas.rect((start, end.max(start + 2)), (y - half, y + half), color)
    }

    /// Runs of one colour and shade at once.
    fn draw_runs(&self, canvas: &mut dyn Canvas, runs: &[PixelRun], y: (i32, i32), pixel: i32) -> Result<()> {
        let mut strips: FxHashMap<(Fill, u8), Vec<(i32, i32)>> = FxHashMap::default();
        for run in runs {
            let x = |pixels: i32| self.left + pixels * pixel;
            let of_color = strips.entry((run.fill, run.shade)).or_default();
            of_color.push((x(run.from), x(run.to)));
        }
        // In an order of their own, so that pictures are the same each time.
        let mut strips: Vec<_> = strips.into_iter().collect();
        strips.sort_unstable();
        for ((fill, shade), strips) in strips {
            canvas.strips(&strips, y, self.color(fill, shade))?;
        }
        Ok(())
    }

    /// A line of background at the end of each call that is followed by another.
    fn part_calls(&self, canvas: &mut dyn Canvas, row: &[Piece], y: (i32, i32)) -> Result<()> {
        let mut parts = Vec::new();
        for pair in row.windows(2) {
            let (start, end) = self.range(&pair[0]);
            let next = self.range(&pair[1]).0;
            if end - start >= 6 && next - end < 2 {
                parts.push((end - 2, end));
            }
        }
        canvas.strips(&parts, y, BACKGROUND)
    }

    fn draw_labels(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let heading = Text {
            anchor: Anchor::End,
            ..AXIS
        };
        // Clear of the axis, whose first label reaches to the left.
        let baseline = self.top() - if self.has_axis_above { 44 } else { 14 };
        canvas.text(self.left - 16, baseline, labels::heading(self.chart), &heading)?;
        for (lane, (top, label)) in self.chart.lanes.iter().zip(&self.lanes) {
            let Some(label) = label else { continue };
            let rows = rows_of(lane) * self.pitch;
            let middle = self.top() + top + rows.min(self.pitch.max(30)) / 2;
            canvas.text(self.left - 16, middle + LABEL.middle_to_baseline(), label, &LABEL)?;
        }
        Ok(())
    }

    /// Lines between lanes of several rows.
    fn draw_rules(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let has_rules = self.chart.lanes.iter().any(|lane| lane.rows.len() > 1);
        for (top, _) in self
            .lanes
            .iter()
            .skip(1)
            .filter(|_| has_rules && self.pitch >= PARTED)
        {
            let y = self.top() + top - 8;
            canvas.rect((MARGIN, self.right), (y, y + 1), GRID)?;
        }
        canvas.rect((self.left, self.right), (self.top() - 2, self.top() - 1), RULE)
    }
}

impl Picture for TimelinePicture<'_> {
    fn size(&self) -> (u32, u32) {
        let axis = self.axis.last_baseline(self.bottom());
        self.backdrop.size(self.legend.last_baseline(axis))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.axis.draw(canvas, (self.top(), self.bottom()))?;
        self.draw_rules(canvas)?;
        self.draw_lanes(canvas)?;
        self.names
            .iter()
            .try_for_each(|name| name.draw(canvas, self.top()))?;
        self.draw_labels(canvas)?;
        self.legend.draw(canvas, self.axis.last_baseline(self.bottom()))
    }
}
