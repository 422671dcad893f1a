//! Pictures as PNG: 1600 CSS pixels wide, drawn at twice that.
//!
//! Characters that the embedded font lacks are drawn with fonts of the system. Where none has them either, names show
//! their code points, as `U+65E5`, and a note in the header says so.

mod numbered;

use super::backend::{Frame, Medium, OnBackend, SCALE};
use super::fonts::Fonts;
use super::{Figure, Paper};
use crate::error::{Error, Result};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use numbered::Numbered;
use plotters::backend::{BitMapBackend, RGBPixel};
use png::ColorType;
use std::io::{self, Write};

/// Bytes of a pixel as it is drawn.
const CHANNELS: usize = 3;

/// The filter that leaves of each byte what it has more than the one above.
const UP: u8 = 2;

/// Most rows of a chart repeat the one above. What is left of a picture with few colours has little that a thorough
/// search would find.
const LEVEL_OF_NUMBERS: Compression = Compression::new(4);
const LEVEL_OF_COLORS: Compression = Compression::new(6);

/// The bytes of the file.
pub(crate) fn encode(figure: &dyn Figure, fonts: &Fonts) -> Result<Vec<u8>> {
    let picture = figure.lay_out(&Paper::of_file(fonts))?;
    let (width, height) = picture.size();
    let mut pixels = vec![255; width as usize * height as usize * CHANNELS];
    let mut backend = BitMapBackend::<RGBPixel>::with_buffer_and_format(&mut pixels, (width, height))
        .map_err(|error| Error::plot(format!("the picture cannot be drawn: {error}")))?;
    picture.draw(&mut OnBackend::new(
        &mut backend,
        fonts,
        Medium::Pixels,
        Frame::WHOLE,
    ))?;
    drop(backend);
    file_of(pixels, (width, height))
        .map_err(|error| Error::plot(format!("the picture cannot be encoded: {error}")))
}

/// A file with these pixels, of three bytes each.
fn file_of(pixels: Vec<u8>, (width, height): (u32, u32)) -> std::result::Result<Vec<u8>, png::EncodingError> {
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
    let width = width as usize;
    let packed = match Numbered::of(&pixels, width) {
        Some(Numbered { palette, numbers }) => {
            drop(pixels);
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(palette);
            packed(&numbers, width, LEVEL_OF_NUMBERS)?
        }
        None => {
            encoder.set_color(ColorType::Rgb);
            packed(&pixels, width * CHANNELS, LEVEL_OF_COLORS)?
        }
    };
    let mut writer = encoder.write_header()?;
    writer.write_chunk(png::chunk::IDAT, &packed)?;
    writer.finish()?;
    Ok(bytes)
}

/// Rows of so many bytes, filtered and compressed.
fn packed(rows: &[u8], row_bytes: usize, level: Compression) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), level);
    let mut filtered = vec![0; 1 + row_bytes];
    filtered[0] = UP;
    let mut above = vec![0; row_bytes];
    for row in rows.chunks_exact(row_bytes) {
        let more = row
            .iter()
            .zip(&above)
            .map(|(byte, above)| byte.wrapping_sub(*above));
        filtered[1..]
            .iter_mut()
            .zip(more)
            .for_each(|(to, more)| *to = more);
        encoder.write_all(&filtered)?;
        above.copy_from_slice(row);
    }
    encoder.finish()
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
            let file = file_of(pixels.clone(), (width as u32, height as u32)).unwrap();
            prop_assert_eq!(read(&file), (pixels, few));
        }
    }
}
