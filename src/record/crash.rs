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
use super::locks::{Mutex, lock};
use super::names::NameId;
use super::recording::Recording;
use super::registry::Teller;
use super::saving;
use super::view::LaneShared;
use crate::event::Event;
use crate::profile::Value;
use crate::shell;
use crate::store::names;
use crate::store::rank_log::{LogWriter, TAIL_EVENTS};
use crate::sys::{self, Outlook, signals};
use std::cell::UnsafeCell;
use std::io;
use std::path::Path;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// How often faults that handlers of the application mend are written down: a program that lives on them
/// has thousands in a second.
const FRESH_NS: u64 = 100_000_000;

/// Open calls of one thread that are named, at the most.
const OPEN_CALLS: usize = 4096;

/// Of all threads. Memory that is not used is not touched.
const OPEN_CALLS_IN_ALL: usize = 8 * OPEN_CALLS;

/// The sessions that are saved.
static RESCUES: [AtomicPtr<Rescue>; 64] = [const { AtomicPtr::new(ptr::null_mut()) }; 64];
/// What the handler needs from a session, prepared in advance.
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
    /// Thread, region and start of open calls.
    open: Vec<(u32, NameId, u64)>,
    /// Up to here the log is kept when there is more to add.
    kept: u64,
    /// When it last wrote everything down.
    written_ns: u64,
}

// SAFETY: the desk is for the handler alone, and [`saving::begin`] lets one thread into the handler.
unsafe impl Sync for Rescue {}

impl Rescue {
    pub(super) fn new(recording: &Arc<Recording>, log: &LogWriter, speaks: bool) -> io::Result<Arc<Self>> {
        let command = shell::merge_command(log.path(), None, Path::new("FILE"));
        Ok(Arc::new(Self {
            recording: Arc::clone(recording),
            desk: UnsafeCell::new(Desk {
                log: log.tail()?,
                open: Vec::with_capacity(OPEN_CALLS_IN_ALL),
                kept: 0,
                written_ns: 0,
            }),
            flushing: AtomicUsize::new(0),
            tail: AtomicU64::new(0),
            finished: AtomicBool::new(false),
            advice: format!(
                "everything recorded is in {}: make a file of it with `{command}`\n",
                shell::shown(log.path()).display()
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

    /// Handlers that were put over ours do not keep it from saving the session.
    pub(super) fn renew(&self) {
        if self.recording.settings.crash_handler {
            signals::renew();
        }
    }

    /// In the handler: what was saved before an abort was handled is all that there is, should it be one.
    fn tell_of_abort(&self, signal: &str) {
        if self.tail.load(Ordering::SeqCst) != 0 && !self.recording.is_forked() {
            sys::say("scope-profiler: a handler has returned from ");
            sys::say(signal);
            sys::say("; where that ends the program, ");
            sys::say(&self.advice);
        }
    }

    /// In the handler: saves what is in memory.
    fn save(&self, signal: &str, outlook: Outlook) {
        if self.recording.is_forked() {
            // Of a daemon, nobody else is going to say it.
            let parent = self.recording.process;
            if outlook != Outlook::Open && !self.recording.is_closed() && !sys::is_process(parent) {
                sys::say("scope-profiler: the program was ended by ");
                sys::say(signal);
                sys::say(
                    "; what it has recorded since it became a daemon is in no file: call setup after that\n",
                );
            }
            return;
        }
        let ends = outlook != Outlook::Open;
        if ends {
            self.recording.close_for_good();
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
        let is_fresh = self.tail.load(Ordering::SeqCst) != 0
            && sys::monotonic_ns().saturating_sub(desk.written_ns) < FRESH_NS;
        if is_fresh && !ends {
            return;
        }
        let saved = desk.write(&self.recording, signal, &self.tail);
        let speaks = match outlook {
            Outlook::Open | Outlook::Returned => false,
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
    /// Everything that the log does not have yet, and that recording was ended by a signal. What is new
    /// since the last time is added to what was written then.
    fn write(&mut self, recording: &Recording, signal: &str, tail: &AtomicU64) -> io::Result<()> {
        let anew = tail.load(Ordering::SeqCst) == 0;
        if anew {
            self.kept = self.log.take_over()?;
            tail.store(self.kept, Ordering::SeqCst);
        } else {
            self.log.go_back_to(self.kept)?;
        }
        self.open.clear();
        let mut waiting = 0;
        let added = self.add_events(recording, anew, &mut waiting);
        // Where that has failed, what comes now says how much is missing.
        let closed = self.close(recording, signal, waiting);
        self.written_ns = sys::monotonic_ns();
        added.and(closed)
    }

    /// Names, threads and intervals, which stay where they are; `waiting` is how many intervals the writer
    /// has not had.
    fn add_events(&mut self, recording: &Recording, anew: bool, waiting: &mut u64) -> io::Result<()> {
        let teller = if anew { Teller::Writer } else { Teller::Handler };
        let mut result = self.log.anchor(recording.settings.clock.anchor());
        for region in recording.registry.iter() {
            if result.is_ok() && !recording.registry.is_told(region, teller) {
                result = self.log.name(region.number(), region.name(), region.source());
                if result.is_ok() {
                    recording.registry.set_told(region, Teller::Handler);
                }
            }
        }
        self.kept = self.log.position();
        // SAFETY: only a flush removes lanes, and there is none; see `saving::before_freeing`.
        unsafe {
            recording.lanes.peek(|lane| {
                if anew {
                    lane.saved.store(0, Ordering::Relaxed);
                }
                let added = self.add_lane(lane, result.is_ok(), waiting);
                if result.is_ok() {
                    result = added;
                }
            });
        }
        result
    }

    /// What holds at the moment: it is taken away again when there is more to add.
    fn close(&mut self, recording: &Recording, signal: &str, waiting: u64) -> io::Result<()> {
        let mut recorded = waiting;
        for &(thread, region, start) in &self.open {
            self.log.open(thread, region.number(), start)?;
            recorded += 1;
        }
        recording.peek_abandoned(|call| {
            recorded += 1;
            self.log.open(call.thread, call.region.number(), call.start)
        })?;
        // SAFETY: as in `add_events`; the rescue is this thread's alone.
        unsafe { recording.peek_counts() };
        for region in recording.registry.iter() {
            let counts = recording.peeked_counts(region);
            if counts != Default::default() {
                self.log.counters(region.number(), counts)?;
            }
            recorded += recording.num_recorded(region, counts.dropped);
        }
        let recorded = Value::Int(i64::try_from(recorded).unwrap_or(i64::MAX));
        self.log.fact(names::RECORDED, &recorded)?;
        self.log.ended_by(signal)?;
        self.log.anchor(recording.settings.clock.anchor())
    }

    /// The open calls of a lane, which are kept for later, and its intervals, where these are to be written.
    fn add_lane(&mut self, lane: &LaneShared, writes: bool, waiting: &mut u64) -> io::Result<()> {
        let first = self.open.len();
        let most = self.open.capacity().min(first + OPEN_CALLS);
        lane.open.peek(|region, start| {
            if self.open.len() < most {
                self.open.push((lane.index, region, start));
            }
        });
        let oldest = lane.oldest.load(Ordering::Acquire);
        let mut from = lane.drained.load(Ordering::Acquire);
        // SAFETY: a block that is linked is owned by the lane's queue until the writer has had it, and
        // the writer holds still.
        let blocks = || std::iter::successors(unsafe { oldest.as_ref() }, |block| unsafe { block.after() });
        // The thread may go on: what it does from here on is not waited for.
        let (before, published) = blocks().fold((0, 0), |(n, sum), block| (n + 1, sum + block.published()));
        let mut left = published.saturating_sub(from);
        *waiting += left as u64;
        let mut saved = lane.saved.load(Ordering::Relaxed);
        if writes && left > saved {
            self.log.thread(lane.index, lane.native_id, &lane.name)?;
            self.kept = self.log.position();
        }
        for block in blocks().take(before) {
            let to = block.published().min(from.saturating_add(left));
            left -= to.saturating_sub(from);
            let skipped = saved.min(to.saturating_sub(from));
            saved -= skipped;
            from += skipped;
            block.read(from, to, |events| {
                for events in events.chunks(TAIL_EVENTS) {
                    for event in events {
                        self.forget_open(first, event);
                    }
                    if writes {
                        self.log.events(lane.index, events)?;
                        self.kept = self.log.position();
                        lane.saved.fetch_add(events.len(), Ordering::Relaxed);
                    }
                }
                io::Result::Ok(())
            })?;
            from = 0;
        }
        Ok(())
    }

    /// A call that was on the stack and has left an interval since is not open.
    fn forget_open(&mut self, first: usize, event: &Event) {
        let is_it = |&(_, region, start): &(u32, NameId, u64)| {
            (region.number(), start) == (event.region, event.start)
        };
        if let Some(at) = self.open[first..].iter().position(is_it) {
            self.open.remove(first + at);
        }
    }
}

/// The process is going to end, or may be.
fn last_words(signal: &'static str, outlook: Outlook) {
    if !saving::begin() {
        return;
    }
    if outlook == Outlook::Returned {
        for_each_rescue(|rescue| rescue.tell_of_abort(signal));
        saving::end();
    } else if outlook == Outlook::Open {
        save_all(signal, outlook);
        saving::end();
    } else {
        global::stop();
        save_all(signal, outlook);
        saving::end_for_good();
    }
}

fn save_all(signal: &str, outlook: Outlook) {
    for_each_rescue(|rescue| rescue.save(signal, outlook));
}

fn for_each_rescue(mut f: impl FnMut(&Rescue)) {
    for place in &RESCUES {
        // SAFETY: who takes a session away waits, before it is freed, until all is saved.
        if let Some(rescue) = unsafe { place.load(Ordering::SeqCst).as_ref() } {
            f(rescue);
        }
    }
}
