//! Atomics that take every order for `Relaxed`.

pub(crate) use super::ordered::UnsafeCell;
pub(crate) use std::sync::atomic::Ordering;

#[derive(Debug)]
pub(crate) struct AtomicUsize(std::sync::atomic::AtomicUsize);

impl AtomicUsize {
    pub(crate) const fn new(value: usize) -> Self {
        Self(std::sync::atomic::AtomicUsize::new(value))
    }

    pub(crate) fn load(&self, _: Ordering) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn store(&self, value: usize, _: Ordering) {
        self.0.store(value, Ordering::Relaxed);
    }
}
