//! The few shapes that our pictures are made of, on any Plotters backend.

use super::fonts::Fonts;
use super::text::{Styled, Text, opaque};
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
    fonts: &'a Fonts,
    /// For each text of a vector picture the width that it shall have, device pixels, where that is known.
    widths: Vec<Option<f32>>,
}

impl<'a, B: DrawingBackend> Sheet<'a, B> {
    pub(super) fn bitmap(backend: &'a mut B, fonts: &'a Fonts) -> Self {
        Sheet {
            backend,
            joined: false,
            fonts,
            widths: Vec::new(),
        }
    }

    pub(super) fn vector(backend: &'a mut B, fonts: &'a Fonts) -> Self {
        Sheet {
            backend,
            joined: true,
            fonts,
            widths: Vec::new(),
        }
    }

    pub(super) fn is_vector(&self) -> bool {
        self.joined
    }

    /// See [`Fonts::fit`].
    pub(super) fn fit(&self, text: &str, style: &Text, room: f32) -> String {
        self.fonts.fit(text, style, room)
    }

    /// See [`Fonts::width`].
    pub(super) fn width(&self, text: &str, style: &Text) -> f32 {
        self.fonts.width(text, style)
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
        if self.joined {
            // Readers make one space of several.
            let words: Vec<&str> = text.split_whitespace().collect();
            self.widths.push(Fonts::exact_width(&words.join(" "), style));
        }
        let fonts = self.fonts;
        self.backend
            .draw_text(text, &Styled { style, fonts }, (x, style.top(baseline)))
            .map_err(plot_error)
    }

    /// The widths of the texts, in the order in which they were drawn.
    pub(super) fn into_widths(self) -> Vec<Option<f32>> {
        self.widths
    }
}

fn plot_error<E: std::error::Error + Send + Sync>(error: DrawingErrorKind<E>) -> Error {
    Error::plot(format!("the picture cannot be drawn: {error}"))
}
