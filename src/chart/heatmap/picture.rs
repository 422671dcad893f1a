//! Draws a heat map: a row for each region, a column for each rank.

use super::{HeatmapRow, RankHeatmap};
use crate::chart::axis;
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::chart::sentence::Sentence;
use crate::error::Result;
use crate::render::style::{AXIS, DETAIL, MARGIN, NAME, RULE, TICK, VALUE};
use crate::render::{Anchor, Canvas, Color, Data, Figure, Paper, Picture, Text};
use crate::units;

/// From one row to the next.
const PITCH: i32 = 52;
const GAP: i32 = 4;
/// Columns are no wider, and only wide ones have a gap between them.
const WIDEST: i32 = 400;
const WITH_GAP: i32 = 12;
/// Of a column that has room for a number.
const WITH_NUMBER: i32 = 104;
const MAX_NAME: f32 = 760.0;
/// Between the labels of two ranks.
const LABEL_PITCH: f64 = 70.0;
/// Where the scale of colours may end, as a share of the mean.
const LIMITS: [f64; 6] = [0.1, 0.2, 0.3, 0.5, 0.75, 1.0];
/// Regions of less than this share of the longest do not decide where the scale ends.
const COUNTS: f64 = 0.01;
/// A rank this near to the mean is not named.
const NOTABLE: f64 = 0.005;
/// Colours to either side of the mean.
const STEPS: i32 = 12;
const LESS: Color = Color(0x1f, 0x5f, 0xa8);
const MEAN: Color = Color(0xf0, 0xf0, 0xf0);
const MORE: Color = Color(0xb3, 0x3a, 0x00);
const VALUE_GAP: i32 = 22;
/// Where there is room beside the rows, they go on there, but in no block of fewer than these.
const FEWEST_ROWS: usize = 12;
/// Between two blocks of rows.
const BLOCK_GAP: i32 = 64;
const ONE_RANK: &str = "There is only one rank here: a heat map compares ranks.";

struct HeatmapPicture {
    backdrop: Backdrop,
    left: i32,
    /// The end of the columns.
    right: i32,
    columns: usize,
    /// From one block of rows to the next, which is beside it.
    block_pitch: i32,
    rows_in_block: usize,
    rows: Vec<Row>,
    /// Where each label of a rank stands, and the label.
    ranks: Vec<(i32, String)>,
    /// Its middle below the first block, and the text.
    axis_title: (i32, String),
    legend: Legend,
}

struct Row {
    name: String,
    mean: String,
    mean_width: i32,
    /// The rank that is furthest from the mean.
    extreme: String,
    /// Of each column.
    deviations: Vec<Option<f64>>,
}

/// What the colours mean.
struct Legend {
    limit: f64,
    less: String,
    less_width: i32,
    more: String,
}

impl Figure for RankHeatmap {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let heading = Heading::of(&self.header, self.rows.iter().map(|row| row.name.as_str()), paper);
        if self.ranks.len() < 2 {
            return Ok(Box::new(Sentence::new(
                Backdrop::new(heading, paper),
                ONE_RANK,
                paper,
            )));
        }
        let rows: Vec<Row> = self
            .rows
            .iter()
            .map(|row| Row::of(row, &self.ranks, paper))
            .collect();
        let names = rows.iter().map(|row| row.name.as_str());
        let left = MARGIN + paper.widest(names, &NAME) + 24;
        let means = rows.iter().map(|row| row.mean_width).max().unwrap_or(0);
        let extremes = paper.widest(rows.iter().map(|row| row.extreme.as_str()), &DETAIL);
        let beside = means + VALUE_GAP + extremes + 40;
        let least = left - MARGIN + beside + self.ranks.len() as i32 * WITH_NUMBER;
        let width = paper.width - 2 * MARGIN;
        let fitting = ((width + BLOCK_GAP) / (least + BLOCK_GAP)) as usize;
        let blocks = fitting.min(rows.len() / FEWEST_ROWS).max(1);
        let block_pitch = (width + BLOCK_GAP) / blocks as i32;
        let room = (MARGIN + block_pitch - BLOCK_GAP - beside - left).max(100);
        // Every column is at least two units wide.
        let ranks_per_column = self.ranks.len().div_ceil(room as usize / 2).max(1);
        let columns = self.ranks.len().div_ceil(ranks_per_column);
        let right = left + room.min(columns as i32 * WIDEST);
        let x = |column: f64| left + (f64::from(right - left) * column / columns as f64).round() as i32;
        let title = match ranks_per_column {
            1 => "rank".to_owned(),
            many => format!("rank (of {many} beside each other the one furthest from the mean)"),
        };
        let rows = rows.into_iter().map(|row| row.in_columns(ranks_per_column));
        Ok(Box::new(HeatmapPicture {
            backdrop: Backdrop::new(heading, paper),
            left,
            right,
            columns,
            block_pitch,
            rows_in_block: rows.len().div_ceil(blocks),
            rows: rows.collect(),
            ranks: axis::labelled(self.ranks.len(), f64::from(right - left), LABEL_PITCH)
                .map(|place| {
                    (
                        x((place as f64 + 0.5) / ranks_per_column as f64),
                        self.ranks[place].to_string(),
                    )
                })
                .collect(),
            axis_title: paper.centred(&title, &AXIS, (left, right)),
            legend: Legend::of(&self.rows, paper),
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

impl Row {
    fn of(row: &HeatmapRow, ranks: &[u32], paper: &Paper<'_>) -> Self {
        let deviations: Vec<Option<f64>> = row.deviations().collect();
        let known = deviations
            .iter()
            .zip(ranks)
            .filter_map(|(of, rank)| of.map(|of| (of, rank)));
        let extreme = known.max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs()));
        let mean = units::duration_f64(row.mean_ns());
        Row {
            name: paper.fit(&row.name, &NAME, paper.share(MAX_NAME, 0.35)),
            mean_width: paper.widest([mean.as_str()], &VALUE),
            mean,
            extreme: extreme
                .filter(|(of, _)| of.abs() >= NOTABLE)
                .map_or_else(String::new, |(of, rank)| format!("rank {rank}: {}", percent(of))),
            deviations,
        }
    }

    /// Of ranks that share a column, the one that is furthest from the mean.
    fn in_columns(mut self, ranks_per_column: usize) -> Self {
        let shared = self.deviations.chunks(ranks_per_column);
        let furthest = |ranks: &[Option<f64>]| {
            let known = ranks.iter().flatten().copied();
            known.max_by(|a, b| a.abs().total_cmp(&b.abs()))
        };
        self.deviations = shared.map(furthest).collect();
        self
    }
}

impl Legend {
    fn of(rows: &[HeatmapRow], paper: &Paper<'_>) -> Self {
        let longest = rows.iter().map(HeatmapRow::mean_ns).fold(0.0, f64::max);
        let mut counting = rows.iter().filter(|row| row.mean_ns() >= COUNTS * longest);
        let furthest = |rows: &mut dyn Iterator<Item = &HeatmapRow>| {
            rows.flat_map(|row| row.deviations().flatten().collect::<Vec<_>>())
                .fold(0.0, |most: f64, of| most.max(of.abs()))
        };
        let most = furthest(&mut counting);
        let limit = LIMITS.into_iter().find(|&limit| limit >= most).unwrap_or(1.0);
        let or_more = if furthest(&mut rows.iter()) > limit {
            " or more"
        } else {
            ""
        };
        let less = format!("time against the mean of the ranks: {}", percent(-limit));
        Legend {
            limit,
            less_width: paper.widest([less.as_str()], &TICK),
            less,
            more: percent(limit) + or_more,
        }
    }

    /// Which of the colours, from -[`STEPS`] to [`STEPS`].
    fn step(&self, deviation: f64) -> i32 {
        (deviation / self.limit * f64::from(STEPS))
            .round()
            .clamp(-f64::from(STEPS), f64::from(STEPS)) as i32
    }

    fn draw(&self, canvas: &mut dyn Canvas, left: i32, baseline: i32) -> Result<()> {
        let style = Text {
            anchor: Anchor::Start,
            ..TICK
        };
        canvas.text(left, baseline, &self.less, &style)?;
        let mut x = left + self.less_width + 14;
        for step in -STEPS..=STEPS {
            canvas.rect((x, x + 12), (baseline - 19, baseline + 1), color(step))?;
            x += 12;
        }
        canvas.text(x + 14, baseline, &self.more, &style)
    }
}

fn percent(share: f64) -> String {
    match (100.0 * share).round() {
        0.0 => "0 %".to_owned(),
        // A minus sign is as wide as a plus sign.
        percent => format!("{percent:+} %").replace('-', "−"),
    }
}

fn color(step: i32) -> Color {
    let end = if step < 0 { LESS } else { MORE };
    end.over(MEAN, step.unsigned_abs() as f32 / STEPS as f32)
}

impl HeatmapPicture {
    /// Where a column of the first block begins.
    fn x(&self, column: usize) -> i32 {
        let share = column as f64 / self.columns as f64;
        self.left + (f64::from(self.right - self.left) * share).round() as i32
    }

    fn column_width(&self) -> i32 {
        (self.right - self.left) / self.columns as i32
    }

    fn bottom(&self) -> i32 {
        self.backdrop.top() + self.rows_in_block as i32 * PITCH
    }

    /// In a block that is so far to the right of the first.
    fn draw_row(&self, canvas: &mut dyn Canvas, row: &Row, shift: i32, top: i32) -> Result<()> {
        let y = (top + GAP / 2, top + PITCH - GAP / 2);
        let middle = top + PITCH / 2;
        let gap = if self.column_width() >= WITH_GAP { GAP } else { 0 };
        let mut strips = vec![Vec::new(); 2 * STEPS as usize + 1];
        for (column, deviation) in row.deviations.iter().enumerate() {
            let x = (shift + self.x(column), shift + self.x(column + 1) - gap);
            match deviation {
                Some(deviation) => strips[(self.legend.step(*deviation) + STEPS) as usize].push(x),
                None => canvas.rect(x, (middle - 1, middle + 1), RULE)?,
            }
        }
        for (step, strips) in (-STEPS..).zip(&strips).filter(|(_, strips)| !strips.is_empty()) {
            canvas.strips(strips, y, color(step))?;
        }
        if self.column_width() >= WITH_NUMBER {
            self.draw_numbers(canvas, row, shift, middle)?;
        }
        let baseline = middle + NAME.middle_to_baseline();
        canvas.text(shift + self.left - 20, baseline, &row.name, &NAME)?;
        canvas.text(shift + self.right + 20, baseline, &row.mean, &VALUE)?;
        let extreme_at = shift + self.right + 20 + row.mean_width + VALUE_GAP;
        canvas.text(extreme_at, baseline, &row.extreme, &DETAIL)
    }

    fn draw_numbers(&self, canvas: &mut dyn Canvas, row: &Row, shift: i32, middle: i32) -> Result<()> {
        for (column, deviation) in row.deviations.iter().enumerate() {
            let Some(deviation) = *deviation else { continue };
            let style = Text {
                color: color(self.legend.step(deviation)).text(),
                ..TICK
            };
            let x = shift + (self.x(column) + self.x(column + 1) - GAP) / 2;
            canvas.text(
                x,
                middle + style.middle_to_baseline(),
                &percent(deviation),
                &style,
            )?;
        }
        Ok(())
    }
}

impl Picture for HeatmapPicture {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.bottom() + 136)
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        for (index, row) in self.rows.iter().enumerate() {
            let (block, place) = (index / self.rows_in_block, index % self.rows_in_block);
            let top = self.backdrop.top() + place as i32 * PITCH;
            self.draw_row(canvas, row, block as i32 * self.block_pitch, top)?;
        }
        let (middle, title) = &self.axis_title;
        for block in 0..self.rows.len().div_ceil(self.rows_in_block) {
            let shift = block as i32 * self.block_pitch;
            for (x, label) in &self.ranks {
                canvas.text(shift + x, self.bottom() + 34, label, &TICK)?;
            }
            canvas.text(shift + middle, self.bottom() + 80, title, &AXIS)?;
        }
        self.legend.draw(canvas, self.left, self.bottom() + 136)
    }
}
