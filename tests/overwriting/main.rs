//! Nobody's data is overwritten: processes that share a path, launchers of every kind, names of files,
//! and what is no file.
//!
//! Each test runs this program again, as often as it needs processes, with an environment that has
//! nothing but what the test sets.
#![cfg(all(unix, feature = "hdf5"))]

#[path = "../common/again.rs"]
mod again;
#[path = "../common/calm.rs"]
mod calm;
mod launchers;
mod names;
mod places;
mod processes;
mod program;
