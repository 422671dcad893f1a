//! Pictures as SVG, 1600 CSS pixels wide; text stays text.

use super::backend::{Frame, Medium, OnBackend, SCALE};
use super::fonts::Fonts;
use super::{Figure, Paper};
use crate::error::Result;
use plotters::backend::SVGBackend;

/// The text of the file.
pub(crate) fn encode(figure: &dyn Figure) -> Result<String> {
    let fonts = Fonts::of_reader();
    let picture = figure.lay_out(&Paper::of_file(&fonts))?;
    let (width, height) = picture.size();
    let mut text = String::new();
    let widths = {
        let mut backend = SVGBackend::with_string(&mut text, (width, height));
        let mut canvas = OnBackend::new(&mut backend, &fonts, Medium::Vectors, Frame::WHOLE);
        picture.draw(&mut canvas)?;
        canvas.into_widths()
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
