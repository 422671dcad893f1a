//! What a thread remembers of spans: their call sites, and the spans that it has just created.
#![allow(unsafe_code)]

use super::counters;
use super::habit::{Habit, Moment};
use super::open_stack::Origin;
use crate::note::MAX_FIELDS;
use crate::record::callsite::Callsite;
use crate::record::names::NameId;
use crate::record::serial::Serials;
use crate::record::span_id;
use crate::record::span_places::{Page, SpanPlaces, are_on_one_page};
use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use tracing_core::Metadata;

/// A field may name the region.
const BY_FIELD: usize = 1;
/// Something may have to be noted of the creation of its spans.
const LOOKED_AT: usize = 2;
/// Its spans may have numbers that are recorded.
const NUMBERED: usize = 4;
const MARKS: usize = BY_FIELD | LOOKED_AT | NUMBERED;

/// Instead of a field's place: it is not recorded, or not known.
const BY_NAME: u8 = u8::MAX;
const _: () = assert!(MAX_FIELDS < BY_NAME as u32);
/// Fields of a call site that are remembered.
const FIELDS: usize = 16;

const CALLSITES: usize = 128;
const CREATED: usize = 64;
const KINDS: usize = 128;

/// A call site and what it means. A power of two in size, so that its place is found with a shift.
#[repr(align(64))]
pub(in crate::record) struct CachedCallsite {
    /// The address of its metadata, and the [`MARKS`], with which the fast path does not find it.
    key: Cell<usize>,
    callsite: Cell<Callsite>,
    /// The counter of its spans, once it is remembered.
    spans: Cell<*const AtomicU64>,
    /// The places of its fields in the session's list, where its spans may have numbers.
    fields: [Cell<u8>; FIELDS],
}

impl CachedCallsite {
    #[inline(always)]
    pub(in crate::record) fn get(&self) -> Callsite {
        self.callsite.get()
    }

    #[inline(always)]
    pub(in crate::record) fn count_span(&self) {
        // SAFETY: only call sites that are remembered are given away, and with each so is a counter that lives as
        // long as this: see `remember_callsite`.
        counters::add(unsafe { &*self.spans.get() }, 1);
    }

    /// Whether it is this call site, and nothing is to be noted of new spans, which have no numbers, and which no field
    /// may name.
    #[inline(always)]
    pub(in crate::record) fn is_plain(&self, metadata: &'static Metadata<'static>) -> bool {
        self.key.get() == address(metadata)
    }

    /// The same where new spans may have numbers.
    #[inline(always)]
    pub(in crate::record) fn is_numbered(&self, metadata: &'static Metadata<'static>) -> bool {
        self.key.get() == address(metadata) | NUMBERED
    }

    /// The place in the session's list of the field with this index; None where its name says whether it has one.
    #[inline(always)]
    pub(super) fn field(&self, index: usize) -> Option<u32> {
        match self.fields.get(index)?.get() {
            BY_NAME => None,
            place => Some(place.into()),
        }
    }

    /// Remembers the places of its fields.
    fn remember_fields(
        &self,
        metadata: &'static Metadata<'static>,
        place: impl Fn(&'static str) -> Option<u32>,
    ) {
        for field in metadata.fields() {
            let place = place(field.name()).and_then(|place| u8::try_from(place).ok());
            if let Some(known) = self.fields.get(field.index()) {
                known.set(place.unwrap_or(BY_NAME));
            }
        }
    }
}

/// A span that this thread has created: it will probably be entered soon, and here.
#[derive(Clone, Copy)]
pub(in crate::record) struct Created {
    pub(in crate::record) origin: Origin,
    pub(in crate::record) id: u64,
    pub(in crate::record) region: NameId,
    pub(in crate::record) serial: u32,
}

const NONE_CREATED: Created = Created {
    origin: Origin::GUARD,
    id: 0,
    region: NO_REGION,
    serial: 0,
};

/// The page of a layer's serial numbers that this thread wrote last.
#[derive(Clone, Copy)]
struct LastPage {
    origin: Origin,
    /// An id that is on it.
    id: u64,
    page: *const Page,
}

/// The span that was created last and is watched.
#[derive(Clone, Copy)]
struct Watched {
    /// The place of its call site.
    place: usize,
    /// Where the thread was when it was created.
    moment: Moment,
}

const NO_REGION: NameId = NameId::from_number(u32::MAX);
/// Of no kind.
const NO_KIND: u64 = u64::MAX;

pub(in crate::record) struct SpanCache {
    callsites: [CachedCallsite; CALLSITES],
    /// How the spans of each begin.
    habits: [Cell<Habit>; CALLSITES],
    created: [Cell<Created>; CREATED],
    /// Kinds of a subscriber's spans that are entered on the fast path, each below the number of its region: one
    /// word, so that entering takes one load.
    kinds: [Cell<u64>; KINDS],
    /// Counts the spans that are not counted, which takes less than asking whether they are. Boxed, as call sites
    /// point to it.
    uncounted: Box<AtomicU64>,
    last_page: Cell<LastPage>,
    watched: Cell<Watched>,
    pub(in crate::record) serials: Serials,
}

impl SpanCache {
    pub(in crate::record) fn new() -> Self {
        let nothing = Callsite {
            region: NO_REGION,
            by_field: false,
            has_numbers: false,
            id: 0,
        };
        Self {
            callsites: std::array::from_fn(|_| CachedCallsite {
                key: Cell::new(0),
                callsite: Cell::new(nothing),
                spans: Cell::new(std::ptr::null()),
                fields: [const { Cell::new(BY_NAME) }; FIELDS],
            }),
            habits: std::array::from_fn(|_| Cell::new(Habit::default())),
            created: std::array::from_fn(|_| Cell::new(NONE_CREATED)),
            uncounted: Box::default(),
            kinds: std::array::from_fn(|_| Cell::new(NO_KIND)),
            last_page: Cell::new(LastPage {
                origin: Origin::GUARD,
                id: 0,
                page: std::ptr::null(),
            }),
            watched: Cell::new(Watched {
                place: 0,
                moment: (0, 0),
            }),
            serials: Serials::default(),
        }
    }

    #[inline(always)]
    fn place(metadata: &'static Metadata<'static>) -> usize {
        (address(metadata) >> 4) % CALLSITES
    }

    /// A call site that [is plain](CachedCallsite::is_plain).
    #[inline(always)]
    pub(in crate::record) fn plain(&self, metadata: &'static Metadata<'static>) -> Option<&CachedCallsite> {
        let cached = self.callsite_slot(metadata);
        cached.is_plain(metadata).then_some(cached)
    }

    /// One whose new spans [may have numbers](CachedCallsite::is_numbered).
    #[inline(always)]
    pub(in crate::record) fn numbered(
        &self,
        metadata: &'static Metadata<'static>,
    ) -> Option<&CachedCallsite> {
        let cached = self.callsite_slot(metadata);
        cached.is_numbered(metadata).then_some(cached)
    }

    /// Where a call site is remembered, if it is.
    #[inline(always)]
    pub(in crate::record) fn callsite_slot(&self, metadata: &'static Metadata<'static>) -> &CachedCallsite {
        &self.callsites[Self::place(metadata)]
    }

    /// What is remembered of a call site.
    pub(in crate::record) fn callsite(&self, metadata: &'static Metadata<'static>) -> Option<Callsite> {
        let cached = self.callsite_slot(metadata);
        (cached.key.get() & !MARKS == address(metadata)).then(|| cached.callsite.get())
    }

    /// Remembers a call site, and the counter of its spans, which may be null. `field` gives the place of a field in the
    /// session's list.
    ///
    /// # Safety
    ///
    /// The counter lives as long as this, and no other thread writes it.
    pub(in crate::record) unsafe fn remember_callsite(
        &self,
        metadata: &'static Metadata<'static>,
        callsite: Callsite,
        spans: *const AtomicU64,
        field: impl Fn(&'static str) -> Option<u32>,
    ) {
        let cached = self.callsite_slot(metadata);
        let by_field = if callsite.by_field { BY_FIELD } else { 0 };
        let numbered = if callsite.has_numbers { NUMBERED } else { 0 };
        cached
            .key
            .set(address(metadata) | by_field | numbered | LOOKED_AT);
        self.habits[Self::place(metadata)].set(Habit::default());
        cached.callsite.set(callsite);
        if callsite.has_numbers {
            cached.remember_fields(metadata, field);
        }
        let is_counted = !spans.is_null();
        cached.spans.set(if is_counted {
            spans
        } else {
            &raw const *self.uncounted
        });
    }

    /// How the spans of a call site begin, where it is remembered.
    pub(super) fn habit(&self, metadata: &'static Metadata<'static>) -> Option<Habit> {
        self.callsite(metadata)?;
        Some(self.habits[Self::place(metadata)].get())
    }

    /// Sets that of a call site that is remembered.
    pub(super) fn set_habit(&self, metadata: &'static Metadata<'static>, habit: Habit) {
        self.habits[Self::place(metadata)].set(habit);
        if habit.is_plain() {
            let cached = self.callsite_slot(metadata);
            cached.key.set(cached.key.get() & !LOOKED_AT);
        }
    }

    /// A span of this call site is watched, and so must not be entered on the fast path.
    pub(super) fn watch(&self, metadata: &'static Metadata<'static>, moment: Moment) {
        let place = Self::place(metadata);
        self.watched.set(Watched { place, moment });
        let kind = span_id::kind(self.callsite_slot(metadata).callsite.get().id);
        self.kinds[kind as usize % KINDS].set(NO_KIND);
    }

    /// Where the thread was when the span that is watched was created.
    pub(super) fn watched_since(&self) -> Moment {
        self.watched.get().moment
    }

    /// The habit of the call site whose span is watched.
    pub(super) fn watched_habit(&self) -> &Cell<Habit> {
        &self.habits[self.watched.get().place]
    }

    #[inline(always)]
    pub(in crate::record) fn created(&self, id: u64) -> &Cell<Created> {
        &self.created[id as usize % CREATED]
    }

    pub(in crate::record) fn forget_created(&self, id: u64) {
        self.created(id).set(NONE_CREATED);
    }

    /// The region of a subscriber's span of a kind that is remembered.
    #[inline(always)]
    pub(super) fn fast_region(&self, span: u64) -> Option<NameId> {
        let kind = span_id::kind(span);
        let known = self.kinds[kind as usize % KINDS].get();
        (known as u32 == kind).then(|| NameId::from_number((known >> 32) as u32))
    }

    /// Remembers the kind of a span.
    pub(super) fn remember_kind(&self, span: u64, region: NameId) {
        let kind = span_id::kind(span);
        self.kinds[kind as usize % KINDS].set(u64::from(region.number()) << 32 | u64::from(kind));
    }

    /// Stores the serial number of a layer's new span; false where that takes
    /// [`store_serial`](Self::store_serial).
    #[inline(always)]
    pub(in crate::record) fn store_serial_fast(&self, origin: Origin, span: u64, serial: u32) -> bool {
        let last = self.last_page.get();
        let is_same = last.origin == origin && are_on_one_page(last.id, span);
        if is_same {
            // SAFETY: no two layers share an origin, so the page is one of the layer that calls this,
            // and its pages live as long as it does.
            unsafe { &*last.page }.set(span, serial);
        }
        is_same
    }

    /// The slow path, which handles every case; `places` are those of the layer.
    pub(in crate::record) fn store_serial(
        &self,
        origin: Origin,
        span: u64,
        serial: u32,
        places: &SpanPlaces,
    ) {
        self.last_page.set(LastPage {
            origin,
            id: span,
            page: places.page(span),
        });
        self.store_serial_fast(origin, span, serial);
    }
}

#[inline(always)]
fn address(metadata: &'static Metadata<'static>) -> usize {
    std::ptr::from_ref(metadata) as usize
}
