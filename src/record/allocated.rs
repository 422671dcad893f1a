//! What each thread has allocated, as far as [`ScopeAllocator`](super::ScopeAllocator) has seen it.

use std::cell::Cell;
use std::hint::black_box;

/// A number of allocations, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allocated {
    pub(crate) bytes: u64,
    pub(crate) count: u64,
}

/// What the thread has allocated since it began.
struct Counters {
    bytes: Cell<u64>,
    count: Cell<u64>,
}

thread_local! {
    // Constant and without a destructor: reading it allocates nothing and is possible as long as the thread runs.
    static COUNTERS: Counters = const {
        Counters {
            bytes: Cell::new(0),
            count: Cell::new(0),
        }
    };
}

impl Allocated {
    /// What this thread has allocated since it began.
    #[inline]
    pub(super) fn so_far() -> Self {
        COUNTERS.with(|counters| Self {
            bytes: counters.bytes.get(),
            count: counters.count.get(),
        })
    }

    fn set(self) {
        COUNTERS.with(|counters| {
            counters.bytes.set(self.bytes);
            counters.count.set(self.count);
        });
    }

    /// What was added since then; nothing where that was while the thread was [exempt](Exempt).
    #[inline]
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(before.bytes),
            count: self.count.saturating_sub(before.count),
        }
    }

    #[inline]
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.wrapping_add(other.bytes),
            count: self.count.wrapping_add(other.count),
        }
    }
}

/// Counts one allocation of this thread.
#[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "the allocator calls it"))]
#[inline(always)]
pub(super) fn count(bytes: usize) {
    COUNTERS.with(|counters| {
        counters
            .bytes
            .set(counters.bytes.get().wrapping_add(bytes as u64));
        counters.count.set(counters.count.get().wrapping_add(1));
    });
}

/// While it lives, what the thread allocates is the profiler's and not the program's: it does not count.
#[derive(Debug)]
#[must_use]
pub(crate) struct Exempt(Allocated);

impl Exempt {
    pub(crate) fn begin() -> Self {
        Self(Allocated::so_far())
    }
}

impl Drop for Exempt {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Whether the program's allocator counts.
pub(crate) fn is_counting() -> bool {
    let _exempt = Exempt::begin();
    let before = Allocated::so_far();
    drop(black_box(Box::new(black_box(0u8))));
    Allocated::so_far() != before
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{catch_unwind, resume_unwind};

    #[test]
    fn what_the_profiler_allocates_is_not_counted_even_where_it_panics() {
        count(100);
        let before = Allocated::so_far();
        {
            let _exempt = Exempt::begin();
            count(7);
        }
        catch_unwind(|| {
            let _exempt = Exempt::begin();
            count(7);
            resume_unwind(Box::new(()))
        })
        .unwrap_err();
        assert_eq!(Allocated::so_far(), before);
        count(5);
        assert_eq!(
            Allocated::so_far().since(before),
            Allocated { bytes: 5, count: 1 }
        );
    }
}
