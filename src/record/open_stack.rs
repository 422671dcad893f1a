//! A thread's stack of open regions: the thread pushes and pops, anyone may look.
//!
//! Entries are atomics, so that a look from outside sees values that were stored, though perhaps of
//! two calls; [`OpenShown::look`] looks until it has seen the same twice.
#![allow(unsafe_code)]

use super::locks::{Mutex, lock};
use super::names::NameId;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// The mark of an entry whose region was left before those above it.
const LEFT: u64 = u64::MAX;
const CAPACITY: usize = 64;

/// Which of a process's doors a span came through, in the upper half, so that with a region's number
/// it makes one word. 0 is the guard's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Door(u64);

impl Door {
    pub(super) const GUARD: Self = Self(0);

    pub(super) const fn new(number: u32) -> Self {
        Self((number as u64) << 32)
    }

    /// Region and door as one word, so that they are compared at once.
    #[inline(always)]
    pub(super) fn with(self, region: NameId) -> u64 {
        self.0 | u64::from(region.number())
    }
}

/// A span of a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpanKey {
    /// What the door calls it.
    pub(super) key: u64,
    /// Its number among all spans of the process; see [`serial`](super::serial).
    pub(super) serial: u32,
}

/// An open region.
#[derive(Debug)]
pub(super) struct OpenSlot {
    /// Region and door; see [`Door::with`].
    what: AtomicU64,
    /// Which of the door's spans it is.
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
    pub(super) fn key(&self) -> u64 {
        self.key.load(Ordering::Relaxed)
    }

    /// The serial number, of what a span has entered.
    #[inline(always)]
    pub(super) fn serial(&self) -> u32 {
        self.serial.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(super) fn start(&self) -> u64 {
        self.start.load(Ordering::Relaxed)
    }

    /// The region, where it was entered through this door.
    #[inline(always)]
    pub(super) fn region_of_door(&self, door: Door) -> Option<NameId> {
        let region = self.what() ^ door.0;
        (region >> 32 == 0).then(|| NameId::from_number(region as u32))
    }

    /// The region, where it was entered by this span.
    #[inline(always)]
    pub(super) fn region_of_span(&self, door: Door, key: u64) -> Option<NameId> {
        if self.key() == key {
            self.region_of_door(door)
        } else {
            None
        }
    }

    #[inline(always)]
    pub(super) fn is_of_guard(&self, region: NameId, start: u64) -> bool {
        self.start() == start && self.what() == Door::GUARD.with(region)
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

/// What others see of the stack.
#[derive(Debug)]
pub(super) struct OpenShown {
    slots: Mutex<Arc<[OpenSlot]>>,
    depth: AtomicUsize,
}

impl OpenShown {
    /// Region and start of every open call, outermost first. Of a thread that goes on running this
    /// is what it was at some moment during the call.
    pub(super) fn look(&self) -> Vec<(NameId, u64)> {
        const TRIES: usize = 100;
        let slots = lock(&self.slots);
        let look = || {
            let depth = self.depth.load(Ordering::Acquire).min(slots.len());
            let look_at = |slot: &OpenSlot| {
                (
                    slot.what.load(Ordering::Acquire),
                    slot.start.load(Ordering::Acquire),
                )
            };
            slots[..depth].iter().map(look_at).collect::<Vec<_>>()
        };
        // A slot that is used again between two loads would pair one call's region with another's
        // start: what is seen twice running was there.
        let mut seen = look();
        for _ in 0..TRIES {
            let again = look();
            if again == seen {
                break;
            }
            seen = again;
        }
        let open = seen.into_iter().filter(|&(what, _)| what != LEFT);
        open.map(|(what, start)| (NameId::from_number(what as u32), start))
            .collect()
    }
}

impl OpenShown {
    /// The same in a signal handler: without a lock that is waited for, and without an allocation.
    /// Shows nothing where the handler has interrupted the thread while it replaced the stack.
    pub(super) fn peek(&self, mut f: impl FnMut(NameId, u64)) {
        const TRIES: usize = 100;
        let Some(slots) = (0..TRIES).find_map(|_| self.slots.try_lock().ok()) else {
            return;
        };
        let depth = self.depth.load(Ordering::Acquire).min(slots.len());
        for slot in &slots[..depth] {
            let look = || {
                (
                    slot.what.load(Ordering::Acquire),
                    slot.start.load(Ordering::Acquire),
                )
            };
            let (what, start) = look();
            if what != LEFT && look() == (what, start) {
                f(NameId::from_number(what as u32), start);
            }
        }
    }
}

/// The thread's own side of its stack.
pub(super) struct OpenStack {
    /// The memory is `memory`'s.
    slots: Cell<*const [OpenSlot]>,
    depth: Cell<usize>,
    /// Entries below the innermost that have been left.
    gaps: Cell<usize>,
    shown: Arc<OpenShown>,
    memory: RefCell<Arc<[OpenSlot]>>,
}

impl OpenStack {
    pub(super) fn new() -> Self {
        let memory: Arc<[OpenSlot]> = (0..CAPACITY).map(|_| OpenSlot::default()).collect();
        let shown = OpenShown {
            slots: Mutex::new(Arc::clone(&memory)),
            depth: AtomicUsize::new(0),
        };
        Self {
            slots: Cell::new(&raw const *memory),
            depth: Cell::new(0),
            gaps: Cell::new(0),
            shown: Arc::new(shown),
            memory: RefCell::new(memory),
        }
    }

    pub(super) fn shown(&self) -> Arc<OpenShown> {
        Arc::clone(&self.shown)
    }

    #[inline(always)]
    fn slots(&self) -> &[OpenSlot] {
        // SAFETY: `memory` keeps the slots; `grow` is the only one to replace it, and is not called
        // while the result of this function is in use.
        unsafe { &*self.slots.get() }
    }

    /// Puts a call on the stack and reads the clock; its place and start. None when there is no room.
    #[inline(always)]
    pub(super) fn push(
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
        self.shown.depth.store(depth + 1, Ordering::Release);
        Some((depth, start))
    }

    /// The innermost call and its place. What has been left is never on top.
    #[inline(always)]
    pub(super) fn top(&self) -> Option<(usize, &OpenSlot)> {
        let top = self.depth.get().wrapping_sub(1);
        Some((top, self.slots().get(top)?))
    }

    pub(super) fn has_gaps(&self) -> bool {
        self.gaps.get() > 0
    }

    /// Takes the innermost call off, where there are no gaps.
    #[inline(always)]
    pub(super) fn pop(&self, top: usize) {
        self.depth.set(top);
        self.shown.depth.store(top, Ordering::Release);
    }

    /// The innermost call of which `fits` says something, and its place.
    pub(super) fn find<R>(&self, fits: impl Fn(&OpenSlot) -> Option<R>) -> Option<(usize, R)> {
        let open = self.slots()[..self.depth.get()].iter().enumerate();
        open.rev()
            .filter(|(_, slot)| !slot.is_left())
            .find_map(|(index, slot)| Some((index, fits(slot)?)))
    }

    /// Takes the call at `index` off, wherever it is.
    pub(super) fn remove(&self, index: usize) {
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
        self.pop(depth);
    }

    /// Doubles the stack where it is full, after closing the gaps.
    pub(super) fn grow(&self) {
        let old = Arc::clone(&self.memory.borrow());
        let open = old.iter().take(self.depth.get());
        let kept: Vec<&OpenSlot> = open.filter(|slot| !slot.is_left()).collect();
        let capacity = (2 * kept.len()).max(CAPACITY);
        let new: Arc<[OpenSlot]> = kept
            .iter()
            .map(|slot| OpenSlot::copy_of(slot))
            .chain(std::iter::repeat_with(OpenSlot::default))
            .take(capacity)
            .collect();
        {
            // Others see the stack and its depth change together.
            let mut shown = lock(&self.shown.slots);
            *shown = Arc::clone(&new);
            self.shown.depth.store(kept.len(), Ordering::Release);
        }
        self.depth.set(kept.len());
        self.gaps.set(0);
        self.slots.set(&raw const *new);
        drop(self.memory.replace(new));
    }
}
