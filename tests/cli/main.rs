//! The program, run as its users run it.

#![cfg(feature = "pproc")]

mod checking;
#[path = "../common/mod.rs"]
mod common;
mod merging;
mod output;
mod program;
mod reading;
