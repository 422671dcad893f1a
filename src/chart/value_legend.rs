//! What the colours of values mean, below a chart.

use super::value_colors::ValueColors;
use crate::error::Result;
use crate::render::style::{DETAIL, TICK};
use crate::render::{Anchor, Canvas, Paper, Text};
use crate::text::visible;

const HEIGHT: i32 = 48;
const SWATCHES: i32 = 40;
const SWATCH: i32 = 10;
const THICK: i32 = 22;
const GAP: i32 = 14;
const BETWEEN: i32 = 48;
const WITHOUT: &str = "without";
const LABEL: Text = Text {
    anchor: Anchor::Start,
    ..TICK
};

/// A bar of all colours with the values at its ends, and what is grey.
pub(super) struct ValueLegend {
    colors: ValueColors,
    name: String,
    ends: [String; 2],
    /// Where the name, the first end, the bar, the last end and the grey swatch begin.
    places: [i32; 5],
}

impl ValueLegend {
    /// That begins at `left`.
    pub(super) fn new(colors: &ValueColors, left: i32, paper: &Paper<'_>) -> Self {
        let kind = if colors.is_logarithmic() {
            " (logarithmic)"
        } else {
            ""
        };
        let name = format!("{}{kind}:", visible(colors.name()));
        let ends = colors.ends();
        let after = |x: i32, text: &str, style: &Text| x + paper.widest([text], style);
        let first = after(left, &name, &DETAIL) + GAP;
        let bar = after(first, &ends[0], &LABEL) + GAP;
        let last = bar + SWATCHES * SWATCH + GAP;
        let without = after(last, &ends[1], &LABEL) + BETWEEN;
        Self {
            colors: colors.clone(),
            name,
            ends,
            places: [left, first, bar, last, without],
        }
    }

    /// The baseline of its line, below that of what is above it.
    pub(super) fn baseline(above: i32) -> i32 {
        above + HEIGHT
    }

    pub(super) fn draw(&self, canvas: &mut dyn Canvas, above: i32) -> Result<()> {
        let baseline = Self::baseline(above);
        let (top, bottom) = (baseline - THICK + 3, baseline + 3);
        let [name, first, bar, last, without] = self.places;
        canvas.text(name, baseline, &self.name, &DETAIL)?;
        canvas.text(first, baseline, &self.ends[0], &LABEL)?;
        for swatch in 0..SWATCHES {
            let x = bar + swatch * SWATCH;
            let share = f64::from(swatch) / f64::from(SWATCHES - 1);
            canvas.rect((x, x + SWATCH), (top, bottom), self.colors.at(share))?;
        }
        canvas.text(last, baseline, &self.ends[1], &LABEL)?;
        canvas.rect(
            (without, without + THICK),
            (top, bottom),
            ValueColors::without()[0],
        )?;
        canvas.text(without + THICK + GAP, baseline, WITHOUT, &LABEL)
    }
}
