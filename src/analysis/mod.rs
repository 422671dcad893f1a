//! What a profile says: which rows, how long, inside what.
//!
//! Everything here works on a [`Source`](crate::profile::Source) and knows neither files nor clocks.

pub mod call_tree;
pub mod comparison;
pub mod counters;
pub mod distributions;
pub mod groups;
pub mod imbalance;
pub mod inclusive;
pub(crate) mod lane;
pub mod lifetimes;
mod linked;
pub(crate) mod merge;
pub mod metrics;
pub(crate) mod nesting;
pub mod notes;
pub mod pass;
pub mod run_times;
pub mod scaling;
pub mod selection;
pub(crate) mod span_set;
pub mod spans;
pub(crate) mod summarize;
#[cfg(test)]
mod tests;
pub(crate) mod threads;
pub mod wall;
pub mod windows;
