//! What a profile says: which rows, how long, inside what.
//!
//! Everything here works on a [`Source`](crate::profile::Source) and knows neither files nor clocks.

pub mod selection;
