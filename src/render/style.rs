//! What all pictures share: sizes and colours. Lengths are units, two to a CSS pixel.

use super::color::Color;
use super::text::{Anchor, Text, Weight};

pub(crate) const MARGIN: i32 = 48;

pub(crate) const BACKGROUND: Color = Color::WHITE;
pub(crate) const INK: Color = Color(0x1a, 0x1a, 0x1a);
pub(crate) const MUTED: Color = Color(0x5c, 0x5c, 0x5c);
pub(crate) const GRID: Color = Color(0xe4, 0xe4, 0xe4);
pub(crate) const RULE: Color = Color(0xc8, 0xc8, 0xc8);

pub(crate) const TITLE: Text = Text::new(40.0, Weight::SemiBold, INK, Anchor::Start);
pub(crate) const SUMMARY: Text = Text::new(25.0, Weight::Regular, MUTED, Anchor::Start);
pub(crate) const NOTES: Text = Text::new(25.0, Weight::Regular, INK, Anchor::Start);
pub(crate) const NAME: Text = Text::new(28.0, Weight::Regular, INK, Anchor::End);
/// A value beside what it is of, and what else there is to say of it.
pub(crate) const VALUE: Text = Text::new(28.0, Weight::Regular, INK, Anchor::Start);
pub(crate) const DETAIL: Text = Text::new(25.0, Weight::Regular, MUTED, Anchor::Start);
pub(crate) const TICK: Text = Text::new(25.0, Weight::Regular, MUTED, Anchor::Middle);
pub(crate) const AXIS: Text = Text::new(25.0, Weight::Regular, INK, Anchor::Middle);

/// How many marks an axis of this length has at most: `most` in a file.
pub(crate) fn ticks(length: i32, most: usize) -> usize {
    usize::try_from(length / 180).unwrap_or(0).clamp(2, most)
}
