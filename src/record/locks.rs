//! Locks that are never held in a forked child.

use crate::sys::fork;
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

/// Locks a mutex, also one whose holder panicked: no critical section here leaves its data inconsistent. To be
/// held briefly, as a fork waits for it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> Guard<'_, T> {
    let inside = fork::enter();
    Guard {
        inner: hold(mutex),
        _inside: inside,
    }
}

/// As [`lock`], for locks that may be held for long: a fork does not wait for them, so a child must not take them.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// See [`lock`].
#[derive(Debug)]
pub(crate) struct Guard<'a, T> {
    inner: MutexGuard<'a, T>,
    /// Dropped last, so that a fork finds the lock free.
    _inside: fork::Inside,
}

impl<T> std::ops::Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> std::ops::DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}
