//! Locks that no forked child finds held.

use crate::sys::fork;
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

/// A lock whose holder panicked guards data that are whole all the same: every critical section
/// here leaves them so. It is to be held briefly: a fork waits for it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> Guard<'_, T> {
    let inside = fork::enter();
    Guard {
        inner: hold(mutex),
        _inside: inside,
    }
}

/// As [`lock`], where it may be held for long: a fork does not wait for it, so that a child must not ask
/// for it.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// See [`lock`].
#[derive(Debug)]
pub(crate) struct Guard<'a, T> {
    inner: MutexGuard<'a, T>,
    /// Dropped last: a fork finds the lock free.
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
