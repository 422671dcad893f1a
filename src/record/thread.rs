//! The calling thread's side of a session: its block of events and its stack of open regions.
//!
//! Each thread has a [`Lane`] per session. Only that thread touches the lane; what others may look
//! at is in its [`LaneShared`]: blocks up to their published length, and the open stack, whose
//! entries are atomics. Locks are taken when a block is full and when a stack or table grows,
//! nowhere else.
#![allow(unsafe_code)]

use super::block::{Block, Event};
use super::names::NameId;
use super::throttle::Throttle;
use super::view::{Counters, LEFT, LaneShared, OPEN_CAPACITY, OpenSlot, Queue, lock};
use super::{Mode, Recording};
use crate::clock::Clock;
use crate::sys;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A region as it was entered; what the guard keeps.
///
/// Two whole words, and no `Option` around them: a guard that is read back in other pieces than it
/// was written in stalls the processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entered {
    /// The region's number, and above it the place on the open stack or one of the marks below.
    what: u64,
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
    fn new(region: NameId, index: u32, start: u64) -> Self {
        Self {
            what: u64::from(region.number()) | u64::from(index) << 32,
            start,
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

    #[inline(always)]
    fn is_in(self, slot: &OpenSlot) -> bool {
        slot.start.load(Ordering::Relaxed) == self.start
            && slot.what.load(Ordering::Relaxed) == OpenSlot::what(self.region(), 0)
    }
}

/// One thread's side of one session.
pub(crate) struct Lane {
    /// Owns a reference count of the queue's current block.
    block: Cell<*const Block>,
    /// The open stack; the memory is `open_memory`'s.
    open: Cell<*const [OpenSlot]>,
    depth: Cell<usize>,
    /// What is done with each region, by its number; the memory is `modes_memory`'s.
    modes: Cell<*const [Mode]>,
    /// Whether intervals are kept, none are throttled, and the clock is the CPU's counter.
    quick: bool,
    clock: Clock,
    /// Whether intervals are kept; otherwise calls are counted.
    time_trace: bool,
    shared: Arc<LaneShared>,
    /// Counters by region; the memory is `counters_memory`'s.
    counters: Cell<*const [Counters]>,
    counters_memory: RefCell<Arc<[Counters]>>,
    recording: Arc<Recording>,
    open_memory: RefCell<Arc<[OpenSlot]>>,
    modes_memory: RefCell<Box<[Mode]>>,
    throttle: Option<RefCell<Throttle>>,
    /// Set while a rare path runs, which may allocate: an instrumented allocator comes back here.
    busy: Cell<bool>,
}

impl Lane {
    fn new(recording: Arc<Recording>) -> Self {
        let settings = &recording.settings;
        let block = Arc::new(Block::new(settings.block_events));
        let throttle = settings.throttle.filter(|_| settings.time_trace);
        let throttle = throttle.map(|(calls, mean)| RefCell::new(Throttle::new(calls, mean)));
        let open: Arc<[OpenSlot]> = (0..OPEN_CAPACITY).map(|_| OpenSlot::default()).collect();
        let counters: Arc<[Counters]> = Arc::new([]);
        let shared = Arc::new(LaneShared {
            index: recording.next_thread.fetch_add(1, Ordering::Relaxed),
            name: std::thread::current().name().unwrap_or_default().to_owned(),
            native_id: crate::sys::native_thread_id(),
            queue: Mutex::new(Queue {
                full: VecDeque::new(),
                current: Arc::clone(&block),
                drained: 0,
                ended: false,
            }),
            open: Mutex::new(Arc::clone(&open)),
            depth: AtomicUsize::new(0),
            counters: Mutex::new(Arc::clone(&counters)),
        });
        lock(&recording.lanes).push(Arc::clone(&shared));
        Self {
            block: Cell::new(Arc::into_raw(block)),
            open: Cell::new(&raw const *open),
            depth: Cell::new(0),
            modes: Cell::new(&[]),
            quick: settings.time_trace
                && settings.throttle.is_none()
                && matches!(settings.clock, Clock::Counter),
            clock: recording.settings.clock.clone(),
            time_trace: recording.settings.time_trace,
            shared,
            counters: Cell::new(&raw const *counters),
            counters_memory: RefCell::new(counters),
            recording,
            open_memory: RefCell::new(open),
            modes_memory: RefCell::default(),
            throttle,
            busy: Cell::new(false),
        }
    }

    /// Enters a region through the guard's door.
    #[inline(always)]
    pub(crate) fn enter(&self, region: NameId) -> Entered {
        match self.known_mode(region) {
            Some(Mode::Time) if self.quick => match self.push_open_quickly(region, 0, None) {
                Some((index, start)) => Entered::new(region, index, start),
                None => self.enter_slowly(region),
            },
            Some(Mode::Count) => Entered::new(region, COUNTED, 0),
            Some(Mode::Off) => Entered::NOTHING,
            _ => self.enter_slowly(region),
        }
    }

    #[inline(never)]
    fn enter_slowly(&self, region: NameId) -> Entered {
        match self.mode(region) {
            Mode::Time => match self.push_open(region, 0, None) {
                Some((index, start)) => Entered::new(region, index, start),
                None => Entered::NOTHING,
            },
            Mode::Count => Entered::new(region, COUNTED, 0),
            Mode::Off | Mode::Unknown => Entered::NOTHING,
        }
    }

    /// Leaves what [`enter`](Self::enter) entered.
    #[inline(always)]
    pub(crate) fn exit(&self, entered: Entered) {
        if self.quick {
            let end = sys::cpu_counter();
            let top = self.depth.get().wrapping_sub(1);
            let quickly = entered.index() as usize == top
                && self.open().get(top).is_some_and(|slot| entered.is_in(slot))
                && self.close_quickly(top, entered.region(), entered.start, end);
            if !quickly {
                self.exit_at(entered, end);
            }
        } else if entered.index() == COUNTED {
            self.count(entered.region(), |counters| &counters.counted);
        } else {
            self.exit_at(entered, self.clock.ticks());
        }
    }

    #[inline(never)]
    fn exit_at(&self, entered: Entered, end: u64) {
        if let Some(index) = self.find(|slot| entered.is_in(slot)) {
            self.close(index, entered.region(), entered.start, end);
        }
    }

    /// Counts a span that has been created.
    #[inline(always)]
    pub(crate) fn count_span(&self, region: NameId) {
        if self.mode(region) != Mode::Off {
            self.count(region, |counters| &counters.spans);
        }
    }

    /// Enters a region through a span's door. `key` tells the span from others of the same door.
    #[inline(always)]
    pub(crate) fn enter_span(&self, region: NameId, door: u32, key: u64) {
        match self.known_mode(region) {
            Some(Mode::Time) if self.quick && self.push_open_quickly(region, door, Some(key)).is_some() => {}
            Some(Mode::Off) => {}
            _ => self.enter_span_slowly(region, door, key),
        }
    }

    #[inline(never)]
    fn enter_span_slowly(&self, region: NameId, door: u32, key: u64) {
        if self.mode(region) != Mode::Off {
            self.push_open(region, door, Some(key));
        }
    }

    /// Leaves the innermost open call of this span; does nothing where there is none.
    #[inline(always)]
    pub(crate) fn exit_span(&self, door: u32, key: u64) {
        if !self.quick {
            return self.exit_span_at(door, key, if self.time_trace { self.clock.ticks() } else { 0 });
        }
        let end = sys::cpu_counter();
        let top = self.depth.get().wrapping_sub(1);
        let quickly = match self.open().get(top) {
            Some(slot) if slot.is_of_span(door, key) => {
                self.close_quickly(top, slot.region(), slot.start.load(Ordering::Relaxed), end)
            }
            _ => false,
        };
        if !quickly {
            self.exit_span_at(door, key, end);
        }
    }

    #[inline(never)]
    fn exit_span_at(&self, door: u32, key: u64, end: u64) {
        if let Some(index) = self.find(|slot| slot.is_of_span(door, key)) {
            let slot = &self.open()[index];
            self.close(index, slot.region(), slot.start.load(Ordering::Relaxed), end);
        }
    }

    /// The innermost open span of this door.
    pub(crate) fn current_span(&self, door: u32) -> Option<u64> {
        let index = self.find(|slot| slot.door() == door && !slot.is_left())?;
        Some(self.open()[index].key.load(Ordering::Relaxed))
    }

    #[inline(always)]
    fn open(&self) -> &[OpenSlot] {
        // SAFETY: `open_memory` keeps the slots; `grow_open` is the only one to replace it, and is
        // not called while the result of this function is in use.
        unsafe { &*self.open.get() }
    }

    /// The innermost open call that fits.
    #[cold]
    #[inline(never)]
    fn find(&self, fits: impl Fn(&OpenSlot) -> bool) -> Option<usize> {
        self.open()[..self.depth.get()].iter().rposition(fits)
    }

    /// What mostly happens, and nothing else, so that it needs no call and few registers: the stack has
    /// room, the clock is the CPU's counter.
    #[inline(always)]
    fn push_open_quickly(&self, region: NameId, door: u32, key: Option<u64>) -> Option<(u32, u64)> {
        let depth = self.depth.get();
        let slot = self.open().get(depth)?;
        slot.what.store(OpenSlot::what(region, door), Ordering::Relaxed);
        if let Some(key) = key {
            slot.key.store(key, Ordering::Relaxed);
        }
        self.depth.set(depth + 1);
        let start = sys::cpu_counter();
        slot.start.store(start, Ordering::Relaxed);
        self.shared.depth.store(depth + 1, Ordering::Release);
        Some((depth as u32, start))
    }

    /// The same for leaving: the call is on top, an open one or none below it, the block has room.
    #[inline(always)]
    fn close_quickly(&self, top: usize, region: NameId, start: u64, end: u64) -> bool {
        let below = top.wrapping_sub(1);
        if self.open().get(below).is_some_and(OpenSlot::is_left) {
            return false;
        }
        let event = Event {
            region,
            depth: top as u32,
            start,
            end,
        };
        // SAFETY: as in `record`.
        let pushed = unsafe { (*self.block.get()).push(event) };
        if pushed {
            self.depth.set(top);
            self.shared.depth.store(top, Ordering::Release);
        }
        pushed
    }

    fn push_open(&self, region: NameId, door: u32, key: Option<u64>) -> Option<(u32, u64)> {
        if self.depth.get() == self.open().len() {
            self.rarely(|| self.grow_open())?;
        }
        let depth = self.depth.get();
        let slot = self.open().get(depth)?;
        slot.what.store(OpenSlot::what(region, door), Ordering::Relaxed);
        if let Some(key) = key {
            slot.key.store(key, Ordering::Relaxed);
        }
        self.depth.set(depth + 1);
        let start = if self.time_trace { self.clock.ticks() } else { 0 };
        slot.start.store(start, Ordering::Relaxed);
        self.shared.depth.store(depth + 1, Ordering::Release);
        Some((depth as u32, start))
    }

    /// Records the call at `index` of the stack and takes it off.
    fn close(&self, index: usize, region: NameId, start: u64, end: u64) {
        // The event first: whoever reads the stack and then the events misses nothing.
        if self.throttle.is_some() && self.is_throttled(region, end.wrapping_sub(start)) {
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
        let open = self.open();
        if index + 1 == self.depth.get() {
            let mut depth = index;
            while depth > 0 && open[depth - 1].is_left() {
                depth -= 1;
            }
            self.depth.set(depth);
            self.shared.depth.store(depth, Ordering::Release);
        } else {
            open[index].what.store(LEFT, Ordering::Release);
        }
    }

    fn record(&self, event: Event) {
        // SAFETY: the lane owns a count of the block until `hand_off` replaces it, and this thread
        // is the only one that pushes into it.
        let pushed = unsafe { (*self.block.get()).push(event) };
        if !pushed {
            self.record_in_next_block(event.region, event.depth, event.start, event.end);
        }
    }

    #[cold]
    #[inline(never)]
    fn record_in_next_block(&self, region: NameId, depth: u32, start: u64, end: u64) {
        let event = Event {
            region,
            depth,
            start,
            end,
        };
        let kept = self.rarely(|| {
            // SAFETY: as in `record`; the block is new and has room.
            self.hand_off() && unsafe { (*self.block.get()).push(event) }
        });
        if kept != Some(true) {
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
        let waiting = {
            let mut queue = lock(&self.shared.queue);
            let full = std::mem::replace(&mut queue.current, next);
            queue.full.push_back(full);
            queue.full.len() * self.recording.settings.block_events
        };
        if waiting >= self.recording.settings.buffer_limit {
            self.recording.wake_writer();
        }
        true
    }

    /// Doubles the open stack, after closing the gaps that calls left out of order.
    #[cold]
    #[inline(never)]
    fn grow_open(&self) {
        let old = Arc::clone(&self.open_memory.borrow());
        let kept: Vec<&OpenSlot> = old.iter().filter(|slot| !slot.is_left()).collect();
        let capacity = (2 * kept.len()).max(OPEN_CAPACITY);
        let new: Arc<[OpenSlot]> = kept
            .iter()
            .map(|slot| OpenSlot::copy_of(slot))
            .chain(std::iter::repeat_with(OpenSlot::default))
            .take(capacity)
            .collect();
        {
            // Readers see the stack and its depth change together.
            let mut shown = lock(&self.shared.open);
            *shown = Arc::clone(&new);
            self.shared.depth.store(kept.len(), Ordering::Release);
        }
        self.depth.set(kept.len());
        self.open.set(&raw const *new);
        drop(self.open_memory.replace(new));
    }

    #[inline(always)]
    fn known_mode(&self, region: NameId) -> Option<Mode> {
        // SAFETY: `modes_memory` keeps the table; `resolve_mode` is the only one to replace it, and
        // runs after this borrow.
        unsafe { &*self.modes.get() }.get(region.index()).copied()
    }

    #[inline(always)]
    fn mode(&self, region: NameId) -> Mode {
        match self.known_mode(region) {
            Some(mode) if mode != Mode::Unknown => mode,
            _ => self.resolve_mode(region),
        }
    }

    #[cold]
    #[inline(never)]
    fn resolve_mode(&self, region: NameId) -> Mode {
        self.rarely(|| {
            let mode = self.recording.mode_of(region);
            let known = self.modes_memory.borrow().len();
            // A new table each time: the old one stays as it is until nobody looks at it.
            let mut table = vec![Mode::Unknown; known.max((region.index() + 1).next_power_of_two())];
            table[..known].copy_from_slice(&self.modes_memory.borrow());
            table[region.index()] = mode;
            let table = table.into_boxed_slice();
            self.modes.set(&raw const *table);
            drop(self.modes_memory.replace(table));
            mode
        })
        .unwrap_or(Mode::Off)
    }

    /// Whether a call of this many ticks is only to be summed up, which then is done.
    #[inline(never)]
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
        if let Some(sum) = self
            .counters()
            .get(region.index())
            .map(|counters| &counters.throttled_ticks)
        {
            sum.store(
                sum.load(Ordering::Relaxed).saturating_add(ticks),
                Ordering::Release,
            );
        }
        true
    }

    #[inline(always)]
    fn count(&self, region: NameId, which: fn(&Counters) -> &AtomicU64) {
        if !self.add_one(region, which) {
            self.rarely(|| self.grow_counters(region));
            self.add_one(region, which);
        }
    }

    #[inline(always)]
    fn counters(&self) -> &[Counters] {
        // SAFETY: `counters_memory` keeps them; `grow_counters` is the only one to replace it, and is
        // not called while the result of this function is in use.
        unsafe { &*self.counters.get() }
    }

    #[inline(always)]
    fn add_one(&self, region: NameId, which: fn(&Counters) -> &AtomicU64) -> bool {
        let Some(counter) = self.counters().get(region.index()).map(which) else {
            return false;
        };
        // Nobody else writes, so that a load and a store will do.
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Release);
        true
    }

    #[cold]
    #[inline(never)]
    fn grow_counters(&self, region: NameId) {
        let old = Arc::clone(&self.counters_memory.borrow());
        let capacity = (region.index() + 1).next_power_of_two().max(64);
        let new: Arc<[Counters]> = (0..capacity)
            .map(|index| match old.get(index) {
                Some(old) => Counters {
                    counted: AtomicU64::new(old.counted.load(Ordering::Relaxed)),
                    dropped: AtomicU64::new(old.dropped.load(Ordering::Relaxed)),
                    spans: AtomicU64::new(old.spans.load(Ordering::Relaxed)),
                    throttled: AtomicU64::new(old.throttled.load(Ordering::Relaxed)),
                    throttled_ticks: AtomicU64::new(old.throttled_ticks.load(Ordering::Relaxed)),
                },
                None => Counters::default(),
            })
            .collect();
        *lock(&self.shared.counters) = Arc::clone(&new);
        self.counters.set(&raw const *new);
        drop(self.counters_memory.replace(new));
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

/// The lanes of this thread, one for each session it has recorded in.
#[derive(Default)]
struct Lanes {
    /// Boxed, as CURRENT points to them.
    #[expect(clippy::vec_box)]
    all: RefCell<Vec<Box<Lane>>>,
}

impl Drop for Lanes {
    fn drop(&mut self) {
        // Destructors of other thread-locals may still enter and leave regions.
        CURRENT.set((0, std::ptr::null()));
    }
}

thread_local! {
    /// The session that this thread recorded in last, and its lane: valid while the session's
    /// number is not 0. Needs no destructor, so that it can be read at any time.
    static CURRENT: Cell<(u64, *const Lane)> = const { Cell::new((0, std::ptr::null())) };
    static LANES: Lanes = Lanes::default();
    static INTERNAL: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` on this thread's lane of the session with this number. A thread that has no lane gets
/// one in the recording that `attach_to` gives, unless the session is over, or the thread is at its
/// very end, or is just doing this further up its stack.
#[inline(always)]
pub(crate) fn with_lane<R>(
    session: u64,
    attach_to: impl FnOnce() -> Option<Arc<Recording>>,
    f: impl FnOnce(&Lane) -> R,
) -> Option<R> {
    let (current, lane) = CURRENT.get();
    let lane = if current == session && session != 0 {
        lane
    } else if let Some(lane) = switch_to(session) {
        lane
    } else {
        attach(attach_to()?)?
    };
    // SAFETY: lanes are boxed and stay where they are until `Lanes` is dropped, which clears
    // CURRENT first, or until `attach` discards those of closed sessions, which it does only while
    // none of them is in use.
    Some(f(unsafe { &*lane }))
}

#[cold]
#[inline(never)]
fn switch_to(session: u64) -> Option<*const Lane> {
    LANES
        .try_with(|lanes| {
            let lanes = lanes.all.try_borrow().ok()?;
            let lane: *const Lane = &**lanes.iter().find(|lane| lane.recording.id == session)?;
            CURRENT.set((session, lane));
            Some(lane)
        })
        .ok()?
}

/// Regions that this thread enters are not recorded: it is the profiler's own.
pub(crate) fn never_record_this_thread() {
    INTERNAL.set(true);
}

#[cold]
#[inline(never)]
fn attach(recording: Arc<Recording>) -> Option<*const Lane> {
    LANES
        .try_with(|lanes| {
            let mut lanes = lanes.all.try_borrow_mut().ok()?;
            if recording.is_closed() || INTERNAL.get() {
                return None;
            }
            if lanes.iter().all(|lane| !lane.busy.get()) {
                CURRENT.set((0, std::ptr::null()));
                lanes.retain(|lane| !lane.recording.is_closed());
            }
            let session = recording.id;
            lanes.push(Box::new(Lane::new(recording)));
            let lane: *const Lane = &**lanes.last()?;
            CURRENT.set((session, lane));
            Some(lane)
        })
        .ok()?
}
