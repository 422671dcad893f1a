//! Shapes and text on pictures of any kind; knows no chart.
//!
//! A [`Figure`] is what there is to draw. Laid out on [`Paper`] it becomes a [`Picture`], which draws itself on a
//! [`Canvas`]: a PNG, an SVG, or a drawing area of the crate `plotters`. All lengths are units, two to a CSS pixel.

mod canvas;
mod color;
mod data;
mod paper;
pub(crate) mod style;
mod text;

#[cfg(feature = "plot")]
pub(crate) mod area;
#[cfg(feature = "plot")]
mod backend;
#[cfg(feature = "plot")]
mod embedded;
#[cfg(feature = "plot")]
mod faces;
#[cfg(feature = "plot")]
pub(crate) mod fonts;
#[cfg(feature = "plot")]
mod glyphs;
#[cfg(feature = "plot")]
pub(crate) mod png;
#[cfg(feature = "plot")]
mod raster;
#[cfg(feature = "plot")]
pub(crate) mod svg;

pub use canvas::Canvas;
pub use color::Color;
#[cfg(test)]
pub(crate) use color::encoded;
pub(crate) use color::lightened;
pub use data::{Column, Data, Datum};
#[cfg(test)]
pub(crate) use paper::Even;
pub use paper::{Measure, Paper};
pub use text::{Anchor, Text, Weight};

use crate::error::Result;

/// Something that can be drawn, at any size: a chart. Several threads may draw it.
pub trait Figure: Sync {
    /// Decides where everything goes.
    ///
    /// The picture is as wide as the paper and, if that can be, not higher.
    ///
    /// # Errors
    ///
    /// When it does not fit on any paper.
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>>;

    /// The numbers that it shows; without a column where it tells none.
    fn data(&self) -> Data<'_> {
        Data::new(&[], std::iter::empty())
    }
}

/// A figure that knows where everything goes.
pub trait Picture {
    /// Width and height, units.
    fn size(&self) -> (u32, u32);

    /// Draws the picture, which fills its size.
    ///
    /// # Errors
    ///
    /// When the canvas takes nothing more.
    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()>;
}
