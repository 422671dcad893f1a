//! The session of the global facade.

use super::recording::Recording;
use super::subscriber;
use super::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, RwLock};

static SESSION: AtomicU64 = AtomicU64::new(0);
/// The same, for those who hold either this or a session of their own.
pub(super) static SHARED_SESSION: LazyLock<Arc<AtomicU64>> = LazyLock::new(Arc::default);
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

fn announce(session: u64) {
    SESSION.store(session, Ordering::Release);
    SHARED_SESSION.store(session, Ordering::Release);
}

/// Records into `recording` from now on, where it is open.
pub(crate) fn set(recording: Arc<Recording>) {
    {
        let mut slot = RECORDING.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let session = if recording.is_closed() { 0 } else { recording.id };
        announce(session);
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
        announce(0);
        *slot = None;
    }
    subscriber::global_session_changed();
}
