//! Pictures as PNG: 1600 CSS pixels wide, drawn at twice that.
//!
//! Characters that the embedded font lacks are drawn with fonts of the system. Where none has them either, names show
//! their code points, as `U+65E5`, and a note in the header says so.

use super::backend::{Frame, Medium, OnBackend, SCALE};
use super::fonts::Fonts;
use super::{Figure, Paper};
use crate::error::{Error, Result};
use plotters::backend::{BitMapBackend, RGBPixel};

/// The bytes of the file.
pub(crate) fn encode(figure: &dyn Figure, fonts: &Fonts) -> Result<Vec<u8>> {
    let picture = figure.lay_out(&Paper::of_file(fonts))?;
    let (width, height) = picture.size();
    let mut pixels = vec![255; width as usize * height as usize * 3];
    let mut backend = BitMapBackend::<RGBPixel>::with_buffer_and_format(&mut pixels, (width, height))
        .map_err(|error| Error::plot(format!("the picture cannot be drawn: {error}")))?;
    picture.draw(&mut OnBackend::new(
        &mut backend,
        fonts,
        Medium::Pixels,
        Frame::WHOLE,
    ))?;
    drop(backend);

    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Most rows of a chart repeat the one above.
    encoder.set_filter(png::FilterType::Up);
    encoder.set_compression(png::Compression::Default);
    encoder.set_source_srgb(png::SrgbRenderingIntent::RelativeColorimetric);
    // Two device pixels to a CSS pixel, of which there are 96 to the inch.
    let per_metre = (f64::from(SCALE) * 96.0 / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().map_err(encoding_error)?;
    writer.write_image_data(&pixels).map_err(encoding_error)?;
    writer.finish().map_err(encoding_error)?;
    Ok(bytes)
}

fn encoding_error(error: png::EncodingError) -> Error {
    Error::plot(format!("the picture cannot be encoded: {error}"))
}
