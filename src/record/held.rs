//! The spans of a subscriber that their fields may name: all other spans are nothing but a number.

use super::names::NameId;
use super::naming::{NamedSpan, Recorded};
use super::spans::id;
use crate::config::Naming;
use crate::sys::fork;
use dashmap::DashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing_core::Metadata;

/// Kept from a span's creation until its last handle is gone.
#[derive(Debug, Default)]
pub(super) struct HeldSpans {
    spans: DashMap<u64, Held>,
    created: AtomicU64,
}

#[derive(Debug)]
struct Held {
    span: NamedSpan,
    handles: usize,
}

impl HeldSpans {
    /// The number of a new span.
    pub(super) fn hold(&self, span: NamedSpan, serial: u32) -> u64 {
        let _inside = fork::enter();
        let id = id::held(self.created.fetch_add(1, Ordering::Relaxed), serial);
        self.spans.insert(id, Held { span, handles: 1 });
        id
    }

    /// There is one more handle to the span.
    pub(super) fn share(&self, id: u64) {
        let _inside = fork::enter();
        if let Some(mut held) = self.spans.get_mut(&id) {
            held.handles += 1;
        }
    }

    /// There is one handle less; true when it was the last.
    pub(super) fn release(&self, id: u64) -> bool {
        let _inside = fork::enter();
        let last = self.spans.remove_if_mut(&id, |_, held| {
            held.handles = held.handles.saturating_sub(1);
            held.handles == 0
        });
        // Dropped here, where no lock is held.
        last.is_some()
    }

    /// See [`NamedSpan::enter`].
    pub(super) fn enter(&self, id: u64) -> Option<(NameId, bool)> {
        let _inside = fork::enter();
        Some(self.spans.get_mut(&id)?.span.enter())
    }

    pub(super) fn naming(&self, id: u64) -> Option<Arc<Naming>> {
        let _inside = fork::enter();
        Some(self.spans.get(&id)?.span.naming())
    }

    pub(super) fn record(&self, id: u64, recorded: Recorded) {
        let _inside = fork::enter();
        if let Some(mut held) = self.spans.get_mut(&id) {
            held.span.record(recorded);
        }
    }

    pub(super) fn metadata(&self, id: u64) -> Option<&'static Metadata<'static>> {
        let _inside = fork::enter();
        Some(self.spans.get(&id)?.span.metadata)
    }
}
