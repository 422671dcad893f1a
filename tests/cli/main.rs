//! The program, run as its users run it.

#![cfg(feature = "cli")]

mod checking;
#[path = "../common/mod.rs"]
mod common;
mod merging;
mod output;
mod program;
mod reading;
