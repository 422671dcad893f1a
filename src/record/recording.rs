//! One session's shared state: its threads, its regions, its memory.

use super::drained::Drained;
use super::layer_status::LayerStatus;
use super::locks::{Condvar, Mutex, hold, lock};
use super::names::{self, NameId};
use super::pending::PendingCounts;
use super::placing::{Placing, UnusualSpans};
use super::pool::{Grant, Pool};
use super::registry::{Registry, Totals};
use super::sync::Arc;
use super::thread::block::Block;
use super::thread::list::ThreadList;
use super::thread::open_stack::OpenView;
use super::thread::shared_view::{OpenCall, SharedView};
use super::thread::unentered::CreatedSpan;
use crate::clock::{Anchor, Timeline};
use crate::config::{Overflow, Settings};
use crate::event::Event;
use crate::note::{NumberNote, SpanNote, SpanNumber};
use crate::span_numbers::{FromOutside, SpanNumbers};
use crate::store::rank_log::Counts;
use crate::sys::{fork, signals};
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
    /// The program's counters; of their totals `drained`, `unwritten` and `dropped` are used, for their samples.
    pub(crate) counters: Registry,
    pub(crate) pool: Pool,
    pub(crate) layer_status: LayerStatus,
    pub(super) threads: ThreadList,
    pub(crate) next_thread: AtomicU32,
    /// When the session began.
    pub(crate) began: Anchor,
    pub(crate) process: u32,
    /// The session's number for as long as it is open, then 0.
    pub(super) open_session: Arc<AtomicU64>,
    /// Locked while events move from the threads into the registry's totals, so that nobody counts
    /// them twice or not at all. Counts of pending events are valid until they move.
    draining: Mutex<PendingCounts>,
    /// Calls that threads left open when they ended.
    abandoned: Mutex<Vec<OpenCall>>,
    /// Numbers that threads that have ended could not keep.
    lost_numbers: AtomicU64,
    /// Whether the writer is to flush, and whether it is to stop.
    wake: AtomicBool,
    stop: AtomicBool,
    /// The lock that the writer waits with; also taken to wake it. No fork waits for this lock: a forked child
    /// has no writer and never takes it.
    writer_wait: Mutex<()>,
    signalled: Condvar,
}

impl Recording {
    pub(crate) fn new(settings: Settings) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        fork::install();
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        names::allow(settings.memory_limit);
        Arc::new(Self {
            id,
            registry: Registry::default(),
            counters: Registry::default(),
            pool: Pool::new(settings.block_events, settings.memory_limit),
            layer_status: LayerStatus::new(),
            threads: ThreadList::default(),
            next_thread: AtomicU32::new(0),
            began: settings.clock.anchor(),
            process: std::process::id(),
            open_session: Arc::new(AtomicU64::new(if settings.activated { id } else { 0 })),
            draining: Mutex::default(),
            abandoned: Mutex::default(),
            lost_numbers: AtomicU64::new(0),
            wake: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            writer_wait: Mutex::default(),
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
        self.stop();
        self.pool.close();
    }

    /// Ends recording and does nothing else, so a signal handler may call it.
    pub(super) fn stop(&self) {
        self.open_session.store(0, Ordering::Release);
    }

    /// Adds the calling thread, which starts with this block.
    pub(super) fn add_thread(&self, block: &Arc<Block>, open: std::sync::Arc<OpenView>) -> Arc<SharedView> {
        if self.settings.crash_handler {
            signals::prepare_this_thread();
        }
        let index = self.next_thread.fetch_add(1, Ordering::Relaxed);
        let thread = Arc::new(SharedView::new(index, block, open));
        self.threads.add(Arc::clone(&thread));
        thread
    }

    /// What to do with a region; one that is recorded enters the registry.
    pub(crate) fn mode_of(&self, region: NameId) -> Mode {
        // Nobody knows which names are among the others: they are kept rather than lost.
        if !region.is_others() && !self.settings.patterns.keeps(region.name()) {
            self.registry.set_filtered_out(region);
            return Mode::Off;
        }
        self.registry.insert(region);
        if self.settings.crash_handler {
            // Libraries such as MPI install signal handlers when they are initialized, and the next thing a program
            // does is often a new region.
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
        // Without a file nothing leaves memory, and a forked child has no writer: waiting would never end.
        let overflow = match self.settings.file_path {
            Some(_) if !self.is_forked() => self.settings.overflow,
            _ => Overflow::Drop,
        };
        match self.pool.take(overflow, || self.wake_writer()) {
            Grant::Block(block) => Some(block),
            Grant::Refused => None,
        }
    }

    /// Takes the pending events of every thread, and drops the views of threads that have ended.
    /// The last time, `ends` is true.
    pub(crate) fn drain(&self, ends: bool) -> Drained {
        let mut draining = lock(&self.draining);
        *draining = PendingCounts::default();
        let threads = self.threads.all();
        let mut drained = Drained::default();
        let mut ended = Vec::new();
        for thread in threads {
            let (pieces, has_ended) = thread.drain();
            for piece in &pieces {
                piece
                    .block
                    .read(piece.from, piece.to, |events| drained.count(events));
            }
            if ends || has_ended {
                let unentered = thread.unentered.take();
                drained
                    .unentered
                    .extend(unentered.map(|span| (thread.index, span)));
            }
            if has_ended {
                ended.push(thread.index);
                self.keep_counts_of(&thread);
            }
            drained.threads.push((thread, pieces));
        }
        if !ended.is_empty() {
            self.threads.remove(&ended);
        }
        for (&region, &n) in &drained.counts {
            self.registry.add(region, |totals| &totals.drained, n);
        }
        for (&counter, &n) in &drained.samples {
            self.counters.add(counter, |totals| &totals.drained, n);
        }
        drained
    }

    fn keep_counts_of(&self, thread: &SharedView) {
        lock(&self.abandoned).extend(thread.open_calls());
        self.lost_numbers
            .fetch_add(thread.lost_numbers.load(Ordering::Acquire), Ordering::Relaxed);
        for (_, counters) in &thread.counters {
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

    /// Whether numbers of calls are recorded.
    pub(super) fn keeps_numbers(&self) -> bool {
        self.settings.time_trace && !self.settings.fields.is_empty()
    }

    /// Numbers that were recorded and that are nowhere.
    pub(crate) fn lost_numbers(&self) -> u64 {
        let _draining = lock(&self.draining);
        let of_ended = self.lost_numbers.load(Ordering::Relaxed);
        let threads = self.threads.all().into_iter();
        let of_threads: u64 = threads
            .map(|thread| thread.lost_numbers.load(Ordering::Acquire))
            .sum();
        of_ended + of_threads
    }

    /// The same without those of the threads that run, in a signal handler.
    pub(super) fn lost_numbers_in_handler(&self) -> u64 {
        self.lost_numbers.load(Ordering::Relaxed)
    }

    /// The regions that are open now, on threads that run and on threads that ended inside them.
    pub(crate) fn open_calls(&self) -> Vec<OpenCall> {
        let mut open = lock(&self.abandoned).clone();
        for thread in self.threads.all() {
            open.extend(thread.open_calls());
        }
        open
    }

    /// Completed calls of a region on all threads. Asking for all regions one after the other takes about as
    /// long as [`calls`](Self::calls).
    pub(crate) fn num_calls(&self, region: NameId) -> u64 {
        let mut pending = lock(&self.draining);
        pending.update(self.threads.all());
        pending.waiting(region) + self.num_written(region) + self.counts_of(region, &pending).calls()
    }

    /// Intervals that the writer has drained and has written or will write.
    fn num_written(&self, region: NameId) -> u64 {
        let drained = self.registry.get(region, |totals| &totals.drained);
        drained.saturating_sub(self.registry.get(region, |totals| &totals.unwritten))
    }

    /// Spans of a region that have been created.
    pub(crate) fn num_spans(&self, region: NameId) -> u64 {
        let mut pending = lock(&self.draining);
        pending.update(self.threads.all());
        self.counts_of(region, &pending).spans
    }

    /// What all threads counted of a region.
    fn counts_of(&self, region: NameId, pending: &PendingCounts) -> Counts {
        let mut counts = self.counts_of_ended(region);
        pending.add_to(region, &mut counts);
        counts
    }

    /// What all threads counted of each region.
    pub(crate) fn counts(&self) -> BTreeMap<NameId, Counts> {
        let _draining = lock(&self.draining);
        let regions = self.registry.iter();
        let mut counts: BTreeMap<_, _> = regions.map(|id| (id, self.counts_of_ended(id))).collect();
        for thread in self.threads.all() {
            for (_, counters) in &thread.counters {
                counters.add_to(counts.entry(counters.region).or_default());
            }
        }
        counts
    }

    /// Completed calls of each region on all threads: [`num_calls`](Self::num_calls) of all in one pass.
    pub(crate) fn calls(&self) -> BTreeMap<NameId, u64> {
        let counts = self.counts();
        let _draining = lock(&self.draining);
        let mut calls: BTreeMap<_, _> = counts
            .iter()
            .map(|(&id, counts)| (id, self.num_written(id) + counts.calls()))
            .collect();
        self.for_each_undrained(|_, event| *calls.entry(NameId::from_number(event.region)).or_default() += 1);
        calls
    }

    /// The length of a tick, ns, over the session up to now.
    pub(crate) fn ns_of_ticks(&self) -> f64 {
        self.began.ns_of_ticks_until(self.settings.clock.anchor())
    }

    /// Adds up what all threads counted of each region, for [`counts_in_handler`](Self::counts_in_handler): in one
    /// pass, however many regions there are. Takes no lock and allocates nothing.
    ///
    /// # Safety
    ///
    /// As [`ThreadList::peek`]; and no two threads at once.
    #[allow(unsafe_code)]
    pub(super) unsafe fn add_up_in_handler(&self) {
        for region in self.registry.iter() {
            if let Some(totals) = self.registry.find(region) {
                totals.handler_counts.set(self.counts_of_ended(region));
            }
        }
        // SAFETY: this function's contract.
        unsafe {
            self.threads.peek(|thread| {
                for (_, counters) in &thread.counters {
                    if let Some(totals) = self.registry.find(counters.region) {
                        let mut counts = totals.handler_counts.get();
                        counters.add_to(&mut counts);
                        totals.handler_counts.set(counts);
                    }
                }
            });
        }
    }

    /// What [`add_up_in_handler`](Self::add_up_in_handler) has added up.
    pub(super) fn counts_in_handler(&self, region: NameId) -> Counts {
        self.registry
            .find(region)
            .map_or_else(Counts::default, |totals| totals.handler_counts.get())
    }

    /// Completed calls of a region that should have left an interval: those that were drained, written or not,
    /// and those that a thread `dropped`.
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

    /// The calls that ended threads left open, unless another thread has them locked.
    pub(super) fn peek_abandoned<E>(&self, mut f: impl FnMut(&OpenCall) -> Result<(), E>) -> Result<(), E> {
        match self.abandoned.try_lock() {
            Ok(calls) => calls.iter().try_for_each(&mut f),
            Err(_) => Ok(()),
        }
    }

    /// Durations, in ns, of the intervals of a region that the writer has not drained.
    pub(crate) fn undrained_durations(&self, region: NameId) -> Vec<i64> {
        let timeline = Timeline::new(vec![self.began, self.settings.clock.anchor()]);
        let mut clock = timeline.converter();
        let _draining = lock(&self.draining);
        let mut durations = Vec::new();
        self.for_each_undrained(|_, event| {
            if event.region == region.number() {
                // A clock may run backwards.
                durations.push((clock.ns(event.end) - clock.ns(event.start)).max(0));
            }
        });
        durations
    }

    /// What threads have recorded and the writer has not drained; uncounted.
    pub(super) fn undrained(&self) -> Drained {
        let pieces = |thread: std::sync::Arc<SharedView>| {
            let pieces = thread.undrained();
            (thread, pieces)
        };
        Drained {
            threads: self.threads.all().into_iter().map(pieces).collect(),
            ..Drained::default()
        }
    }

    /// Calls `f` with every interval that the writer has not drained, and its thread.
    pub(crate) fn for_each_undrained(&self, mut f: impl FnMut(&SharedView, &Event)) {
        self.for_each_undrained_event(|thread, event| {
            if event.is_interval() {
                f(thread, event);
            }
        });
    }

    /// Calls `f` with everything that threads have noted of spans and the writer has not drained.
    pub(crate) fn for_each_undrained_note(&self, mut f: impl FnMut(u32, SpanNote)) {
        self.for_each_undrained_event(|thread, event| {
            if let Some(note) = event.span_note() {
                f(thread.index, note);
            }
        });
        for thread in self.threads.all() {
            let unentered = thread.unentered.get().into_iter();
            unentered
                .flat_map(CreatedSpan::notes)
                .for_each(|note| f(thread.index, note));
        }
    }

    /// As [`for_each_undrained`](Self::for_each_undrained), with the numbers of each interval, in their order. Gives
    /// how many have no interval.
    pub(crate) fn for_each_undrained_call(
        &self,
        mut f: impl FnMut(&SharedView, &Event, &[NumberNote]),
    ) -> usize {
        let undrained = self.undrained();
        let unusual = UnusualSpans::among(&[&undrained], &[]);
        let mut span_numbers = SpanNumbers::default();
        undrained.for_each_event(|_, origin, event| {
            let number = event.span_number();
            if let Some(number) = number.filter(|number| unusual.is_unusual(number)) {
                span_numbers.add_from(origin, number);
            }
        });
        span_numbers.gather_all();
        undrained.for_each_event(|_, origin, event| {
            if event.is_interval() {
                span_numbers.see(origin, event);
            }
        });
        let mut placing = Placing::new(&unusual, &span_numbers);
        let (mut inside, mut numbers) = (Vec::new(), Vec::new());
        undrained.for_each_event(|thread, _, event| {
            inside.extend(event.number_note());
            let FromOutside { before, after } = placing.next(thread.index, event);
            if event.is_interval() {
                numbers.clear();
                numbers.extend(before.iter().chain(&inside).chain(after));
                f(thread, event, &numbers);
                inside.clear();
            }
        });
        let left = placing.left();
        let has_none = |number: &&SpanNumber| !span_numbers.has_interval(number.serial);
        left.iter().filter(has_none).count()
    }

    pub(super) fn for_each_undrained_event(&self, mut f: impl FnMut(&SharedView, &Event)) {
        self.undrained()
            .for_each_event(|thread, _, event| f(thread, event));
    }

    pub(crate) fn wake_writer(&self) {
        self.signal_writer(&self.wake);
    }

    pub(crate) fn stop_writer(&self) {
        self.signal_writer(&self.stop);
    }

    fn signal_writer(&self, what: &AtomicBool) {
        what.store(true, Ordering::Release);
        if !self.is_forked() {
            // With the lock taken once, the writer either waits already or sees the flag.
            drop(hold(&self.writer_wait));
            self.signalled.notify_one();
        }
    }

    /// Waits until the writer is woken or `timeout` has passed; false when it is to stop.
    pub(crate) fn wait_for_work(&self, timeout: Duration) -> bool {
        let turn = hold(&self.writer_wait);
        let is_quiet = |_: &mut ()| !self.wake.load(Ordering::Acquire) && !self.stop.load(Ordering::Acquire);
        drop(self.signalled.wait_timeout_while(turn, timeout, is_quiet));
        self.wake.store(false, Ordering::Relaxed);
        !self.stop.load(Ordering::Acquire)
    }
}
