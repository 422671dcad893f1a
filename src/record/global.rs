//! The session of the global facade.

use super::recording::Recording;
use super::subscriber;
use super::sync::Arc;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

static SESSION: AtomicU64 = AtomicU64::new(0);
static RECORDING: RwLock<Option<Arc<Recording>>> = RwLock::new(None);

/// The number of the session that the facade records into; 0 while there is none.
#[inline(always)]
pub(crate) fn session() -> u64 {
    SESSION.load(Ordering::Relaxed)
}

/// The session that [`session`] names.
#[cold]
pub(crate) fn recording() -> Option<Arc<Recording>> {
    RECORDING
        .read()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
        .clone()
}

/// Records into `recording` from now on, where it is open.
pub(crate) fn set(recording: Arc<Recording>) {
    {
        let mut slot = RECORDING.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let session = if recording.is_closed() { 0 } else { recording.id };
        SESSION.store(session, Ordering::Release);
        *slot = Some(recording);
    }
    subscriber::global_session_changed();
}

/// Records nothing more, where `session` is still the one.
pub(crate) fn clear(session: u64) {
    {
        let mut slot = RECORDING.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if slot.as_ref().is_none_or(|recording| recording.id != session) {
            return;
        }
        SESSION.store(0, Ordering::Release);
        *slot = None;
    }
    subscriber::global_session_changed();
}
