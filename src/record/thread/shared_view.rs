//! What a thread shows to the writer, to `finalize`, and to `get_region`.
//!
//! Blocks up to their published length, the open calls and the counters, which are atomics: the
//! thread goes on while others read.

use super::block::Block;
use super::counters::Counters;
use super::open_stack::OpenView;
use super::unentered::Unentered;
use crate::record::locks::{Mutex, lock};
use crate::record::names::NameId;
use std::collections::VecDeque;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// One thread of one session, as others see it.
#[derive(Debug)]
pub(crate) struct SharedView {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) native_id: i64,
    pub(in crate::record) queue: Mutex<Queue>,
    /// The first block that the writer has not drained completely, and how many of its events it has.
    /// Changed under the queue's lock, but read without it by a signal handler.
    pub(in crate::record) oldest: AtomicPtr<Block>,
    pub(in crate::record) drained: AtomicUsize,
    /// How many events after those a signal handler has appended to the log, unless they were taken back. For
    /// the handler alone.
    pub(in crate::record) saved: AtomicUsize,
    /// The thread that joined the session before this one.
    pub(in crate::record) before: AtomicPtr<SharedView>,
    pub(in crate::record) open: Arc<OpenView>,
    pub(in crate::record) unentered: Unentered,
    /// Numbers of calls that left no interval.
    pub(in crate::record) lost_numbers: AtomicU64,
    /// One entry for each region that the thread has met and that is not filtered out.
    pub(crate) counters: boxcar::Vec<Counters>,
}

/// Blocks that the writer has not drained yet, oldest first.
#[derive(Debug)]
pub(in crate::record) struct Queue {
    pub(in crate::record) full: VecDeque<Arc<Block>>,
    pub(in crate::record) current: Arc<Block>,
    pub(in crate::record) ended: bool,
}

/// A region that has been entered and not left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenCall {
    pub(crate) thread: u32,
    pub(crate) region: NameId,
    /// The span's serial number; 0 where a guard opened the call.
    pub(crate) serial: u32,
    pub(crate) start: u64,
}

/// Events `from..to` of a block.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) block: Arc<Block>,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Whether its thread has finished with the block.
    pub(crate) retired: bool,
}

impl SharedView {
    /// The view of the calling thread, which starts with this block.
    pub(in crate::record) fn new(index: u32, block: &Arc<Block>, open: Arc<OpenView>) -> Self {
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
            unentered: Unentered::default(),
            lost_numbers: AtomicU64::new(0),
            counters: boxcar::Vec::new(),
        }
    }

    /// The thread goes on with another block; gives the number of blocks that wait for the writer.
    pub(in crate::record) fn replace_current(&self, next: Arc<Block>) -> usize {
        let mut queue = lock(&self.queue);
        queue
            .current
            .next
            .store(Arc::as_ptr(&next).cast_mut(), Ordering::Release);
        let full = std::mem::replace(&mut queue.current, next);
        queue.full.push_back(full);
        queue.full.len()
    }

    /// Hands the writer what it has not drained yet; says whether the thread has ended.
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

    /// The same pieces, without handing them over.
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

    /// The calls that are open now, outermost first. For a running thread this is the state at some moment
    /// during this function.
    pub(crate) fn open_calls(&self) -> impl Iterator<Item = OpenCall> {
        let open = self.open.read().into_iter();
        open.map(|entry| OpenCall {
            thread: self.index,
            region: entry.region,
            serial: entry.serial,
            start: entry.start,
        })
    }
}
