//! Spans whose end is noted, until their last handle is gone.

use super::allocated::Exempt;
use crate::sys::fork;
use dashmap::DashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The handles of each span, by its id, and its serial number.
#[derive(Debug, Default)]
pub(super) struct Handles {
    spans: DashMap<u64, (usize, u32)>,
    /// How many spans there are.
    number: AtomicUsize,
}

impl Handles {
    /// Whether there are none, so that no span needs to be looked up.
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.number.load(Ordering::Relaxed) == 0
    }

    /// Keeps a new span, with one handle.
    pub(super) fn insert(&self, id: u64, serial: u32) {
        let _inside = fork::enter();
        let _exempt = Exempt::begin();
        if self.spans.insert(id, (1, serial)).is_none() {
            self.number.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts one more handle to the span.
    pub(super) fn add(&self, id: u64) {
        let _inside = fork::enter();
        if let Some(mut span) = self.spans.get_mut(&id) {
            span.0 += 1;
        }
    }

    /// Counts one handle less; gives the serial number when it was the last.
    pub(super) fn remove(&self, id: u64) -> Option<u32> {
        let _inside = fork::enter();
        let gone = self.spans.remove_if_mut(&id, |_, (handles, _)| {
            *handles = handles.saturating_sub(1);
            *handles == 0
        });
        let (_, (_, serial)) = gone?;
        self.number.fetch_sub(1, Ordering::Relaxed);
        Some(serial)
    }
}
