//! The sources of the block hand-off by themselves.
#![cfg(test)]

#[path = "../../../src/event.rs"]
mod event;
mod hand_off;
#[path = "../../../src/note.rs"]
#[allow(dead_code, reason = "only notes of created spans are made here")]
mod note;
mod record;
