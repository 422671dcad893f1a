//! A canvas over any backend of Plotters.

use super::fonts::Fonts;
use super::glyphs::{Styled, opaque};
use super::text::Text;
use super::{Canvas, Color};
use crate::error::{Error, Result};
use crate::text::printable;
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

/// Units to a CSS pixel.
pub(super) const SCALE: u32 = 2;

/// What a backend makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Medium {
    Pixels,
    Vectors,
    /// One or the other.
    Unknown,
}

/// Where the units of a picture are on a backend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) origin: BackendCoord,
    /// Pixels to a unit.
    pub(super) scale: f32,
}

impl Frame {
    /// A pixel to a unit.
    pub(super) const WHOLE: Frame = Frame {
        origin: (0, 0),
        scale: 1.0,
    };

    fn length(&self, units: i32) -> i32 {
        (units as f32 * self.scale).round() as i32
    }

    /// What is not empty has a pixel at least.
    fn range(&self, origin: i32, (from, to): (i32, i32)) -> (i32, i32) {
        let first = origin + self.length(from);
        (first, (origin + self.length(to)).max(first + 1))
    }

    fn point(&self, (x, y): (i32, i32)) -> BackendCoord {
        (self.origin.0 + self.length(x), self.origin.1 + self.length(y))
    }
}

/// A backend of Plotters to draw on.
pub(super) struct OnBackend<'a, B> {
    backend: &'a mut B,
    fonts: &'a Fonts,
    medium: Medium,
    frame: Frame,
    /// For each text among vectors the width that it shall have, where that is known.
    widths: Vec<Option<f32>>,
}

impl<'a, B: DrawingBackend> OnBackend<'a, B> {
    pub(super) fn new(backend: &'a mut B, fonts: &'a Fonts, medium: Medium, frame: Frame) -> Self {
        OnBackend {
            backend,
            fonts,
            medium,
            frame,
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
        self.medium != Medium::Pixels
    }

    fn resolution(&self) -> u32 {
        (1.0 / self.frame.scale).ceil() as u32
    }

    fn rect(&mut self, x: (i32, i32), y: (i32, i32), color: Color) -> Result<()> {
        if x.0 >= x.1 || y.0 >= y.1 {
            return Ok(());
        }
        let x = self.frame.range(self.frame.origin.0, x);
        let y = self.frame.range(self.frame.origin.1, y);
        let result = self
            .backend
            .draw_rect((x.0, y.0), (x.1, y.1), &opaque(color), true);
        result.map_err(plot_error)
    }

    fn strips(&mut self, strips: &[(i32, i32)], y: (i32, i32), color: Color) -> Result<()> {
        if self.medium != Medium::Vectors || strips.len() < 2 {
            return strips.iter().try_for_each(|&x| self.rect(x, y, color));
        }
        // One outline that runs along the bottom from strip to strip encloses just the strips.
        let corners = strips
            .iter()
            .flat_map(|&(from, to)| [(from, y.1), (from, y.0), (to, y.0), (to, y.1)]);
        let corners = corners.map(|corner| self.frame.point(corner));
        self.backend
            .fill_polygon(corners, &opaque(color))
            .map_err(plot_error)
    }

    fn text(&mut self, x: i32, baseline: i32, text: &str, style: &Text) -> Result<()> {
        // Whatever a chart hands over: a control character would make the whole SVG unreadable.
        let text = &*printable(text);
        if self.medium == Medium::Vectors {
            // Readers make one space of several.
            let words: Vec<&str> = text.split_whitespace().collect();
            self.widths.push(Fonts::exact_width(&words.join(" "), style));
        }
        let style = Text {
            size: style.size * self.frame.scale,
            ..*style
        };
        let (x, baseline) = self.frame.point((x, baseline));
        let at = (x, style.top(baseline));
        let styled = Styled {
            style: &style,
            fonts: self.fonts,
        };
        self.backend.draw_text(text, &styled, at).map_err(plot_error)
    }
}

fn plot_error<E: std::error::Error + Send + Sync>(error: DrawingErrorKind<E>) -> Error {
    Error::plot(format!("the picture cannot be drawn: {error}"))
}
