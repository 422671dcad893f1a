//! What pictures are drawn with.

use super::color::Color;
use super::text::Text;
use crate::error::Result;

/// Where a picture is drawn: the few shapes that our pictures are made of.
///
/// Positions and lengths are units, two to a CSS pixel, from the top left corner of the picture. Rectangles reach from
/// their first corner up to, not including, the second. Every method fails when the canvas takes nothing more.
pub trait Canvas {
    /// Whether every shape takes room in the file, as in an SVG: then a picture saves on shapes.
    fn is_vector(&self) -> bool;

    /// The smallest length that can be drawn, units, at least 1.
    fn resolution(&self) -> u32;

    /// Fills a rectangle from `x.0` to `x.1` and `y.0` to `y.1`; nothing if it is empty.
    fn rect(&mut self, x: (i32, i32), y: (i32, i32), color: Color) -> Result<()>;

    /// Fills rectangles of one height and colour, given from left to right.
    fn strips(&mut self, strips: &[(i32, i32)], y: (i32, i32), color: Color) -> Result<()>;

    /// Writes one line of text whose [anchor](super::Anchor) is at `x`.
    fn text(&mut self, x: i32, baseline: i32, text: &str, style: &Text) -> Result<()>;
}
