//! The allocator that counts.
#![allow(unsafe_code)]

use super::allocated;
use std::alloc::{GlobalAlloc, Layout, System};

/// A program's allocator that counts for each thread what it allocates, so that a session with
/// [`allocations(true)`](crate::ProfilingConfig::allocations) can say it of each interval.
///
/// It leaves all work to another allocator: the system's, or the one that it is put [`over`](Self::over).
///
/// ```
/// use scope_profiler::ScopeAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: ScopeAllocator = ScopeAllocator::new();
/// # fn main() {}
/// ```
///
/// An allocation counts with the bytes that were asked for. One that grows (`realloc` to a larger size, as a full `Vec`
/// does) counts once more, with the bytes that are added. What shrinks, what is freed, and what fails changes nothing.
/// Counting takes two additions in memory of the thread: no lock, no atomic, and never an allocation.
///
/// Counts are of the thread that allocates, from its beginning to its end, also in destructors of its thread-locals.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScopeAllocator<A = System> {
    inner: A,
}

impl ScopeAllocator {
    /// Counts what the system's allocator allocates.
    #[must_use]
    pub const fn new() -> Self {
        Self { inner: System }
    }
}

impl<A> ScopeAllocator<A> {
    /// Counts what `inner` allocates: jemalloc or mimalloc, for example.
    ///
    /// ```
    /// use scope_profiler::ScopeAllocator;
    /// use std::alloc::System;
    ///
    /// // In the place of `System`: `tikv_jemallocator::Jemalloc`, `mimalloc::MiMalloc`.
    /// #[global_allocator]
    /// static ALLOCATOR: ScopeAllocator<System> = ScopeAllocator::over(System);
    /// # fn main() {}
    /// ```
    #[must_use]
    pub const fn over(inner: A) -> Self {
        Self { inner }
    }
}

#[inline(always)]
fn count(memory: *mut u8, bytes: usize) -> *mut u8 {
    if !memory.is_null() {
        allocated::count(bytes);
    }
    memory
}

// SAFETY: every call goes to an allocator that keeps the contract, with the same arguments, and its answer is handed
// on. Counting unwinds nowhere and allocates nothing: the counters are cells of the thread without a destructor.
unsafe impl<A: GlobalAlloc> GlobalAlloc for ScopeAllocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's contract, which is that of `inner`.
        count(unsafe { self.inner.alloc(layout) }, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        count(unsafe { self.inner.alloc_zeroed(layout) }, layout.size())
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { self.inner.dealloc(memory, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        let moved = unsafe { self.inner.realloc(memory, layout, new_size) };
        match new_size.checked_sub(layout.size()) {
            Some(added) if added > 0 => count(moved, added),
            _ => moved,
        }
    }
}
