//! Tells ThreadSanitizer what the standard library does about threads.
//!
//! The standard library that comes with the compiler is not instrumented. The fast paths of its locks are
//! inlined into code that is, so that the sanitizer sees them; where a thread has to wait for another, the
//! standard library does it by itself, and everything under the lock would be taken for a race. The linker
//! (`--wrap`, see `build.rs`) puts the functions below in the place of those, for every crate of the
//! program; each calls the real one and says what that has done. The sanitizer's own library leaves out
//! fences, which `Arc` needs before it frees: they are told here too.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;
use std::sync::OnceState;
use std::time::Duration;

/// Something whose address stands for what was handed over there.
type Place = *const ();

unsafe extern "C" {
    /// What other threads have released at this place is known from here on.
    fn __tsan_acquire(place: Place);
    /// Whoever acquires at this place knows what was done up to here.
    fn __tsan_release(place: Place);

    fn __real___tsan_atomic64_fetch_sub(place: Place, value: u64, order: i32) -> u64;
    fn __real___tsan_atomic64_compare_exchange_val(
        place: Place,
        old: u64,
        new: u64,
        order: i32,
        failed: i32,
    ) -> u64;
    fn __real___tsan_atomic_thread_fence(order: i32);
}

#[allow(improper_ctypes, reason = "the real functions have these types")]
unsafe extern "Rust" {
    #[link_name = env!("REAL_MUTEX_LOCK")]
    fn real_mutex_lock(mutex: Place);
    #[link_name = env!("REAL_RWLOCK_READ")]
    fn real_rwlock_read(lock: Place);
    #[link_name = env!("REAL_RWLOCK_WRITE")]
    fn real_rwlock_write(lock: Place);
    #[link_name = env!("REAL_CONDVAR_WAIT")]
    fn real_condvar_wait(condvar: Place, mutex: Place);
    #[link_name = env!("REAL_CONDVAR_WAIT_TIMEOUT")]
    fn real_condvar_wait_timeout(condvar: Place, mutex: Place, timeout: Duration) -> bool;
    #[link_name = env!("REAL_ONCE_CALL")]
    fn real_once_call(once: Place, ignore_poisoning: bool, initialise: &mut dyn FnMut(&OnceState));
}

// SAFETY, of everything below: the arguments are those that the caller meant for the real function, which
// gets them unchanged, and the sanitizer takes any address.

#[unsafe(export_name = env!("WRAP_MUTEX_LOCK"))]
fn mutex_lock(mutex: Place) {
    // SAFETY: see above.
    unsafe {
        real_mutex_lock(mutex);
        __tsan_acquire(mutex);
    }
}

#[unsafe(export_name = env!("WRAP_RWLOCK_READ"))]
fn rwlock_read(lock: Place) {
    // SAFETY: see above.
    unsafe {
        real_rwlock_read(lock);
        __tsan_acquire(lock);
    }
}

#[unsafe(export_name = env!("WRAP_RWLOCK_WRITE"))]
fn rwlock_write(lock: Place) {
    // SAFETY: see above.
    unsafe {
        real_rwlock_write(lock);
        __tsan_acquire(lock);
    }
}

#[unsafe(export_name = env!("WRAP_CONDVAR_WAIT"))]
fn condvar_wait(condvar: Place, mutex: Place) {
    // SAFETY: see above.
    unsafe {
        __tsan_release(mutex);
        real_condvar_wait(condvar, mutex);
        __tsan_acquire(mutex);
    }
}

#[unsafe(export_name = env!("WRAP_CONDVAR_WAIT_TIMEOUT"))]
fn condvar_wait_timeout(condvar: Place, mutex: Place, timeout: Duration) -> bool {
    // SAFETY: see above.
    unsafe {
        __tsan_release(mutex);
        let notified = real_condvar_wait_timeout(condvar, mutex, timeout);
        __tsan_acquire(mutex);
        notified
    }
}

#[unsafe(export_name = env!("WRAP_ONCE_CALL"))]
fn once_call(once: Place, ignore_poisoning: bool, initialise: &mut dyn FnMut(&OnceState)) {
    // SAFETY: see above.
    unsafe {
        // Released before the real function says that it is done, which others read in their fast path.
        let mut initialise = |state: &OnceState| {
            initialise(state);
            __tsan_release(once);
        };
        real_once_call(once, ignore_poisoning, &mut initialise);
        __tsan_acquire(once);
    }
}

thread_local! {
    /// The atomic that this thread has changed, or wanted to change, last.
    static LAST: Cell<Place> = const { Cell::new(ptr::null()) };
}

#[unsafe(no_mangle)]
extern "C" fn __wrap___tsan_atomic64_fetch_sub(place: Place, value: u64, order: i32) -> u64 {
    LAST.set(place);
    // SAFETY: see above.
    unsafe { __real___tsan_atomic64_fetch_sub(place, value, order) }
}

#[unsafe(no_mangle)]
extern "C" fn __wrap___tsan_atomic64_compare_exchange_val(
    place: Place,
    old: u64,
    new: u64,
    order: i32,
    failed: i32,
) -> u64 {
    LAST.set(place);
    // SAFETY: see above.
    unsafe { __real___tsan_atomic64_compare_exchange_val(place, old, new, order, failed) }
}

/// An acquiring fence orders this thread after those whose releases it has read: as `Arc` does it, in the
/// atomic that it has just changed.
#[unsafe(no_mangle)]
extern "C" fn __wrap___tsan_atomic_thread_fence(order: i32) {
    // As in C's memory_order.
    const RELEASE: i32 = 3;
    // SAFETY: see above.
    unsafe {
        __real___tsan_atomic_thread_fence(order);
        let last = LAST.get();
        if order != RELEASE && !last.is_null() {
            __tsan_acquire(last);
        }
    }
}
