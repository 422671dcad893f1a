//! The sources of the block hand-off by themselves.
#![cfg(test)]

mod hand_off;
mod record;
