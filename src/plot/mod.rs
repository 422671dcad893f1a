//! How charts become pictures.
//!
//! [`plot_gantt`] and [`plot_durations`] go the whole way from a profile to a file; [`save`] draws a chart that is
//! already there. Pictures need no system fonts, and the same chart
//! gives the same bytes everywhere; but names with characters beyond the embedded font (Latin, Greek, Cyrillic) are drawn
//! in a PNG with fonts of the system, where it has any.

mod outputs;

pub use outputs::{Outputs, ReadOutputs};

use crate::chart::{DurationsChart, DurationsOptions, GanttChart, GanttOptions};
use crate::error::{Error, Result};
use crate::output;
use crate::page::{self, viewer};
use crate::profile::Source;
use crate::render::fonts::Fonts;
use crate::render::{Figure, png, svg};
use std::path::{Path, PathBuf};
use viewer::Shown;

/// Draws when each region ran, on which rank and thread.
///
/// [`GanttOptions::filepath`] says where the picture goes; its extension, `png`, `svg` or `html`, how
/// it is made. With [`GanttOptions::show`] the interactive page is opened in a browser; where there is
/// no display, how to view it is printed to standard error.
///
/// ```
/// use scope_profiler::profile::{Call, Profile};
/// use scope_profiler::{GanttOptions, plot_gantt};
///
/// let profile = Profile::builder().interval(Call::new("solve", 0..5_000)).build();
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("gantt.svg");
/// plot_gantt(&profile, &GanttOptions::new().filepath(&path))?;
/// assert!(path.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When nothing is left to draw, a chosen rank is not there, the source cannot be read, the
/// extension is unknown, or the file cannot be written.
pub fn plot_gantt(source: &dyn Source, options: &GanttOptions) -> Result<()> {
    let target = options.filepath.as_deref();
    // A bad path is found before a long file is read.
    let format = target.map(Format::of).transpose()?;
    match (target, format) {
        (Some(path), Some(Format::Html)) => page::write(source, options, path)?,
        (Some(path), _) => {
            let chart = GanttChart::reduce(source, &options.filter, options)?;
            save_with(&chart, path, options.font_directories.clone())?;
        }
        (None, _) => {}
    }
    if options.show {
        let page = target.filter(|_| format == Some(Format::Html));
        let shown = page.map_or_else(|| show_gantt(source, options), viewer::open_in_browser)?;
        use std::io::Write;
        // A closed standard error is no reason to take the program down, as eprintln! would.
        let _ = writeln!(std::io::stderr(), "{shown}");
    }
    Ok(())
}

/// Opens the interactive page in a browser, from a directory of its own, which only this user can look
/// into, in the system's directory for temporary files.
///
/// # Errors
///
/// As [`plot_gantt`].
pub fn show_gantt(source: &dyn Source, options: &GanttOptions) -> Result<Shown> {
    let above = std::env::temp_dir();
    let mut builder = tempfile::Builder::new();
    builder.prefix("scope-profiler-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let directory = builder
        .tempdir_in(&above)
        .map_err(|error| Error::io(&above, "cannot write the page", error))?;
    let page = directory.path().join("gantt_plot.html");
    page::write(source, options, &page)?;
    // The browser reads it after this program has ended.
    let _ = directory.keep();
    viewer::open_in_browser(page)
}

/// Draws the total time of each region.
///
/// # Errors
///
/// As [`plot_gantt`].
pub fn plot_durations(source: &dyn Source, options: &DurationsOptions) -> Result<()> {
    let Some(path) = options.filepath.as_deref() else {
        return Ok(());
    };
    // A bad path is found before a long file is read.
    Format::of_picture(path)?;
    let chart = DurationsChart::reduce(source, &options.filter, options)?;
    save_with(&chart, path, options.font_directories.clone())
}

/// Writes a chart to a file, whose extension says how: `png` or `svg`.
///
/// ```
/// use scope_profiler::chart::{DurationsChart, DurationsOptions};
/// use scope_profiler::profile::{Call, Profile};
/// use scope_profiler::{RegionFilter, plot};
///
/// let profile = Profile::builder().interval(Call::new("solve", 0..5_000)).build();
/// let chart = DurationsChart::reduce(&profile, &RegionFilter::new(), &DurationsOptions::new())?;
/// let directory = tempfile::tempdir()?;
/// plot::save(&chart, directory.path().join("durations.svg"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When the chart does not fit on a picture, the extension is unknown, or the file cannot be written.
pub fn save(figure: &dyn Figure, path: impl AsRef<Path>) -> Result<()> {
    save_with(figure, path.as_ref(), None)
}

fn save_with(figure: &dyn Figure, path: &Path, font_directories: Option<Vec<PathBuf>>) -> Result<()> {
    let bytes = match Format::of_picture(path)? {
        Format::Svg => svg::encode(figure)?.into_bytes(),
        _ => png::encode(figure, &Fonts::of_system(font_directories))?,
    };
    output::write(path, "picture", &bytes)
}

/// A picture's file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Png,
    Svg,
    Html,
}

impl Format {
    /// The format that the extension of `path` names.
    fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "png" => Ok(Format::Png),
            "svg" => Ok(Format::Svg),
            "html" | "htm" => Ok(Format::Html),
            _ => Err(unknown_format(path, ".png, .svg or .html")),
        }
    }

    /// The same for what is not a page.
    fn of_picture(path: &Path) -> Result<Self> {
        match Self::of(path)? {
            Format::Html => Err(unknown_format(path, ".png or .svg")),
            picture => Ok(picture),
        }
    }
}

fn unknown_format(path: &Path, known: &str) -> Error {
    Error::config(format!(
        "{}: pictures are written as {known}; end the file's name in one of them",
        path.display()
    ))
}
