//! What is recorded is what happened, by every way to a session.
#![cfg(feature = "hdf5")]

#[path = "../common/calm.rs"]
mod calm;
mod common;
mod counters;
mod cpu_time;
mod creation;
mod exactness;
mod guards;
mod late_numbers;
mod lifetimes;
mod naming;
mod numbers;
mod over;
mod serials;
mod spans;
mod threads;
