//! Which colour is which region, below a timeline.

use super::Timeline;
use crate::chart::legend::Legend;
use crate::chart::palette::OTHERS;
use crate::render::style::DETAIL;
use crate::render::{Color, Paper};
use crate::text::visible;

/// So many regions are named; where colours alone tell which is which, the others are grey.
pub(super) const MOST_NAMED: usize = 20;
const MOST_LINES: i32 = 4;
const MAX_NAME: f32 = 520.0;

/// Of the regions with the most time. Where colours alone tell which is which, shares are beside them, and the
/// others have one entry.
pub(super) fn of(timeline: &Timeline, by_color_alone: bool, paper: &Paper<'_>) -> Legend {
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
    Legend::new(texts, MOST_LINES, paper)
}
