//! Atomics, cells and locks through one door, so that the model checker loom can take their place.

#[cfg(scope_profiler_model)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

#[cfg(not(scope_profiler_model))]
pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

#[cfg(not(scope_profiler_model))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

/// A lock whose holder panicked guards data that are whole all the same: every critical section
/// here leaves them so.
#[cfg(not(scope_profiler_model))]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// `std`'s cell with loom's interface.
#[cfg(not(scope_profiler_model))]
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(scope_profiler_model))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}
