//! How charts become pictures.
//!
//! [`plot_gantt`] and [`plot_durations`] go the whole way from a profile to a file; [`png`] and
//! [`svg`] draw a chart that is already there. Pictures need no system fonts, and the same chart
//! gives the same bytes everywhere.

mod coverage;
mod durations;
mod gantt;
pub mod html;
mod layout;
mod output;
mod page_json;
pub mod png;
mod sheet;
mod style;
pub mod svg;
mod text;
pub mod viewer;

use crate::chart::{DurationsChart, DurationsOptions, GanttChart, GanttOptions};
use crate::error::{Error, Result};
use crate::profile::Source;
use std::path::Path;

/// Draws when each region ran, on which rank and thread.
///
/// [`GanttOptions::filepath`] says where the picture goes; its extension, `png` or `svg`, how it
/// is made.
///
/// ```
/// use scope_profiler::chart::GanttOptions;
/// use scope_profiler::plot::plot_gantt;
/// use scope_profiler::profile::Profile;
///
/// let profile = Profile::builder().interval(0, "solve", 0, 0, 5_000).build();
/// let path = std::env::temp_dir().join("gantt.svg");
/// plot_gantt(&profile, &GanttOptions::new().filepath(&path))?;
/// assert!(path.exists());
/// # Ok::<(), scope_profiler::Error>(())
/// ```
///
/// # Errors
///
/// When nothing is left to draw, a chosen rank is not there, the source cannot be read, the
/// extension is unknown, or the file cannot be written.
pub fn plot_gantt(source: &dyn Source, options: &GanttOptions) -> Result<()> {
    // A bad path is found before a long file is read.
    let target = options
        .filepath
        .as_deref()
        .map(|path| Format::of(path).map(|format| (path, format)));
    let target = target.transpose()?;
    let chart = GanttChart::reduce(source, &options.filter, options)?;
    match target {
        Some((path, Format::Png)) => png::gantt(&chart, path)?,
        Some((path, Format::Svg)) => svg::gantt(&chart, path)?,
        None => {}
    }
    if options.show { show() } else { Ok(()) }
}

/// Opens the interactive page.
fn show() -> Result<()> {
    Err(Error::config(
        "this build has no interactive page to show; give a filepath instead",
    ))
}

/// Draws the total time of each region.
///
/// # Errors
///
/// As [`plot_gantt`].
pub fn plot_durations(source: &dyn Source, options: &DurationsOptions) -> Result<()> {
    let target = options
        .filepath
        .as_deref()
        .map(|path| Format::of(path).map(|format| (path, format)));
    let target = target.transpose()?;
    let chart = DurationsChart::reduce(source, &options.filter, options)?;
    match target {
        Some((path, Format::Png)) => png::durations(&chart, path),
        Some((path, Format::Svg)) => svg::durations(&chart, path),
        None => Ok(()),
    }
}

/// A picture's file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Svg,
}

impl Format {
    /// The format that the extension of `path` names.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "png" => Ok(Format::Png),
            "svg" => Ok(Format::Svg),
            _ => Err(Error::config(format!(
                "{}: pictures are written as .png or .svg; end the file's name in one of them",
                path.display()
            ))),
        }
    }
}
