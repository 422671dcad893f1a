//! What is said of a profile: charts as data and as files, the table, the statistics file.
#![cfg(feature = "hdf5")]

#[cfg(feature = "plot")]
mod blocks;
#[path = "../common/calm.rs"]
mod calm;
mod charts;
#[cfg(feature = "plot")]
mod colored_timelines;
#[cfg(feature = "plot")]
mod coloring;
mod common;
mod comparison;
mod groups;
#[cfg(feature = "plot")]
mod json;
mod metrics;
#[cfg(feature = "plot")]
mod passes;
mod percentiles;
#[cfg(feature = "plot")]
mod pictures;
mod table;
#[cfg(feature = "plot")]
mod timelines;
