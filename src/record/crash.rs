//! What is saved when a signal ends the process.
//!
//! The handler may have interrupted anything, so it waits for no lock and allocates nothing: it walks
//! the lanes by their links, reads blocks up to their published length, and appends to the log through
//! a writer of its own, whose buffer is there from the start.
//!
//! Where the application has a handler for a fault, what is in memory is appended before that is called,
//! for it may end the process; if it does not, the next flush takes it away again.
//!
//! Meanwhile other threads may go on recording. What they must not do is take events away from the lanes
//! and free them, so the handler waits until nobody does ([`Rescue::flushing`]), and nobody begins.
#![allow(unsafe_code)]

use super::global;
use super::names::NameId;
use super::recording::Recording;
use super::saving;
use super::sync::{Mutex, lock};
use super::view::LaneShared;
use super::writer::log_event;
use crate::store::rank_log::{LogWriter, TAIL_EVENTS};
use crate::sys::{self, Outlook, signals};
use std::cell::UnsafeCell;
use std::io;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// For how long what was written down before a handler of the application was called is good for the end
/// of the process too.
const FRESH_NS: u64 = 100_000_000;

/// Open calls of one thread that are named, at the most.
const OPEN_CALLS: usize = 4096;

/// The sessions that are saved.
static RESCUES: [AtomicPtr<Rescue>; 64] = [const { AtomicPtr::new(ptr::null_mut()) }; 64];
/// What the handler needs of a session, made ready beforehand.
#[derive(Debug)]
pub(super) struct Rescue {
    recording: Arc<Recording>,
    desk: UnsafeCell<Desk>,
    /// The thread that writes to the log, or 0.
    flushing: AtomicUsize,
    /// Where what a handler has appended begins in the log, or 0.
    tail: AtomicU64,
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
    /// When it last wrote everything down.
    written_ns: u64,
}

// SAFETY: the desk is for the handler alone, and [`saving::begin`] lets one thread into the handler.
unsafe impl Sync for Rescue {}

impl Rescue {
    pub(super) fn new(recording: &Arc<Recording>, log: &LogWriter, speaks: bool) -> io::Result<Arc<Self>> {
        let path = log.path().display();
        Ok(Arc::new(Self {
            recording: Arc::clone(recording),
            desk: UnsafeCell::new(Desk {
                log: log.tail()?,
                open: Vec::with_capacity(OPEN_CALLS),
                written_ns: 0,
            }),
            flushing: AtomicUsize::new(0),
            tail: AtomicU64::new(0),
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
        saving::keep_still();
        drop(lock(&self.watch).take());
    }

    /// Held, by one thread at a time, while events go from the lanes to the log.
    pub(super) fn flushing(&self) -> Flushing<'_> {
        let undisturbed = signals::Undisturbed::begin();
        loop {
            self.flushing.store(sys::this_thread(), Ordering::SeqCst);
            if !saving::is_under_way() {
                break;
            }
            self.flushing.store(0, Ordering::SeqCst);
            saving::keep_still();
        }
        Flushing {
            rescue: self,
            _undisturbed: undisturbed,
        }
    }

    /// In the handler: saves what is in memory.
    fn save(&self, signal: &str, outlook: Outlook) {
        if self.recording.is_forked() {
            return;
        }
        let ends = outlook != Outlook::Open;
        if ends {
            self.recording.close_for_good();
        } else if self.tail.load(Ordering::SeqCst) != 0 {
            // Another thread's fault has just been written down: a moment later is no better.
            return;
        }
        let flusher = || self.flushing.load(Ordering::SeqCst);
        // What has crashed in a flush does not finish it.
        if flusher() == sys::this_thread() || !saving::wait_until(|| flusher() == 0) {
            if !ends {
                return;
            }
            saving::abandon_flush();
        }
        if self.finished.load(Ordering::SeqCst) {
            return;
        }
        // SAFETY: `saving::begin` lets one thread get here at a time.
        let desk = unsafe { &mut *self.desk.get() };
        let saved = desk.write(&self.recording, signal, &self.tail);
        let speaks = match outlook {
            Outlook::Open => false,
            Outlook::Fault => true,
            Outlook::Request => self.speaks || saved.is_err(),
        };
        if speaks {
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
    /// Takes back what a handler has appended for a process that goes on after all.
    pub(super) fn withdraw_tail(&self, log: &mut LogWriter) {
        let tail = self.rescue.tail.load(Ordering::SeqCst);
        // What cannot be taken back now is the next time.
        if tail != 0 && log.go_back_to(tail).is_ok() {
            self.rescue.tail.store(0, Ordering::SeqCst);
        }
    }

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
    fn write(&mut self, recording: &Recording, signal: &str, tail: &AtomicU64) -> io::Result<()> {
        match tail.load(Ordering::SeqCst) {
            0 => tail.store(self.log.take_over()?, Ordering::SeqCst),
            // This crash has been written down. Another thread may end the process at any moment by now.
            _ if sys::monotonic_ns().saturating_sub(self.written_ns) < FRESH_NS => {
                return self.log.ended_by(signal);
            }
            // A handler has lived through an earlier one.
            earlier => self.log.go_back_to(earlier)?,
        }
        self.log.anchor(recording.settings.clock.anchor())?;
        for region in recording.registry.iter() {
            self.log.name(region.number(), region.name(), region.source())?;
        }
        let mut result = Ok(());
        // SAFETY: only a flush removes lanes, and there is none; see `saving::before_freeing`.
        unsafe {
            recording.lanes.peek(|lane| {
                if result.is_ok() {
                    result = self.write_lane(lane);
                }
            });
        }
        result?;
        recording.peek_abandoned(|call| self.log.open(call.thread, call.region.number(), call.start))?;
        // SAFETY: as above; the rescue is this thread's alone.
        unsafe { recording.peek_counts() };
        for region in recording.registry.iter() {
            let counts = recording.peeked_counts(region);
            if counts != Default::default() {
                self.log.counters(region.number(), counts)?;
            }
        }
        self.log.ended_by(signal)?;
        self.log.anchor(recording.settings.clock.anchor())?;
        self.written_ns = sys::monotonic_ns();
        Ok(())
    }

    fn write_lane(&mut self, lane: &LaneShared) -> io::Result<()> {
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
        Ok(())
    }
}

/// The process is going to end, or may be.
fn last_words(signal: &'static str, outlook: Outlook) {
    if !saving::begin() {
        return;
    }
    if outlook == Outlook::Open {
        save_all(signal, outlook);
        saving::end();
    } else {
        global::stop();
        save_all(signal, outlook);
        saving::end_for_good();
    }
}

fn save_all(signal: &str, outlook: Outlook) {
    for place in &RESCUES {
        // SAFETY: who takes a session away waits, before it is freed, until all is saved.
        if let Some(rescue) = unsafe { place.load(Ordering::SeqCst).as_ref() } {
            rescue.save(signal, outlook);
        }
    }
}
