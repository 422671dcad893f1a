//! Profiles in the formats of other tools, written by the program and opened by what they are for.

#![cfg(feature = "cli")]

#[path = "../common/blocks.rs"]
mod blocks;
#[allow(dead_code, reason = "the page's tests use the rest")]
#[path = "../page/browser.rs"]
mod browser;
#[path = "../common/calm.rs"]
mod calm;
mod chart_numbers;
mod chrome;
mod circle;
mod common;
mod consumers;
mod counters;
mod csv;
mod fields;
mod firefox;
mod folded;
mod hdf5_profile;
#[path = "../common/interpreter.rs"]
mod interpreter;
mod perfetto;
mod program;
mod python;
mod python_hdf5;
mod python_pages;
#[path = "../common/python.rs"]
mod python_sums;
mod running;
mod speedscope;
mod sums;
mod tables;
mod values_over_time;
