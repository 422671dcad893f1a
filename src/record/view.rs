//! What a thread shows to the writer, to `finalize`, and to `get_region`.
//!
//! Blocks up to their published length, the open stack and the counters, which are atomics: the
//! thread goes on while others look.

use super::block::Block;
use super::counters::Counters;
use super::locks::{Mutex, lock};
use super::names::NameId;
use super::open_stack::OpenShown;
use std::collections::VecDeque;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// What a thread shows to the writer, to `finalize`, and to `get_region`.
#[derive(Debug)]
pub(crate) struct LaneShared {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) native_id: i64,
    pub(super) queue: Mutex<Queue>,
    /// The first block that the writer has not had the whole of, and how many of its events it has had.
    /// Changed with the queue, but read without its lock by a signal handler.
    pub(super) oldest: AtomicPtr<Block>,
    pub(super) drained: AtomicUsize,
    /// How many of those after it a signal handler has appended to the log, where that is still so. For
    /// the handler alone.
    pub(super) saved: AtomicUsize,
    /// The lane that was added to the session before this one.
    pub(super) before: AtomicPtr<LaneShared>,
    pub(super) open: Arc<OpenShown>,
    /// One entry for each region that the thread has met and that is not filtered out.
    pub(crate) counters: boxcar::Vec<Counters>,
}

/// Blocks that the writer has not had yet, oldest first.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) full: VecDeque<Arc<Block>>,
    pub(super) current: Arc<Block>,
    pub(super) ended: bool,
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

impl LaneShared {
    /// A lane whose thread begins with this block.
    pub(super) fn new(index: u32, block: &Arc<Block>, open: Arc<OpenShown>) -> Self {
        Self {
            index,
            name: std::thread::current().name().unwrap_or_default().to_owned(),
            native_id: crate::sys::native_thread_id(),
            queue: Mutex::new(Queue {
                full: VecDeque::new(),
                current: Arc::clone(block),
                ended: false,
            }),
            oldest: AtomicPtr::new(Arc::as_ptr(block).cast_mut()),
            drained: AtomicUsize::new(0),
            saved: AtomicUsize::new(0),
            before: AtomicPtr::new(ptr::null_mut()),
            open,
            counters: boxcar::Vec::new(),
        }
    }

    /// The thread goes on with another block; how many are waiting for the writer.
    pub(super) fn go_on_with(&self, next: Arc<Block>) -> usize {
        let mut queue = lock(&self.queue);
        queue
            .current
            .next
            .store(Arc::as_ptr(&next).cast_mut(), Ordering::Release);
        let full = std::mem::replace(&mut queue.current, next);
        queue.full.push_back(full);
        queue.full.len()
    }

    /// What the writer has not had yet, and from now on has; and whether the thread has ended.
    pub(crate) fn drain(&self) -> (Vec<Piece>, bool) {
        let mut queue = lock(&self.queue);
        let mut pieces = Vec::with_capacity(queue.full.len() + 1);
        let mut drained = self.drained.load(Ordering::Relaxed);
        while let Some(block) = queue.full.pop_front() {
            let to = block.published();
            pieces.push(Piece {
                from: std::mem::take(&mut drained),
                to,
                block,
                retired: true,
            });
        }
        let to = queue.current.published();
        if to > drained {
            pieces.push(Piece {
                block: Arc::clone(&queue.current),
                from: drained,
                to,
                retired: false,
            });
            drained = to;
        }
        let oldest = Arc::as_ptr(&queue.current).cast_mut();
        self.oldest.store(oldest, Ordering::Release);
        self.drained.store(drained, Ordering::Release);
        (pieces, queue.ended)
    }

    /// The same to look at only.
    pub(crate) fn undrained(&self) -> Vec<Piece> {
        let queue = lock(&self.queue);
        let mut from = self.drained.load(Ordering::Relaxed);
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
    pub(crate) fn open_calls(&self) -> impl Iterator<Item = OpenCall> {
        let open = self.open.look().into_iter();
        open.map(|(region, start)| OpenCall {
            thread: self.index,
            region,
            start,
        })
    }
}
