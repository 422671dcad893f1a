//! Spans that are recorded, and that another subscriber has too.

use super::names::NameId;
use super::naming::NamedSpan;
use crate::sys::fork;
use dashmap::DashMap;

/// By the id that the other subscriber gave them.
#[derive(Debug, Default)]
pub(super) struct SharedSpans(DashMap<u64, SharedSpan>);

impl SharedSpans {
    pub(super) fn insert(&self, id: u64, span: SharedSpan) {
        let _inside = fork::enter();
        let replaced = self.0.insert(id, span);
        // Dropped here, where no lock is held.
        drop(replaced);
    }

    /// Runs `f`, which must not call the application's code, on a span; None where it is not here.
    pub(super) fn with<R>(&self, id: u64, f: impl FnOnce(&mut SharedSpan) -> R) -> Option<R> {
        let _inside = fork::enter();
        self.0.get_mut(&id).map(|mut span| f(&mut span))
    }

    /// Removes a span with this id, unless the id is another span's by now.
    pub(super) fn remove(&self, id: u64, serial: u32) {
        let _inside = fork::enter();
        let removed = self.0.remove_if(&id, |_, span| span.serial == serial);
        // Dropped here, where no lock is held.
        drop(removed);
    }
}

/// What is kept of such a span.
#[derive(Debug)]
pub(super) struct SharedSpan {
    pub(super) serial: u32,
    pub(super) name: SharedName,
    /// Whether its end is to be noted.
    pub(super) notes_end: bool,
}

#[derive(Debug)]
pub(super) enum SharedName {
    OfCallsite(NameId),
    ByField(NamedSpan),
}

impl SharedSpan {
    /// As [`NamedSpan::enter`], and the span's serial number.
    pub(super) fn enter(&mut self) -> (NameId, bool, u32) {
        let (region, is_new) = match &mut self.name {
            SharedName::OfCallsite(region) => (*region, false),
            SharedName::ByField(named) => named.enter(),
        };
        (region, is_new, self.serial)
    }

    /// The region of its call site, unless its fields may name another.
    pub(super) fn region(&self) -> Option<NameId> {
        match self.name {
            SharedName::OfCallsite(region) => Some(region),
            SharedName::ByField(_) => None,
        }
    }

    /// The span, where its fields may name it.
    pub(super) fn named(&mut self) -> Option<&mut NamedSpan> {
        match &mut self.name {
            SharedName::OfCallsite(_) => None,
            SharedName::ByField(named) => Some(named),
        }
    }
}
