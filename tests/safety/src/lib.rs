//! The sources of the block hand-off by themselves.
#![cfg(test)]

#[path = "../../../src/event.rs"]
mod event;
mod hand_off;
mod record;
