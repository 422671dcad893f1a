//! Shows where a parallel program spends its time: on which rank, on which thread, and when.
//!
//! A *region* is a name. Each time it is entered and left, one interval is recorded. Regions come
//! from `tracing` spans and from guards; the same name is the same region.
//!
//! ```
//! use scope_profiler::{ProfileManager, ProfilingConfig, ProfilingH5Reader, profile_region};
//!
//! # let directory = tempfile::tempdir()?;
//! # let file = directory.path().join("run.h5");
//! let session = ProfileManager::session(ProfilingConfig::new().file_path(&file).verbose(false))?;
//! for _ in 0..10 {
//!     let _step = profile_region!("step");
//!     ProfileManager::profile("solve", || (1..1000).sum::<u64>());
//! }
//! let summary = session.finalize()?; // writes the file
//! println!("{summary}"); // the regions as a tree, with calls and times
//!
//! let reader = ProfilingH5Reader::open(&file)?;
//! let step = reader.get_region("step")?;
//! assert_eq!(step[0].num_calls(), 10);
//! assert!(step[0].total_duration_ns() >= reader.get_region("solve")?[0].total_duration_ns());
//!
//! # #[cfg(feature = "plot")]
//! scope_profiler::plot_gantt(
//!     &reader,
//!     &scope_profiler::PlotOptions::new().filepath(directory.path().join("gantt.png")),
//! )?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # From a call to a chart
//!
//! ```text
//! guard or span  ->  log of the rank  ->  profiling_data.h5  ->  table, charts, page
//! while the program runs       |  finalize, merge       |  afterwards
//! ```
//!
//! - **Recording**: [`ProfilingConfig`] holds the settings. [`ProfileManager`] is the session of
//!   the whole program, [`Profiler`] one of its own, without globals. [`profile_region!`] and
//!   [`ProfileManager::profile`] mark regions; [`ScopeLayer`] records `tracing` spans beside other
//!   layers, [`ScopeSubscriber`] on its own and with less overhead. `finalize` gives a [`Summary`].
//! - **The file**: [`merge`] makes one from the logs of a killed program or of several ranks.
//! - **Reading**: [`ProfilingH5Reader`] gives regions ([`MpiRegion`]) with the calls of each rank
//!   ([`RankRegion`]); [`RegionFilter`] chooses regions and ranks.
//!   [`check`] says whether a file is complete and consistent. [`LogSource`]
//!   follows the log of a program that still runs.
//! - **Analysis and charts**: [`analysis`] nests calls, [`export`] prints and writes statistics
//!   and [exports](export::Export) to other tools,
//!   [`chart`] reduces any number of intervals to what fits on a picture. With the feature `plot`,
//!   `plot` draws it, to a file or on a drawing area of the crate `plotters`: `plot_gantt` and `plot_durations` do all
//!   of this in one call. All of these take any
//!   [`profile::Source`]: a file, or a [`profile::Profile`] in memory.
//!
//! All times are nanoseconds. Errors are one type, [`Error`], whose text says which file or value,
//! what was wrong with it and what to do.
//!
//! # Features
//!
//! | feature | | what for |
//! |---|---|---|
//! | `alloc` | | `ScopeAllocator`: what each region allocates |
//! | `hdf5` | default | the file: merging logs into it, and reading HDF5; see below |
//! | `cli` | default | the program `scope-profiler-pproc`; includes `export`, `hdf5` and `serve` |
//! | `plot` | with `cli` | everything that draws, from Rust: `plot`, `page`; and `export::json` |
//! | `serve` | with `cli` | the page from a server on this machine: `serve`; includes `plot` |
//! | `export` | with `cli` | the exports that need a crate of their own |
//! | `mpi` | | ranks from MPI itself; needs an MPI installation and libclang at build time |
//! | `static` | | builds HDF5 and zlib from source; needs CMake 3.26 or newer |
//!
//! Without `hdf5` nothing links libhdf5. A program then records as always and ends with a complete log for each
//! rank; the summary is printed and names the command that makes the file of the logs. `merge::merge` and
//! `merge::merge_with` are not there, and opening an HDF5 file is an [error](Error::is_unsupported). Logs and
//! profiles in other formats are read.

pub mod analysis;
#[cfg(test)]
#[path = "../tests/common/calm.rs"]
mod calm;
pub mod chart;
pub mod check;
mod clock;
mod comm;
mod config;
#[cfg(all(doctest, feature = "hdf5"))]
mod doc_pages;
mod error;
mod event;
pub mod export;
mod manager;
pub mod merge;
mod note;
mod output;
#[cfg(feature = "plot")]
pub mod page;
mod pattern;
mod places;
#[cfg(feature = "plot")]
pub mod plot;
pub mod profile;
mod profiler;
mod ranges;
mod record;
pub mod render;
#[cfg(feature = "serve")]
pub mod serve;
mod shell;
mod span_numbers;
mod store;
mod summary;
mod sys;
mod text;
mod tournament;
pub mod units;
mod workers;

pub use analysis::selection::RegionFilter;
pub use clock::ManualClock;
pub use config::{Overflow, ProfilingConfig, RegionNaming};
pub use error::{Error, Result};
pub use manager::{ProfileManager, Session};
#[cfg(feature = "plot")]
pub use plot::{PlotOptions, plot_durations, plot_gantt};
pub use profile::{MpiRegion, RankRegion};
pub use profiler::Profiler;
#[cfg(feature = "alloc")]
pub use record::ScopeAllocator;
#[doc(hidden)]
pub use record::{CounterSite, RegionSite};
pub use record::{Region, RegionGuard, ScopeLayer, ScopeOver, ScopeSubscriber};
pub use store::reader::ProfilingH5Reader;
pub use store::schema::LogSource;
pub use summary::{OpenRegion, Summary};
