//! A profiler for scientific and parallel programs.

pub mod analysis;
pub mod chart;
#[cfg(doctest)]
mod doc_pages;
mod error;
mod pattern;
pub mod profile;
mod store;
pub mod units;

pub use analysis::selection::RegionFilter;
pub use error::{Error, Result};
