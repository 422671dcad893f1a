//! Which colour is which region, below a timeline.

use super::Timeline;
use crate::chart::palette::OTHERS;
use crate::error::Result;
use crate::render::style::{DETAIL, MARGIN};
use crate::render::{Canvas, Color, Paper};
use crate::text::visible;

/// So many regions are named; where colours alone tell which is which, the others are grey.
pub(super) const MOST_NAMED: usize = 20;
const LINE: i32 = 40;
const MOST_LINES: usize = 4;
const SWATCH: i32 = 22;
const GAP: i32 = 12;
const BETWEEN: i32 = 40;
const MAX_NAME: f32 = 520.0;

/// Entries in lines.
pub(super) struct Legend {
    entries: Vec<Entry>,
    lines: i32,
}

struct Entry {
    x: i32,
    line: i32,
    color: Color,
    text: String,
}

impl Legend {
    /// Of the regions with the most time. Where colours alone tell which is which, shares are beside them, and the
    /// others have one entry.
    pub(super) fn of(timeline: &Timeline, by_color_alone: bool, paper: &Paper<'_>) -> Self {
        let (named, with_shares) = (MOST_NAMED, by_color_alone);
        let total: u64 = timeline.regions.iter().map(|region| region.busy_ns).sum();
        let percent = |ns: u64| format!("  {:.1} %", 100.0 * ns as f64 / total.max(1) as f64);
        let text = |name: &str, ns: u64| {
            let name = paper.fit(&visible(name), &DETAIL, paper.share(MAX_NAME, 0.4));
            if with_shares { name + &percent(ns) } else { name }
        };
        let regions = timeline.regions.iter().take(named);
        let mut texts: Vec<(String, Color)> = regions
            .map(|region| (text(&region.name, region.busy_ns), region.color))
            .collect();
        let others = timeline.regions.get(named..).unwrap_or_default();
        if !others.is_empty() && with_shares {
            let ns = others.iter().map(|region| region.busy_ns).sum();
            texts.push((text(&format!("{} others", others.len()), ns), OTHERS));
        }
        let mut legend = Self {
            entries: Vec::new(),
            lines: 0,
        };
        let mut x = MARGIN;
        for (text, color) in texts {
            let width = SWATCH + GAP + paper.widest([text.as_str()], &DETAIL);
            if legend.lines == 0 || x + width > paper.width - MARGIN {
                if legend.lines as usize == MOST_LINES {
                    break;
                }
                legend.lines += 1;
                x = MARGIN;
            }
            legend.entries.push(Entry {
                x,
                line: legend.lines - 1,
                color,
                text,
            });
            x += width + BETWEEN;
        }
        legend
    }

    /// The height that it takes.
    pub(super) fn height(&self) -> i32 {
        LINE * self.lines
    }

    /// The baseline of its last line, below that of what is above it.
    pub(super) fn last_baseline(&self, above: i32) -> i32 {
        above + 12 + self.height()
    }

    pub(super) fn draw(&self, canvas: &mut dyn Canvas, above: i32) -> Result<()> {
        for entry in &self.entries {
            let baseline = above + 12 + LINE * (entry.line + 1);
            let top = baseline - SWATCH + 3;
            canvas.rect((entry.x, entry.x + SWATCH), (top, top + SWATCH), entry.color)?;
            canvas.text(entry.x + SWATCH + GAP, baseline, &entry.text, &DETAIL)?;
        }
        Ok(())
    }
}
