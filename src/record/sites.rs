//! What a lane remembers of spans: their call sites, and those that this thread has just created.
#![allow(unsafe_code)]

use super::counters;
use super::names::NameId;
use super::open_stack::Door;
use super::spans::Callsite;
use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use tracing_core::Metadata;

const SITES: usize = 128;
const CREATED: usize = 64;

/// A call site and what it means.
struct Site {
    /// The address of its metadata; one more where a field may name the region, so that the quick look
    /// passes it over.
    key: Cell<usize>,
    callsite: Cell<Callsite>,
    /// Where its spans are counted; null where they are not.
    spans: Cell<*const AtomicU64>,
}

/// A span that this thread has created: it will be entered soon, and mostly here.
type Created = (Door, u64, NameId);

const NO_REGION: NameId = NameId::from_number(u32::MAX);

pub(super) struct Sites {
    known: [Site; SITES],
    created: [Cell<Created>; CREATED],
    /// The number of the thread's next span, in its batch of `BATCH`.
    serial: Cell<u64>,
}

/// How many serial numbers a thread takes at once.
pub(super) const BATCH: u64 = 1 << 12;

impl Sites {
    pub(super) fn new() -> Self {
        let nothing = Callsite {
            region: NO_REGION,
            by_field: false,
            id: 0,
        };
        Self {
            known: std::array::from_fn(|_| Site {
                key: Cell::new(0),
                callsite: Cell::new(nothing),
                spans: Cell::new(std::ptr::null()),
            }),
            created: std::array::from_fn(|_| Cell::new((Door::GUARD, 0, NO_REGION))),
            serial: Cell::new(0),
        }
    }

    #[inline(always)]
    fn slot(&self, metadata: &'static Metadata<'static>) -> &Site {
        &self.known[(address(metadata) >> 4) % SITES]
    }

    /// What a new span of this call site means; it is counted. None where the site is not remembered,
    /// or a field may name the region.
    #[inline(always)]
    pub(super) fn new_span(&self, metadata: &'static Metadata<'static>) -> Option<&Cell<Callsite>> {
        let site = self.slot(metadata);
        if site.key.get() != address(metadata) {
            return None;
        }
        // SAFETY: null, or a counter of the lane that owns this: see `remember`.
        if let Some(spans) = unsafe { site.spans.get().as_ref() } {
            counters::add(spans, 1);
        }
        Some(&site.callsite)
    }

    /// What is remembered of a call site.
    pub(super) fn get(&self, metadata: &'static Metadata<'static>) -> Option<Callsite> {
        let site = self.slot(metadata);
        (site.key.get() & !1 == address(metadata)).then(|| site.callsite.get())
    }

    /// Remembers a call site, and the counter of its spans.
    ///
    /// # Safety
    ///
    /// The counter lives as long as this, and no other thread writes it.
    pub(super) unsafe fn remember(
        &self,
        metadata: &'static Metadata<'static>,
        callsite: Callsite,
        spans: *const AtomicU64,
    ) {
        let site = self.slot(metadata);
        site.key.set(address(metadata) + usize::from(callsite.by_field));
        site.callsite.set(callsite);
        site.spans.set(spans);
    }

    #[inline(always)]
    pub(super) fn created(&self, id: u64) -> &Cell<Created> {
        &self.created[id as usize % CREATED]
    }

    pub(super) fn forget_created(&self, id: u64) {
        self.created(id).set((Door::GUARD, 0, NO_REGION));
    }

    /// A number for a span; None at the end of a batch.
    #[inline(always)]
    pub(super) fn serial(&self) -> Option<u64> {
        let serial = self.serial.get();
        if serial % BATCH == 0 {
            return None;
        }
        self.serial.set(serial + 1);
        Some(serial)
    }

    /// Begins a batch, and gives its first number.
    pub(super) fn begin_batch(&self, first: u64) -> u64 {
        self.serial.set(first + 1);
        first
    }
}

#[inline(always)]
fn address(metadata: &'static Metadata<'static>) -> usize {
    std::ptr::from_ref(metadata) as usize
}
