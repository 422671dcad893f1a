//! `std`'s locks as ThreadSanitizer can follow them.
//!
//! The standard library that comes with the compiler is not instrumented: where two threads contend
//! for a lock the sanitizer misses that one waits for the other, and takes everything under the lock
//! for a race. Here each lock touches an atomic of its own on the way in and on the way out, which says
//! the same in a form that the sanitizer sees. In no other build.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult, WaitTimeoutResult};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
pub(crate) struct Mutex<T> {
    order: AtomicU8,
    inner: std::sync::Mutex<T>,
}

#[derive(Debug)]
pub(crate) struct MutexGuard<'a, T> {
    order: &'a AtomicU8,
    /// None while it is being given back.
    inner: Option<std::sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            order: AtomicU8::new(0),
            inner: std::sync::Mutex::new(value),
        }
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        match self.inner.lock() {
            Ok(guard) => Ok(self.locked(guard)),
            Err(poisoned) => Err(PoisonError::new(self.locked(poisoned.into_inner()))),
        }
    }

    pub(crate) fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match self.inner.try_lock() {
            Ok(guard) => Ok(self.locked(guard)),
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
            Err(TryLockError::Poisoned(poisoned)) => {
                Err(PoisonError::new(self.locked(poisoned.into_inner())).into())
            }
        }
    }

    fn locked<'a>(&'a self, guard: std::sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        MutexGuard::new(&self.order, guard)
    }
}

impl<'a, T> MutexGuard<'a, T> {
    fn new(order: &'a AtomicU8, guard: std::sync::MutexGuard<'a, T>) -> Self {
        order.fetch_add(1, Ordering::AcqRel);
        Self {
            order,
            inner: Some(guard),
        }
    }

    fn give_back(mut self) -> (&'a AtomicU8, std::sync::MutexGuard<'a, T>) {
        self.order.fetch_add(1, Ordering::AcqRel);
        let guard = self.inner.take().expect("a guard is given back once");
        (self.order, guard)
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if self.inner.is_some() {
            self.order.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().expect("a guard in use holds its lock")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("a guard in use holds its lock")
    }
}

#[derive(Debug, Default)]
pub(crate) struct Condvar(std::sync::Condvar);

impl Condvar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (order, guard) = guard.give_back();
        let waited = self.0.wait_timeout(guard, timeout);
        let (guard, result) = waited.unwrap_or_else(PoisonError::into_inner);
        Ok((MutexGuard::new(order, guard), result))
    }

    pub(crate) fn wait_timeout_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        // Not std's own, which would look at the data where the sanitizer cannot see the lock.
        let deadline = Instant::now() + timeout;
        let mut waited = self.wait_timeout(guard, Duration::ZERO)?;
        while condition(&mut waited.0) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            waited = self.wait_timeout(waited.0, left)?;
        }
        Ok(waited)
    }
}
