//! What these tests share with others, and among each other.

#[path = "../common/files.rs"]
mod files;
#[path = "../common/golden.rs"]
mod golden;
#[path = "../common/read.rs"]
mod read;
#[path = "../common/run.rs"]
mod run;

pub(crate) use files::*;
pub(crate) use golden::*;
pub(crate) use run::*;
