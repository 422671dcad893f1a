//! A canvas over any backend of Plotters.

use super::fonts::Fonts;
use super::glyphs::{Styled, opaque};
use super::text::Text;
use super::{Canvas, Color};
use crate::error::{Error, Result};
use plotters_backend::{DrawingBackend, DrawingErrorKind};

/// Units to a CSS pixel.
pub(super) const SCALE: u32 = 2;

/// A backend of Plotters to draw on.
pub(super) struct OnBackend<'a, B> {
    backend: &'a mut B,
    fonts: &'a Fonts,
    is_vector: bool,
    /// For each text of a vector picture the width that it shall have, where that is known.
    widths: Vec<Option<f32>>,
}

impl<'a, B: DrawingBackend> OnBackend<'a, B> {
    pub(super) fn new(backend: &'a mut B, fonts: &'a Fonts, is_vector: bool) -> Self {
        OnBackend {
            backend,
            fonts,
            is_vector,
            widths: Vec::new(),
        }
    }

    /// The widths of the texts, in the order in which they were drawn.
    pub(super) fn into_widths(self) -> Vec<Option<f32>> {
        self.widths
    }
}

impl<B: DrawingBackend> Canvas for OnBackend<'_, B> {
    fn is_vector(&self) -> bool {
        self.is_vector
    }

    fn resolution(&self) -> u32 {
        1
    }

    fn rect(&mut self, x: (i32, i32), y: (i32, i32), color: Color) -> Result<()> {
        if x.0 >= x.1 || y.0 >= y.1 {
            return Ok(());
        }
        let result = self
            .backend
            .draw_rect((x.0, y.0), (x.1, y.1), &opaque(color), true);
        result.map_err(plot_error)
    }

    fn strips(&mut self, strips: &[(i32, i32)], y: (i32, i32), color: Color) -> Result<()> {
        if !self.is_vector || strips.len() < 2 {
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

    fn text(&mut self, x: i32, baseline: i32, text: &str, style: &Text) -> Result<()> {
        if self.is_vector {
            // Readers make one space of several.
            let words: Vec<&str> = text.split_whitespace().collect();
            self.widths.push(Fonts::exact_width(&words.join(" "), style));
        }
        let fonts = self.fonts;
        self.backend
            .draw_text(text, &Styled { style, fonts }, (x, style.top(baseline)))
            .map_err(plot_error)
    }
}

fn plot_error<E: std::error::Error + Send + Sync>(error: DrawingErrorKind<E>) -> Error {
    Error::plot(format!("the picture cannot be drawn: {error}"))
}
