//! Draws counters below each other, over one axis of time.

use super::line::{COLUMNS, Line};
use super::{CountersChart, Panel, Shown};
use crate::chart::axis::{Axis, Ticks};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::chart::legend::Legend;
use crate::chart::value_scale::{ValueScale, with_minus};
use crate::error::Result;
use crate::render::style::{self, BACKGROUND, DETAIL, GRID, MARGIN, NAME, RULE, TICK, VALUE};
use crate::render::{Anchor, Canvas, Color, Data, Figure, Paper, Picture, Text};
use crate::text::visible;
use crate::units;
use std::ops::RangeInclusive;

/// From one panel to the next.
const PITCH: RangeInclusive<i32> = 150..=330;
const GAP: i32 = 36;
const MAX_NAME: f32 = 560.0;
/// Half the thickness of a line.
const LINE: i32 = 2;
/// What is below a line of one rank, and a band, is tinted so strong.
const TINT: f32 = 0.25;
const BAND: f32 = 0.4;
const WHAT: Text = Text {
    anchor: Anchor::End,
    ..DETAIL
};
const MARK: Text = Text {
    anchor: Anchor::End,
    ..TICK
};

struct CountersPicture {
    backdrop: Backdrop,
    /// Where the names end.
    names: i32,
    left: i32,
    right: i32,
    pitch: i32,
    panels: Vec<Drawn>,
    axis: Axis,
    legend: Legend,
}

/// A panel on paper; heights are above its ground.
struct Drawn {
    name: String,
    unit: String,
    texts: [String; 3],
    /// Heights with a label.
    marks: Vec<(i32, String)>,
    /// In the order in which they are drawn: from, to, lower and upper end.
    shapes: Vec<(Color, Vec<[i32; 4]>)>,
}

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
fn shapes(panel: &Panel, scale: &ValueScale, x: &impl Fn(usize) -> i32) -> Vec<(Color, Vec<[i32; 4]>)> {
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

impl Figure for CountersChart {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let names = self.panels.iter().map(|panel| panel.counter.name());
        let backdrop = Backdrop::new(Heading::of(&self.header, names, paper), paper);
        let legend = Legend::new(self.ranks(), 2, paper);
        let room = paper.height - backdrop.top() - 110 - legend.height() - MARGIN;
        let room = room / self.panels.len().max(1) as i32;
        let pitch = room.clamp(*PITCH.start(), *PITCH.end());
        let scales: Vec<ValueScale> = self
            .panels
            .iter()
            .map(|panel| {
                let (low, high) = extent(panel);
                // Without a value there is nothing to draw on it.
                if low > high {
                    ValueScale::new(pitch - GAP, 0.0, 1.0)
                } else {
                    ValueScale::new(pitch - GAP, low, high)
                }
            })
            .collect();
        let marks = self.panels.iter().zip(&scales).map(|(panel, scale)| {
            let marks = scale.marks(panel.counter.unit()).into_iter();
            marks
                .map(|(at, label)| (at, with_minus(label)))
                .collect::<Vec<_>>()
        });
        let marks: Vec<Vec<(i32, String)>> = marks.collect();
        let room = paper.share(MAX_NAME, 0.25);
        let fitted = |text: &str, style| paper.fit(&visible(text), style, room);
        let names: Vec<[String; 2]> = self
            .panels
            .iter()
            .map(|panel| {
                let unit = panel.counter.unit().map(|unit| fitted(unit, &WHAT));
                [fitted(panel.counter.name(), &NAME), unit.unwrap_or_default()]
            })
            .collect();
        let labels = marks.iter().flatten().map(|(_, label)| label.as_str());
        let labels_width = paper.widest(labels, &MARK);
        let names_width = paper
            .widest(names.iter().map(|names| names[0].as_str()), &NAME)
            .max(paper.widest(names.iter().map(|names| names[1].as_str()), &WHAT));
        let left = MARGIN + names_width + 40 + labels_width + 20;
        let texts: Vec<[String; 3]> = self.panels.iter().map(texts).collect();
        let texts_width = texts.iter().flat_map(|texts| {
            [(0, &VALUE), (1, &DETAIL), (2, &DETAIL)]
                .map(|(line, style)| paper.widest([texts[line].as_str()], style))
        });
        let right = (paper.width - MARGIN - texts_width.max().unwrap_or(0) - 24).max(left + 100);
        let x = |column: usize| left + ((right - left) as usize * column / COLUMNS) as i32;
        let panels = self.panels.iter().zip(&scales).zip(marks).zip(names).zip(texts);
        let panels = panels.map(|((((panel, scale), marks), [name, unit]), texts)| Drawn {
            name,
            unit,
            texts,
            marks,
            shapes: shapes(panel, scale, &x),
        });
        let ticks = Ticks::new(self.span_ns, style::ticks(right - left, 11));
        let is_band = |panel: &Panel| matches!(panel.shown, Shown::Band { .. });
        let how = match self.panels.iter().any(is_band) {
            true => "; line: mean of the ranks, band: from the smallest to the largest",
            false => "; each value holds until the next",
        };
        let title = format!("{} ({}){how}", self.header.time_axis_title(), ticks.unit);
        let at = |ns: i64| {
            let share = (ns as f64 / self.span_ns as f64).clamp(0.0, 1.0);
            left + (f64::from(right - left) * share).round() as i32
        };
        let ticks = ticks.marks.into_iter().map(|(ns, label)| (at(ns), label));
        Ok(Box::new(CountersPicture {
            panels: panels.collect(),
            axis: Axis::new(ticks, &title, (left, right), paper),
            backdrop,
            names: MARGIN + names_width,
            left,
            right,
            pitch,
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
    fn bottom(&self) -> i32 {
        self.backdrop.top() + self.pitch * self.panels.len() as i32
    }

    fn draw_panel(&self, canvas: &mut dyn Canvas, panel: &Drawn, top: i32) -> Result<()> {
        let ground = top + self.pitch - GAP / 2;
        let middle = (top + GAP / 2 + ground) / 2;
        for (height, label) in &panel.marks {
            let y = ground - height;
            canvas.rect((self.left - 8, self.right), (y - 1, y + 1), GRID)?;
            canvas.text(self.left - 20, y + MARK.middle_to_baseline(), label, &MARK)?;
        }
        for (color, strokes) in &panel.shapes {
            for &[from, to, low, high] in strokes {
                canvas.rect((from, to.min(self.right)), (ground - high, ground - low), *color)?;
            }
        }
        canvas.rect((self.left, self.right), (ground, ground + 2), RULE)?;
        let baseline = middle + NAME.middle_to_baseline();
        if panel.unit.is_empty() {
            canvas.text(self.names, baseline, &panel.name, &NAME)?;
        } else {
            canvas.text(self.names, baseline - 18, &panel.name, &NAME)?;
            canvas.text(self.names, baseline + 18, &panel.unit, &WHAT)?;
        }
        for (line, (text, style)) in (-1..).zip(panel.texts.iter().zip([&VALUE, &DETAIL, &DETAIL])) {
            canvas.text(self.right + 24, baseline + 36 * line, text, style)?;
        }
        Ok(())
    }
}

impl Picture for CountersPicture {
    fn size(&self) -> (u32, u32) {
        let above = self.axis.last_baseline(self.bottom());
        self.backdrop.size(self.legend.last_baseline(above))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.axis.draw(canvas, (self.backdrop.top(), self.bottom()))?;
        for (index, panel) in self.panels.iter().enumerate() {
            self.draw_panel(canvas, panel, self.backdrop.top() + index as i32 * self.pitch)?;
        }
        self.legend.draw(canvas, self.axis.last_baseline(self.bottom()))
    }
}
