//! One of the two diagrams: lines through points, each with its name at the end.

use crate::chart::axis::Axis;
use crate::error::Result;
use crate::render::style::{AXIS, DETAIL, GRID, INK, RULE, TICK};
use crate::render::{Anchor, Canvas, Color, Paper, Text};

const POINT: i32 = 7;
/// From one name to the next at least.
const LINE: i32 = 32;
const TITLE: Text = Text {
    anchor: Anchor::Start,
    ..AXIS
};
const MARK: Text = Text {
    anchor: Anchor::End,
    ..TICK
};

/// A line of the diagram, at places from 0 to 1 to the right and upwards.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) color: Color,
    /// How thick it is; the whole run stands out.
    pub(super) width: i32,
    /// Points of their own; the ideal line has none.
    pub(super) has_points: bool,
    pub(super) points: Vec<(f64, f64)>,
}

pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) lines: Vec<Line>,
    /// Places upwards, and what is written there.
    pub(super) marks: Vec<(f64, String)>,
    pub(super) axis: Axis,
}

impl Panel {
    fn x(&self, share: f64) -> i32 {
        at(share, self.left, self.right)
    }

    pub(super) fn draw(&self, canvas: &mut dyn Canvas, (top, bottom): (i32, i32)) -> Result<()> {
        canvas.text(self.left, top - 24, self.title, &TITLE)?;
        for (share, label) in &self.marks {
            let y = y(*share, top, bottom);
            canvas.rect((self.left, self.right), (y - 1, y + 1), GRID)?;
            canvas.text(self.left - 14, y + MARK.middle_to_baseline(), label, &MARK)?;
        }
        self.axis.draw(canvas, (top, bottom))?;
        canvas.rect((self.left, self.right), (bottom - 1, bottom + 1), RULE)?;
        for line in &self.lines {
            self.draw_line(canvas, line, (top, bottom))?;
        }
        self.draw_names(canvas, (top, bottom))
    }

    fn draw_line(&self, canvas: &mut dyn Canvas, line: &Line, (top, bottom): (i32, i32)) -> Result<()> {
        let place = |&(x, up): &(f64, f64)| (self.x(x), y(up, top, bottom));
        let places: Vec<(i32, i32)> = line.points.iter().map(place).collect();
        // Shapes take room in a file of vectors.
        let step = if canvas.is_vector() { 6 } else { 2 };
        for pair in places.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let slope = f64::from(y1 - y0) / f64::from((x1 - x0).max(1));
            let height = |x: i32| y0 + (slope * f64::from(x - x0)).round() as i32;
            for x in (x0..x1).step_by(step as usize) {
                let end = (x + step).min(x1);
                let (a, b) = (height(x), height(end));
                let half = line.width / 2;
                canvas.rect(
                    (x, end),
                    (a.min(b) - half, a.max(b) + line.width - half),
                    line.color,
                )?;
            }
        }
        for (x, y) in places.into_iter().filter(|_| line.has_points) {
            canvas.rect((x - POINT, x + POINT), (y - POINT, y + POINT), line.color)?;
        }
        Ok(())
    }

    /// Beside the ends of the lines, as far apart as they have to be.
    fn draw_names(&self, canvas: &mut dyn Canvas, (top, bottom): (i32, i32)) -> Result<()> {
        let end = |line: &Line| line.points.last().map_or(0.0, |point| point.1);
        let mut lines: Vec<&Line> = self.lines.iter().filter(|line| !line.points.is_empty()).collect();
        lines.sort_by(|a, b| end(b).total_cmp(&end(a)));
        let mut places: Vec<i32> = lines.iter().map(|line| y(end(line), top, bottom)).collect();
        for next in 1..places.len() {
            places[next] = places[next].max(places[next - 1] + LINE);
        }
        // What was moved below the diagram goes up again.
        let mut lowest = bottom;
        for place in places.iter_mut().rev() {
            *place = (*place).min(lowest);
            lowest = *place - LINE;
        }
        for (line, place) in lines.into_iter().zip(places) {
            let x = self.right + 24;
            canvas.rect((x, x + 16), (place - 8, place + 8), line.color)?;
            let style = Text { color: INK, ..DETAIL };
            canvas.text(x + 28, place + style.middle_to_baseline(), &line.name, &style)?;
        }
        Ok(())
    }
}

/// How much room the names take, with what stands before them.
pub(super) fn names_width(lines: &[Line], paper: &Paper<'_>) -> i32 {
    52 + paper.widest(lines.iter().map(|line| line.name.as_str()), &DETAIL)
}

fn at(share: f64, from: i32, to: i32) -> i32 {
    from + (f64::from(to - from) * share.clamp(0.0, 1.0)).round() as i32
}

fn y(share: f64, top: i32, bottom: i32) -> i32 {
    at(share, bottom, top)
}
