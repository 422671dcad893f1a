//! What else is measured of a call: its processor time, and what it allocates.

use super::{enter_by_macro, recorded, session, unchecked};
use crate::harness::{Running, Storage, repeat};
use scope_profiler::ScopeAllocator;
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

/// An empty call is too short for a processor time: what it costs is to find that out.
pub fn guard_cpu_time(storage: Storage) -> Running {
    let directory = session(storage, |config| config.cpu_time(true));
    recorded(directory, repeat(enter_by_macro))
}

pub fn guard_allocations(storage: Storage) -> Running {
    let directory = session(storage, |config| config.allocations(true));
    recorded(directory, repeat(enter_by_macro))
}

/// The allocation is part of it.
pub fn guard_around_allocation(storage: Storage) -> Running {
    let directory = session(storage, |config| config.allocations(true));
    let allocate = || {
        let _guard = scope_profiler::profile_region!("bench");
        drop(black_box(Box::new([0u8; 64])));
    };
    recorded(directory, repeat(allocate))
}

pub fn allocation(_: Storage) -> Running {
    unchecked(repeat(|| allocate(&System)))
}

pub fn counted_allocation(_: Storage) -> Running {
    unchecked(repeat(|| allocate(&ScopeAllocator::new())))
}

#[allow(unsafe_code)]
#[inline(always)]
fn allocate(allocator: &impl GlobalAlloc) {
    let layout = black_box(Layout::new::<[u64; 8]>());
    // SAFETY: the layout has a size, and what is freed has just been allocated with it.
    unsafe {
        let memory = allocator.alloc(layout);
        allocator.dealloc(black_box(memory), layout);
    }
}
