//! What is recorded is what happened, through every door.
#![cfg(feature = "hdf5")]

#[path = "../common/mod.rs"]
mod common;
mod exactness;
mod guards;
mod naming;
mod serials;
mod spans;
mod threads;
