//! Which colour is what, beside a chart.

use crate::error::Result;
use crate::render::style::{DETAIL, MARGIN};
use crate::render::{Canvas, Color, Paper};

const LINE: i32 = 40;
const SWATCH: i32 = 22;
const GAP: i32 = 12;
const BETWEEN: i32 = 40;

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
    /// Of these entries, as far as they fit into so many lines.
    pub(super) fn new(
        entries: impl IntoIterator<Item = (String, Color)>,
        most_lines: i32,
        paper: &Paper<'_>,
    ) -> Self {
        let mut legend = Self {
            entries: Vec::new(),
            lines: 0,
        };
        let mut x = MARGIN;
        for (text, color) in entries {
            let width = SWATCH + GAP + paper.widest([text.as_str()], &DETAIL);
            if legend.lines == 0 || x + width > paper.width - MARGIN {
                if legend.lines == most_lines {
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
