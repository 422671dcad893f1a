//! As much of the package's `record` as the hand-off and the numbers that wait need.

#[path = "../../../src/record/thread/block.rs"]
#[allow(dead_code, reason = "of a block only the hand-off is used here")]
pub(crate) mod block;
#[path = "../../../src/record/thread/unentered.rs"]
#[allow(dead_code, reason = "only how it is shared is looked at here")]
mod unentered;
#[path = "../../../src/record/sync.rs"]
pub(crate) mod sync;
#[path = "../../../src/record/serial.rs"]
#[allow(dead_code, reason = "only what its numbers are like is asked here")]
mod serial;
#[path = "../../../src/record/waiting/mod.rs"]
#[allow(dead_code, reason = "its model is in the file")]
mod waiting;

/// The package's locks, without its care for forks, so that the model checker sees who waits.
pub(crate) mod locks {
    #[cfg(scope_profiler_model)]
    pub(crate) use loom::sync::{Mutex, MutexGuard};
    #[cfg(not(scope_profiler_model))]
    pub(crate) use std::sync::{Mutex, MutexGuard};

    pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
