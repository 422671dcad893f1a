//! The interactive page: a run in one HTML file.
//!
//! [`html`] puts the file together from a [`GanttChart`](crate::chart::GanttChart) and its
//! [`PageData`], and [`viewer`] opens it in a browser. The page needs no network and no server.
//!
//! ```
//! use scope_profiler::chart::{GanttChart, GanttOptions};
//! use scope_profiler::page::{PageData, html};
//! use scope_profiler::{RegionFilter, profile::{Call, Profile}};
//!
//! let profile = Profile::builder().interval(Call::new("solve", 0..5_000)).build();
//! let everything = RegionFilter::new();
//! let chart = GanttChart::reduce(&profile, &everything, &GanttOptions::new())?;
//! let page = html::render(&chart, &PageData::of(&profile, &everything)?);
//! assert!(page.starts_with("<!doctype html>"));
//! # Ok::<(), scope_profiler::Error>(())
//! ```

mod bars;
mod data;
pub mod html;
mod json;
pub mod viewer;

pub use data::{PageData, PageNote, RegionStats, ThreadName};

use crate::chart::{GanttChart, GanttOptions};
use crate::error::Result;
use crate::profile::Source;
use std::path::Path;

/// Bars that a page holds at the most, about: it stays quick to open and to move in.
const MOST_BARS: u32 = 400_000;

/// Writes the page of a profile.
pub(crate) fn write(source: &dyn Source, options: &GanttOptions, path: &Path) -> Result<()> {
    let lanes = u32::try_from(options.filter.rows(source)?.len())
        .unwrap_or(u32::MAX)
        .max(1);
    let options = options
        .clone()
        .columns((MOST_BARS / lanes).clamp(512, 1 << 15))
        .max_lanes(usize::MAX);
    let chart = GanttChart::reduce(source, &options.filter, &options)?;
    html::write(&chart, &PageData::of(source, &options.filter)?, path)
}
