//! How charts become pictures.
//!
//! [`plot_gantt`] and [`plot_durations`] go the whole way from a profile to a file; [`save`] draws a chart that is
//! already there, and [`draw_on`] draws it on a drawing area of the crate `plotters`. Pictures need no system fonts,
//! and the same chart gives the same bytes everywhere; but names with characters beyond the embedded font (Latin,
//! Greek, Cyrillic) are drawn in a PNG with fonts of the system, where it has any.

mod data;
mod format;
mod options;
mod outputs;
mod writing;

pub use crate::render::area::draw_on;
pub use data::save_data;
pub use options::PlotOptions;
pub use outputs::Outputs;
pub use writing::ReadOutputs;

use crate::analysis::selection::RegionFilter;
use crate::chart::{ChartOptions, DurationsChart, GanttChart};
use crate::error::{Error, Result};
use crate::output;
use crate::page;
use crate::page::viewer::{self, Shown};
use crate::profile::Source;
use crate::render::fonts::Fonts;
use crate::render::{Figure, png, svg};
use format::Format;
use std::io::Write;
use std::path::Path;
use std::thread;

/// Draws when each region ran, on which rank and thread.
///
/// [`PlotOptions::filepath`] says where the picture goes; its extension, `png`, `svg` or `html`, how it is made. With
/// [`PlotOptions::show`] the interactive page is opened in a browser; where there is no display, how to view it is
/// printed to standard error.
///
/// ```
/// use scope_profiler::profile::{Call, Profile};
/// use scope_profiler::{PlotOptions, plot_gantt};
///
/// let profile = Profile::builder().interval(Call::new("solve", 0..5_000)).build();
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("gantt.svg");
/// plot_gantt(&profile, &PlotOptions::new().filepath(&path))?;
/// assert!(path.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When nothing is left to draw, a chosen rank is not there, the source cannot be read, the
/// extension is unknown, or the file cannot be written.
pub fn plot_gantt(source: &dyn Source, options: &PlotOptions) -> Result<()> {
    let PlotOptions { filter, chart, .. } = options;
    let target = options.filepath.as_deref();
    // A bad path is found before a long file is read.
    let format = target.map(Format::of).transpose()?;
    let page = target.filter(|_| format == Some(Format::Html));
    if let Some(page) = page {
        page::write(source, filter, chart, page)?;
    } else if let Some(path) = target {
        save_with(&GanttChart::reduce(source, filter, chart)?, path, options)?;
    }
    if options.show {
        tell(&page.map_or_else(|| show(source, filter, chart), viewer::open_in_browser)?);
    }
    Ok(())
}

/// Draws the total time of each region, as a `png` or `svg`; else as [`plot_gantt`].
///
/// # Errors
///
/// As [`plot_gantt`].
pub fn plot_durations(source: &dyn Source, options: &PlotOptions) -> Result<()> {
    let PlotOptions { filter, chart, .. } = options;
    if let Some(path) = options.filepath.as_deref() {
        Format::of_picture(path)?;
        save_with(&DurationsChart::reduce(source, filter, chart)?, path, options)?;
    }
    if options.show {
        tell(&show(source, filter, chart)?);
    }
    Ok(())
}

fn tell(shown: &Shown) {
    // A closed standard error is no reason to take the program down, as eprintln! would.
    let _ = writeln!(std::io::stderr(), "{shown}");
}

/// Opens the interactive page in a browser, from a directory of its own, which only this user can look
/// into, in the system's directory for temporary files.
///
/// # Errors
///
/// As [`plot_gantt`].
pub fn show(source: &dyn Source, filter: &RegionFilter, options: &ChartOptions) -> Result<Shown> {
    let above = std::env::temp_dir();
    let mut builder = tempfile::Builder::new();
    builder.prefix("scope-profiler-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let directory = builder
        .tempdir_in(&above)
        .map_err(|error| Error::io(&above, "cannot write the page", error))?;
    let page = directory.path().join("gantt_plot.html");
    page::write(source, filter, options, &page)?;
    // The browser reads it after this program has ended.
    let _ = directory.keep();
    viewer::open_in_browser(page)
}

/// Writes a chart to a file, whose extension says how: `png` or `svg`.
///
/// ```
/// use scope_profiler::chart::{ChartOptions, DurationsChart};
/// use scope_profiler::profile::{Call, Profile};
/// use scope_profiler::{RegionFilter, plot};
///
/// let profile = Profile::builder().interval(Call::new("solve", 0..5_000)).build();
/// let chart = DurationsChart::reduce(&profile, &RegionFilter::new(), &ChartOptions::new())?;
/// let directory = tempfile::tempdir()?;
/// plot::save(&chart, directory.path().join("durations.svg"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When the chart does not fit on a picture, the extension is unknown, or the file cannot be written.
pub fn save(figure: &dyn Figure, path: impl AsRef<Path>) -> Result<()> {
    save_with(figure, path.as_ref(), &PlotOptions::new())
}

fn save_with(figure: &dyn Figure, path: &Path, options: &PlotOptions) -> Result<()> {
    let fonts = Fonts::of_system(options.font_directories.clone());
    write_picture(path, &encoded(figure, path, &fonts, cores())?)
}

/// The bytes of the file that a picture becomes, which no more than `threads` make.
fn encoded(figure: &dyn Figure, path: &Path, fonts: &Fonts, threads: usize) -> Result<Vec<u8>> {
    match Format::of_picture(path)? {
        Format::Svg => svg::encode(figure).map(String::into_bytes),
        _ => png::encode(figure, fonts, threads),
    }
}

fn write_picture(path: &Path, bytes: &[u8]) -> Result<()> {
    output::write(path, "picture", bytes)
}

/// Threads that can work at once.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
