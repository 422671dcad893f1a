//! Files: the rank log that a run appends to, and the HDF5 file that is made from it.
//!
//! `schema` owns every name in the HDF5 file, for the writer, the merger and the readers alike, and knows
//! the formats that can be read. The layouts themselves are described in `docs/format.md`.

#[cfg(feature = "hdf5")]
mod bars;
#[cfg(feature = "hdf5")]
pub(crate) mod blocks;
mod clock_sync;
pub(crate) mod codec;
#[cfg(feature = "hdf5")]
mod columns;
#[cfg(feature = "hdf5")]
pub(crate) mod counter_columns;
mod counter_names;
#[cfg(feature = "hdf5")]
pub(crate) mod field_columns;
#[cfg(feature = "hdf5")]
pub(crate) mod hdf5;
#[cfg(feature = "hdf5")]
pub(crate) mod merge;
pub(crate) mod metadata;
#[cfg(feature = "hdf5")]
pub(crate) mod open_spans;
#[cfg(feature = "hdf5")]
mod rank_file;
pub(crate) mod rank_log;
pub(crate) mod reader;
pub(crate) mod region_names;
pub(crate) mod run_directory;
pub(crate) mod schema;
#[cfg(feature = "hdf5")]
mod sorted_runs;
pub(crate) mod span_notes;
#[cfg(feature = "hdf5")]
pub(crate) mod span_table;
mod tick_times;

pub(crate) use schema::names;
#[cfg(feature = "hdf5")]
use schema::names::SCHEMA_VERSION;
