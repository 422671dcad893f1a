//! The calling thread's side of a session: its block of events and its stack of open regions.
//!
//! Each thread has a [`Lane`] per session. Only that thread touches the lane; what others may look
//! at is in its [`LaneShared`]: blocks up to their published length, the open stack, and counters.
//! Locks are taken when a block is full and when a stack grows, nowhere else.
//!
//! Entering and leaving each have a fast path, which handles the usual case, and a slow path, which
//! handles every case. The fast path checks that it applies before it changes anything.
#![allow(unsafe_code)]

use super::block::{Block, Event};
use super::counters::{self, Counters};
use super::locks::lock;
use super::names::NameId;
use super::open_stack::{Door, OpenSlot, OpenStack};
use super::sites::Sites;
use super::spans::{Callsite, id};
use super::throttle::Throttle;
use super::view::LaneShared;
use super::{Mode, Recording};
use crate::clock::Clock;
use crate::sys;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tracing_core::Metadata;

/// A region as it was entered; what the guard keeps.
///
/// Two whole words, and no `Option` around them: a guard that is read back in other pieces than it
/// was written in stalls the processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entered {
    /// The region's number, and above it the place on the open stack or one of the marks below.
    what: u64,
    /// When it was entered; where it is only counted, the address of the counters.
    start: u64,
}

/// In place of a place on the stack: nothing was entered.
const NOTHING: u32 = u32::MAX;
/// In place of a place on the stack: the call is only counted.
const COUNTED: u32 = u32::MAX - 1;

impl Entered {
    /// Nothing was entered.
    pub(crate) const NOTHING: Self = Self {
        what: (NOTHING as u64) << 32,
        start: 0,
    };

    #[inline(always)]
    fn new(region: NameId, index: usize, start: u64) -> Self {
        Self {
            what: u64::from(region.number()) | (index as u64) << 32,
            start,
        }
    }

    /// A call that is only counted, there.
    #[inline(always)]
    fn counted(counters: *const Counters) -> Self {
        Self {
            what: (COUNTED as u64) << 32,
            start: counters.expose_provenance() as u64,
        }
    }

    #[inline(always)]
    pub(crate) fn is_nothing(self) -> bool {
        self.index() == NOTHING
    }

    #[inline(always)]
    fn index(self) -> u32 {
        (self.what >> 32) as u32
    }

    #[inline(always)]
    fn region(self) -> NameId {
        NameId::from_number(self.what as u32)
    }
}

/// What a lane does with the calls of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Filtered out.
    Off,
    /// Counts them.
    Count,
    /// Keeps intervals, on the slow path.
    Keep,
    /// Keeps intervals, and may take the fast path.
    KeepQuickly,
}

/// What a lane knows of a region.
#[derive(Clone, Copy)]
struct Known {
    /// None: the lane has not asked yet.
    way: Option<Way>,
    /// Where it is counted, unless it is filtered out: an entry of `LaneShared::counters`, which stay
    /// where they are.
    counters: *const Counters,
}

const UNKNOWN: Known = Known {
    way: None,
    counters: std::ptr::null(),
};

/// One thread's side of one session.
pub(crate) struct Lane {
    /// Owns a reference count of the queue's current block.
    block: Cell<*const Block>,
    open: OpenStack,
    /// What is known of each region, by its number; the memory is `regions_memory`'s.
    regions: Cell<*const [Cell<Known>]>,
    /// Whether intervals are kept, none are throttled, and the clock is the CPU's counter.
    quick: bool,
    /// Whether leaving takes the slow path: where not `quick`, or the open stack has gaps.
    generally: Cell<bool>,
    /// Whether intervals are kept; otherwise calls are counted.
    time_trace: bool,
    pub(super) sites: Sites,
    clock: Clock,
    shared: Arc<LaneShared>,
    pub(super) recording: Arc<Recording>,
    regions_memory: RefCell<Box<[Cell<Known>]>>,
    throttle: Option<RefCell<Throttle>>,
    /// Set while a rare path runs, which may allocate: an instrumented allocator comes back here.
    busy: Cell<bool>,
}

impl Lane {
    pub(super) fn new(recording: Arc<Recording>) -> Self {
        let settings = &recording.settings;
        let time_trace = settings.time_trace;
        let block = Arc::new(Block::new(settings.block_events));
        let throttle = settings.throttle.filter(|_| time_trace);
        let quick = time_trace && throttle.is_none() && matches!(settings.clock, Clock::Counter);
        let open = OpenStack::new();
        let shared = recording.new_lane(&block, open.shown());
        Self {
            block: Cell::new(Arc::into_raw(block)),
            open,
            regions: Cell::new(&[]),
            quick,
            generally: Cell::new(!quick),
            time_trace,
            sites: Sites::new(),
            clock: settings.clock.clone(),
            shared,
            regions_memory: RefCell::default(),
            throttle: throttle.map(|(calls, mean)| RefCell::new(Throttle::new(calls, mean))),
            busy: Cell::new(false),
            recording,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.busy.get()
    }

    // --- guards ---------------------------------------------------------------------------------

    /// Enters a region through the guard's door. None where that takes [`enter`](Self::enter).
    #[inline(always)]
    pub(crate) fn enter_quickly(&self, region: NameId) -> Option<Entered> {
        let known = self.known(region);
        if known.way == Some(Way::KeepQuickly) {
            let (index, start) = self.push_quickly(region, Door::GUARD, None)?;
            Some(Entered::new(region, index, start))
        } else if known.way == Some(Way::Count) {
            Some(Entered::counted(known.counters))
        } else if known.way == Some(Way::Off) {
            Some(Entered::NOTHING)
        } else {
            None
        }
    }

    /// The slow path of [`enter_quickly`](Self::enter_quickly).
    pub(crate) fn enter(&self, region: NameId) -> Entered {
        match self.way(region) {
            Way::Off => Entered::NOTHING,
            Way::Count => Entered::counted(self.known(region).counters),
            Way::Keep | Way::KeepQuickly => match self.push(region, Door::GUARD, None) {
                Some((index, start)) => Entered::new(region, index, start),
                None => Entered::NOTHING,
            },
        }
    }

    /// Leaves what has been entered through the guard's door. False where that takes
    /// [`exit`](Self::exit).
    #[inline(always)]
    pub(crate) fn exit_quickly(&self, entered: Entered) -> bool {
        if self.generally.get() {
            return self.exit_counted(entered);
        }
        match self.open.top() {
            Some((top, slot)) if entered.index() as usize == top => {
                slot.is_of_guard(entered.region(), entered.start)
                    && self.pop_quickly(top, entered.region(), entered.start)
            }
            _ => false,
        }
    }

    #[inline(always)]
    fn exit_counted(&self, entered: Entered) -> bool {
        let counted = entered.index() == COUNTED;
        if counted {
            // SAFETY: the pointer is this lane's, as guards leave the lane that they entered, and
            // counters stay where they are.
            let counters = unsafe { &*std::ptr::with_exposed_provenance::<Counters>(entered.start as usize) };
            counters::add(&counters.counted, 1);
        }
        counted
    }

    /// The slow path of [`exit_quickly`](Self::exit_quickly). Does nothing when the call is not open.
    pub(crate) fn exit(&self, entered: Entered) {
        let end = self.now();
        let (region, start) = (entered.region(), entered.start);
        let is_it = |slot: &OpenSlot| slot.is_of_guard(region, start).then_some(());
        if let Some((index, ())) = self.open.find(is_it) {
            self.close(index, region, start, end);
        }
    }

    // --- spans ----------------------------------------------------------------------------------

    /// Counts a span that has been created.
    pub(super) fn count_span(&self, region: NameId) {
        if self.way(region) != Way::Off {
            self.count(region, |counters| &counters.spans);
        }
    }

    /// What a call site means here.
    pub(super) fn callsite(&self, metadata: &'static Metadata<'static>) -> Callsite {
        self.sites.get(metadata).unwrap_or_else(|| {
            let find = || Callsite::of(Some(&self.recording), metadata);
            let callsite = self.rarely(find).unwrap_or_else(find);
            self.remember_site(metadata, callsite);
            callsite
        })
    }

    fn remember_site(&self, metadata: &'static Metadata<'static>, callsite: Callsite) {
        if callsite.by_field {
            // Whether any of its spans has the call site's own name is not known yet.
            // SAFETY: there is no counter.
            unsafe { self.sites.remember(metadata, callsite, std::ptr::null()) };
            return;
        }
        self.recording
            .registry
            .meet(callsite.region, id::site(callsite.id));
        self.way(callsite.region);
        let known = self.known(callsite.region);
        if known.way.is_none() {
            // Further up the stack the lane is just asking: next time.
            return;
        }
        // SAFETY: as in `add`.
        let spans = match unsafe { known.counters.as_ref() } {
            Some(counters) => &raw const counters.spans,
            None => std::ptr::null(),
        };
        // SAFETY: the counters are of this lane and stay where they are; it owns `sites`, too.
        unsafe { self.sites.remember(metadata, callsite, spans) };
    }

    pub(super) fn is_off(&self, region: NameId) -> bool {
        self.known(region).way == Some(Way::Off)
    }

    /// Enters a region through a span's door; `key` tells the span from others of the same door.
    /// False where that takes [`enter_span`](Self::enter_span).
    #[inline(always)]
    pub(super) fn enter_span_quickly(&self, region: NameId, door: Door, key: u64) -> bool {
        self.known(region).way == Some(Way::KeepQuickly)
            && self.push_quickly(region, door, Some(key)).is_some()
    }

    /// The slow path of [`enter_span_quickly`](Self::enter_span_quickly).
    pub(super) fn enter_span(&self, region: NameId, door: Door, key: u64) {
        if self.way(region) != Way::Off {
            self.push(region, door, Some(key));
        }
    }

    /// Leaves the innermost call where it is one of this span; false where that takes
    /// [`exit_span`](Self::exit_span).
    #[inline(always)]
    pub(super) fn exit_span_quickly(&self, door: Door, key: u64) -> bool {
        if self.generally.get() {
            return false;
        }
        let Some((top, slot)) = self.open.top() else {
            return false;
        };
        match slot.region_of_span(door, key) {
            Some(region) => self.pop_quickly(top, region, slot.start()),
            None => false,
        }
    }

    /// Leaves the innermost open call of this span; does nothing where there is none.
    pub(super) fn exit_span(&self, door: Door, key: u64) {
        let end = self.now();
        let of_span = |slot: &OpenSlot| Some((slot.region_of_span(door, key)?, slot.start()));
        if let Some((index, (region, start))) = self.open.find(of_span) {
            self.close(index, region, start, end);
        }
    }

    /// The innermost open span of this door.
    pub(super) fn current_span(&self, door: Door) -> Option<u64> {
        let of_door = |slot: &OpenSlot| slot.region_of_door(door).map(|_| slot.key());
        Some(self.open.find(of_door)?.1)
    }

    // --- the fast path --------------------------------------------------------------------------

    #[inline(always)]
    fn push_quickly(&self, region: NameId, door: Door, key: Option<u64>) -> Option<(usize, u64)> {
        self.open.push(door.with(region), key, sys::cpu_counter)
    }

    /// Records the innermost call and takes it off; false where the block is full. The stack has no
    /// gaps.
    #[inline(always)]
    fn pop_quickly(&self, top: usize, region: NameId, start: u64) -> bool {
        let event = Event {
            region,
            depth: top as u32,
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

    // --- the slow path --------------------------------------------------------------------------

    fn now(&self) -> u64 {
        if self.time_trace { self.clock.ticks() } else { 0 }
    }

    fn push(&self, region: NameId, door: Door, key: Option<u64>) -> Option<(usize, u64)> {
        let push = || self.open.push(door.with(region), key, || self.now());
        push().or_else(|| {
            self.rarely(|| self.open.grow())?;
            self.generally.set(!self.quick);
            push()
        })
    }

    /// Records the call at `index` of the stack and takes it off.
    fn close(&self, index: usize, region: NameId, start: u64, end: u64) {
        // The event first: whoever reads the stack and then the events misses nothing.
        if self.throttle.is_some() && self.is_throttled(region, end.saturating_sub(start)) {
            // Counted and summed up.
        } else if self.time_trace {
            self.record(Event {
                region,
                depth: index as u32,
                start,
                end,
            });
        } else {
            self.count(region, |counters| &counters.counted);
        }
        self.open.remove(index);
        self.generally.set(!self.quick || self.open.has_gaps());
    }

    fn record(&self, event: Event) {
        // SAFETY: the lane owns a count of the block until `hand_off` replaces it, and this thread
        // is the only one that pushes into it.
        let push = || unsafe { (*self.block.get()).push(event) };
        if !push() && self.rarely(|| self.hand_off() && push()) != Some(true) {
            self.count(event.region, |counters| &counters.dropped);
        }
    }

    /// Gives the full block to the writer and takes an empty one; false when there is none to be had.
    fn hand_off(&self) -> bool {
        let Some(next) = self.recording.empty_block() else {
            return false;
        };
        let mine = Arc::into_raw(Arc::clone(&next));
        // SAFETY: the pointer came from `Arc::into_raw` and its count is given back once. No
        // reference into the block is held: `push` is over.
        drop(unsafe { Arc::from_raw(self.block.replace(mine)) });
        let waiting = self.shared.go_on_with(next) * self.recording.settings.block_events;
        if waiting >= self.recording.settings.buffer_limit {
            self.recording.wake_writer();
        }
        true
    }

    /// Whether a call of this many ticks is only to be summed up, which then is done.
    fn is_throttled(&self, region: NameId, ticks: u64) -> bool {
        let Some(throttle) = &self.throttle else {
            return false;
        };
        let Ok(mut throttle) = throttle.try_borrow_mut() else {
            return false;
        };
        if !throttle.stops(region, ticks, || self.recording.ns_of_ticks()) {
            return false;
        }
        drop(throttle);
        self.count(region, |counters| &counters.throttled);
        self.add(region, |counters| &counters.throttled_ticks, ticks);
        true
    }

    // --- what is known of a region --------------------------------------------------------------

    #[inline(always)]
    fn regions(&self) -> &[Cell<Known>] {
        // SAFETY: `regions_memory` keeps the table; `make_room_for` is the only one to replace it, and
        // is not called while the result of this function is in use.
        unsafe { &*self.regions.get() }
    }

    #[inline(always)]
    fn known(&self, region: NameId) -> Known {
        self.regions().get(region.index()).map_or(UNKNOWN, Cell::get)
    }

    #[inline(always)]
    fn way(&self, region: NameId) -> Way {
        self.known(region).way.unwrap_or_else(|| self.ask(region))
    }

    /// Asks the recording what to do with a region, and keeps the answer.
    #[cold]
    #[inline(never)]
    fn ask(&self, region: NameId) -> Way {
        self.rarely(|| {
            let way = match self.recording.mode_of(region) {
                Mode::Off => Way::Off,
                Mode::Count => Way::Count,
                Mode::Time if self.quick => Way::KeepQuickly,
                Mode::Time => Way::Keep,
            };
            let counters = match way {
                Way::Off => std::ptr::null(),
                _ => &raw const self.shared.counters[self.shared.counters.push(Counters::new(region))],
            };
            self.make_room_for(region);
            if let Some(known) = self.regions().get(region.index()) {
                known.set(Known {
                    way: Some(way),
                    counters,
                });
            }
            way
        })
        .unwrap_or(Way::Off)
    }

    /// Doubles the table where the region is beyond its end.
    fn make_room_for(&self, region: NameId) {
        if region.index() < self.regions().len() {
            return;
        }
        let known = self.regions().iter().cloned();
        let unknown = std::iter::repeat_with(|| Cell::new(UNKNOWN));
        let capacity = (region.index() + 1).next_power_of_two();
        let table: Box<[Cell<Known>]> = known.chain(unknown).take(capacity).collect();
        self.regions.set(&raw const *table);
        drop(self.regions_memory.replace(table));
    }

    #[inline(always)]
    fn count(&self, region: NameId, which: fn(&Counters) -> &AtomicU64) {
        self.add(region, which, 1);
    }

    #[inline(always)]
    fn add(&self, region: NameId, which: fn(&Counters) -> &AtomicU64, n: u64) {
        // SAFETY: null, or an entry of the lane's own `shared.counters`, which never moves.
        if let Some(counters) = unsafe { self.known(region).counters.as_ref() } {
            counters::add(which(counters), n);
        }
    }

    /// Runs something that may allocate or wait; nothing when it is already running, further up
    /// on this thread's stack.
    fn rarely<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        if self.busy.replace(true) {
            return None;
        }
        // A fault of ours must not unwind into the program.
        let result = catch_unwind(AssertUnwindSafe(f));
        self.busy.set(false);
        result.ok()
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        lock(&self.shared.queue).ended = true;
        // SAFETY: the pointer came from `Arc::into_raw`; this is the end of its count.
        drop(unsafe { Arc::from_raw(self.block.get()) });
    }
}
