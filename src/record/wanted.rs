//! Which call sites of spans another subscriber wants.

use crate::sys::fork;
use dashmap::DashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing_core::{Interest, Metadata};

/// Whether a subscriber wants the spans of a call site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    Never,
    /// It has to be asked for each span.
    Sometimes,
    Always,
}

/// The interest of a subscriber in call sites of spans, as it was when `tracing` last asked.
#[derive(Debug)]
pub(super) struct WantedCallsites {
    /// By the address of the metadata.
    interests: DashMap<usize, Wants>,
    /// Call sites that it never wants, for the fast path: each address in the slot that it leads to, if it is there.
    unwanted: [AtomicUsize; SLOTS],
}

const SLOTS: usize = 256;

impl WantedCallsites {
    pub(super) fn new() -> Self {
        Self {
            interests: DashMap::new(),
            unwanted: [const { AtomicUsize::new(0) }; SLOTS],
        }
    }

    fn slot(&self, address: usize) -> &AtomicUsize {
        &self.unwanted[(address >> 4) % SLOTS]
    }

    pub(super) fn set(&self, metadata: &'static Metadata<'static>, interest: &Interest) {
        let address = std::ptr::from_ref(metadata) as usize;
        let wants = if interest.is_never() {
            Wants::Never
        } else if interest.is_always() {
            Wants::Always
        } else {
            Wants::Sometimes
        };
        let _inside = fork::enter();
        let mut known = self.interests.entry(address).or_insert(wants);
        *known = wants;
        // Under the lock of the entry, as in `get`.
        if wants != Wants::Never {
            let forget =
                |slot: &AtomicUsize| slot.compare_exchange(address, 0, Ordering::Relaxed, Ordering::Relaxed);
            // Fails where another call site is in the slot.
            _ = forget(self.slot(address));
        }
    }

    /// Whether the call site is known to be unwanted. The fast path of [`get`](Self::get).
    #[inline(always)]
    pub(super) fn is_unwanted(&self, metadata: &'static Metadata<'static>) -> bool {
        let address = std::ptr::from_ref(metadata) as usize;
        self.slot(address).load(Ordering::Relaxed) == address
    }

    pub(super) fn get(&self, metadata: &'static Metadata<'static>) -> Wants {
        let address = std::ptr::from_ref(metadata) as usize;
        let _inside = fork::enter();
        let Some(known) = self.interests.get(&address) else {
            return Wants::Sometimes;
        };
        if *known == Wants::Never {
            self.slot(address).store(address, Ordering::Relaxed);
        }
        *known
    }
}
