//! Whether a signal handler is saving the sessions of this process, while which no flush may run: shared by the
//! handler and the writer.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// How long the handler waits for a running flush, or for another thread's handler: a disk that takes longer
/// will not take the rest either.
const TIMEOUT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(1);

/// The process whose sessions are being saved, or have been for good; 0 otherwise.
static SAVING: AtomicU32 = AtomicU32::new(0);
static SAVED: AtomicBool = AtomicBool::new(false);
/// Whether the handler has stopped waiting for a flush: what that still holds must stay where it is.
static ABANDONED: AtomicBool = AtomicBool::new(false);

/// Begins to save once no other thread does; false where another has saved all at the end, or takes too long.
pub(super) fn begin() -> bool {
    let process = std::process::id();
    let mut begun = false;
    wait_until(|| {
        begun = SAVING.swap(process, Ordering::SeqCst) != process;
        begun || SAVED.load(Ordering::SeqCst)
    });
    begun
}

/// All is saved, and the process goes on.
pub(super) fn end() {
    SAVING.store(0, Ordering::SeqCst);
}

/// All is saved, and the process is ending.
pub(super) fn end_for_good() {
    SAVED.store(true, Ordering::SeqCst);
}

pub(super) fn is_under_way() -> bool {
    let saving = SAVING.load(Ordering::SeqCst);
    // A forked child has a copy of what its parent had set.
    saving != 0 && saving == std::process::id()
}

/// Does not return while a handler saves the sessions of this process; if that ends the process, never.
pub(super) fn wait_while_under_way() {
    while is_under_way() {
        sleep(POLL);
    }
}

/// The handler goes on without waiting for the running flush.
pub(super) fn abandon_flush() {
    ABANDONED.store(true, Ordering::SeqCst);
}

/// To be called before a flush frees what threads share.
pub(super) fn before_freeing() {
    if ABANDONED.load(Ordering::SeqCst) {
        wait_while_under_way();
    }
}

/// Waits until `done` is true; false when that takes too long.
pub(super) fn wait_until(mut done: impl FnMut() -> bool) -> bool {
    let mut waited = Duration::ZERO;
    while !done() {
        if waited >= TIMEOUT {
            return false;
        }
        sleep(POLL);
        waited += POLL;
    }
    true
}
