//! As much of the package's `profile` as notes need.

#[path = "../../../src/profile/numbers.rs"]
#[allow(dead_code, reason = "only single numbers are used here")]
mod numbers;

pub(crate) use numbers::Number;
