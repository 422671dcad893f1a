//! Draws a Gantt chart.

use super::coverage::{Coverage, Grain, Run, SHADES};
use super::fonts::Fonts;
use super::layout::{LANE_LABEL, Layout};
use super::sheet::{Picture, Sheet};
use super::style::{AXIS, BACKGROUND, GRID, MARGIN, MUTED, RULE, TICK, WIDTH, draw_header, notes_of};
use super::text::{Anchor, Text};
use crate::chart::GanttChart;
use crate::chart::axis::Ticks;
use crate::chart::gantt::{GanttRegion, Lane};
use crate::error::Result;
use plotters_backend::DrawingBackend;

/// A chart this tall has its time axis above as well.
const TALL: i32 = 1800;
/// Runs of pixels in a vector picture before its resolution is halved: some megabytes.
const MAX_VECTOR_RUNS: usize = 150_000;
/// Lanes lower than this are too thin for lines between calls.
const PARTED: i32 = 8;

pub(super) struct GanttPicture<'a> {
    chart: &'a GanttChart,
    layout: Layout,
    notes: Vec<String>,
}

impl<'a> GanttPicture<'a> {
    pub(super) fn new(chart: &'a GanttChart, fonts: &Fonts) -> Result<Self> {
        let names = chart.regions.iter().map(|region| region.name.as_str());
        let lanes = chart.regions.iter().flat_map(|region| &region.lanes);
        let names = names.chain(lanes.map(|lane| lane.thread_label.as_str()));
        let notes = notes_of(&chart.header, names, fonts);
        Ok(GanttPicture {
            chart,
            layout: Layout::of(chart, &notes, fonts)?,
            notes,
        })
    }

    fn has_axis_above(&self) -> bool {
        self.layout.bottom - self.layout.top > TALL
    }

    fn draw_axis<B: DrawingBackend>(&self, sheet: &mut Sheet<'_, B>) -> Result<()> {
        let Layout {
            left,
            right,
            top,
            bottom,
            ..
        } = self.layout;
        let ticks = Ticks::new(self.chart.span_ns, 11);
        for (at, label) in &ticks.marks {
            let share = *at as f64 / self.chart.span_ns as f64;
            let x = left + (f64::from(right - left) * share).round() as i32;
            sheet.rect((x - 1, x + 1), (top, bottom + 10), GRID)?;
            sheet.text(x, bottom + 40, label, &TICK)?;
            if self.has_axis_above() {
                sheet.text(x, top - 14, label, &TICK)?;
            }
        }
        sheet.rect((left, right), (bottom, bottom + 2), RULE)?;
        let title = format!("{} ({})", self.chart.axis_title(), ticks.unit);
        sheet.text((left + right) / 2, bottom + 88, &title, &AXIS)?;
        if self.chart.header.merged > 0 || self.chart.header.ranks_per_lane > 1 {
            self.draw_scale(sheet)?;
        }
        Ok(())
    }

    /// What the shades mean, at the end of the axis title.
    fn draw_scale<B: DrawingBackend>(&self, sheet: &mut Sheet<'_, B>) -> Result<()> {
        let Layout { right, bottom, .. } = self.layout;
        let style = Text {
            anchor: Anchor::End,
            ..TICK
        };
        let baseline = bottom + 88;
        sheet.text(right, baseline, "100 %", &style)?;
        let mut x = right - sheet.width("100 %", &style).ceil() as i32 - 14;
        for step in (0..8).rev() {
            let shade = step as f32 / 7.0;
            sheet.rect(
                (x - 18, x),
                (baseline - 19, baseline + 1),
                MUTED.over(BACKGROUND, shade),
            )?;
            x -= 18;
        }
        sheet.text(x - 14, baseline, "busy: 0 %", &style)
    }

    fn draw_labels<B: DrawingBackend>(&self, sheet: &mut Sheet<'_, B>) -> Result<()> {
        let layout = &self.layout;
        for block in &layout.blocks {
            if let Some(y) = block.rule {
                sheet.rect((MARGIN, layout.right), (y, y + 1), RULE)?;
            }
            for &y in &block.rank_rules {
                sheet.rect((layout.name_right + 20, layout.right), (y, y + 1), GRID)?;
            }
            let baseline = block.middle + layout.name.middle_to_baseline();
            sheet.text(layout.name_right, baseline, &block.name, &layout.name)?;
        }
        // Clear of the axis, whose first label reaches to the left.
        let heading = layout.top - if self.has_axis_above() { 44 } else { 14 };
        for column in &layout.columns {
            sheet.text(column.right, heading, column.heading, &LANE_LABEL)?;
            for (middle, label) in &column.labels {
                let baseline = middle + layout.lane_label.middle_to_baseline();
                sheet.text(column.right, baseline, label, &layout.lane_label)?;
            }
        }
        Ok(())
    }

    fn draw_lanes<B: DrawingBackend>(&self, sheet: &mut Sheet<'_, B>) -> Result<()> {
        let layout = &self.layout;
        let pixels = (layout.right - layout.left).max(1) as usize;
        let mut coverage = Coverage::new(self.chart.span_ns, pixels);
        let grain = if sheet.is_vector() {
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
                let runs = coverage.runs(&lane.bars, grain, self.parts(lane));
                self.draw_runs(sheet, &runs, rows, region)?;
            }
        }
        Ok(())
    }

    fn draw_runs<B: DrawingBackend>(
        &self,
        sheet: &mut Sheet<'_, B>,
        runs: &[Run],
        rows: (i32, i32),
        region: &GanttRegion,
    ) -> Result<()> {
        let mut strips: Vec<Vec<(i32, i32)>> = vec![Vec::new(); usize::from(SHADES) + 1];
        for run in runs {
            strips[usize::from(run.shade)].push((self.layout.left + run.from, self.layout.left + run.to));
        }
        for (shade, strips) in strips.iter().enumerate().filter(|(_, strips)| !strips.is_empty()) {
            let opacity = shade as f32 / f32::from(SHADES);
            sheet.strips(strips, rows, region.color.over(BACKGROUND, opacity))?;
        }
        Ok(())
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
            let runs = lanes
                .iter()
                .map(|lane| coverage.runs(&lane.bars, grain, self.parts(lane)).len());
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
        (WIDTH as u32, self.layout.height() as u32)
    }

    fn draw<B: DrawingBackend>(&self, sheet: &mut Sheet<'_, B>) -> Result<()> {
        sheet.rect((0, WIDTH), (0, self.layout.height()), BACKGROUND)?;
        draw_header(sheet, &self.chart.header, &self.notes)?;
        self.draw_axis(sheet)?;
        self.draw_labels(sheet)?;
        self.draw_lanes(sheet)
    }
}
