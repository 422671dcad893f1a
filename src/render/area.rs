//! Figures on drawing areas of Plotters.

use super::backend::{Frame, Medium, OnBackend};
use super::fonts::Fonts;
use super::style::BACKGROUND;
use super::{Canvas, Figure, Paper, Picture};
use crate::error::{Error, Result};
use plotters::coord::CoordTranslate;
use plotters::drawing::DrawingArea;
use plotters::element::{Drawable, PointCollection};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};
use std::cell::RefCell;

/// The width at which a figure is laid out, units: in narrower areas it is drawn smaller, in wider ones larger.
const WIDTHS: std::ops::RangeInclusive<f32> = 1000.0..=3200.0;
/// Text smaller than this share of its usual size is no text.
const SMALLEST: f32 = 0.1;

/// Draws a chart on a drawing area of the crate [`plotters`], which it fills; beside others, if the area is a part of
/// one.
///
/// In an area of up to 1600 pixels the type has the size that it has in a file shown at 100 %, in a wider one it grows
/// with the area. Where a chart needs more height than there is, all of it is drawn smaller.
///
/// ```
/// use plotters::prelude::*;
/// use scope_profiler::chart::{ChartOptions, DurationsChart, GanttChart};
/// use scope_profiler::profile::{Call, Profile};
/// use scope_profiler::{RegionFilter, plot};
///
/// let profile = Profile::builder().interval(Call::new("solve", 0..5_000)).build();
/// let (everything, options) = (RegionFilter::new(), ChartOptions::new());
///
/// let mut pixels = vec![0; 1600 * 600 * 3];
/// let area = BitMapBackend::with_buffer(&mut pixels, (1600, 600)).into_drawing_area();
/// let halves = area.split_evenly((1, 2));
/// plot::draw_on(&GanttChart::reduce(&profile, &everything, &options)?, &halves[0])?;
/// plot::draw_on(&DurationsChart::reduce(&profile, &everything, &options)?, &halves[1])?;
/// area.present()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When the area is too small for the chart, or its backend fails.
pub fn draw_on<DB: DrawingBackend, CT: CoordTranslate>(
    figure: &dyn Figure,
    area: &DrawingArea<DB, CT>,
) -> Result<()> {
    let fonts = Fonts::of_any();
    let (picture, scale) = fitted(figure, area.dim_in_pixel(), &fonts)?;
    let element = Element {
        picture: &*picture,
        scale,
        fonts: &fonts,
        failure: RefCell::new(None),
    };
    let drawn = area.strip_coord_spec().draw(&element);
    match element.failure.into_inner() {
        Some(failure) => Err(failure),
        None => drawn.map_err(|error| Error::plot(format!("the picture cannot be drawn: {error}"))),
    }
}

/// The figure laid out for an area of so many pixels, and the pixels to a unit.
fn fitted<'a>(
    figure: &'a dyn Figure,
    (width, height): (u32, u32),
    fonts: &Fonts,
) -> Result<(Box<dyn Picture + 'a>, f32)> {
    let mut scale = width as f32 / (width as f32 * 2.0).clamp(*WIDTHS.start(), *WIDTHS.end());
    while scale >= SMALLEST {
        let paper = Paper::new(
            (width as f32 / scale) as u32,
            (height as f32 / scale) as u32,
            fonts,
        );
        let picture = figure.lay_out(&paper)?;
        let too_high = picture.size().1 as f32 / paper.size().1 as f32;
        if too_high <= 1.0 {
            return Ok((picture, scale));
        }
        scale /= too_high.max(1.05);
    }
    Err(Error::plot(format!(
        "the chart does not fit on an area of {width} × {height} pixels; choose fewer regions or ranks, or a larger area"
    )))
}

struct Element<'a> {
    picture: &'a dyn Picture,
    scale: f32,
    fonts: &'a Fonts,
    failure: RefCell<Option<Error>>,
}

impl<'a> PointCollection<'a, (i32, i32)> for &'a Element<'_> {
    type Point = (i32, i32);
    type IntoIter = [(i32, i32); 1];

    fn point_iter(self) -> Self::IntoIter {
        [(0, 0)]
    }
}

impl<DB: DrawingBackend> Drawable<DB> for Element<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut corner: I,
        backend: &mut DB,
        (width, height): (u32, u32),
    ) -> std::result::Result<(), DrawingErrorKind<DB::ErrorType>> {
        let frame = Frame {
            origin: corner.next().unwrap_or_default(),
            scale: self.scale,
        };
        let (right, bottom) = (frame.origin.0 + width as i32, frame.origin.1 + height as i32);
        backend.draw_rect(
            frame.origin,
            (right, bottom),
            &super::glyphs::opaque(BACKGROUND),
            true,
        )?;
        let mut canvas = OnBackend::new(backend, self.fonts, Medium::Unknown, frame);
        let canvas: &mut dyn Canvas = &mut canvas;
        *self.failure.borrow_mut() = self.picture.draw(canvas).err();
        Ok(())
    }
}
