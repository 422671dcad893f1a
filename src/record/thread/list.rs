//! The threads of a session, in a list that a signal handler can walk without a lock.
#![allow(unsafe_code)]

use super::shared_view::SharedView;
use crate::record::locks::{Mutex, lock};
use crate::record::saving;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Owns the views of the threads, and links them.
#[derive(Debug, Default)]
pub(in crate::record) struct ThreadList {
    owned: Mutex<Vec<Arc<SharedView>>>,
    /// The thread that was added last, which leads to the one before. Changed under the lock alone.
    last: AtomicPtr<SharedView>,
}

impl ThreadList {
    pub(in crate::record) fn add(&self, thread: Arc<SharedView>) {
        let mut owned = lock(&self.owned);
        thread
            .before
            .store(self.last.load(Ordering::Relaxed), Ordering::Release);
        let pointer = Arc::as_ptr(&thread).cast_mut();
        owned.push(thread);
        self.last.store(pointer, Ordering::Release);
    }

    /// Frees these threads.
    pub(in crate::record) fn remove(&self, indices: &[u32]) {
        let mut owned = lock(&self.owned);
        let is_gone = |thread: &Arc<SharedView>| indices.contains(&thread.index);
        let (gone, kept): (Vec<_>, Vec<_>) = owned.drain(..).partition(is_gone);
        *owned = kept;
        let mut before = ptr::null_mut();
        for thread in owned.iter() {
            thread.before.store(before, Ordering::Release);
            before = Arc::as_ptr(thread).cast_mut();
        }
        self.last.store(before, Ordering::SeqCst);
        saving::before_freeing();
        drop(gone);
    }

    pub(in crate::record) fn all(&self) -> Vec<Arc<SharedView>> {
        lock(&self.owned).clone()
    }

    /// Shows every thread, without a lock and without an allocation.
    ///
    /// # Safety
    ///
    /// Only while nobody removes threads.
    pub(in crate::record) unsafe fn peek(&self, mut f: impl FnMut(&SharedView)) {
        let mut thread = self.last.load(Ordering::SeqCst);
        // SAFETY: a thread that is linked is owned by the list; it is unlinked before it is freed, and by
        // this function's contract nobody does.
        while let Some(shown) = unsafe { thread.as_ref() } {
            f(shown);
            thread = shown.before.load(Ordering::Acquire);
        }
    }
}
