//! Draws speedup on the left, on logarithmic axes, and efficiency on the right.

use super::panel::{Line, Panel, names_width};
use super::{MOST, ScalingChart};
use crate::analysis::scaling::ScalingLine;
use crate::chart::axis::Axis;
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::error::Result;
use crate::render::style::{DETAIL, INK, MARGIN};
use crate::render::{Canvas, Color, Data, Figure, Paper, Picture};
use crate::text::visible;
use crate::units;

const HEIGHT: i32 = 900;
const TITLES: i32 = 56;
const MAX_NAME: f32 = 420.0;
/// A region has a line if it took such a part of the smallest run.
const LEAST: f64 = 0.01;
/// What is slower than this, by speedup, stands on the edge.
const LOWEST: f64 = 1.0 / 16.0;
/// Where the numbers upwards are.
const MARKS: i32 = 90;
const GAP: i32 = 48;
/// From one label of the numbers to the next at least.
const LABEL: i32 = 90;
const IDEAL: Color = Color(0x99, 0x99, 0x99);

struct ScalingPicture {
    backdrop: Backdrop,
    panels: [Panel; 2],
}

/// Values on a scale from 0 to 1.
struct Scale {
    from: f64,
    to: f64,
    is_log: bool,
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        let place = |value: f64| if self.is_log { value.ln() } else { value };
        (place(value) - place(self.from)) / (place(self.to) - place(self.from))
    }
}

impl Figure for ScalingChart {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let each = (paper.width - 2 * MARGIN - GAP) / 2;
        let speedup = self.panel(Kind::Speedup, MARGIN, each, paper);
        let efficiency = self.panel(Kind::Efficiency, MARGIN + each + GAP, each, paper);
        Ok(Box::new(ScalingPicture {
            backdrop: Backdrop::new(self.heading(paper), paper),
            panels: [speedup, efficiency],
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Speedup,
    Efficiency,
}

impl Kind {
    fn of(self, line: &ScalingLine, place: usize) -> Option<f64> {
        match self {
            Self::Speedup => line.speedup(place),
            Self::Efficiency => line.efficiency(place),
        }
    }
}

impl ScalingChart {
    /// The whole run and the regions that have a line: what took hardly any time in the smallest run has no speedup
    /// that says anything.
    fn drawn(&self) -> &[ScalingLine] {
        let lines = self.scaling.lines();
        let least = lines[0].time_ns(0).unwrap_or(0.0) * LEAST;
        let has_time = |line: &&ScalingLine| line.time_ns(0).is_some_and(|ns| ns >= least);
        let regions = lines[1..].iter().take_while(has_time).count();
        &lines[..1 + regions.min(MOST)]
    }

    fn heading(&self, paper: &Paper<'_>) -> Heading {
        let scaling = &self.scaling;
        let summary = format!(
            "{}  ·  wall time of the whole run, {} time of regions, mean of the ranks",
            units::plural(scaling.numbers().len() as u64, "run"),
            scaling.time().name()
        );
        let (drawn, regions) = (self.drawn().len() - 1, scaling.lines().len() - 1);
        let part = format!(
            "{drawn} of {}: those that took longest in the smallest run, at least 1 % of it",
            units::plural(regions as u64, "region")
        );
        let notes = if drawn < regions { vec![part] } else { Vec::new() };
        let names = self.drawn().iter().filter_map(ScalingLine::region);
        Heading::with("Scaling", &summary, notes, names, paper)
    }

    fn panel(&self, kind: Kind, left: i32, width: i32, paper: &Paper<'_>) -> Panel {
        let numbers = self.scaling.numbers();
        let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
        let across = Scale {
            from: first,
            to: last,
            is_log: true,
        };
        let values = || {
            self.drawn()
                .iter()
                .flat_map(|line| (0..numbers.len()).filter_map(move |at| kind.of(line, at)))
        };
        let most = values().fold(1.0, f64::max);
        let up = match kind {
            Kind::Speedup => Scale {
                from: values().fold(1.0, f64::min).max(LOWEST),
                to: most.max(last / first),
                is_log: true,
            },
            Kind::Efficiency => Scale {
                from: 0.0,
                to: most * 1.05,
                is_log: false,
            },
        };
        let ideal = |number: f64| match kind {
            Kind::Speedup => number / first,
            Kind::Efficiency => 1.0,
        };
        let mut lines = vec![Line {
            name: "ideal".into(),
            color: IDEAL,
            width: 2,
            has_points: false,
            points: [first, last]
                .map(|number| (across.at(number), up.at(ideal(number))))
                .to_vec(),
        }];
        // The whole run is drawn last, above the others.
        for (place, line) in self.drawn().iter().enumerate().rev() {
            let point = |(at, number): (usize, &f64)| Some((across.at(*number), up.at(kind.of(line, at)?)));
            lines.push(Line {
                name: line.region().map_or("whole run".into(), |name| {
                    paper.fit(&visible(name), &DETAIL, paper.share(MAX_NAME, 0.13))
                }),
                color: if place == 0 { INK } else { self.colors[place - 1] },
                width: if place == 0 { 6 } else { 4 },
                has_points: true,
                points: numbers.iter().enumerate().filter_map(point).collect(),
            });
        }
        let from = left + MARKS;
        let to = (left + width - names_width(&lines, paper)).max(from + 200);
        Panel {
            title: match kind {
                Kind::Speedup => "Speedup",
                Kind::Efficiency => "Efficiency: share of the ideal speedup",
            },
            left: from,
            right: to,
            marks: marks(kind, &up),
            axis: self.axis(&across, (from, to), paper),
            lines,
        }
    }

    /// The numbers of the runs, as far as they have room.
    fn axis(&self, across: &Scale, (left, right): (i32, i32), paper: &Paper<'_>) -> Axis {
        let place = |number: &f64| left + (f64::from(right - left) * across.at(*number)).round() as i32;
        let mut marks: Vec<(i32, String)> = Vec::new();
        for number in self.scaling.numbers().iter().rev() {
            let x = place(number);
            let has_room = marks.last().is_none_or(|(next, _)| next - x >= LABEL);
            if has_room {
                marks.push((x, number.to_string()));
            }
        }
        let title = self
            .scaling
            .by()
            .map_or("Ranks".into(), |key| visible(key).into_owned());
        Axis::new(marks, &title, (left, right), paper)
    }
}

/// Powers of two, or tenths.
fn marks(kind: Kind, up: &Scale) -> Vec<(f64, String)> {
    match kind {
        Kind::Speedup => {
            let powers = (up.from.log2().ceil() as i32)..=(up.to.log2().floor() as i32);
            let every = (powers.clone().count() / 12 + 1) as i32;
            let powers = powers.filter(|power| power % every == 0);
            powers
                .map(|power| 2_f64.powi(power))
                .map(|value| (up.at(value), label(value)))
                .collect()
        }
        Kind::Efficiency => {
            let step = if up.to > 5.0 {
                (up.to / 5.0).ceil()
            } else if up.to > 1.3 {
                0.5
            } else {
                0.2
            };
            let marks = (0..)
                .map(|mark| f64::from(mark) * step)
                .take_while(|value| *value <= up.to);
            marks
                .map(|value| (up.at(value), format!("{:.0} %", 100.0 * value)))
                .collect()
        }
    }
}

/// A power of two, as a fraction where it is below 1.
fn label(speedup: f64) -> String {
    if speedup < 1.0 {
        format!("1/{}", 1.0 / speedup)
    } else {
        speedup.to_string()
    }
}

impl ScalingPicture {
    fn range(&self) -> (i32, i32) {
        let top = self.backdrop.top() + TITLES;
        (top, top + HEIGHT)
    }
}

impl Picture for ScalingPicture {
    fn size(&self) -> (u32, u32) {
        self.backdrop
            .size(self.panels[0].axis.last_baseline(self.range().1))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.panels
            .iter()
            .try_for_each(|panel| panel.draw(canvas, self.range()))
    }
}
