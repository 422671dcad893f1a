//! Processes that are measured as a whole, and runs that they work on.
#![allow(dead_code, unreachable_pub, reason = "each bench uses its share")]

pub mod made;
pub mod process;

/// What the program was called with, but for what cargo adds.
pub fn arguments() -> Vec<String> {
    std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect()
}
