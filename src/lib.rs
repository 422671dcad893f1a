//! A profiler for scientific and parallel programs.

pub mod analysis;
pub mod chart;
mod clock;
mod comm;
mod config;
#[cfg(doctest)]
mod doc_pages;
mod error;
pub mod export;
mod manager;
mod output;
mod pattern;
#[cfg(feature = "pproc")]
pub mod plot;
pub mod profile;
mod record;
mod store;
mod summary;
mod sys;
pub mod units;

pub use analysis::selection::RegionFilter;
pub use chart::{DurationsOptions, GanttOptions};
pub use clock::ManualClock;
pub use config::{Overflow, ProfilingConfig, RegionNaming};
pub use error::{Error, Result};
pub use manager::{ProfileManager, Profiler, Session};
#[cfg(feature = "pproc")]
pub use plot::{plot_durations, plot_gantt};
pub use profile::{MpiRegion, RankRegion};
#[doc(hidden)]
pub use record::RegionSite;
pub use record::{Region, RegionGuard, ScopeLayer, ScopeSubscriber};
pub use store::merge::{Merged, merge};
pub use store::reader::ProfilingH5Reader;
pub use store::run_directory::find_logs;
pub use summary::{OpenRegion, Summary};
