//! What a thread shows to the writer, to `finalize`, and to `get_region`.
//!
//! Blocks up to their published length, and the open stack, whose entries are atomics: the thread
//! goes on while others look.

use super::block::Block;
use super::names::NameId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// The mark of an entry whose region was left before those above it.
pub(super) const LEFT: u64 = u64::MAX;
pub(super) const OPEN_CAPACITY: usize = 64;

/// What a thread shows to the writer, to `finalize`, and to `get_region`.
#[derive(Debug)]
pub(crate) struct LaneShared {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) native_id: i64,
    pub(super) queue: Mutex<Queue>,
    pub(super) open: Mutex<Arc<[OpenSlot]>>,
    pub(super) depth: AtomicUsize,
    pub(super) counters: Mutex<Arc<[Counters]>>,
}

/// Blocks that the writer has not had yet, oldest first.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) full: VecDeque<Arc<Block>>,
    pub(super) current: Arc<Block>,
    /// How many events of the oldest block the writer already has.
    pub(super) drained: usize,
    pub(super) ended: bool,
}

/// Calls of one region on one thread that left no interval.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Calls that were only counted.
    pub(crate) counted: AtomicU64,
    /// Calls whose interval was dropped.
    pub(crate) dropped: AtomicU64,
    /// Calls whose time was only summed up, since the region is throttled.
    pub(crate) throttled: AtomicU64,
    /// Their time, ticks.
    pub(crate) throttled_ticks: AtomicU64,
    /// Spans created; one that is entered several times is one span and several calls.
    pub(crate) spans: AtomicU64,
}

/// An open region, as others may read it.
#[derive(Debug)]
pub(super) struct OpenSlot {
    /// Region and door; see [`OpenSlot::what`].
    pub(super) what: AtomicU64,
    /// Which of the door's spans it is.
    pub(super) key: AtomicU64,
    pub(super) start: AtomicU64,
}

impl OpenSlot {
    /// Region and door as one number, so that they are compared at once.
    #[inline(always)]
    pub(super) fn what(region: NameId, door: u32) -> u64 {
        u64::from(region.number()) | u64::from(door) << 32
    }

    pub(super) fn copy_of(other: &Self) -> Self {
        let copy = |n: &AtomicU64| AtomicU64::new(n.load(Ordering::Relaxed));
        Self {
            what: copy(&other.what),
            key: copy(&other.key),
            start: copy(&other.start),
        }
    }

    #[inline(always)]
    pub(super) fn is_left(&self) -> bool {
        self.what.load(Ordering::Relaxed) == LEFT
    }

    pub(super) fn region(&self) -> NameId {
        NameId::from_number(self.what.load(Ordering::Relaxed) as u32)
    }

    #[inline(always)]
    pub(super) fn is_of_span(&self, door: u32, key: u64) -> bool {
        self.key.load(Ordering::Relaxed) == key && self.door() == door && !self.is_left()
    }

    pub(super) fn door(&self) -> u32 {
        (self.what.load(Ordering::Relaxed) >> 32) as u32
    }
}

impl Default for OpenSlot {
    fn default() -> Self {
        Self {
            what: AtomicU64::new(LEFT),
            key: AtomicU64::new(0),
            start: AtomicU64::new(0),
        }
    }
}

/// A region that has been entered and not left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenCall {
    pub(crate) thread: u32,
    pub(crate) region: NameId,
    pub(crate) start: u64,
}

/// A piece of a block that is handed over: events `from..to`.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) block: Arc<Block>,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Whether its thread has done with the block.
    pub(crate) retired: bool,
}

/// A lock whose holder panicked guards data that are whole all the same: every critical section
/// here leaves them so.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl LaneShared {
    /// What the writer has not had yet, and from now on has; and whether the thread has ended.
    pub(crate) fn drain(&self) -> (Vec<Piece>, bool) {
        let mut queue = lock(&self.queue);
        let mut pieces = Vec::with_capacity(queue.full.len() + 1);
        while let Some(block) = queue.full.pop_front() {
            let to = block.published();
            pieces.push(Piece {
                from: std::mem::take(&mut queue.drained),
                to,
                block,
                retired: true,
            });
        }
        let to = queue.current.published();
        if to > queue.drained {
            pieces.push(Piece {
                block: Arc::clone(&queue.current),
                from: queue.drained,
                to,
                retired: false,
            });
            queue.drained = to;
        }
        (pieces, queue.ended)
    }

    /// The same to look at only.
    pub(crate) fn undrained(&self) -> Vec<Piece> {
        let queue = lock(&self.queue);
        let mut from = queue.drained;
        queue
            .full
            .iter()
            .chain([&queue.current])
            .map(|block| Piece {
                from: std::mem::take(&mut from),
                to: block.published(),
                block: Arc::clone(block),
                retired: false,
            })
            .collect()
    }

    /// The regions that are open now, outermost first. Of a thread that goes on running this is what
    /// it was at some moment during the call.
    pub(crate) fn open_calls(&self) -> Vec<OpenCall> {
        const TRIES: usize = 100;
        let slots = lock(&self.open);
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
        open.map(|(what, start)| OpenCall {
            thread: self.index,
            region: NameId::from_number(what as u32),
            start,
        })
        .collect()
    }

    /// The counters by region number; shorter than the number of regions.
    pub(crate) fn counters(&self) -> Arc<[Counters]> {
        Arc::clone(&lock(&self.counters))
    }
}
