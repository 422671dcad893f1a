//! The program, run as its users run it.

#![cfg(feature = "pproc")]

#[path = "../common/mod.rs"]
mod common;
mod checking;
mod merging;
mod output;
mod program;
mod reading;
