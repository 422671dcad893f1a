//! The program, run as its users run it.

#![cfg(feature = "cli")]

#[path = "../common/again.rs"]
mod again;
#[path = "../common/calm.rs"]
mod calm;
mod checking;
mod common;
mod comparing;
mod memory;
mod merging;
mod output;
mod program;
mod reading;
