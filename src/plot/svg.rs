//! Charts as SVG, 1600 CSS pixels wide; text stays text.

use super::durations::DurationsPicture;
use super::gantt::GanttPicture;
use super::sheet::{Picture, Sheet};
use super::style::SCALE;
use crate::chart::{DurationsChart, GanttChart};
use crate::error::Result;
use crate::output;
use plotters_svg::SVGBackend;
use std::path::Path;

/// Writes a Gantt chart.
///
/// # Errors
///
/// As [`png::gantt`](super::png::gantt).
pub fn gantt(chart: &GanttChart, path: impl AsRef<Path>) -> Result<()> {
    output::write(
        path.as_ref(),
        "picture",
        encode(&GanttPicture::new(chart)?)?.as_bytes(),
    )
}

/// Writes a chart of durations.
///
/// # Errors
///
/// When the file cannot be written.
pub fn durations(chart: &DurationsChart, path: impl AsRef<Path>) -> Result<()> {
    output::write(
        path.as_ref(),
        "picture",
        encode(&DurationsPicture::new(chart)?)?.as_bytes(),
    )
}

fn encode(picture: &impl Picture) -> Result<String> {
    let (width, height) = picture.size();
    let mut text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, (width, height));
        picture.draw(&mut Sheet::vector(&mut backend))?;
        // The backend closes the document when it is dropped.
    }
    // The backend draws in whole units; half a CSS pixel each is fine enough.
    let drawn = format!(r#"<svg width="{width}" height="{height}""#);
    let shown = format!(r#"<svg width="{}" height="{}""#, width / SCALE, height / SCALE);
    Ok(text.replacen(&drawn, &shown, 1))
}
