//! Atomics and cells through one module, so that the model checker loom can take their place.

#[cfg(scope_profiler_model)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
};

#[cfg(not(scope_profiler_model))]
pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
};

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

/// Lets a thread go on that this one waits for, for the `tries`th time.
#[cfg(not(scope_profiler_model))]
pub(crate) fn let_go_on(tries: u32) {
    // One that runs is done in no time; one that does not needs the processor, and perhaps has to wait for it.
    match tries {
        0..100 => std::hint::spin_loop(),
        100..1_000 => std::thread::yield_now(),
        _ => std::thread::sleep(std::time::Duration::from_millis(1)),
    }
}

#[cfg(scope_profiler_model)]
pub(crate) fn let_go_on(_: u32) {
    loom::thread::yield_now();
}
