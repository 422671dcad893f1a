//! What several tests share.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test binary uses its share"
)]

mod calm;
mod files;
mod generated;
mod run;
mod subscribers;

pub use files::*;
pub use generated::*;
pub use run::*;
pub use subscribers::*;
