//! What is said of a profile: charts as data and as files, the table, the statistics file.

mod charts;
#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "pproc")]
mod json;
#[cfg(feature = "pproc")]
mod pictures;
mod table;
