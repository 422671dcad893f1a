//! What a lane remembers of spans: their call sites, and those that this thread has just created.
#![allow(unsafe_code)]

use super::counters;
use super::names::NameId;
use super::open_stack::Door;
use super::serial::Serials;
use super::span_places::{Page, SpanPlaces, page_of};
use super::spans::{Callsite, id};
use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use tracing_core::Metadata;

const SITES: usize = 128;
const CREATED: usize = 64;
const KINDS: usize = 128;

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
#[derive(Clone, Copy)]
pub(super) struct Created {
    pub(super) door: Door,
    pub(super) id: u64,
    pub(super) region: NameId,
    pub(super) serial: u32,
}

const NONE_CREATED: Created = Created {
    door: Door::GUARD,
    id: 0,
    region: NO_REGION,
    serial: 0,
};

/// The page of a layer's serial numbers that this thread wrote last.
#[derive(Clone, Copy)]
struct LastPage {
    door: Door,
    number: u64,
    page: *const Page,
}

const NO_REGION: NameId = NameId::from_number(u32::MAX);

pub(super) struct Sites {
    known: [Site; SITES],
    created: [Cell<Created>; CREATED],
    /// The regions of a subscriber's spans, by the upper halves of their ids.
    kinds: [Cell<(u32, NameId)>; KINDS],
    last_page: Cell<LastPage>,
    pub(super) serials: Serials,
}

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
            created: std::array::from_fn(|_| Cell::new(NONE_CREATED)),
            kinds: std::array::from_fn(|_| Cell::new((0, NO_REGION))),
            last_page: Cell::new(LastPage {
                door: Door::GUARD,
                number: 0,
                page: std::ptr::null(),
            }),
            serials: Serials::default(),
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
        self.created(id).set(NONE_CREATED);
    }

    /// The region of a subscriber's span; a number that no region has where it has none, or is held.
    #[inline(always)]
    pub(super) fn region(&self, span: u64) -> NameId {
        let kind = id::kind(span);
        let (known, region) = self.kinds[kind as usize % KINDS].get();
        if known == kind {
            region
        } else {
            self.find_region(span)
        }
    }

    #[cold]
    #[inline(never)]
    fn find_region(&self, span: u64) -> NameId {
        let Some(region) = id::region(span) else {
            return NO_REGION;
        };
        let kind = id::kind(span);
        self.kinds[kind as usize % KINDS].set((kind, region));
        region
    }

    /// Writes down the serial number of a layer's new span; false where that takes
    /// [`write_serial`](Self::write_serial).
    #[inline(always)]
    pub(super) fn write_serial_quickly(&self, door: Door, span: u64, serial: u32) -> bool {
        let last = self.last_page.get();
        let is_it = last.door == door && last.number == page_of(span);
        if is_it {
            // SAFETY: no two layers have a door in common, so the page is one of the layer that calls this,
            // and its pages live as long as it does.
            unsafe { &*last.page }.set(span, serial);
        }
        is_it
    }

    /// The slow path, which handles every case; `places` are those of the door's layer.
    pub(super) fn write_serial(&self, door: Door, span: u64, serial: u32, places: &SpanPlaces) {
        self.last_page.set(LastPage {
            door,
            number: page_of(span),
            page: places.page(span),
        });
        self.write_serial_quickly(door, span, serial);
    }
}

#[inline(always)]
fn address(metadata: &'static Metadata<'static>) -> usize {
    std::ptr::from_ref(metadata) as usize
}
