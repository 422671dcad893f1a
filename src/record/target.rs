//! The session that a layer or subscriber records into.

use super::global;
use super::layer_status::LayerStatus;
use super::naming::{NamedSpan, Recorded};
use super::recording::Recording;
use super::thread::buffer::ThreadBuffer;
use super::thread::current;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing_core::span::Attributes;

#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The number of the open session, 0 where there is none. Behind a pointer for either kind of session, so
    /// reading it takes one load.
    session: Arc<AtomicU64>,
    /// None: whichever session the global facade has at the moment.
    own: Option<Arc<Recording>>,
}

impl Target {
    pub(super) fn global() -> Self {
        Self {
            session: global::shared_session(),
            own: None,
        }
    }

    pub(super) fn of(recording: &Arc<Recording>) -> Self {
        Self {
            session: Arc::clone(&recording.open_session),
            own: Some(Arc::clone(recording)),
        }
    }

    pub(super) fn layer_status(&self) -> &LayerStatus {
        match &self.own {
            Some(recording) => &recording.layer_status,
            None => global::layer_status(),
        }
    }

    /// A span has reached the session.
    pub(super) fn note_span(&self) {
        self.layer_status().set_reached(self.session());
    }

    pub(super) fn is_global(&self) -> bool {
        self.own.is_none()
    }

    /// The number of the open session; 0 where there is none.
    #[inline(always)]
    pub(super) fn session(&self) -> u64 {
        self.session.load(Ordering::Relaxed)
    }

    /// The number of the open session; None where there is none.
    #[inline(always)]
    pub(super) fn open_session(&self) -> Option<u64> {
        match self.session() {
            0 => None,
            session => Some(session),
        }
    }

    pub(super) fn recording(&self) -> Option<Arc<Recording>> {
        self.own.clone().or_else(global::recording)
    }

    /// Runs `f` on this thread's buffer where it is the one that the thread recorded in last.
    #[inline(always)]
    pub(super) fn with_current<R>(&self, f: impl FnOnce(&ThreadBuffer) -> R) -> Option<R> {
        current::with_current(self.session(), f)
    }

    /// Runs `f` on this thread's buffer.
    pub(super) fn with_buffer<R>(&self, f: impl FnOnce(&ThreadBuffer) -> R) -> Option<R> {
        current::with_buffer(self.open_session()?, || self.recording(), f)
    }

    /// A new span that its fields may name. Calls the application's code: see [`Recorded::of`].
    pub(super) fn named_span(&self, attributes: &Attributes<'_>) -> Option<NamedSpan> {
        let recording = self.recording()?;
        let naming = &recording.settings.naming;
        let recorded = Recorded::of(naming, |visitor| attributes.record(visitor));
        Some(NamedSpan::new(naming, attributes.metadata(), recorded))
    }
}
