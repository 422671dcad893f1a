//! Whether layers and subscribers were made, installed and reached by spans: why a session may have no spans.

use super::locks::{Mutex, lock};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tracing_core::Dispatch;
use tracing_core::dispatcher::WeakDispatch;

/// The status of the layers and subscribers of one session, or of those of the global facade.
#[derive(Debug, Default)]
pub(crate) struct LayerStatus {
    created: AtomicBool,
    /// Whether one has been part of a subscriber that was installed.
    installed: AtomicBool,
    subscribers: Mutex<Vec<WeakDispatch>>,
    /// The session that a span has last reached.
    reached: AtomicU64,
}

impl LayerStatus {
    pub(super) const fn new() -> Self {
        Self {
            created: AtomicBool::new(false),
            installed: AtomicBool::new(false),
            subscribers: Mutex::new(Vec::new()),
            reached: AtomicU64::new(0),
        }
    }

    pub(super) fn set_created(&self) {
        self.created.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_installed(&self, subscriber: &Dispatch) {
        self.installed.store(true, Ordering::Relaxed);
        let mut subscribers = lock(&self.subscribers);
        subscribers.retain(|subscriber| subscriber.upgrade().is_some());
        subscribers.push(subscriber.downgrade());
    }

    /// `tracing` asks about call sites or levels. That is all a layer hears that is put in place later, through
    /// `reload`.
    pub(super) fn set_asked(&self) {
        self.installed.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_reached(&self, session: u64) {
        if self.reached.load(Ordering::Relaxed) != session {
            self.reached.store(session, Ordering::Relaxed);
        }
    }

    /// Whether a layer or a subscriber was created.
    pub(crate) fn was_created(&self) -> bool {
        self.created.load(Ordering::Relaxed)
    }

    pub(crate) fn was_installed(&self) -> bool {
        self.installed.load(Ordering::Relaxed)
    }

    /// Whether all subscribers that were installed are gone.
    pub(crate) fn is_gone(&self) -> bool {
        let subscribers = lock(&self.subscribers);
        !subscribers.is_empty()
            && subscribers
                .iter()
                .all(|subscriber| subscriber.upgrade().is_none())
    }

    /// Whether a span has reached this session, recorded or filtered out.
    pub(crate) fn was_reached_in(&self, session: u64) -> bool {
        self.reached.load(Ordering::Relaxed) == session
    }
}
