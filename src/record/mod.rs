//! Recording: what happens while the program runs.
//!
//! What one call of a region costs on the fast path, in order:
//!
//! 1. *enter*: find this thread's buffer of the session: one thread-local read, one comparison;
//! 2. look up whether the region is recorded: one load, of a word of the call site or by the region's number;
//! 3. push the region onto the stack of open calls: two stores into memory that only this thread writes, and for a
//!    span two more, its id and its serial number;
//! 4. read the clock, and publish the call: two more stores, its start and the stack's new depth;
//! 5. *exit*: find the buffer again, read the clock;
//! 6. store the interval, 24 bytes in four stores, in the thread's block, and publish the block's new length: one more;
//! 7. pop the call: two stores.
//!
//! It takes no lock, allocates nothing, looks up no name, makes no system call, and touches no cache
//! line that another thread writes. Once per block (4096 intervals) the full block is queued for the
//! writer and an empty one is taken, under two short locks. Names become numbers once per call site.

pub(crate) mod allocated;
#[cfg(feature = "alloc")]
mod allocator;
mod callsite;
pub(crate) mod cost;
mod crash;
mod drained;
pub(crate) mod global;
mod handles;
pub(crate) mod layer;
mod layer_status;
mod locks;
mod named_spans;
pub(crate) mod names;
mod naming;
mod number_fields;
mod over;
mod pending;
pub(crate) mod placing;
mod pool;
mod recording;
mod region;
mod registry;
pub(crate) mod samples;
mod saving;
mod serial;
mod shared_span;
mod site;
mod span_id;
mod span_places;
pub(crate) mod subscriber;
mod sync;
mod target;
mod thread;
mod wanted;
pub(crate) mod writer;

#[cfg(feature = "alloc")]
pub use allocator::ScopeAllocator;
pub use layer::ScopeLayer;
pub(crate) use layer_status::LayerStatus;
pub(crate) use locks::{Mutex, hold, lock};
pub use over::ScopeOver;
pub(crate) use recording::Recording;
pub use region::{Region, RegionGuard};
pub use samples::CounterSite;
pub use site::RegionSite;
pub use subscriber::ScopeSubscriber;
pub(crate) use thread::shared_view::OpenCall;
