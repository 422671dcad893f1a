//! Charts as PNG: 1600 CSS pixels wide, drawn at twice that.

use super::durations::DurationsPicture;
use super::gantt::GanttPicture;
use super::sheet::{Picture, Sheet};
use super::style::SCALE;
use crate::chart::{DurationsChart, GanttChart};
use crate::error::{Error, Result};
use crate::output;
use plotters_bitmap::BitMapBackend;
use plotters_bitmap::bitmap_pixel::RGBPixel;
use std::path::Path;

/// Writes a Gantt chart.
///
/// # Errors
///
/// When the chart has more lanes than fit on a picture (see
/// [`GanttOptions::max_lanes`](crate::chart::GanttOptions::max_lanes)), or the file cannot be
/// written.
pub fn gantt(chart: &GanttChart, path: impl AsRef<Path>) -> Result<()> {
    output::write(path.as_ref(), "picture", &encode(&GanttPicture::new(chart)?)?)
}

/// Writes a chart of durations.
///
/// # Errors
///
/// When the file cannot be written.
pub fn durations(chart: &DurationsChart, path: impl AsRef<Path>) -> Result<()> {
    output::write(path.as_ref(), "picture", &encode(&DurationsPicture::new(chart)?)?)
}

fn encode(picture: &impl Picture) -> Result<Vec<u8>> {
    let (width, height) = picture.size();
    let mut pixels = vec![255; width as usize * height as usize * 3];
    let mut backend = BitMapBackend::<RGBPixel>::with_buffer_and_format(&mut pixels, (width, height))
        .map_err(|error| Error::plot(format!("the picture cannot be drawn: {error}")))?;
    picture.draw(&mut Sheet::bitmap(&mut backend))?;
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
