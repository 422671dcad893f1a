//! Charts as PNG: 1600 CSS pixels wide, drawn at twice that.
//!
//! Characters that the embedded font lacks are drawn with fonts of the system. Where none has them either, names show
//! their code points, as `U+65E5`, and a note in the header says so.

use super::durations::DurationsPicture;
use super::fonts::Fonts;
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
    gantt_in(chart, &Fonts::of_system(None), path.as_ref())
}

/// As [`gantt`], with fonts of the caller's choice.
pub(super) fn gantt_in(chart: &GanttChart, fonts: &Fonts, path: &Path) -> Result<()> {
    output::write(
        path,
        "picture",
        &encode(&GanttPicture::new(chart, fonts)?, fonts)?,
    )
}

/// Writes a chart of durations.
///
/// # Errors
///
/// When the file cannot be written.
pub fn durations(chart: &DurationsChart, path: impl AsRef<Path>) -> Result<()> {
    durations_in(chart, &Fonts::of_system(None), path.as_ref())
}

/// As [`durations`], with fonts of the caller's choice.
pub(super) fn durations_in(chart: &DurationsChart, fonts: &Fonts, path: &Path) -> Result<()> {
    output::write(
        path,
        "picture",
        &encode(&DurationsPicture::new(chart, fonts)?, fonts)?,
    )
}

fn encode(picture: &impl Picture, fonts: &Fonts) -> Result<Vec<u8>> {
    let (width, height) = picture.size();
    let mut pixels = vec![255; width as usize * height as usize * 3];
    let mut backend = BitMapBackend::<RGBPixel>::with_buffer_and_format(&mut pixels, (width, height))
        .map_err(|error| Error::plot(format!("the picture cannot be drawn: {error}")))?;
    picture.draw(&mut Sheet::bitmap(&mut backend, fonts))?;
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
