//! One session's shared state: its threads, its regions, its memory.

use super::block::{Block, Event};
use super::lane_list::LaneList;
use super::locks::{Condvar, Mutex, hold, lock};
use super::names::{self, NameId};
use super::open_stack::OpenShown;
use super::pool::{Grant, Pool};
use super::registry::{Registry, Totals};
use super::sync::Arc;
use super::tally::Tally;
use super::view::{LaneShared, OpenCall, Piece};
use super::witness::Witness;
use crate::clock::{Anchor, Timeline};
use crate::config::{Overflow, Settings};
use crate::store::rank_log::Counts;
use crate::sys::{fork, signals};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// What is done with the calls of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Filtered out.
    Off,
    /// Calls are counted.
    Count,
    /// Each call leaves an interval.
    Time,
}

#[derive(Debug)]
pub(crate) struct Recording {
    /// Different for every session of the process, never 0.
    pub(crate) id: u64,
    pub(crate) settings: Settings,
    pub(crate) registry: Registry,
    pub(crate) pool: Pool,
    pub(crate) witness: Witness,
    pub(super) lanes: LaneList,
    pub(crate) next_thread: AtomicU32,
    /// When the session began.
    pub(crate) began: Anchor,
    pub(crate) process: u32,
    /// The session's number for as long as it is open, then 0.
    pub(super) open_session: Arc<AtomicU64>,
    /// Held while events move from the lanes into the registry's totals, so that nobody counts
    /// them twice or not at all. What has been counted of them is there until they move.
    draining: Mutex<Tally>,
    /// Calls that threads left open when they ended.
    abandoned: Mutex<Vec<OpenCall>>,
    /// Whether the writer is wanted, and whether it shall stop.
    wake: AtomicBool,
    stop: AtomicBool,
    /// Where the writer waits. Held on waking too, when no fork waits for it: a forked child has no writer
    /// and leaves it alone.
    turnstile: Mutex<()>,
    signalled: Condvar,
}

/// What all lanes had for the writer.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    /// Each lane with its pieces, oldest first.
    pub(crate) lanes: Vec<(Arc<LaneShared>, Vec<Piece>)>,
    /// The number of events of each region in them.
    pub(crate) counts: FxHashMap<NameId, u64>,
}

impl Recording {
    pub(crate) fn new(settings: Settings) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        fork::watch();
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        names::allow(settings.memory_limit);
        Arc::new(Self {
            id,
            registry: Registry::default(),
            pool: Pool::new(settings.block_events, settings.memory_limit),
            witness: Witness::new(),
            lanes: LaneList::default(),
            next_thread: AtomicU32::new(0),
            began: settings.clock.anchor(),
            process: std::process::id(),
            open_session: Arc::new(AtomicU64::new(if settings.activated { id } else { 0 })),
            draining: Mutex::default(),
            abandoned: Mutex::default(),
            wake: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            turnstile: Mutex::default(),
            signalled: Condvar::new(),
            settings,
        })
    }

    #[inline(always)]
    pub(crate) fn is_closed(&self) -> bool {
        self.open_session.load(Ordering::Relaxed) == 0
    }

    /// Whether this is a child of the process that the session belongs to: the log is not its own.
    pub(crate) fn is_forked(&self) -> bool {
        self.process != std::process::id()
    }

    /// Ends recording: no thread gets a new block, and those that wait for one go on.
    pub(crate) fn close(&self) {
        self.close_for_good();
        self.pool.close();
    }

    /// Ends recording and no more, which a signal handler may do.
    pub(super) fn close_for_good(&self) {
        self.open_session.store(0, Ordering::Release);
    }

    /// A lane for the calling thread, which begins with this block.
    pub(super) fn new_lane(&self, block: &Arc<Block>, open: std::sync::Arc<OpenShown>) -> Arc<LaneShared> {
        if self.settings.crash_handler {
            signals::prepare_this_thread();
        }
        let index = self.next_thread.fetch_add(1, Ordering::Relaxed);
        let lane = Arc::new(LaneShared::new(index, block, open));
        self.lanes.add(Arc::clone(&lane));
        lane
    }

    /// What to do with a region; one that is recorded enters the registry.
    pub(crate) fn mode_of(&self, region: NameId) -> Mode {
        // Which names are among the others nobody knows any more: they are kept rather than lost.
        if !region.is_others() && !self.settings.patterns.keeps(region.name()) {
            self.registry.leave_out(region);
            return Mode::Off;
        }
        self.registry.insert(region);
        if self.settings.crash_handler {
            // Libraries install handlers when they are initialized, as MPI does; what comes after that is often
            // a new region.
            signals::renew();
        }
        if self.settings.time_trace {
            Mode::Time
        } else {
            Mode::Count
        }
    }

    /// An empty block for a thread that has filled its own.
    pub(crate) fn empty_block(&self) -> Option<Arc<Block>> {
        // Without a file nothing ever leaves memory, and a forked child has no writer: to wait
        // would be to wait forever.
        let overflow = match self.settings.file_path {
            Some(_) if !self.is_forked() => self.settings.overflow,
            _ => Overflow::Drop,
        };
        match self.pool.take(overflow, || self.wake_writer()) {
            Grant::Block(block) => Some(block),
            Grant::Refused => None,
        }
    }

    /// Takes from every lane what it has for the writer; lanes of ended threads are let go.
    pub(crate) fn drain(&self) -> Drained {
        let mut draining = lock(&self.draining);
        *draining = Tally::default();
        let lanes = self.lanes.all();
        let mut drained = Drained::default();
        let mut ended = Vec::new();
        for lane in lanes {
            let (pieces, has_ended) = lane.drain();
            for piece in &pieces {
                piece
                    .block
                    .read(piece.from, piece.to, |events| count(events, &mut drained.counts));
            }
            if has_ended {
                ended.push(lane.index);
                self.keep_counts_of(&lane);
            }
            drained.lanes.push((lane, pieces));
        }
        if !ended.is_empty() {
            self.lanes.remove(&ended);
        }
        for (&region, &n) in &drained.counts {
            self.registry.add(region, |totals| &totals.drained, n);
        }
        drained
    }

    fn keep_counts_of(&self, lane: &LaneShared) {
        lock(&self.abandoned).extend(lane.open_calls());
        for (_, counters) in &lane.counters {
            let add = |to: fn(&Totals) -> &AtomicU64, from: &AtomicU64| {
                self.registry
                    .add(counters.region, to, from.load(Ordering::Acquire));
            };
            add(|totals| &totals.counted, &counters.counted);
            add(|totals| &totals.dropped, &counters.dropped);
            add(|totals| &totals.throttled, &counters.throttled);
            add(|totals| &totals.throttled_ticks, &counters.throttled_ticks);
            add(|totals| &totals.spans, &counters.spans);
        }
    }

    /// The regions that are open now, on threads that run and on threads that ended inside them.
    pub(crate) fn open_calls(&self) -> Vec<OpenCall> {
        let mut open = lock(&self.abandoned).clone();
        for lane in self.lanes.all() {
            open.extend(lane.open_calls());
        }
        open
    }

    /// Completed calls of a region on all threads. To ask for all regions one after the other takes no
    /// longer than [`calls`](Self::calls), about.
    pub(crate) fn num_calls(&self, region: NameId) -> u64 {
        let mut tally = lock(&self.draining);
        tally.go_on(self.lanes.all());
        tally.waiting(region) + self.num_written(region) + self.counts_of(region, &tally).calls()
    }

    /// Intervals that the writer has had and could write, or has yet to.
    fn num_written(&self, region: NameId) -> u64 {
        let drained = self.registry.get(region, |totals| &totals.drained);
        drained.saturating_sub(self.registry.get(region, |totals| &totals.unwritten))
    }

    /// Spans of a region that have been created.
    pub(crate) fn num_spans(&self, region: NameId) -> u64 {
        let mut tally = lock(&self.draining);
        tally.go_on(self.lanes.all());
        self.counts_of(region, &tally).spans
    }

    /// What all threads counted of a region.
    fn counts_of(&self, region: NameId, tally: &Tally) -> Counts {
        let mut counts = self.counts_of_ended(region);
        tally.add_to(region, &mut counts);
        counts
    }

    /// What all threads counted of each region.
    pub(crate) fn counts(&self) -> BTreeMap<NameId, Counts> {
        let _draining = lock(&self.draining);
        let regions = self.registry.iter();
        let mut counts: BTreeMap<_, _> = regions.map(|id| (id, self.counts_of_ended(id))).collect();
        for lane in self.lanes.all() {
            for (_, counters) in &lane.counters {
                counters.add_to(counts.entry(counters.region).or_default());
            }
        }
        counts
    }

    /// Completed calls of each region on all threads: as [`num_calls`](Self::num_calls), in one pass.
    pub(crate) fn calls(&self) -> BTreeMap<NameId, u64> {
        let counts = self.counts();
        let _draining = lock(&self.draining);
        let mut calls: BTreeMap<_, _> = counts
            .iter()
            .map(|(&id, counts)| (id, self.num_written(id) + counts.calls()))
            .collect();
        self.for_each_undrained(|_, event| *calls.entry(event.region).or_default() += 1);
        calls
    }

    /// The length of a tick, ns, over the session up to now.
    pub(crate) fn ns_of_ticks(&self) -> f64 {
        self.began.ns_of_ticks_until(self.settings.clock.anchor())
    }

    /// Adds up what all threads counted of each region, for [`peeked_counts`](Self::peeked_counts): in one
    /// pass, however many regions there are. Takes no lock and allocates nothing.
    ///
    /// # Safety
    ///
    /// As [`LaneList::peek`]; and no two threads at once.
    #[allow(unsafe_code)]
    pub(super) unsafe fn peek_counts(&self) {
        for region in self.registry.iter() {
            if let Some(totals) = self.registry.find(region) {
                totals.peeked.set(self.counts_of_ended(region));
            }
        }
        // SAFETY: this function's contract.
        unsafe {
            self.lanes.peek(|lane| {
                for (_, counters) in &lane.counters {
                    if let Some(totals) = self.registry.find(counters.region) {
                        let mut counts = totals.peeked.get();
                        counters.add_to(&mut counts);
                        totals.peeked.set(counts);
                    }
                }
            });
        }
    }

    /// What [`peek_counts`](Self::peek_counts) has added up.
    pub(super) fn peeked_counts(&self, region: NameId) -> Counts {
        self.registry
            .find(region)
            .map_or_else(Counts::default, |totals| totals.peeked.get())
    }

    /// Calls of a region that have ended and were to leave an interval: those that the threads handed
    /// over, whatever the log took of them, and those among the `dropped` that never were.
    pub(crate) fn num_recorded(&self, region: NameId, dropped: u64) -> u64 {
        let get = |which: fn(&Totals) -> &AtomicU64| self.registry.get(region, which);
        (get(|totals| &totals.drained) + dropped).saturating_sub(get(|totals| &totals.unwritten))
    }

    /// What threads that have ended counted of a region. Takes no lock and allocates nothing.
    fn counts_of_ended(&self, region: NameId) -> Counts {
        let get = |which: fn(&Totals) -> &AtomicU64| self.registry.get(region, which);
        Counts {
            counted: get(|totals| &totals.counted),
            dropped: get(|totals| &totals.dropped) + get(|totals| &totals.unwritten),
            throttled: get(|totals| &totals.throttled),
            throttled_ticks: get(|totals| &totals.throttled_ticks),
            spans: get(|totals| &totals.spans),
        }
    }

    /// The calls that ended threads left open, as far as nobody holds them.
    pub(super) fn peek_abandoned<E>(&self, mut f: impl FnMut(&OpenCall) -> Result<(), E>) -> Result<(), E> {
        match self.abandoned.try_lock() {
            Ok(calls) => calls.iter().try_for_each(&mut f),
            Err(_) => Ok(()),
        }
    }

    /// Durations, in ns, of the intervals of a region that the writer has not had.
    pub(crate) fn undrained_durations(&self, region: NameId) -> Vec<i64> {
        let timeline = Timeline::new(vec![self.began, self.settings.clock.anchor()]);
        let mut clock = timeline.converter();
        let _draining = lock(&self.draining);
        let mut durations = Vec::new();
        self.for_each_undrained(|_, event| {
            if event.region == region {
                // A clock may run backwards.
                durations.push((clock.ns(event.end) - clock.ns(event.start)).max(0));
            }
        });
        durations
    }

    /// Shows every event that the writer has not had, with its lane.
    pub(crate) fn for_each_undrained(&self, mut f: impl FnMut(&LaneShared, &Event)) {
        for lane in self.lanes.all() {
            for piece in lane.undrained() {
                piece.block.read(piece.from, piece.to, |events| {
                    for event in events {
                        f(&lane, event);
                    }
                });
            }
        }
    }

    pub(crate) fn wake_writer(&self) {
        self.tell_writer(&self.wake);
    }

    pub(crate) fn stop_writer(&self) {
        self.tell_writer(&self.stop);
    }

    fn tell_writer(&self, what: &AtomicBool) {
        what.store(true, Ordering::Release);
        if !self.is_forked() {
            // It waits by now, or has seen it.
            drop(hold(&self.turnstile));
            self.signalled.notify_one();
        }
    }

    /// Waits until the writer is wanted or `timeout` is over; false when it shall stop.
    pub(crate) fn wait_for_work(&self, timeout: Duration) -> bool {
        let turn = hold(&self.turnstile);
        let is_quiet = |_: &mut ()| !self.wake.load(Ordering::Acquire) && !self.stop.load(Ordering::Acquire);
        drop(self.signalled.wait_timeout_while(turn, timeout, is_quiet));
        self.wake.store(false, Ordering::Relaxed);
        !self.stop.load(Ordering::Acquire)
    }
}

fn count(events: &[Event], counts: &mut FxHashMap<NameId, u64>) {
    // Neighbouring events are often of one region.
    for run in events.chunk_by(|a, b| a.region == b.region) {
        *counts.entry(run[0].region).or_default() += run.len() as u64;
    }
}
