//! Recording: what happens while the program runs.
//!
//! What one call of a region costs on the fast path, in order:
//!
//! 1. *enter*: find this thread's lane of the session: one thread-local read, one comparison;
//! 2. look up, by the region's number, whether it is recorded: one load;
//! 3. put the region on the lane's open stack: four stores, five for a span, into memory that only this
//!    thread writes;
//! 4. read the clock;
//! 5. *exit*: find the lane again, read the clock;
//! 6. write the interval, 24 bytes, into the lane's block and publish its new length;
//! 7. take the region off the open stack: two stores.
//!
//! It takes no lock, allocates nothing, looks up no name, makes no system call, and touches no cache
//! line that another thread writes. Once per block (4096 intervals) the full block is queued for the
//! writer and an empty one is taken, under two short locks. Names become numbers once per call site.

pub(crate) mod block;
pub(crate) mod cost;
mod counters;
mod crash;
pub(crate) mod global;
mod held;
mod lane;
mod lane_list;
mod lanes;
pub(crate) mod layer;
mod locks;
pub(crate) mod names;
mod naming;
mod open_stack;
mod pool;
mod recording;
mod region;
mod registry;
mod saving;
mod sites;
mod spans;
pub(crate) mod subscriber;
mod sync;
mod tally;
mod target;
mod throttle;
mod view;
mod witness;
pub(crate) mod writer;

pub(crate) use block::EVENT_BYTES;
pub use layer::ScopeLayer;
pub(crate) use locks::{Mutex, hold, lock};
pub(crate) use recording::{Mode, Recording};
pub use region::{Region, RegionGuard, RegionSite};
pub use subscriber::ScopeSubscriber;
pub(crate) use view::OpenCall;
pub(crate) use witness::Witness;

/// The events in a block: it stays in the second-level cache, and a thread that records little
/// does not tie up much.
pub(crate) const BLOCK_EVENTS: usize = 4096;
