//! What several tests share.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test binary uses its share"
)]

mod calm;
mod doors;
mod files;
mod generated;
mod run;

pub use doors::*;
pub use files::*;
pub use generated::*;
pub use run::*;
