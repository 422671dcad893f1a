//! What these tests share with others, and among each other.

#[path = "intervals.rs"]
mod intervals;
#[path = "../common/read.rs"]
mod read;
#[path = "../common/run.rs"]
mod run;
#[path = "subscribers.rs"]
mod subscribers;

pub(crate) use intervals::*;
pub(crate) use run::*;
pub(crate) use subscribers::*;
