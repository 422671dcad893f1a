//! Draws counters below each other, over one axis of time.

use super::line::{COLUMNS, Line};
use super::{CountersChart, Panel, Shown};
use crate::chart::legend::Legend;
use crate::chart::palette;
use crate::chart::panels::{Frame, Panels, Room};
use crate::chart::value_scale::{ValueScale, with_minus};
use crate::error::Result;
use crate::render::style::BACKGROUND;
use crate::render::{Canvas, Color, Data, Figure, Paper, Picture};
use crate::units;

/// Half the thickness of a line.
const LINE: i32 = 2;
/// What is below a line of one rank, and a band, is tinted so strong.
const TINT: f32 = 0.25;
const BAND: f32 = 0.4;

struct CountersPicture {
    panels: Panels,
    /// What is drawn in each panel, in this order.
    shapes: Vec<Vec<Shape>>,
    legend: Legend,
}

/// Rectangles of one colour: from, to, lower and upper end above the ground.
type Shape = (Color, Vec<[i32; 4]>);

fn texts(panel: &Panel) -> [String; 3] {
    let of = &panel.statistics;
    let value = |x: f64| with_minus(units::value(x, panel.counter.unit()));
    let [mean, last] = [of.mean_over_time(), panel.last].map(|x| x.map(value));
    let range = of.min().zip(of.max()).map(|(min, max)| {
        let (min, max) = (value(min.as_f64()), value(max.as_f64()));
        if min == max {
            min
        } else {
            format!("{min} to {max}")
        }
    });
    let samples = units::plural(of.samples(), "sample");
    [
        range.unwrap_or_else(|| "no value".to_owned()),
        mean.map_or_else(String::new, |mean| format!("mean {mean}")),
        match (last, &panel.shown) {
            (Some(last), _) => format!("last {last}, {samples}"),
            (None, Shown::Ranks(ranks)) if ranks.len() == 1 => samples,
            (None, Shown::Ranks(ranks)) => {
                format!("{samples} of {}", units::plural(ranks.len() as u64, "rank"))
            }
            (None, Shown::Band { ranks, .. }) => {
                format!("{samples} of {}", units::plural(*ranks as u64, "rank"))
            }
        },
    ]
}

/// The smallest and the largest value that is drawn.
fn extent(panel: &Panel) -> (f64, f64) {
    let lines = panel.lines();
    let cells = lines.iter().flat_map(|line| line.0.iter().flatten());
    cells.fold((f64::MAX, f64::MIN), |(low, high), cell| {
        (low.min(cell.low), high.max(cell.high))
    })
}

/// The colours of lines: of several ranks, each has its own in all panels, otherwise each panel has one.
struct LineColors {
    /// The ranks that have lines of their own, in order.
    ranks: Vec<u32>,
}

impl LineColors {
    fn of(panels: &[Panel]) -> Self {
        let lines = panels.iter().flat_map(|panel| match &panel.shown {
            Shown::Ranks(ranks) => ranks.as_slice(),
            Shown::Band { .. } => &[],
        });
        let mut ranks: Vec<u32> = lines.map(|(rank, _)| *rank).collect();
        ranks.sort_unstable();
        ranks.dedup();
        Self { ranks }
    }

    /// That of a rank's line in the panel at `place`.
    fn line(&self, place: usize, rank: u32) -> Color {
        match self.ranks.binary_search(&rank) {
            Ok(nth) if self.ranks.len() > 1 => palette::base(nth),
            _ => Self::band(place),
        }
    }

    fn band(place: usize) -> Color {
        palette::base(place)
    }

    /// What they stand for; nothing where no two ranks have to be told apart.
    fn key(&self) -> Vec<(String, Color)> {
        let key = |&rank: &u32| (format!("rank {rank}"), self.line(0, rank));
        match self.ranks.len() {
            0 | 1 => Vec::new(),
            _ => self.ranks.iter().map(key).collect(),
        }
    }
}

/// The shapes of the panel at `place`, those behind first.
fn shapes(
    (place, panel): (usize, &Panel),
    colors: &LineColors,
    scale: &ValueScale,
    x: &impl Fn(usize) -> i32,
) -> Vec<Shape> {
    let stroke = |line: &Line| line.stroke(scale, x, LINE);
    match &panel.shown {
        Shown::Ranks(ranks) => {
            let mut shapes = Vec::new();
            if let [(rank, line)] = ranks.as_slice() {
                let tint = colors.line(place, *rank).over(BACKGROUND, TINT);
                shapes.push((tint, line.area(scale, x)));
            }
            let strokes = ranks.iter();
            shapes.extend(strokes.map(|(rank, line)| (colors.line(place, *rank), stroke(line))));
            shapes
        }
        Shown::Band { band, mean, .. } => {
            let color = LineColors::band(place);
            vec![
                (color.over(BACKGROUND, BAND), band.stroke(scale, x, 1)),
                (color, stroke(mean)),
            ]
        }
    }
}

impl Line {
    /// From the lowest to the highest value of each column, at least so thick. Where the value is another one in the
    /// next column, both are joined.
    fn stroke(&self, scale: &ValueScale, x: &impl Fn(usize) -> i32, half: i32) -> Vec<[i32; 4]> {
        let mut strokes = Vec::new();
        let mut last: Option<(usize, f64)> = None;
        for (from, to, cell) in self.runs() {
            let (left, right) = (x(from), x(to).max(x(from) + 1));
            let (low, high) = (scale.at(cell.low), scale.at(cell.high));
            strokes.push([left, right, low - half, high + half]);
            if let Some((_, before)) = last.filter(|(end, _)| *end == from) {
                let before = scale.at(before);
                let (down, up) = (low.min(before), high.max(before));
                strokes.push([left - half, left + half, down - half, up + half]);
            }
            last = Some((to, cell.last));
        }
        strokes
    }

    /// From the ground to the lowest value of each column.
    fn area(&self, scale: &ValueScale, x: &impl Fn(usize) -> i32) -> Vec<[i32; 4]> {
        let runs = self.runs().map(|(from, to, cell)| {
            let (left, right) = (x(from), x(to).max(x(from) + 1));
            // No light seam between neighbours where a viewer scales the picture.
            [left, right + 1, 0, scale.at(cell.low)]
        });
        runs.collect()
    }
}

/// The scale of a panel's values.
fn scale(panel: &Panel, height: i32) -> ValueScale {
    let (low, high) = extent(panel);
    // Without a value there is nothing to draw on it.
    if low > high {
        ValueScale::new(height, 0.0, 1.0)
    } else {
        ValueScale::new(height, low, high)
    }
}

impl Figure for CountersChart {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let names = self.panels.iter().map(|panel| panel.counter.name());
        let colors = LineColors::of(&self.panels);
        let legend = Legend::new(colors.key(), 2, paper);
        let room = Room::new(&self.header, names, legend.height(), paper);
        let scales = self.panels.iter().map(|panel| scale(panel, room.height()));
        let scales: Vec<ValueScale> = scales.collect();
        let frame = |(panel, scale): (&Panel, &ValueScale)| Frame {
            name: panel.counter.name().to_owned(),
            what: panel.counter.unit().map(str::to_owned),
            texts: texts(panel),
            marks: scale.marks(panel.counter.unit()),
        };
        let frames = self.panels.iter().zip(&scales).map(frame).collect();
        let is_band = |panel: &Panel| matches!(panel.shown, Shown::Band { .. });
        let how = match self.panels.iter().any(is_band) {
            true => "line: mean of the ranks, band: from the smallest to the largest",
            false => "each value holds until the next",
        };
        let panels = Panels::new(room, frames, (&self.header, self.span_ns), how, paper);
        let (left, right) = panels.width();
        let x = |column: usize| left + ((right - left) as usize * column / COLUMNS) as i32;
        let drawn = self.panels.iter().enumerate().zip(&scales);
        let shapes = drawn.map(|(panel, scale)| shapes(panel, &colors, scale, &x));
        let shapes = shapes.collect();
        Ok(Box::new(CountersPicture {
            panels,
            shapes,
            legend,
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

impl CountersPicture {
    fn draw_shapes(&self, canvas: &mut dyn Canvas, shapes: &[Shape], ground: i32) -> Result<()> {
        let (_, right) = self.panels.width();
        for (color, rectangles) in shapes {
            for &[from, to, low, high] in rectangles {
                canvas.rect((from, to.min(right)), (ground - high, ground - low), *color)?;
            }
        }
        Ok(())
    }
}

impl Picture for CountersPicture {
    fn size(&self) -> (u32, u32) {
        let above = self.panels.last_baseline();
        self.panels.size(self.legend.last_baseline(above))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.panels.draw(canvas, self.size(), |canvas, index, ground| {
            self.draw_shapes(canvas, &self.shapes[index], ground)
        })?;
        self.legend.draw(canvas, self.panels.last_baseline())
    }
}
