//! Draws the times of each region as horizontal bars: exclusive on the left, inclusive on the right.

use super::panel::{Panel, Time};
use super::{DurationBar, DurationsChart};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::error::{Error, Result};
use crate::render::style::{DETAIL, MARGIN, NAME};
use crate::render::{Canvas, Data, Figure, Paper, Picture};
use crate::text::visible;
use crate::units;

const PITCH: i32 = 56;
const MAX_NAME: f32 = 620.0;
const MAX_BARS: usize = 250;
/// Between the columns.
const GAP: i32 = 48;
/// The titles above the bars.
const TITLES: i32 = 44;
/// On narrower paper there is exclusive time alone.
const WIDE_ENOUGH_FOR_BOTH: i32 = 1900;

struct DurationsPicture {
    backdrop: Backdrop,
    /// Where names end.
    left: i32,
    names: Vec<String>,
    panels: Vec<Panel>,
    /// Where calls begin, if there is room for them.
    calls_at: Option<i32>,
    calls: Vec<String>,
}

impl Figure for DurationsChart {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        if self.bars.len() > MAX_BARS {
            return Err(Error::plot(format!(
                "{} bars do not fit on a picture; choose fewer regions or a smaller max_bars",
                self.bars.len()
            )));
        }
        let heading = Heading::of(&self.header, self.bars.iter().map(|bar| bar.name.as_str()), paper);
        let name = |bar: &DurationBar| paper.fit(&visible(&bar.name), &NAME, paper.share(MAX_NAME, 0.3));
        let names: Vec<String> = self.bars.iter().map(name).collect();
        let left = MARGIN + paper.widest(names.iter().map(String::as_str), &NAME) + 24;
        let ranks = self.header.ranks;
        let calls: Vec<String> = self.bars.iter().map(|bar| calls(bar, ranks)).collect();
        let mut right = paper.width - MARGIN;
        let has_both = paper.width >= WIDE_ENOUGH_FOR_BOTH;
        if has_both {
            right -= paper.widest(calls.iter().map(String::as_str), &DETAIL);
        }
        let calls_at = has_both.then_some(right);
        let exclusive = self.bars.iter().map(|bar| {
            Some(Time {
                over_ranks: bar.exclusive,
                own_ns: bar.exclusive.mean_ns,
                is_of_several: bar.regions > 1,
                color: bar.color,
            })
        });
        let panels = if has_both {
            let each = (right - GAP - left - GAP) / 2;
            let inclusive = self.bars.iter().map(|bar| {
                Some(Time {
                    over_ranks: bar.inclusive?,
                    own_ns: bar.exclusive.mean_ns,
                    is_of_several: bar.regions > 1,
                    color: bar.color,
                })
            });
            let (end, start) = (left + each, left + each + GAP);
            vec![
                Panel::new(EXCLUSIVE, exclusive, ranks, (left, end), paper),
                Panel::new(INCLUSIVE, inclusive, ranks, (start, right - GAP), paper),
            ]
        } else {
            vec![Panel::new(EXCLUSIVE, exclusive, ranks, (left, right), paper)]
        };
        Ok(Box::new(DurationsPicture {
            backdrop: Backdrop::new(heading, paper),
            left,
            names,
            panels,
            calls_at,
            calls,
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

const EXCLUSIVE: &str = "Exclusive time: in the region itself";
const INCLUSIVE: &str = "Inclusive time: pale is what regions inside took";

/// How often a region was called, on a rank where there are several, as the times beside it.
fn calls(bar: &DurationBar, ranks: usize) -> String {
    let (least, most) = bar.calls_on_a_rank;
    match ranks {
        0 | 1 => units::plural(bar.calls, "call"),
        _ if least == most => format!("{} per rank", units::plural(most, "call")),
        _ => format!("{}–{} per rank", units::count(least), units::plural(most, "call")),
    }
}

impl DurationsPicture {
    fn top(&self) -> i32 {
        self.backdrop.top() + TITLES
    }

    fn bottom(&self) -> i32 {
        self.top() + PITCH * self.names.len() as i32 + 12
    }

    fn draw_row(&self, canvas: &mut dyn Canvas, index: usize) -> Result<()> {
        let middle = self.top() + 6 + PITCH * index as i32 + PITCH / 2;
        let baseline = middle + NAME.middle_to_baseline();
        canvas.text(self.left - 20, baseline, &self.names[index], &NAME)?;
        for panel in &self.panels {
            panel.draw_bar(canvas, index, middle)?;
        }
        self.calls_at.map_or(Ok(()), |at| {
            canvas.text(at, baseline, &self.calls[index], &DETAIL)
        })
    }
}

impl Picture for DurationsPicture {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.panels[0].last_baseline(self.bottom()))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        for panel in &self.panels {
            panel.draw_frame(canvas, (self.top(), self.bottom()))?;
        }
        (0..self.names.len()).try_for_each(|index| self.draw_row(canvas, index))
    }
}
