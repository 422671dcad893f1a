//! Pixels as they are drawn. Rows that are alike are one: lanes and bars of a chart are many rows high.

use super::CHANNELS;
use super::rows::Rows;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, DrawingBackend, DrawingErrorKind};
use std::convert::Infallible;
use std::ops::Range;

/// What is taken for opaque.
const OPAQUE: f64 = 1.0 - 1.0 / 256.0;

/// A white picture to draw on.
pub(super) struct Bitmap {
    width: u32,
    height: u32,
    /// By row, which of the bands it is in.
    band_of: Vec<u32>,
    bands: Vec<Band>,
}

/// Rows that are alike, and follow one another.
struct Band {
    rows: Range<u32>,
    /// Red, green and blue of each pixel of a row.
    pixels: Vec<u8>,
}

impl Bitmap {
    pub(super) fn new((width, height): (u32, u32)) -> Self {
        let white = Band {
            rows: 0..height,
            pixels: vec![255; width as usize * CHANNELS],
        };
        Self {
            width,
            height,
            band_of: vec![0; height as usize],
            bands: vec![white],
        }
    }

    pub(super) fn into_rows(self) -> Rows {
        Rows {
            different: self.bands.into_iter().map(|band| band.pixels).collect(),
            which: self.band_of,
            bytes: self.width as usize * CHANNELS,
        }
    }

    /// Lets a band begin at this row.
    fn split(&mut self, row: u32) {
        let Some(&band) = self.band_of.get(row as usize) else {
            return;
        };
        let next = self.bands.len() as u32;
        let band = &mut self.bands[band as usize];
        if band.rows.start == row {
            return;
        }
        let (above, below) = (band.rows.start..row, row..band.rows.end);
        // The longer part stays what it is.
        let (stays, goes) = if above.len() < below.len() {
            (below, above)
        } else {
            (above, below)
        };
        band.rows = stays;
        let pixels = band.pixels.clone();
        self.band_of[goes.start as usize..goes.end as usize].fill(next);
        self.bands.push(Band { rows: goes, pixels });
    }

    fn fill(&mut self, x: Range<u32>, y: Range<u32>, color: [u8; CHANNELS]) {
        if x.is_empty() || y.is_empty() {
            return;
        }
        self.split(y.start);
        self.split(y.end);
        let bytes = x.start as usize * CHANNELS..x.end as usize * CHANNELS;
        let mut row = y.start;
        while row < y.end {
            let band = &mut self.bands[self.band_of[row as usize] as usize];
            let pixels = band.pixels[bytes.clone()].chunks_exact_mut(CHANNELS);
            pixels.for_each(|pixel| pixel.copy_from_slice(&color));
            row = band.rows.end;
        }
    }
}

impl DrawingBackend for Bitmap {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        (x, y): BackendCoord,
        color: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
            return Ok(());
        };
        if x >= self.width || y >= self.height || color.alpha <= 0.0 {
            return Ok(());
        }
        let (r, g, b) = color.rgb;
        let mut drawn = [r, g, b];
        if color.alpha < OPAQUE {
            let share = (color.alpha * 256.0) as i32;
            let band = &self.bands[self.band_of[y as usize] as usize];
            let below = &band.pixels[x as usize * CHANNELS..];
            for (drawn, below) in drawn.iter_mut().zip(below) {
                *drawn = mixed(*below, *drawn, share);
            }
        }
        self.fill(x..x + 1, y..y + 1, drawn);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let color = style.color();
        if !fill || color.alpha < OPAQUE {
            return plotters_backend::rasterizer::draw_rect(self, upper_left, bottom_right, style, fill);
        }
        let within = |a: i32, b: i32, length: u32| {
            let within = |at: i32| at.max(0).unsigned_abs().min(length);
            within(a.min(b))..within(a.max(b))
        };
        let (r, g, b) = color.rgb;
        self.fill(
            within(upper_left.0, bottom_right.0, self.width),
            within(upper_left.1, bottom_right.1, self.height),
            [r, g, b],
        );
        Ok(())
    }
}

/// A byte of a colour with so many 256ths of another over it.
fn mixed(below: u8, above: u8, share: i32) -> u8 {
    let (below, above) = (i32::from(below), i32::from(above));
    (below + (above - below) * share / 256) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::backend::{BitMapBackend, RGBPixel};
    use proptest::prelude::*;

    /// Whether it is a rectangle, where, its size, its colour, and how opaque it is.
    type Shape = (bool, (i32, i32), (i32, i32), [u8; 3], f64);

    fn draw<B: DrawingBackend>(on: &mut B, shapes: &[Shape]) {
        for &(is_rect, at, (width, height), [r, g, b], alpha) in shapes {
            let rgb = (r, g, b);
            let drawn = if is_rect {
                let color = BackendColor { alpha: 1.0, rgb };
                on.draw_rect(at, (at.0 + width, at.1 + height), &color, true)
            } else {
                on.draw_pixel(at, BackendColor { alpha, rgb })
            };
            assert!(drawn.is_ok());
        }
    }

    proptest! {
        #[test]
        fn pixels_are_those_that_a_backend_of_plotters_draws(
            size in (1_u32..40, 1_u32..40),
            shapes in prop::collection::vec(
                (any::<bool>(), (-9_i32..40, -9_i32..40), (0_i32..20, 0_i32..20), any::<[u8; 3]>(), 0.0..1.0), 0..90,
            ),
        ) {
            let mut expected = vec![255; (size.0 * size.1) as usize * CHANNELS];
            draw(&mut BitMapBackend::<RGBPixel>::with_buffer_and_format(&mut expected, size).unwrap(), &shapes);
            let mut bitmap = Bitmap::new(size);
            draw(&mut bitmap, &shapes);
            let rows = bitmap.into_rows();
            prop_assert_eq!((0..size.1).flat_map(|y| rows.row(y as usize)).copied().collect::<Vec<u8>>(), expected);
        }
    }
}
