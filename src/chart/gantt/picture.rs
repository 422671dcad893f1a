//! Draws a Gantt chart.

use super::coverage::{Coverage, Grain, SHADES};
use super::layout::{LANE_LABEL, Layout};
use super::tinted::{self, TintedRun};
use super::{GanttChart, GanttRegion, Lane};
use crate::chart::axis::{Axis, Ticks};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::chart::value_legend::ValueLegend;
use crate::error::Result;
use crate::render::style::{self, AXIS, BACKGROUND, GRID, MARGIN, MUTED, RULE, TICK};
use crate::render::{Anchor, Canvas, Color, Data, Figure, Paper, Picture, Text};
use std::collections::BTreeMap;

/// A chart this tall has its time axis above as well.
const TALL: i32 = 1800;
/// Runs of pixels in a vector picture before its resolution is halved: some megabytes.
const MAX_VECTOR_RUNS: usize = 150_000;
/// Lanes lower than this are too thin for lines between calls.
const PARTED: i32 = 8;

/// Of the scale of shades, the end that stands at the right.
const BUSY: &str = "100 %";
/// The room for the shades and the words before them.
const SCALE_WIDTH: i32 = 220;
const SCALE_TEXT: Text = Text {
    anchor: Anchor::End,
    ..TICK
};

/// From where to where pixels are of one colour.
type Strips = Vec<(i32, i32)>;

struct GanttPicture<'a> {
    chart: &'a GanttChart,
    backdrop: Backdrop,
    layout: Layout,
    axis: Axis,
    has_axis_above: bool,
    /// The width of [`BUSY`]; none where there is no scale of shades.
    busy_width: Option<i32>,
    /// Where bars are coloured by value.
    legend: Option<ValueLegend>,
}

impl Figure for GanttChart {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let names = self.regions.iter().map(|region| region.name.as_str());
        let lanes = self.regions.iter().flat_map(|region| &region.lanes);
        let names = names.chain(lanes.map(|lane| lane.thread_label.as_str()));
        let heading = Heading::of(&self.header, names, paper);
        let backdrop = Backdrop::new(heading, paper);
        let layout = Layout::of(self, backdrop.top(), paper)?;
        let (left, right) = (layout.left, layout.right);
        let ticks = Ticks::within(self.from_ns, self.span_ns, style::ticks(right - left, 11));
        let x = |ns: i64| {
            let share = ns as f64 / self.span_ns as f64;
            left + (f64::from(right - left) * share).round() as i32
        };
        let has_axis_above = layout.bottom - layout.top > TALL;
        let axis = Axis::of_time(ticks, x, self.axis_title(), (left, right), paper)
            .with_rule((left, right))
            .above(has_axis_above);
        let busy_width = paper.widest([BUSY], &SCALE_TEXT);
        let beside_title = (right - left - paper.widest([axis.title()], &AXIS)) / 2;
        let is_by_region = self.colors.is_none();
        let has_shades = is_by_region && (self.header.merged > 0 || self.header.ranks_per_lane > 1);
        let has_scale = has_shades && beside_title > 2 * busy_width + SCALE_WIDTH;
        Ok(Box::new(GanttPicture {
            chart: self,
            backdrop,
            layout,
            axis,
            has_axis_above,
            busy_width: has_scale.then_some(busy_width),
            legend: (self.colors.as_ref()).map(|colors| ValueLegend::new(colors, left, paper)),
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

impl GanttPicture<'_> {
    /// What the shades mean, at the end of the axis title.
    fn draw_scale(&self, canvas: &mut dyn Canvas, busy_width: i32) -> Result<()> {
        let Layout { right, bottom, .. } = self.layout;
        let baseline = self.axis.last_baseline(bottom);
        canvas.text(right, baseline, BUSY, &SCALE_TEXT)?;
        let mut x = right - busy_width - 14;
        for step in (0..8).rev() {
            let shade = step as f32 / 7.0;
            canvas.rect(
                (x - 18, x),
                (baseline - 19, baseline + 1),
                MUTED.over(BACKGROUND, shade),
            )?;
            x -= 18;
        }
        canvas.text(x - 14, baseline, "busy: 0 %", &SCALE_TEXT)
    }

    fn draw_labels(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let layout = &self.layout;
        for block in &layout.blocks {
            if let Some(y) = block.rule {
                canvas.rect((MARGIN, layout.right), (y, y + 1), RULE)?;
            }
            for &y in &block.rank_rules {
                canvas.rect((layout.name_right + 20, layout.right), (y, y + 1), GRID)?;
            }
            let baseline = block.middle + layout.name.middle_to_baseline();
            canvas.text(layout.name_right, baseline, &block.name, &layout.name)?;
        }
        // Clear of the axis, whose first label reaches to the left.
        let heading = layout.top - if self.has_axis_above { 44 } else { 14 };
        for column in &layout.columns {
            canvas.text(column.right, heading, column.heading, &LANE_LABEL)?;
            for (middle, label) in &column.labels {
                let baseline = middle + layout.lane_label.middle_to_baseline();
                canvas.text(column.right, baseline, label, &layout.lane_label)?;
            }
        }
        Ok(())
    }

    fn draw_lanes(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let layout = &self.layout;
        let pixels = (layout.right - layout.left) / canvas.resolution() as i32;
        let mut coverage = Coverage::new((self.chart.from_ns, self.chart.span_ns), pixels.max(1) as usize);
        let grain = if canvas.is_vector() {
            self.vector_grain(&mut coverage)
        } else {
            Grain::FINEST
        };
        // Thin lanes touch, so that they read as one texture.
        let gap = (layout.pitch / 8).min(6);
        for (region, block) in self.chart.regions.iter().zip(&layout.blocks) {
            for (index, lane) in region.lanes.iter().enumerate() {
                let top = block.first_lane + index as i32 * layout.pitch + gap / 2;
                let rows = (top, top + layout.pitch - gap);
                let runs = self.tinted(&mut coverage, lane, grain);
                self.draw_runs(canvas, &runs, rows, region)?;
            }
        }
        Ok(())
    }

    fn draw_runs(
        &self,
        canvas: &mut dyn Canvas,
        runs: &[TintedRun],
        rows: (i32, i32),
        region: &GanttRegion,
    ) -> Result<()> {
        let x = |pixel: i32| self.layout.left + pixel * canvas.resolution() as i32;
        let mut strips: BTreeMap<(Option<u8>, u8), Strips> = BTreeMap::new();
        for TintedRun { run, tint } in runs {
            let alike = strips.entry((*tint, run.shade)).or_default();
            alike.push((x(run.from), x(run.to)));
        }
        for ((tint, shade), strips) in &strips {
            canvas.strips(strips, rows, self.color(region, *tint, *shade))?;
        }
        Ok(())
    }

    /// That of pixels of a region.
    fn color(&self, region: &GanttRegion, tint: Option<u8>, shade: u8) -> Color {
        let busy = f32::from(shade) / f32::from(SHADES);
        match &self.chart.colors {
            Some(colors) => colors.drawn(tint, busy),
            None => region.color.over(BACKGROUND, busy),
        }
    }

    /// The runs of a lane, cut where values change.
    fn tinted(&self, coverage: &mut Coverage, lane: &Lane, grain: Grain) -> Vec<TintedRun> {
        let runs = coverage.runs(&lane.bars, grain, self.parts(lane));
        let axis = ((self.chart.from_ns, self.chart.span_ns), coverage.pixels());
        match &self.chart.colors {
            Some(colors) => tinted::cut(&runs, &lane.bars, colors, axis, grain.pixels),
            None => runs.into_iter().map(TintedRun::plain).collect(),
        }
    }

    /// Whether to tell calls apart: not where bars belong to several ranks.
    fn parts(&self, lane: &Lane) -> bool {
        self.layout.pitch >= PARTED && lane.rank == lane.last_rank
    }

    /// The finest grain at which the picture stays small enough as vectors.
    fn vector_grain(&self, coverage: &mut Coverage) -> Grain {
        let lanes: Vec<&Lane> = self
            .chart
            .regions
            .iter()
            .flat_map(|region| &region.lanes)
            .collect();
        let mut runs = |grain| {
            let runs = lanes.iter().map(|lane| self.tinted(coverage, lane, grain).len());
            runs.sum::<usize>()
        };
        let grains = [(1, SHADES), (1, 8), (2, 8), (3, 8), (4, 8), (8, 8), (16, 4)];
        let grains = grains.map(|(pixels, shades)| Grain { pixels, shades });
        grains
            .into_iter()
            .find(|&grain| runs(grain) <= MAX_VECTOR_RUNS)
            .unwrap_or(grains[grains.len() - 1])
    }
}

impl Picture for GanttPicture<'_> {
    fn size(&self) -> (u32, u32) {
        let axis = self.axis.last_baseline(self.layout.bottom);
        let legend = self.legend.as_ref().map(|_| ValueLegend::baseline(axis));
        self.backdrop.size(legend.unwrap_or(axis))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.axis.draw(canvas, (self.layout.top, self.layout.bottom))?;
        if let Some(width) = self.busy_width {
            self.draw_scale(canvas, width)?;
        }
        if let Some(legend) = &self.legend {
            legend.draw(canvas, self.axis.last_baseline(self.layout.bottom))?;
        }
        self.draw_labels(canvas)?;
        self.draw_lanes(canvas)
    }
}
