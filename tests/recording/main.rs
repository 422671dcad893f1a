//! What is recorded is what happened, through every door.

#[path = "../common/mod.rs"]
mod common;
mod exactness;
mod guards;
mod naming;
mod serials;
mod spans;
mod threads;
