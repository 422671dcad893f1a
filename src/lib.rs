//! A profiler for scientific and parallel programs.

pub mod analysis;
pub mod chart;
mod error;
mod pattern;
#[cfg(feature = "pproc")]
pub mod plot;
pub mod profile;
mod store;
pub mod units;

pub use analysis::selection::RegionFilter;
pub use error::{Error, Result};
