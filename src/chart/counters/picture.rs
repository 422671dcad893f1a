//! Draws counters below each other, over one axis of time.

use super::line::{COLUMNS, Line};
use super::{CountersChart, Panel, Shown};
use crate::chart::legend::Legend;
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

/// The shapes of a panel, those behind first.
fn shapes(panel: &Panel, scale: &ValueScale, x: &impl Fn(usize) -> i32) -> Vec<Shape> {
    let stroke = |line: &Line| line.stroke(scale, x, LINE);
    match &panel.shown {
        Shown::Ranks(ranks) => {
            let mut shapes = Vec::new();
            if let [(_, color, line)] = ranks.as_slice() {
                shapes.push((color.over(BACKGROUND, TINT), line.area(scale, x)));
            }
            shapes.extend(ranks.iter().map(|(_, color, line)| (*color, stroke(line))));
            shapes
        }
        Shown::Band {
            color, band, mean, ..
        } => vec![
            (color.over(BACKGROUND, BAND), band.stroke(scale, x, 1)),
            (*color, stroke(mean)),
        ],
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
        let legend = Legend::new(self.ranks(), 2, paper);
        let room = Room::new(&self.header, names, legend.height(), paper);
        let scales = self.panels.iter().map(|panel| scale(panel, room.height()));
        let scales: Vec<ValueScale> = scales.collect();
        let frame = |(panel, scale): (&Panel, &ValueScale)| Frame {
            name: panel.counter.name().to_owned(),
            what: panel.counter.unit().unwrap_or_default().to_owned(),
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
        let drawn = self.panels.iter().zip(&scales);
        let shapes = drawn.map(|(panel, scale)| shapes(panel, scale, &x)).collect();
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

impl CountersChart {
    /// The colours of ranks, where several have lines of their own.
    fn ranks(&self) -> Vec<(String, Color)> {
        let mut ranks: Vec<(u32, Color)> = Vec::new();
        for panel in &self.panels {
            if let Shown::Ranks(of_panel) = &panel.shown {
                if of_panel.len() > 1 {
                    ranks.extend(of_panel.iter().map(|(rank, color, _)| (*rank, *color)));
                }
            }
        }
        ranks.sort_unstable_by_key(|(rank, _)| *rank);
        ranks.dedup();
        ranks
            .into_iter()
            .map(|(rank, color)| (format!("rank {rank}"), color))
            .collect()
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
