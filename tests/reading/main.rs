//! Every kind of file as the reader gives it back, and what is refused.
#![cfg(feature = "hdf5")]

#[path = "../common/again.rs"]
mod again;
mod blocks;
#[path = "../common/calm.rs"]
mod calm;
mod columnar;
mod common;
#[cfg(feature = "plot")]
mod corpus;
mod fields;
mod golden_logs;
#[cfg(feature = "plot")]
mod hostile;
#[path = "../common/interpreter.rs"]
mod interpreter;
mod log_source;
#[cfg(feature = "plot")]
mod made;
mod native_trace;
mod profile_json;
#[path = "../common/python.rs"]
mod python;
#[cfg(feature = "plot")]
mod python_modes;
mod python_readers;
mod reader;
mod summaries;
#[cfg(feature = "plot")]
mod values;
