//! What the writer and a signal handler that saves have in common: whether one is saving the sessions of this
//! process, and who has to hold still meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// How long the handler waits for a flush that is under way, or for another thread's handler: a disk
/// that takes longer is not going to take the rest.
const PATIENCE: Duration = Duration::from_secs(10);
const MOMENT: Duration = Duration::from_millis(1);

/// The process whose sessions are being saved, or have been for good; 0 otherwise.
static SAVING: AtomicU32 = AtomicU32::new(0);
static SAVED: AtomicBool = AtomicBool::new(false);
/// Whether a flush was not waited for any longer: what it still holds must stay where it is.
static ABANDONED: AtomicBool = AtomicBool::new(false);

/// Begins to save, once no other thread does; false where one has done so for good, or takes too long.
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

/// While a handler saves the sessions of this process, this does not return; if it ends, never.
pub(super) fn keep_still() {
    while is_under_way() {
        sleep(MOMENT);
    }
}

/// The handler does not wait for a flush that is under way.
pub(super) fn abandon_flush() {
    ABANDONED.store(true, Ordering::SeqCst);
}

/// Called before a flush frees what lanes have shown.
pub(super) fn before_freeing() {
    if ABANDONED.load(Ordering::SeqCst) {
        keep_still();
    }
}

/// False when that takes too long.
pub(super) fn wait_until(mut done: impl FnMut() -> bool) -> bool {
    let mut waited = Duration::ZERO;
    while !done() {
        if waited >= PATIENCE {
            return false;
        }
        sleep(MOMENT);
        waited += MOMENT;
    }
    true
}
