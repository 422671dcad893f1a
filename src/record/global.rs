//! The session of the global facade.

use super::layer_status::LayerStatus;
use super::locks::{Mutex, lock};
use super::recording::Recording;
use super::sync::Arc;
use crate::sys::fork;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tracing_core::Dispatch;
use tracing_core::dispatcher::{WeakDispatch, with_default};

static SESSION: AtomicU64 = AtomicU64::new(0);
/// Whether it records numbers of calls.
static NUMBERS: AtomicBool = AtomicBool::new(false);
/// The same number, for those who point either to this or to a session of their own.
static SHARED_SESSION: OnceLock<Arc<AtomicU64>> = OnceLock::new();
static RECORDING: Mutex<Option<Arc<Recording>>> = Mutex::new(None);
/// The subscribers whose interest in call sites goes with the session.
static SUBSCRIBERS: Mutex<Vec<WeakDispatch>> = Mutex::new(Vec::new());

static LAYER_STATUS: LayerStatus = LayerStatus::new();
/// The last session that was the facade's.
static LAST: AtomicU64 = AtomicU64::new(0);

/// The status of the facade's layers and subscribers.
pub(crate) fn layer_status() -> &'static LayerStatus {
    &LAYER_STATUS
}

/// Whether this is the last session that was the facade's.
pub(crate) fn was(session: u64) -> bool {
    LAST.load(Ordering::Relaxed) == session
}

/// The number of the session that the facade records into; 0 while there is none.
#[inline(always)]
pub(crate) fn session() -> u64 {
    SESSION.load(Ordering::Relaxed)
}

/// Whether that session records numbers of calls.
#[inline(always)]
pub(crate) fn records_numbers() -> bool {
    NUMBERS.load(Ordering::Relaxed)
}

/// The session that [`session`] names.
#[cold]
pub(crate) fn recording() -> Option<Arc<Recording>> {
    lock(&RECORDING).clone()
}

/// The number of the session, to be held.
pub(super) fn shared_session() -> Arc<AtomicU64> {
    let _inside = fork::enter();
    Arc::clone(SHARED_SESSION.get_or_init(Arc::default))
}

/// The facade records nothing more; the process is ending. May be called in a signal handler.
pub(super) fn stop() {
    announce(0);
}

fn announce(session: u64) {
    SESSION.store(session, Ordering::Release);
    if let Some(shared) = SHARED_SESSION.get() {
        shared.store(session, Ordering::Release);
    }
}

/// From now on call sites ask this subscriber again whenever a session begins or ends.
pub(super) fn add_subscriber(subscriber: &Dispatch) {
    lock(&SUBSCRIBERS).push(subscriber.downgrade());
}

fn have_call_sites_ask_again() {
    let subscriber = {
        let mut subscribers = lock(&SUBSCRIBERS);
        subscribers.retain(|subscriber| subscriber.upgrade().is_some());
        subscribers.first().and_then(WeakDispatch::upgrade)
    };
    if let Some(subscriber) = subscriber {
        // It takes locks of `tracing`.
        let _inside = fork::enter();
        // Where there is only one subscriber, tracing asks the default of the calling thread, and disables
        // every span if that thread has none.
        with_default(&subscriber, tracing_core::callsite::rebuild_interest_cache);
    }
}

/// Records into `recording` from now on, where it is open.
pub(crate) fn set(recording: Arc<Recording>) {
    {
        let mut slot = lock(&RECORDING);
        let session = if recording.is_closed() { 0 } else { recording.id };
        shared_session();
        LAST.store(recording.id, Ordering::Relaxed);
        let settings = &recording.settings;
        NUMBERS.store(
            settings.time_trace && !settings.fields.is_empty(),
            Ordering::Relaxed,
        );
        announce(session);
        *slot = Some(recording);
    }
    have_call_sites_ask_again();
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
    have_call_sites_ask_again();
}
