//! What became of the layers and subscribers that record into a session: for the question why there is
//! nothing in it.

use super::locks::{Mutex, lock};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tracing_core::Dispatch;
use tracing_core::dispatcher::WeakDispatch;

/// Told by the layers and subscribers of one session, or by those of the global facade.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    made: AtomicBool,
    /// Whether one has been part of a subscriber that was installed.
    installed: AtomicBool,
    subscribers: Mutex<Vec<WeakDispatch>>,
    /// The session that a span has last come to.
    saw: AtomicU64,
}

impl Witness {
    pub(super) const fn new() -> Self {
        Self {
            made: AtomicBool::new(false),
            installed: AtomicBool::new(false),
            subscribers: Mutex::new(Vec::new()),
            saw: AtomicU64::new(0),
        }
    }

    pub(super) fn make(&self) {
        self.made.store(true, Ordering::Relaxed);
    }

    pub(super) fn install(&self, subscriber: &Dispatch) {
        self.installed.store(true, Ordering::Relaxed);
        let mut subscribers = lock(&self.subscribers);
        subscribers.retain(|subscriber| subscriber.upgrade().is_some());
        subscribers.push(subscriber.downgrade());
    }

    /// Somebody asks about call sites or levels, also where nobody said which subscriber that is: a layer
    /// that came later, through `reload`.
    pub(super) fn ask(&self) {
        self.installed.store(true, Ordering::Relaxed);
    }

    pub(super) fn see(&self, session: u64) {
        if self.saw.load(Ordering::Relaxed) != session {
            self.saw.store(session, Ordering::Relaxed);
        }
    }

    /// Whether there has been a layer or a subscriber.
    pub(crate) fn was_made(&self) -> bool {
        self.made.load(Ordering::Relaxed)
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

    /// Whether a span has come to this session, recorded or left out.
    pub(crate) fn has_seen(&self, session: u64) -> bool {
        self.saw.load(Ordering::Relaxed) == session
    }
}
