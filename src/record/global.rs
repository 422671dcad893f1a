//! The session of the global facade.

use super::recording::Recording;
use super::subscriber;
use super::sync::{Arc, Mutex, lock};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

static SESSION: AtomicU64 = AtomicU64::new(0);
/// The same, for those who hold either this or a session of their own.
pub(super) static SHARED_SESSION: LazyLock<Arc<AtomicU64>> = LazyLock::new(Arc::default);
static RECORDING: Mutex<Option<Arc<Recording>>> = Mutex::new(None);

/// The number of the session that the facade records into; 0 while there is none.
#[inline(always)]
pub(crate) fn session() -> u64 {
    SESSION.load(Ordering::Relaxed)
}

/// The session that [`session`] names.
#[cold]
pub(crate) fn recording() -> Option<Arc<Recording>> {
    lock(&RECORDING).clone()
}

/// The facade records nothing more; the process is ending. May be called in a signal handler.
pub(super) fn stop() {
    SESSION.store(0, Ordering::Release);
}

fn announce(session: u64) {
    SESSION.store(session, Ordering::Release);
    SHARED_SESSION.store(session, Ordering::Release);
}

/// Records into `recording` from now on, where it is open.
pub(crate) fn set(recording: Arc<Recording>) {
    {
        let mut slot = lock(&RECORDING);
        let session = if recording.is_closed() { 0 } else { recording.id };
        announce(session);
        *slot = Some(recording);
    }
    subscriber::global_session_changed();
}

/// Records nothing more, where `session` is still the one.
pub(crate) fn clear(session: u64) {
    {
        let mut slot = lock(&RECORDING);
        if slot.as_ref().is_none_or(|recording| recording.id != session) {
            return;
        }
        announce(0);
        *slot = None;
    }
    subscriber::global_session_changed();
}
