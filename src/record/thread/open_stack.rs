//! A thread's stack of open calls: the thread pushes and pops, anyone may read.
//!
//! Slots are atomics, so another thread reads values that were stored, though perhaps of two different calls:
//! [`OpenView::read`] reads until it has seen the same twice.
#![allow(unsafe_code)]

use crate::record::locks::{Mutex, lock};
use crate::record::names::NameId;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Marks a slot whose region was left before those above it.
const LEFT: u64 = u64::MAX;
/// Marks a slot of a span whose call has numbers, so that it is not left on the fast path.
const NUMBERED: u64 = 1 << 63;
const CAPACITY: usize = 64;

/// What opened a call: a guard, or which layer or subscriber. A number in the upper half, so that with a region's
/// number it makes one word; 0 stands for guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct Origin(u64);

impl Origin {
    pub(in crate::record) const GUARD: Self = Self(0);

    /// An origin for one more layer or subscriber of the process.
    pub(in crate::record) fn unique() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self(u64::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 32)
    }

    /// Region and origin as one word, so that they are compared at once.
    #[inline(always)]
    pub(in crate::record) fn with(self, region: NameId) -> u64 {
        self.0 | u64::from(region.number())
    }
}

/// A span of a layer or subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct SpanKey {
    /// Its id there, or what stands for it.
    pub(in crate::record) key: u64,
    /// Its number among all spans of the process; see [`serial`](crate::record::serial).
    pub(in crate::record) serial: u32,
}

/// An open call.
#[derive(Debug)]
pub(super) struct OpenSlot {
    /// Region and origin; see [`Origin::with`].
    what: AtomicU64,
    /// Which span of the origin it is.
    key: AtomicU64,
    /// The span's serial number. Not kept for a guard.
    serial: AtomicU32,
    start: AtomicU64,
}

impl OpenSlot {
    fn copy_of(other: &Self) -> Self {
        let copy = |n: &AtomicU64| AtomicU64::new(n.load(Ordering::Relaxed));
        Self {
            what: copy(&other.what),
            key: copy(&other.key),
            serial: AtomicU32::new(other.serial()),
            start: copy(&other.start),
        }
    }

    #[inline(always)]
    fn what(&self) -> u64 {
        self.what.load(Ordering::Relaxed)
    }

    fn is_left(&self) -> bool {
        self.what() == LEFT
    }

    #[inline(always)]
    pub(in crate::record) fn key(&self) -> u64 {
        self.key.load(Ordering::Relaxed)
    }

    /// The serial number, where a span opened the call.
    #[inline(always)]
    pub(in crate::record) fn serial(&self) -> u32 {
        self.serial.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(in crate::record) fn start(&self) -> u64 {
        self.start.load(Ordering::Relaxed)
    }

    /// The region, where this origin opened the call.
    #[inline(always)]
    pub(in crate::record) fn region_of_origin(&self, origin: Origin) -> Option<NameId> {
        let region = self.what() ^ origin.0;
        (region >> 32 == 0).then(|| NameId::from_number(region as u32))
    }

    /// The region, where this span opened the call.
    #[inline(always)]
    pub(in crate::record) fn region_of_span(&self, origin: Origin, key: u64) -> Option<NameId> {
        if self.key() == key {
            self.region_of_origin(origin)
        } else {
            None
        }
    }

    /// The same, also where the call is marked.
    pub(in crate::record) fn region_of_origin_marked(&self, origin: Origin) -> Option<NameId> {
        let region = self.what() & !NUMBERED ^ origin.0;
        (region >> 32 == 0).then(|| NameId::from_number(region as u32))
    }

    /// The region, where this span opened the call, also where that is marked.
    pub(in crate::record) fn region_of_span_marked(&self, origin: Origin, key: u64) -> Option<NameId> {
        if self.key() == key {
            self.region_of_origin_marked(origin)
        } else {
            None
        }
    }

    #[inline(always)]
    pub(in crate::record) fn is_of_guard(&self, region: NameId, start: u64) -> bool {
        self.start() == start && self.what() == Origin::GUARD.with(region)
    }
}

impl Default for OpenSlot {
    fn default() -> Self {
        Self {
            what: AtomicU64::new(LEFT),
            key: AtomicU64::new(0),
            serial: AtomicU32::new(0),
            start: AtomicU64::new(0),
        }
    }
}

/// An open call as other threads see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct OpenEntry {
    pub(in crate::record) region: NameId,
    /// The span's serial number; 0 where a guard opened the call.
    pub(in crate::record) serial: u32,
    pub(in crate::record) start: u64,
}

impl OpenEntry {
    /// None where the call has been left. The three values may be of two calls.
    fn read(slot: &OpenSlot) -> Option<Self> {
        let what = slot.what.load(Ordering::Acquire);
        let of_guard = what >> 32 == 0;
        let serial = slot.serial.load(Ordering::Acquire);
        (what != LEFT).then(|| Self {
            region: NameId::from_number(what as u32),
            serial: if of_guard { 0 } else { serial },
            start: slot.start.load(Ordering::Acquire),
        })
    }
}

/// What other threads see of the stack.
#[derive(Debug)]
pub(in crate::record) struct OpenView {
    slots: Mutex<Arc<[OpenSlot]>>,
    depth: AtomicUsize,
}

impl OpenView {
    /// Every open call, outermost first. For a running thread this is the state at some
    /// moment during this function.
    pub(in crate::record) fn read(&self) -> Vec<OpenEntry> {
        const TRIES: usize = 100;
        let slots = lock(&self.slots);
        let read = || {
            let depth = self.depth.load(Ordering::Acquire).min(slots.len());
            slots[..depth].iter().map(OpenEntry::read).collect::<Vec<_>>()
        };
        // A slot that is reused between two loads would pair one call's region with another's start: what is
        // seen twice in a row was there.
        let mut seen = read();
        for _ in 0..TRIES {
            let again = read();
            if again == seen {
                break;
            }
            seen = again;
        }
        seen.into_iter().flatten().collect()
    }
}

impl OpenView {
    /// The same in a signal handler: waits for no lock and allocates nothing.
    /// Shows nothing where the signal has interrupted the thread while it replaced the stack.
    pub(in crate::record) fn peek(&self, mut f: impl FnMut(OpenEntry)) {
        const TRIES: usize = 100;
        let Some(slots) = (0..TRIES).find_map(|_| self.slots.try_lock().ok()) else {
            return;
        };
        let depth = self.depth.load(Ordering::Acquire).min(slots.len());
        for slot in &slots[..depth] {
            let seen = OpenEntry::read(slot);
            if let Some(entry) = seen.filter(|_| OpenEntry::read(slot) == seen) {
                f(entry);
            }
        }
    }
}

/// The thread's own side of its stack.
pub(super) struct OpenStack {
    /// The memory is `memory`'s.
    slots: Cell<*const [OpenSlot]>,
    depth: Cell<usize>,
    /// Slots below the innermost that have been left.
    gaps: Cell<usize>,
    /// Whether open calls have another index than when they were pushed.
    moved: Cell<bool>,
    shared: Arc<OpenView>,
    memory: RefCell<Arc<[OpenSlot]>>,
}

impl OpenStack {
    pub(in crate::record) fn new() -> Self {
        let memory: Arc<[OpenSlot]> = (0..CAPACITY).map(|_| OpenSlot::default()).collect();
        let shared = OpenView {
            slots: Mutex::new(Arc::clone(&memory)),
            depth: AtomicUsize::new(0),
        };
        Self {
            slots: Cell::new(&raw const *memory),
            depth: Cell::new(0),
            gaps: Cell::new(0),
            moved: Cell::new(false),
            shared: Arc::new(shared),
            memory: RefCell::new(memory),
        }
    }

    pub(in crate::record) fn shared(&self) -> Arc<OpenView> {
        Arc::clone(&self.shared)
    }

    #[inline(always)]
    fn slots(&self) -> &[OpenSlot] {
        // SAFETY: `memory` keeps the slots; only `grow` replaces it, and nobody calls that while the result of
        // this function is in use.
        unsafe { &*self.slots.get() }
    }

    /// Pushes a call and reads the clock; gives its index and start. None when there is no room.
    #[inline(always)]
    pub(in crate::record) fn push(
        &self,
        what: u64,
        span: Option<SpanKey>,
        clock: impl FnOnce() -> u64,
    ) -> Option<(usize, u64)> {
        let depth = self.depth.get();
        let slot = self.slots().get(depth)?;
        slot.what.store(what, Ordering::Relaxed);
        if let Some(span) = span {
            slot.key.store(span.key, Ordering::Relaxed);
            slot.serial.store(span.serial, Ordering::Relaxed);
        }
        self.depth.set(depth + 1);
        let start = clock();
        slot.start.store(start, Ordering::Relaxed);
        self.shared.depth.store(depth + 1, Ordering::Release);
        Some((depth, start))
    }

    /// The innermost call and its index. A slot that was left is never on top.
    #[inline(always)]
    pub(in crate::record) fn top(&self) -> Option<(usize, &OpenSlot)> {
        let top = self.depth.get().wrapping_sub(1);
        Some((top, self.slots().get(top)?))
    }

    /// The call at an index, where there is one.
    pub(in crate::record) fn get(&self, index: usize) -> Option<&OpenSlot> {
        self.slots()[..self.depth.get()].get(index)
    }

    /// How many slots are in use.
    pub(in crate::record) fn depth(&self) -> usize {
        self.depth.get()
    }

    /// The innermost call as others see it.
    pub(in crate::record) fn innermost(&self) -> Option<OpenEntry> {
        Some(self.find(OpenEntry::read)?.1)
    }

    /// Whether calls cannot be told by their index: there are gaps, or calls have moved.
    pub(in crate::record) fn is_irregular(&self) -> bool {
        self.gaps.get() > 0 || self.moved.get()
    }

    /// Whether the innermost call is at this index. If so, it is the one that was pushed there: in a regular stack an
    /// open call keeps its index.
    #[inline(always)]
    pub(in crate::record) fn is_top(&self, index: usize) -> bool {
        self.depth.get().wrapping_sub(1) == index
    }

    /// Takes the innermost call off, where there are no gaps.
    #[inline(always)]
    pub(in crate::record) fn pop(&self, top: usize) {
        self.depth.set(top);
        self.shared.depth.store(top, Ordering::Release);
    }

    /// The innermost call for which `fits` gives a value, with its index.
    pub(in crate::record) fn find<R>(&self, fits: impl Fn(&OpenSlot) -> Option<R>) -> Option<(usize, R)> {
        let open = self.slots()[..self.depth.get()].iter().enumerate();
        open.rev()
            .filter(|(_, slot)| !slot.is_left())
            .find_map(|(index, slot)| Some((index, fits(slot)?)))
    }

    /// Takes the call at `index` off, wherever it is.
    pub(in crate::record) fn remove(&self, index: usize) {
        let open = self.slots();
        if index + 1 < self.depth.get() {
            open[index].what.store(LEFT, Ordering::Release);
            self.gaps.set(self.gaps.get() + 1);
            return;
        }
        let mut depth = index;
        while depth > 0 && open[depth - 1].is_left() {
            depth -= 1;
        }
        self.gaps.set(self.gaps.get() - (index - depth));
        if depth == 0 {
            self.moved.set(false);
        }
        self.pop(depth);
    }

    /// Marks the call at `index`, which has numbers that wait, where a span has opened it: a guard knows.
    pub(in crate::record) fn mark_numbered(&self, index: usize) {
        let slot = &self.slots()[index].what;
        let what = slot.load(Ordering::Relaxed);
        if what >> 32 != 0 {
            slot.store(what | NUMBERED, Ordering::Relaxed);
        }
    }

    /// Where the call at `index` is once the gaps have been closed.
    pub(in crate::record) fn place_without_gaps(&self, index: usize) -> usize {
        let before = &self.slots()[..index];
        before.iter().filter(|slot| !slot.is_left()).count()
    }

    /// How many slots there are.
    pub(in crate::record) fn capacity(&self) -> usize {
        self.slots().len()
    }

    /// Closes the gaps, and doubles the stack where it is still full. Gives the former indices of the open calls.
    pub(in crate::record) fn grow(&self) -> Vec<usize> {
        let old = Arc::clone(&self.memory.borrow());
        let kept: Vec<usize> = (0..self.depth.get())
            .filter(|&index| !old[index].is_left())
            .collect();
        let capacity = (2 * kept.len()).max(CAPACITY);
        let new: Arc<[OpenSlot]> = kept
            .iter()
            .map(|&index| OpenSlot::copy_of(&old[index]))
            .chain(std::iter::repeat_with(OpenSlot::default))
            .take(capacity)
            .collect();
        {
            // Others see the stack and its depth change together.
            let mut slots = lock(&self.shared.slots);
            *slots = Arc::clone(&new);
            self.shared.depth.store(kept.len(), Ordering::Release);
        }
        self.depth.set(kept.len());
        if self.gaps.replace(0) > 0 {
            self.moved.set(true);
        }
        self.slots.set(&raw const *new);
        drop(self.memory.replace(new));
        kept
    }
}
