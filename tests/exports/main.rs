//! Profiles in the formats of other tools, written by the program and opened by what they are for.

#![cfg(feature = "cli")]

#[path = "../common/mod.rs"]
mod common;
mod csv;
#[path = "../common/interpreter.rs"]
mod interpreter;
mod program;
mod python;
mod running;
