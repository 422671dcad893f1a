//! The program, run as its users run it.

#![cfg(feature = "cli")]

#[path = "../common/again.rs"]
mod again;
mod checking;
#[path = "../common/mod.rs"]
mod common;
mod merging;
mod output;
mod program;
mod reading;
