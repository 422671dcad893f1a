//! A profiler for scientific and parallel programs.

pub mod analysis;
pub mod chart;
#[cfg(doctest)]
mod doc_pages;
mod error;
pub mod export;
mod pattern;
pub mod profile;
mod store;
pub mod units;

pub use analysis::selection::RegionFilter;
pub use error::{Error, Result};
pub use profile::{MpiRegion, RankRegion};
pub use store::reader::ProfilingH5Reader;
