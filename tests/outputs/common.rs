//! What these tests share with others, and among each other.

#[path = "../common/files.rs"]
mod files;
#[path = "generated.rs"]
mod generated;
#[cfg(feature = "plot")]
#[path = "../common/golden.rs"]
mod golden;
#[cfg(feature = "plot")]
#[path = "../common/read.rs"]
mod read;
#[cfg(feature = "plot")]
#[path = "../common/run.rs"]
mod run;

pub(crate) use files::*;
pub(crate) use generated::*;
#[cfg(feature = "plot")]
pub(crate) use golden::*;
#[cfg(feature = "plot")]
pub(crate) use run::*;
