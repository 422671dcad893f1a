//! The spans of a subscriber that their fields may name; all others need no storage.

use super::names::NameId;
use super::naming::{NamedSpan, Recorded};
use super::span_id;
use crate::config::Naming;
use crate::sys::fork;
use dashmap::DashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing_core::Metadata;

/// Kept from a span's creation until its last handle is gone.
#[derive(Debug, Default)]
pub(super) struct NamedSpans {
    spans: DashMap<u64, Entry>,
    created: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    span: NamedSpan,
    handles: usize,
}

impl NamedSpans {
    /// Keeps a new span; gives its id.
    pub(super) fn insert(&self, span: NamedSpan, serial: u32) -> u64 {
        let _inside = fork::enter();
        let id = span_id::named(self.created.fetch_add(1, Ordering::Relaxed), serial);
        self.spans.insert(id, Entry { span, handles: 1 });
        id
    }

    /// Counts one more handle to the span.
    pub(super) fn add_handle(&self, id: u64) {
        let _inside = fork::enter();
        if let Some(mut entry) = self.spans.get_mut(&id) {
            entry.handles += 1;
        }
    }

    /// Counts one handle less; true when it was the last.
    pub(super) fn drop_handle(&self, id: u64) -> bool {
        let _inside = fork::enter();
        let last = self.spans.remove_if_mut(&id, |_, entry| {
            entry.handles = entry.handles.saturating_sub(1);
            entry.handles == 0
        });
        // Dropped here, where no lock is entry.
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
        if let Some(mut entry) = self.spans.get_mut(&id) {
            entry.span.record(recorded);
        }
    }

    pub(super) fn metadata(&self, id: u64) -> Option<&'static Metadata<'static>> {
        let _inside = fork::enter();
        Some(self.spans.get(&id)?.span.metadata)
    }
}
