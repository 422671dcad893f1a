//! Pictures as PNG: 1600 CSS pixels wide, drawn at twice that.
//!
//! Characters that the embedded font lacks are drawn with fonts of the system. Where none has them either, names show
//! their code points, as `U+65E5`, and a note in the header says so.

mod adler;
mod bitmap;
mod packing;
mod rows;

use super::backend::{Frame, Medium, OnBackend, SCALE};
use super::fonts::Fonts;
use super::{Figure, Paper};
use crate::error::{Error, Result};
use bitmap::Bitmap;
use flate2::Compression;
use packing::packed;
use png::ColorType;
use rows::Rows;

/// Bytes of the colour of a pixel.
const CHANNELS: usize = 3;

/// Most rows of a chart repeat the one above. What is left of a picture with few colours has little that a thorough
/// search would find.
const LEVEL_OF_NUMBERS: Compression = Compression::new(4);
const LEVEL_OF_COLORS: Compression = Compression::new(6);

/// The bytes of the file, which no more than `threads` compress.
pub(crate) fn encode(figure: &dyn Figure, fonts: &Fonts, threads: usize) -> Result<Vec<u8>> {
    let picture = figure.lay_out(&Paper::of_file(fonts))?;
    let size = picture.size();
    let mut bitmap = Bitmap::new(size);
    picture.draw(&mut OnBackend::new(
        &mut bitmap,
        fonts,
        Medium::Pixels,
        Frame::WHOLE,
    ))?;
    drop(picture);
    file_of(&bitmap.into_rows(), size, threads)
        .map_err(|error| Error::plot(format!("the picture cannot be encoded: {error}")))
}

/// A file with these pixels.
fn file_of(
    pixels: &Rows,
    (width, height): (u32, u32),
    threads: usize,
) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_source_srgb(png::SrgbRenderingIntent::RelativeColorimetric);
    // Two device pixels to a CSS pixel, of which there are 96 to the inch.
    let per_metre = (f64::from(SCALE) * 96.0 / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let packed = match pixels.numbered() {
        Some((palette, numbers)) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(palette);
            packed(&numbers, LEVEL_OF_NUMBERS, threads)?
        }
        None => {
            encoder.set_color(ColorType::Rgb);
            packed(pixels, LEVEL_OF_COLORS, threads)?
        }
    };
    let mut writer = encoder.write_header()?;
    writer.write_chunk(png::chunk::IDAT, &packed)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader makes of a file, and whether it has a palette.
    fn read(file: &[u8]) -> (Vec<u8>, bool) {
        let mut decoder = png::Decoder::new(file);
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.color_type, ColorType::Rgb);
        (pixels, reader.info().color_type == ColorType::Indexed)
    }

    proptest! {
        #[test]
        fn every_pixel_comes_back(
            width in 1_usize..40, height in 1_usize..20, colors in 1_u32..600, repeats in 1_usize..5, seed in any::<u32>(),
            threads in 1_usize..5,
        ) {
            let mut state = seed;
            let mut row = Vec::new();
            let pixels: Vec<u8> = (0..height)
                .flat_map(|y| {
                    if y % repeats == 0 {
                        row = (0..width)
                            .flat_map(|_| {
                                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                                let color = (state >> 8) % colors * 9_973;
                                [color as u8, (color >> 8) as u8, (color >> 16) as u8]
                            })
                            .collect();
                    }
                    row.clone()
                })
                .collect();
            let different: std::collections::BTreeSet<&[u8]> = pixels.chunks_exact(CHANNELS).collect();
            let few = different.len() <= 256;
            let rows = Rows {
                different: pixels.chunks_exact(width * CHANNELS).map(<[u8]>::to_vec).collect(),
                which: (0..height as u32).collect(),
                bytes: width * CHANNELS,
            };
            let file = |threads| file_of(&rows, (width as u32, height as u32), threads).unwrap();
            prop_assert_eq!(file(threads), file(1));
            prop_assert_eq!(read(&file(threads)), (pixels, few));
        }
    }
}
