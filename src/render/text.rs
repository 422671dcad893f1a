//! How text looks.

use super::color::Color;

/// How heavy type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weight {
    /// For most text.
    Regular,
    /// For titles.
    SemiBold,
}

/// Which end of the text stands at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The left one.
    Start,
    /// The middle.
    Middle,
    /// The right one.
    End,
}

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text {
    /// Units to an em.
    pub size: f32,
    /// How heavy it is.
    pub weight: Weight,
    /// Its colour.
    pub color: Color,
    /// Which end stands at its position.
    pub anchor: Anchor,
}

impl Text {
    /// Text that looks like this.
    #[must_use]
    pub const fn new(size: f32, weight: Weight, color: Color, anchor: Anchor) -> Self {
        Text {
            size,
            weight,
            color,
            anchor,
        }
    }

    /// From the middle of a line of digits or capitals down to its baseline, units.
    #[must_use]
    pub fn middle_to_baseline(&self) -> i32 {
        (0.36 * self.size).round() as i32
    }
}
