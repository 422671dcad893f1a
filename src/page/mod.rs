//! The interactive page: a run in one HTML file.
//!
//! [`GrowingPage`] makes it of a profile, [`html`] puts the file together from a
//! [`GanttChart`](crate::chart::GanttChart) and its [`PageData`], and [`viewer`] opens it in a browser. The page needs
//! no network and no server; `serve` has one that shows more of it.
//!
//! ```
//! use scope_profiler::chart::{ChartOptions, GanttChart};
//! use scope_profiler::page::{PageData, html};
//! use scope_profiler::{RegionFilter, profile::{Call, Profile}};
//!
//! let profile = Profile::builder().interval(Call::new("solve", 0..5_000)).build();
//! let everything = RegionFilter::new();
//! let chart = GanttChart::reduce(&profile, &everything, &ChartOptions::new())?;
//! let page = html::render(&chart, &PageData::of(&profile, &everything)?);
//! assert!(page.starts_with("<!doctype html>"));
//! # Ok::<(), scope_profiler::Error>(())
//! ```

mod bars;
mod data;
#[cfg(feature = "serve")]
mod filling;
mod follows;
mod growing;
pub mod html;
mod json;
mod packing;
mod script;
mod shell;
#[cfg(feature = "serve")]
mod stored;
#[cfg(feature = "serve")]
mod stored_values;
mod tasks;
pub(crate) mod together;
mod values;
pub mod viewer;
mod views;
#[cfg(feature = "serve")]
mod windows;

pub use data::{PageData, PageNote, RegionStats, ThreadName};
#[cfg(feature = "serve")]
pub(crate) use filling::Filling;
pub use growing::GrowingPage;
#[cfg(feature = "serve")]
pub(crate) use growing::render;
pub(crate) use growing::write;
#[cfg(feature = "serve")]
pub(crate) use json::Served;
pub use together::RunsTogether;
#[cfg(feature = "serve")]
pub(crate) use values::field_to_color_by;
#[cfg(feature = "serve")]
pub(crate) use windows::{Among, At, From, PageWindows};
