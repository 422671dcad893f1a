//! What all pictures share: sizes and colours. Lengths are device pixels, two to a CSS pixel.

use super::sheet::Sheet;
use super::text::{Anchor, Text, Weight, fit};
use crate::chart::Color;
use crate::chart::gantt::Header;
use crate::error::Result;
use plotters_backend::DrawingBackend;

pub(super) const SCALE: u32 = 2;
pub(super) const WIDTH: i32 = 3200;
/// Charts are laid out to stay below this.
pub(super) const HEIGHT: i32 = 4800;
pub(super) const MARGIN: i32 = 48;

pub(super) const BACKGROUND: Color = Color::WHITE;
pub(super) const INK: Color = Color(0x1a, 0x1a, 0x1a);
pub(super) const MUTED: Color = Color(0x5c, 0x5c, 0x5c);
pub(super) const GRID: Color = Color(0xe4, 0xe4, 0xe4);
pub(super) const RULE: Color = Color(0xc8, 0xc8, 0xc8);

pub(super) const TITLE: Text = Text::new(40.0, Weight::SemiBold, INK, Anchor::Start);
pub(super) const SUMMARY: Text = Text::new(25.0, Weight::Regular, MUTED, Anchor::Start);
pub(super) const NAME: Text = Text::new(28.0, Weight::Regular, INK, Anchor::End);
pub(super) const TICK: Text = Text::new(25.0, Weight::Regular, MUTED, Anchor::Middle);
pub(super) const AXIS: Text = Text::new(25.0, Weight::Regular, INK, Anchor::Middle);

/// The height that the header takes.
pub(super) fn header_height(header: &Header) -> i32 {
    let title = if header.title.is_empty() { 0 } else { 54 };
    let notes = if header.notes().is_empty() { 0 } else { 38 };
    MARGIN + title + 36 + notes + 20
}

/// Title, summary and notes, from the top left corner.
pub(super) fn draw_header<B: DrawingBackend>(sheet: &mut Sheet<'_, B>, header: &Header) -> Result<()> {
    let room = (WIDTH - 2 * MARGIN) as f32;
    let mut baseline = MARGIN - 8;
    if !header.title.is_empty() {
        baseline += 34;
        sheet.text(MARGIN, baseline, &fit(&header.title, &TITLE, room), &TITLE)?;
        baseline += 20;
    }
    baseline += 28;
    sheet.text(
        MARGIN,
        baseline,
        &fit(&header.summary(), &SUMMARY, room),
        &SUMMARY,
    )?;
    let notes = header.notes().join("  ·  ");
    if !notes.is_empty() {
        sheet.text(MARGIN, baseline + 38, &fit(&notes, &SUMMARY, room), &SUMMARY)?;
    }
    Ok(())
}
