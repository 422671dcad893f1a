//! The lanes of a session, which a signal handler can walk without a lock.
#![allow(unsafe_code)]

use super::locks::{Mutex, lock};
use super::saving;
use super::view::LaneShared;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Owns the lanes, and links them.
#[derive(Debug, Default)]
pub(super) struct LaneList {
    owned: Mutex<Vec<Arc<LaneShared>>>,
    /// The lane that was added last, which leads to the one before. Changed under the lock alone.
    last: AtomicPtr<LaneShared>,
}

impl LaneList {
    pub(super) fn add(&self, lane: Arc<LaneShared>) {
        let mut owned = lock(&self.owned);
        lane.before
            .store(self.last.load(Ordering::Relaxed), Ordering::Release);
        let pointer = Arc::as_ptr(&lane).cast_mut();
        owned.push(lane);
        self.last.store(pointer, Ordering::Release);
    }

    /// Lets lanes go.
    pub(super) fn remove(&self, indices: &[u32]) {
        let mut owned = lock(&self.owned);
        let is_gone = |lane: &Arc<LaneShared>| indices.contains(&lane.index);
        let (gone, kept): (Vec<_>, Vec<_>) = owned.drain(..).partition(is_gone);
        *owned = kept;
        let mut before = ptr::null_mut();
        for lane in owned.iter() {
            lane.before.store(before, Ordering::Release);
            before = Arc::as_ptr(lane).cast_mut();
        }
        self.last.store(before, Ordering::SeqCst);
        saving::before_freeing();
        drop(gone);
    }

    pub(super) fn all(&self) -> Vec<Arc<LaneShared>> {
        lock(&self.owned).clone()
    }

    /// Shows every lane, without a lock and without an allocation.
    ///
    /// # Safety
    ///
    /// Only while nobody removes lanes.
    pub(super) unsafe fn peek(&self, mut f: impl FnMut(&LaneShared)) {
        let mut lane = self.last.load(Ordering::SeqCst);
        // SAFETY: a lane that is linked is owned by the list; it is unlinked before it is freed, and by
        // this function's contract nobody does.
        while let Some(shown) = unsafe { lane.as_ref() } {
            f(shown);
            lane = shown.before.load(Ordering::Acquire);
        }
    }
}
