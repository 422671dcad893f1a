//! Post-processing of profiles.
fn main() {}
