//! The sources of the block hand-off by themselves.
#![cfg(test)]

#[path = "../../../src/event.rs"]
#[allow(dead_code, reason = "no log is read here")]
mod event;
mod hand_off;
#[path = "../../../src/note.rs"]
#[allow(dead_code, reason = "only notes of created spans are made here")]
mod note;
mod profile;
mod record;
