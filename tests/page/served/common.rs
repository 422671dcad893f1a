//! What these tests share with others.

#[path = "../../common/files.rs"]
mod files;
#[path = "../../common/run.rs"]
mod run;
#[path = "../../common/sample.rs"]
mod sample;
#[path = "../../common/usual_child.rs"]
pub(crate) mod usual_child;

pub(crate) use files::*;
pub(crate) use run::*;
pub(crate) use sample::*;
