//! What is saved when a signal ends the process.
//!
//! The handler may have interrupted anything, so it waits for no lock and allocates nothing: it walks
//! the lanes by their links, reads blocks up to their published length, and appends to the log through
//! a writer of its own, whose buffer is there from the start.
//!
//! Meanwhile other threads may go on recording. What they must not do is take events away from the lanes
//! and free them, so the handler waits until nobody does ([`Rescue::flushing`]), and nobody begins.
#![allow(unsafe_code)]

use super::global;
use super::names::NameId;
use super::recording::Recording;
use super::sync::{Mutex, lock};
use super::view::LaneShared;
use super::writer::log_event;
use crate::store::rank_log::{LogWriter, TAIL_EVENTS};
use crate::sys::{self, signals};
use std::cell::UnsafeCell;
use std::io;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// How long the handler waits for a flush that is under way, or for another thread's handler: a disk
/// that takes longer is not going to take the rest.
const PATIENCE: Duration = Duration::from_secs(10);
const MOMENT: Duration = Duration::from_millis(1);

/// Open calls of one thread that are named, at the most.
const OPEN_CALLS: usize = 4096;

/// The sessions that are saved.
static RESCUES: [AtomicPtr<Rescue>; 64] = [const { AtomicPtr::new(ptr::null_mut()) }; 64];
/// The process whose sessions are being saved, or have been; 0 before that.
static SAVING: AtomicU32 = AtomicU32::new(0);
static SAVED: AtomicBool = AtomicBool::new(false);
/// Whether a flush was not waited for any longer: what it still holds must stay where it is.
static ABANDONED: AtomicBool = AtomicBool::new(false);

/// What the handler needs of a session, made ready beforehand.
#[derive(Debug)]
pub(super) struct Rescue {
    recording: Arc<Recording>,
    desk: UnsafeCell<Desk>,
    /// The thread that writes to the log, or 0.
    flushing: AtomicUsize,
    /// Whether the log has its end mark.
    finished: AtomicBool,
    advice: String,
    /// Whether other signals than faults are worth a message: one rank speaks for all.
    speaks: bool,
    watch: Mutex<Option<signals::Watch>>,
}

/// What the handler writes with.
#[derive(Debug)]
struct Desk {
    log: LogWriter,
    open: Vec<(NameId, u64)>,
}

// SAFETY: the desk is for the handler alone, and `SAVING` lets one thread into the handler.
unsafe impl Sync for Rescue {}

impl Rescue {
    pub(super) fn new(recording: &Arc<Recording>, log: &LogWriter, speaks: bool) -> io::Result<Arc<Self>> {
        let path = log.path().display();
        Ok(Arc::new(Self {
            recording: Arc::clone(recording),
            desk: UnsafeCell::new(Desk {
                log: log.tail()?,
                open: Vec::with_capacity(OPEN_CALLS),
            }),
            flushing: AtomicUsize::new(0),
            finished: AtomicBool::new(false),
            advice: format!(
                "everything recorded is in {path}: \
                 make a file of it with `scope-profiler-pproc merge {path} -o FILE`\n"
            ),
            speaks,
            watch: Mutex::new(None),
        }))
    }

    /// From now on the session is saved when a signal ends the process.
    pub(super) fn arm(self: &Arc<Self>) {
        let this = Arc::as_ptr(self).cast_mut();
        for place in &RESCUES {
            let taken = place.compare_exchange(ptr::null_mut(), this, Ordering::SeqCst, Ordering::Relaxed);
            if taken.is_ok() {
                *lock(&self.watch) = Some(signals::watch(last_words));
                return;
            }
        }
    }

    /// The session is over: nothing is left to save. Not while [`flushing`](Self::flushing).
    pub(super) fn disarm(&self) {
        let this = ptr::from_ref(self).cast_mut();
        for place in &RESCUES {
            let _ = place.compare_exchange(this, ptr::null_mut(), Ordering::SeqCst, Ordering::Relaxed);
        }
        keep_still_while_saving();
        drop(lock(&self.watch).take());
    }

    /// Held, by one thread at a time, while events go from the lanes to the log.
    pub(super) fn flushing(&self) -> Flushing<'_> {
        let undisturbed = signals::Undisturbed::begin();
        self.flushing.store(sys::this_thread(), Ordering::SeqCst);
        if is_saving() {
            self.flushing.store(0, Ordering::SeqCst);
            keep_still_while_saving();
        }
        Flushing {
            rescue: self,
            _undisturbed: undisturbed,
        }
    }

    /// In the handler: saves what is in memory.
    fn save(&self, signal: &str, is_fault: bool) {
        if self.recording.is_forked() {
            return;
        }
        self.recording.close_for_good();
        let flusher = || self.flushing.load(Ordering::SeqCst);
        // What has crashed in a flush does not finish it.
        if flusher() == sys::this_thread() || !wait_until(|| flusher() == 0) {
            ABANDONED.store(true, Ordering::SeqCst);
        }
        if self.finished.load(Ordering::SeqCst) {
            return;
        }
        // SAFETY: one thread gets here, once.
        let desk = unsafe { &mut *self.desk.get() };
        let saved = desk.write(&self.recording, signal);
        if is_fault || self.speaks || saved.is_err() {
            sys::say("scope-profiler: the program was ended by ");
            sys::say(signal);
            sys::say(match saved {
                Ok(()) => "; ",
                Err(_) => "; its last moments could not be written; ",
            });
            sys::say(&self.advice);
        }
    }
}

impl Drop for Rescue {
    fn drop(&mut self) {
        self.disarm();
    }
}

/// See [`Rescue::flushing`].
pub(super) struct Flushing<'a> {
    rescue: &'a Rescue,
    /// Dropped last: a signal that has waited finds everything in order.
    _undisturbed: signals::Undisturbed,
}

impl Flushing<'_> {
    /// The log has moved to another file.
    pub(super) fn follow(&self, log: &LogWriter) {
        if let Ok(tail) = log.tail() {
            // SAFETY: the handler waits for the flush that this is part of.
            unsafe { (*self.rescue.desk.get()).log = tail };
        }
    }

    /// The log has its end mark.
    pub(super) fn finish(self) {
        self.rescue.finished.store(true, Ordering::SeqCst);
    }
}

impl Drop for Flushing<'_> {
    fn drop(&mut self) {
        self.rescue.flushing.store(0, Ordering::SeqCst);
    }
}

impl Desk {
    /// Everything that the log does not have yet, and that recording was ended by a signal.
    fn write(&mut self, recording: &Recording, signal: &str) -> io::Result<()> {
        self.log.take_over()?;
        self.log.anchor(recording.settings.clock.anchor())?;
        for region in recording.registry.iter() {
            self.log.name(region.number(), region.name(), region.source())?;
        }
        let mut result = Ok(());
        // SAFETY: only a flush removes lanes, and there is none; see `before_freeing`.
        unsafe {
            recording.lanes.peek(|lane| {
                if result.is_ok() {
                    result = self.write_lane(recording, lane);
                }
            });
        }
        result?;
        recording.peek_abandoned(|call| self.log.open(call.thread, call.region.number(), call.start))?;
        for region in recording.registry.iter() {
            let counts = recording.counts_of_ended(region);
            if counts != Default::default() {
                self.log.counters(region.number(), counts)?;
            }
        }
        self.log.ended_by(signal)?;
        self.log.anchor(recording.settings.clock.anchor())
    }

    fn write_lane(&mut self, recording: &Recording, lane: &LaneShared) -> io::Result<()> {
        self.log.thread(lane.index, lane.native_id, &lane.name)?;
        self.open.clear();
        lane.open.peek(|region, start| {
            if self.open.len() < OPEN_CALLS {
                self.open.push((region, start));
            }
        });
        let oldest = lane.oldest.load(Ordering::Acquire);
        let mut from = lane.drained.load(Ordering::Acquire);
        // SAFETY: a block that is linked is owned by the lane's queue until the writer has had it, and
        // the writer holds still.
        let blocks = || std::iter::successors(unsafe { oldest.as_ref() }, |block| unsafe { block.after() });
        // The thread may go on: what it does from here on is not waited for.
        let (before, last) = blocks().fold((0, 0), |(n, _), block| (n + 1, block.published()));
        for (n, block) in blocks().take(before).enumerate() {
            let to = if n + 1 == before { last } else { usize::MAX };
            block.read(from, to, |events| {
                for events in events.chunks(TAIL_EVENTS) {
                    for event in events {
                        // A call that was on the stack and has left an interval since is not open.
                        self.open.retain(|&open| open != (event.region, event.start));
                    }
                    self.log.events(lane.index, events.iter().map(log_event))?;
                }
                io::Result::Ok(())
            })?;
            from = 0;
        }
        for (region, start) in &self.open {
            self.log.open(lane.index, region.number(), *start)?;
        }
        recording.keep_counters_of(lane);
        Ok(())
    }
}

/// The process is going to end.
fn last_words(signal: &'static str, is_fault: bool) {
    let process = std::process::id();
    if SAVING.swap(process, Ordering::SeqCst) == process {
        // Another thread is at it, or was.
        wait_until(|| SAVED.load(Ordering::SeqCst));
        return;
    }
    global::stop();
    for place in &RESCUES {
        // SAFETY: who takes a session away waits, before it is freed, until all is saved.
        if let Some(rescue) = unsafe { place.load(Ordering::SeqCst).as_ref() } {
            rescue.save(signal, is_fault);
        }
    }
    SAVED.store(true, Ordering::SeqCst);
}

/// False when that takes too long.
fn wait_until(done: impl Fn() -> bool) -> bool {
    let mut waited = Duration::ZERO;
    while !done() {
        if waited >= PATIENCE {
            return false;
        }
        sleep(MOMENT);
        waited += MOMENT;
    }
    true
}

fn is_saving() -> bool {
    let saving = SAVING.load(Ordering::SeqCst);
    // A forked child has a copy of what its parent had set.
    saving != 0 && saving == std::process::id()
}

/// While a handler saves the sessions of this process, this does not return: the process is ending.
fn keep_still_while_saving() {
    while is_saving() {
        sleep(Duration::from_secs(1));
    }
}

/// Called before a flush frees what lanes have shown.
pub(super) fn before_freeing() {
    if ABANDONED.load(Ordering::SeqCst) {
        keep_still_while_saving();
    }
}
