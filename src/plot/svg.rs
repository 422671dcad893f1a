//! Charts as SVG, 1600 CSS pixels wide; text stays text.

use super::durations::DurationsPicture;
use super::fonts::Fonts;
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
    let fonts = Fonts::of_reader();
    output::write(
        path.as_ref(),
        "picture",
        encode(&GanttPicture::new(chart, &fonts)?, &fonts)?.as_bytes(),
    )
}

/// Writes a chart of durations.
///
/// # Errors
///
/// When the file cannot be written.
pub fn durations(chart: &DurationsChart, path: impl AsRef<Path>) -> Result<()> {
    let fonts = Fonts::of_reader();
    output::write(
        path.as_ref(),
        "picture",
        encode(&DurationsPicture::new(chart, &fonts)?, &fonts)?.as_bytes(),
    )
}

fn encode(picture: &impl Picture, fonts: &Fonts) -> Result<String> {
    let (width, height) = picture.size();
    let mut text = String::new();
    let widths = {
        let mut backend = SVGBackend::with_string(&mut text, (width, height));
        let mut sheet = Sheet::vector(&mut backend, fonts);
        picture.draw(&mut sheet)?;
        sheet.into_widths()
        // The backend closes the document when it is dropped.
    };
    // The backend draws in whole units; half a CSS pixel each is fine enough.
    let drawn = format!(r#"<svg width="{width}" height="{height}""#);
    let shown = format!(r#"<svg width="{}" height="{}""#, width / SCALE, height / SCALE);
    Ok(fill_widths(&text.replacen(&drawn, &shown, 1), &widths))
}

/// Says of each text how wide it shall be, whatever font its reader has: none is cut or runs into another.
fn fill_widths(svg: &str, widths: &[Option<f32>]) -> String {
    const TEXT: &str = "<text ";
    // In the text itself every < is escaped.
    let mut parts = svg.split(TEXT);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for (part, width) in parts.zip(widths) {
        filled.push_str(TEXT);
        if let Some(width) = width.filter(|&width| width > 0.0) {
            filled.push_str(&format!(
                r#"textLength="{width:.1}" lengthAdjust="spacingAndGlyphs" "#
            ));
        }
        filled.push_str(part);
    }
    filled
}
