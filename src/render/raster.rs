//! Glyphs that a font has as pictures: emoji.

use super::faces::Face;
use rustybuzz::ttf_parser::{self, GlyphId, RasterImageFormat};

/// A picture of a glyph, and where it stands.
pub(super) struct Raster {
    width: usize,
    height: usize,
    /// Red, green, blue and opacity of each pixel.
    pixels: Vec<u8>,
    /// Pixels to an em.
    scale: f32,
    /// From the pen to the left edge and from the baseline up to the lower one, pixels.
    left: f32,
    bottom: f32,
}

impl Raster {
    /// The picture of a glyph, the largest that the face has.
    pub(super) fn of(face: &Face, id: u16) -> Option<Self> {
        let parsed = ttf_parser::Face::parse(&face.data, face.index).ok()?;
        let image = parsed.glyph_raster_image(GlyphId(id), u16::MAX)?;
        if image.format != RasterImageFormat::PNG {
            return None;
        }
        let mut decoder = png::Decoder::new(image.data);
        decoder
            .set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().ok()?;
        let mut pixels = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut pixels).ok()?;
        if info.color_type != png::ColorType::Rgba {
            return None;
        }
        Some(Raster {
            width: info.width as usize,
            height: info.height as usize,
            pixels,
            scale: f32::from(image.pixels_per_em.max(1)),
            left: f32::from(image.x),
            bottom: f32::from(image.y),
        })
    }

    /// Calls `draw` with the place, the colour and the opacity of each pixel, for type of `size` pixels to an em whose
    /// pen stands at `(x, baseline)`.
    pub(super) fn draw(
        &self,
        size: f32,
        (x, baseline): (f32, f32),
        mut draw: impl FnMut(i32, i32, (u8, u8, u8), f32),
    ) {
        let shrink = self.scale / size;
        let (left, bottom) = (x + self.left / shrink, baseline - self.bottom / shrink);
        let (width, height) = (self.width as f32 / shrink, self.height as f32 / shrink);
        let top = bottom - height;
        for row in 0..height.ceil() as usize {
            for column in 0..width.ceil() as usize {
                let rows = part(row, shrink, self.height);
                let columns = part(column, shrink, self.width);
                let (color, opacity) = self.mean(columns, rows);
                if opacity > 0.0 {
                    let place = (
                        left.round() as i32 + column as i32,
                        top.round() as i32 + row as i32,
                    );
                    draw(place.0, place.1, color, opacity);
                }
            }
        }
    }

    /// The mean of a block of pixels, weighted by their opacities.
    fn mean(&self, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> ((u8, u8, u8), f32) {
        let (mut sums, mut opacity) = ([0.0_f32; 3], 0.0);
        let count = (columns.len() * rows.len()).max(1) as f32;
        for row in rows {
            for column in columns.clone() {
                let pixel = &self.pixels[4 * (row * self.width + column)..][..4];
                let alpha = f32::from(pixel[3]) / 255.0;
                opacity += alpha;
                for (sum, &channel) in sums.iter_mut().zip(pixel) {
                    *sum += f32::from(channel) * alpha;
                }
            }
        }
        let [r, g, b] = sums.map(|sum| (sum / opacity.max(1e-6)).round() as u8);
        ((r, g, b), opacity / count)
    }
}

/// The pixels of a picture that end up in pixel number `at`; at least one, where there are any.
fn part(at: usize, shrink: f32, length: usize) -> std::ops::Range<usize> {
    let from = ((at as f32 * shrink) as usize).min(length.saturating_sub(1));
    let to = (((at + 1) as f32 * shrink) as usize).clamp(from + 1, length.max(from + 1));
    from..to.min(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_of_a_picture_is_part_of_one_that_is_drawn() {
        for (length, shrink) in [(136, 4.53), (136, 1.0), (3, 0.4), (1, 9.0)] {
            let count = (length as f32 / shrink).ceil() as usize;
            let parts: Vec<_> = (0..count).map(|at| part(at, shrink, length)).collect();
            assert_eq!(parts[0].start, 0);
            assert!(parts.iter().all(|part| !part.is_empty() && part.end <= length));
            assert!(
                parts.windows(2).all(|pair| pair[1].start <= pair[0].end),
                "{parts:?}"
            );
            assert_eq!(parts[count - 1].end, length);
        }
    }

    #[test]
    fn what_is_clear_takes_no_part_in_the_colour() {
        let picture = Raster {
            width: 2,
            height: 2,
            pixels: [200, 100, 0, 255, 9, 9, 9, 0].repeat(2),
            scale: 2.0,
            left: 0.0,
            bottom: 0.0,
        };
        let mut drawn = Vec::new();
        picture.draw(1.0, (5.0, 7.0), |x, y, color, opacity| {
            drawn.push((x, y, color, opacity))
        });
        assert_eq!(drawn, [(5, 6, (200, 100, 0), 0.5)]);
    }
}
