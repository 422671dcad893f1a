//! As much of the package's `record` as the hand-off needs.

#[path = "../../../src/record/thread/block.rs"]
#[allow(dead_code, reason = "of a block only the hand-off is used here")]
pub(crate) mod block;
#[path = "../../../src/record/sync.rs"]
pub(crate) mod sync;
#[path = "../../../src/record/thread/unentered.rs"]
#[allow(dead_code, reason = "only how it is shared is looked at here")]
mod unentered;
