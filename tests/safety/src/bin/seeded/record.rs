//! The blocks of the package, whose length is published without any order.

#[path = "../../../../../src/record/thread/block.rs"]
#[allow(dead_code, reason = "of a block only the hand-off is used here")]
pub(crate) mod block;
#[path = "../../../../../src/record/sync.rs"]
#[allow(dead_code, unused_imports, reason = "only the cell is used here")]
mod ordered;
#[path = "relaxed.rs"]
pub(crate) mod sync;
