//! What a thread records into, and what others see of it.
//!
//! Each thread has a [`ThreadBuffer`](buffer::ThreadBuffer) per session, which it alone touches. Others look at the
//! [`SharedView`](shared_view::SharedView): blocks up to their published length, the open calls, and counters.
//! Locks are taken when a block is full and when a stack grows, nowhere else.

pub(super) mod block;
pub(super) mod buffer;
pub(super) mod counters;
mod cpu_time;
pub(super) mod creation;
pub(super) mod current;
pub(super) mod entered;
mod habit;
mod keepers;
pub(super) mod list;
mod measures;
mod numbered;
mod numbers;
pub(super) mod open_stack;
pub(super) mod region_table;
mod sampled;
pub(super) mod shared_view;
mod slow_path;
pub(super) mod span_cache;
mod throttle;
pub(super) mod unentered;
