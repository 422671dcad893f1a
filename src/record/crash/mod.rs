//! What is saved when a signal ends the process.
//!
//! The handler may have interrupted anything, so it waits for no lock and allocates nothing: it walks
//! the list of threads, reads blocks up to their published length, and appends to the log through
//! a writer of its own, whose buffer was allocated in advance.
//!
//! Where the application handles a fault itself, what is in memory is appended before its handler is called,
//! because that may end the process; if it does not, the next flush takes it back.
//!
//! Meanwhile other threads may go on recording, but must not drain and free events. So the handler waits for a
//! running flush ([`CrashState::flushing`]), and none begins.
#![allow(unsafe_code)]

mod tail;

use crate::record::global;
use crate::record::locks::{Mutex, lock};
use crate::record::recording::Recording;
use crate::record::saving;
use crate::shell;
use crate::store::rank_log::LogWriter;
use crate::sys::{self, Outlook, signals};
use std::cell::UnsafeCell;
use std::io;
use std::path::Path;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use tail::TailWriter;

/// How often what is in memory is appended for faults that the application handles: a program that works with
/// them has thousands in a second.
const APPEND_NS: u64 = 100_000_000;

/// The sessions to save.
static STATES: [AtomicPtr<CrashState>; 64] = [const { AtomicPtr::new(ptr::null_mut()) }; 64];

/// What the handler needs from a session, prepared in advance.
#[derive(Debug)]
pub(super) struct CrashState {
    recording: Arc<Recording>,
    writer: UnsafeCell<TailWriter>,
    /// The thread that writes to the log, or 0.
    flushing: AtomicUsize,
    /// The position in the log where the tail begins that a handler has appended, or 0.
    tail: AtomicU64,
    /// Whether the log has its end mark.
    finished: AtomicBool,
    advice: String,
    /// Whether signals other than faults are reported: one rank reports for all.
    reports: bool,
    installed: Mutex<Option<signals::Installed>>,
}

// SAFETY: only the handler uses the writer, and [`saving::begin`] lets one thread into the handler.
unsafe impl Sync for CrashState {}

impl CrashState {
    pub(super) fn new(recording: &Arc<Recording>, log: &LogWriter, reports: bool) -> io::Result<Arc<Self>> {
        let command = shell::merge_command(log.path(), None, Path::new("FILE"), recording.settings.compress);
        Ok(Arc::new(Self {
            recording: Arc::clone(recording),
            writer: UnsafeCell::new(TailWriter::new(log.tail()?)),
            flushing: AtomicUsize::new(0),
            tail: AtomicU64::new(0),
            finished: AtomicBool::new(false),
            advice: format!(
                "everything recorded is in {}: make a file of it with `{command}`\n",
                shell::shown(log.path()).display()
            ),
            reports,
            installed: Mutex::new(None),
        }))
    }

    /// Has the session saved when a signal ends the process.
    pub(super) fn arm(self: &Arc<Self>) {
        let this = Arc::as_ptr(self).cast_mut();
        for place in &STATES {
            let taken = place.compare_exchange(ptr::null_mut(), this, Ordering::SeqCst, Ordering::Relaxed);
            if taken.is_ok() {
                *lock(&self.installed) = Some(signals::install(on_signal));
                return;
            }
        }
    }

    /// The session is over and nothing is left to save. Not to be called while [`flushing`](Self::flushing).
    pub(super) fn disarm(&self) {
        let this = ptr::from_ref(self).cast_mut();
        for place in &STATES {
            let _ = place.compare_exchange(this, ptr::null_mut(), Ordering::SeqCst, Ordering::Relaxed);
        }
        saving::wait_while_under_way();
        drop(lock(&self.installed).take());
    }

    /// To be held, by one thread at a time, while events go from the threads to the log.
    pub(super) fn flushing(&self) -> Flushing<'_> {
        let undisturbed = signals::Undisturbed::begin();
        loop {
            self.flushing.store(sys::this_thread(), Ordering::SeqCst);
            if !saving::is_under_way() {
                break;
            }
            self.flushing.store(0, Ordering::SeqCst);
            saving::wait_while_under_way();
        }
        Flushing {
            state: self,
            _undisturbed: undisturbed,
        }
    }

    /// Puts our handler in front of handlers that were installed over it.
    pub(super) fn renew(&self) {
        if self.recording.settings.crash_handler {
            signals::renew();
        }
    }

    /// In the handler: reports where the log is, as the application's handler of an abort has returned.
    fn report_abort(&self, signal: &str) {
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
            // For a daemon, nobody else reports it.
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
            self.recording.stop();
        }
        let flusher = || self.flushing.load(Ordering::SeqCst);
        // A thread that has crashed in a flush does not finish it.
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
        let writer = unsafe { &mut *self.writer.get() };
        let is_recent = self.tail.load(Ordering::SeqCst) != 0
            && sys::monotonic_ns().saturating_sub(writer.written_ns) < APPEND_NS;
        if is_recent && !ends {
            return;
        }
        let saved = writer.write(&self.recording, signal, &self.tail);
        let reports = match outlook {
            Outlook::Open | Outlook::Returned => false,
            Outlook::Fault => true,
            Outlook::Request => self.reports || saved.is_err(),
        };
        if reports {
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

impl Drop for CrashState {
    fn drop(&mut self) {
        self.disarm();
    }
}

/// See [`CrashState::flushing`].
pub(super) struct Flushing<'a> {
    state: &'a CrashState,
    /// Dropped last, so that a pending signal finds everything in order.
    _undisturbed: signals::Undisturbed,
}

impl Flushing<'_> {
    /// Takes back the tail that a handler has appended: the process goes on after all.
    pub(super) fn withdraw_tail(&self, log: &mut LogWriter) {
        let tail = self.state.tail.load(Ordering::SeqCst);
        // What cannot be taken back now is taken back the next time.
        if tail != 0 && log.go_back_to(tail).is_ok() {
            self.state.tail.store(0, Ordering::SeqCst);
        }
    }

    /// The log has moved to another file.
    pub(super) fn follow(&self, log: &LogWriter) {
        if let Ok(tail) = log.tail() {
            // SAFETY: the handler waits for the flush that this is part of.
            unsafe { (*self.state.writer.get()).log = tail };
        }
    }

    /// The log has its end mark.
    pub(super) fn finish(self) {
        self.state.finished.store(true, Ordering::SeqCst);
    }
}

impl Drop for Flushing<'_> {
    fn drop(&mut self) {
        self.state.flushing.store(0, Ordering::SeqCst);
    }
}

/// The signal handler: the process is going to end, or may be.
fn on_signal(signal: &'static str, outlook: Outlook) {
    if !saving::begin() {
        return;
    }
    if outlook == Outlook::Returned {
        for_each_state(|state| state.report_abort(signal));
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

/// To be called where [`saving::begin`] has let this thread.
fn save_all(signal: &str, outlook: Outlook) {
    // SAFETY: one thread at a time gets here, in a handler, which no signal interrupts.
    unsafe { signals::with_room(|| for_each_state(|state| state.save(signal, outlook))) };
}

fn for_each_state(mut f: impl FnMut(&CrashState)) {
    for place in &STATES {
        // SAFETY: `disarm` waits until all is saved before a session is freed.
        if let Some(state) = unsafe { place.load(Ordering::SeqCst).as_ref() } {
            f(state);
        }
    }
}
