//! What a thread records into, and the fast paths.
//!
//! Entering and leaving each have a fast path, here, which handles the usual case, and a slow path (`slow_path.rs`),
//! which handles every case. A fast path checks that it applies before it changes anything.
#![allow(unsafe_code)]

use super::block::Block;
use super::counters;
use super::entered::Entered;
use super::measures::Measures;
use super::numbers::Numbers;
use super::open_stack::{OpenSlot, OpenStack, Origin, SpanKey};
use super::region_table::{Action, RegionTable};
use super::shared_view::SharedView;
use super::span_cache::SpanCache;
use super::throttle::Throttle;
use crate::clock::Clock;
use crate::event::Event;
use crate::record::locks::lock;
use crate::record::names::NameId;
use crate::record::recording::Recording;
use crate::sys;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// One thread's side of one session: its block of events, its open calls, and what it knows of regions.
pub(crate) struct ThreadBuffer {
    /// Owns a reference count of the view's current block.
    pub(super) block: Cell<*const Block>,
    pub(super) open: OpenStack,
    pub(super) regions: RegionTable,
    /// Whether the fast paths may be taken at all: intervals are recorded with their time alone, none are throttled,
    /// and the clock is the CPU's counter.
    pub(super) may_be_fast: bool,
    /// Whether it `may_be_fast` and the open stack is regular.
    pub(super) is_regular: Cell<bool>,
    /// Whether leaving does not take the fast path: where it is not regular, or numbers are noted in the block.
    pub(super) exits_slow: Cell<bool>,
    /// Whether intervals are recorded; otherwise calls are counted.
    pub(super) time_trace: bool,
    pub(in crate::record) spans: SpanCache,
    pub(super) clock: Clock,
    pub(super) shared: Arc<SharedView>,
    pub(in crate::record) recording: Arc<Recording>,
    pub(super) throttle: Option<RefCell<Throttle>>,
    /// None where calls have nothing but their time, as usual.
    pub(super) measures: Option<Box<Measures>>,
    /// Where numbers of calls are recorded.
    pub(super) numbers: Option<Box<Numbers>>,
    /// Set while something runs that may allocate: an instrumented allocator comes back here.
    pub(super) busy: Cell<bool>,
}

impl ThreadBuffer {
    pub(super) fn new(recording: Arc<Recording>) -> Self {
        let settings = &recording.settings;
        let time_trace = settings.time_trace;
        let block = Arc::new(Block::new(settings.block_events));
        let throttle = settings.throttle.filter(|_| time_trace);
        let open = OpenStack::new();
        let measures = Measures::new(&recording, open.capacity());
        let is_plain = throttle.is_none() && measures.is_none();
        let may_be_fast = time_trace && is_plain && matches!(settings.clock, Clock::Counter);
        let shared = recording.add_thread(&block, open.shared());
        Self {
            block: Cell::new(Arc::into_raw(block)),
            open,
            regions: RegionTable::new(),
            may_be_fast,
            is_regular: Cell::new(may_be_fast),
            exits_slow: Cell::new(!may_be_fast),
            time_trace,
            spans: SpanCache::new(),
            clock: settings.clock.clone(),
            shared,
            throttle: throttle.map(|(calls, mean)| RefCell::new(Throttle::new(calls, mean))),
            measures,
            numbers: Numbers::of(&recording),
            busy: Cell::new(false),
            recording,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.busy.get()
    }

    /// Enters a region for a guard. None where that takes [`enter_slow`](Self::enter_slow).
    #[inline(always)]
    pub(crate) fn enter_fast(&self, region: NameId) -> Option<Entered> {
        if self.regions.is_fast(region) {
            let (index, start) = self.push_fast(region, Origin::GUARD, None)?;
            return Some(Entered::new(region, index, start));
        }
        let action = self.regions.action(region);
        if action == Some(Action::Skip) {
            Some(Entered::NOTHING)
        } else if action == Some(Action::Count) {
            Some(Entered::counted(self.regions.get(region).counters))
        } else {
            None
        }
    }

    /// Enters a region of which the session is known to record intervals on the fast path. None where that takes
    /// [`enter_slow`](Self::enter_slow).
    #[inline(always)]
    pub(crate) fn enter_recorded(&self, region: NameId) -> Option<Entered> {
        debug_assert!(self.may_be_fast, "what is known of a region holds on all threads");
        let (index, start) = self.push_fast(region, Origin::GUARD, None)?;
        Some(Entered::new(region, index, start))
    }

    /// Enters a region of which the session is known to count the calls. None where that takes
    /// [`enter_slow`](Self::enter_slow).
    #[inline(always)]
    pub(crate) fn enter_counted(&self, region: NameId) -> Option<Entered> {
        let entry = self.regions.get(region);
        (entry.action == Some(Action::Count)).then(|| Entered::counted(entry.counters))
    }

    /// What is done with the calls of a region; None where the thread has not asked yet.
    pub(in crate::record) fn action_of(&self, region: NameId) -> Option<Action> {
        self.regions.action(region)
    }

    /// Leaves what a guard has entered. False where that takes [`exit_slow`](Self::exit_slow).
    #[inline(always)]
    pub(crate) fn exit_fast(&self, entered: Entered) -> bool {
        if self.exits_slow.get() {
            return Self::count_exit(entered);
        }
        let index = entered.index() as usize;
        self.open.is_top(index) && self.record_top(index, entered.region(), 0, entered.start())
    }

    #[inline(always)]
    fn count_exit(entered: Entered) -> bool {
        // SAFETY: a guard leaves the buffer that it has entered, on the same thread.
        let counters = unsafe { entered.counters() };
        if let Some(counters) = counters {
            counters::add(&counters.counted, 1);
        }
        counters.is_some()
    }

    /// Enters a region for a span. False where that takes [`enter_span_slow`](Self::enter_span_slow).
    #[inline(always)]
    pub(in crate::record) fn enter_span_fast(&self, region: NameId, origin: Origin, span: SpanKey) -> bool {
        self.regions.is_fast(region) && self.push_fast(region, origin, Some(span)).is_some()
    }

    /// The same for a span of a subscriber, whose id tells the region.
    #[inline(always)]
    pub(in crate::record) fn enter_span_by_id(&self, origin: Origin, span: SpanKey) -> bool {
        match self.spans.fast_region(span.key) {
            Some(region) => self.push_fast(region, origin, Some(span)).is_some(),
            None => false,
        }
    }

    /// From now on spans of this kind are entered by their id alone, where nothing else is to be looked at.
    pub(in crate::record) fn remember_kind(&self, span: u64, region: NameId) {
        if self.regions.is_fast(region) {
            self.spans.remember_kind(span, region);
        }
    }

    /// Leaves the innermost call where it is one of this span; false where that takes
    /// [`exit_span_slow`](Self::exit_span_slow).
    #[inline(always)]
    pub(in crate::record) fn exit_span_fast(&self, origin: Origin, key: u64) -> bool {
        if self.exits_slow.get() {
            return false;
        }
        match self.top_of_span(origin, key) {
            Some((top, region, slot)) => self.record_top(top, region, slot.serial(), slot.start()),
            None => false,
        }
    }

    /// The innermost call where it is one of this span without numbers that wait: its place, its region, and what is
    /// there.
    #[inline(always)]
    pub(super) fn top_of_span(&self, origin: Origin, key: u64) -> Option<(usize, NameId, &OpenSlot)> {
        let (top, slot) = self.open.top()?;
        Some((top, slot.region_of_span(origin, key)?, slot))
    }

    pub(in crate::record) fn is_filtered_out(&self, region: NameId) -> bool {
        self.regions.action(region) == Some(Action::Skip)
    }

    #[inline(always)]
    pub(super) fn push_fast(
        &self,
        region: NameId,
        origin: Origin,
        span: Option<SpanKey>,
    ) -> Option<(usize, u64)> {
        self.open.push(origin.with(region), span, sys::cpu_counter)
    }

    /// Records the innermost call and takes it off the stack, which has no gaps; false where the block is full.
    #[inline(always)]
    fn record_top(&self, top: usize, region: NameId, serial: u32, start: u64) -> bool {
        let event = Event {
            region: region.number(),
            serial,
            start,
            end: sys::cpu_counter(),
        };
        // The event first: whoever reads the stack and then the events misses nothing.
        // SAFETY: as in `record`.
        let pushed = unsafe { (*self.block.get()).push(event) };
        if pushed {
            self.open.pop(top);
        }
        pushed
    }
}

impl Drop for ThreadBuffer {
    fn drop(&mut self) {
        lock(&self.shared.queue).ended = true;
        // SAFETY: the pointer came from `Arc::into_raw`; this is the end of its count.
        drop(unsafe { Arc::from_raw(self.block.get()) });
    }
}
