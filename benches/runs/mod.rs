//! Processes that are measured as a whole, and runs that they work on.
#![allow(dead_code, unreachable_pub, reason = "each bench uses its share")]

pub mod made;
pub mod process;
