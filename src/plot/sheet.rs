//! The few shapes that our pictures are made of, on any Plotters backend.

use super::text::{Text, opaque};
use crate::chart::Color;
use crate::error::{Error, Result};
use plotters_backend::{DrawingBackend, DrawingErrorKind};

/// A picture that knows its size and draws itself.
pub(super) trait Picture {
    /// Width and height, device pixels.
    fn size(&self) -> (u32, u32);

    fn draw<B: DrawingBackend>(&self, sheet: &mut Sheet<'_, B>) -> Result<()>;
}

/// Where a picture is drawn. Rectangles reach from their first corner up to, not including, the second.
pub(super) struct Sheet<'a, B> {
    backend: &'a mut B,
    /// Draw strips of one colour as one shape: smaller files for vector formats.
    joined: bool,
}

impl<'a, B: DrawingBackend> Sheet<'a, B> {
    pub(super) fn bitmap(backend: &'a mut B) -> Self {
        Sheet {
            backend,
            joined: false,
        }
    }

    pub(super) fn vector(backend: &'a mut B) -> Self {
        Sheet {
            backend,
            joined: true,
        }
    }

    pub(super) fn is_vector(&self) -> bool {
        self.joined
    }

    pub(super) fn rect(&mut self, x: (i32, i32), y: (i32, i32), color: Color) -> Result<()> {
        if x.0 >= x.1 || y.0 >= y.1 {
            return Ok(());
        }
        let result = self
            .backend
            .draw_rect((x.0, y.0), (x.1, y.1), &opaque(color), true);
        result.map_err(plot_error)
    }

    /// Rectangles of one height and colour, from left to right.
    pub(super) fn strips(&mut self, strips: &[(i32, i32)], y: (i32, i32), color: Color) -> Result<()> {
        if !self.joined || strips.len() < 2 {
            return strips.iter().try_for_each(|&x| self.rect(x, y, color));
        }
        // One outline that runs along the bottom from strip to strip encloses just the strips.
        let corners = strips
            .iter()
            .flat_map(|&(from, to)| [(from, y.1), (from, y.0), (to, y.0), (to, y.1)]);
        self.backend
            .fill_polygon(corners, &opaque(color))
            .map_err(plot_error)
    }

    pub(super) fn text(&mut self, x: i32, baseline: i32, text: &str, style: &Text) -> Result<()> {
        self.backend
            .draw_text(text, style, (x, style.top(baseline)))
            .map_err(plot_error)
    }
}

fn plot_error<E: std::error::Error + Send + Sync>(error: DrawingErrorKind<E>) -> Error {
    Error::plot(format!("the picture cannot be drawn: {error}"))
}
