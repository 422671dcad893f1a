//! What a signal handler appends to the log: its tail, which a flush takes back if the process goes on.
#![allow(unsafe_code)]

use crate::event::Event;
use crate::profile::Value;
use crate::record::recording::Recording;
use crate::record::registry::NamedBy;
use crate::record::samples::name_and_unit;
use crate::record::thread::block::Block;
use crate::record::thread::shared_view::{OpenCall, SharedView};
use crate::store::names;
use crate::store::rank_log::{LogWriter, TAIL_EVENTS};
use crate::sys;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most open calls of one thread that are written.
const OPEN_CALLS: usize = 4096;

/// The most of all threads. Memory that is not used is never touched.
const OPEN_CALLS_IN_ALL: usize = 8 * OPEN_CALLS;

/// The handler's writer, prepared in advance.
#[derive(Debug)]
pub(super) struct TailWriter {
    pub(super) log: LogWriter,
    /// Open calls.
    open: Vec<OpenCall>,
    /// The log is kept up to this position when there is more to add.
    kept: u64,
    /// When it last wrote everything.
    pub(super) written_ns: u64,
}

impl TailWriter {
    pub(super) fn new(log: LogWriter) -> Self {
        Self {
            log,
            open: Vec::with_capacity(OPEN_CALLS_IN_ALL),
            kept: 0,
            written_ns: 0,
        }
    }

    /// Writes everything that the log does not have yet, and that a signal ended recording. What is new
    /// since the last time is added to what was written then.
    pub(super) fn write(&mut self, recording: &Recording, signal: &str, tail: &AtomicU64) -> io::Result<()> {
        let anew = tail.load(Ordering::SeqCst) == 0;
        if anew {
            self.kept = self.log.take_over()?;
            tail.store(self.kept, Ordering::SeqCst);
        } else {
            self.log.go_back_to(self.kept)?;
        }
        self.open.clear();
        let mut waiting = Waiting::default();
        let added = self.add_events(recording, anew, &mut waiting);
        // Where that has failed, the following says how much is missing.
        let closed = self.close(recording, signal, &waiting);
        self.written_ns = sys::monotonic_ns();
        added.and(closed)
    }

    /// Adds names, threads, intervals and samples, which stay in memory; `waiting` counts those that the writer has not
    /// drained.
    fn add_events(&mut self, recording: &Recording, anew: bool, waiting: &mut Waiting) -> io::Result<()> {
        let named_by = if anew { NamedBy::Writer } else { NamedBy::Handler };
        let mut result = self.log.anchor(recording.settings.clock.anchor());
        for region in recording.registry.iter() {
            if result.is_ok() && !recording.registry.is_named(region, named_by) {
                result = self.log.name(region.number(), region.name(), region.source());
                if result.is_ok() {
                    recording.registry.set_named(region, NamedBy::Handler);
                }
            }
        }
        for counter in recording.counters.iter() {
            if result.is_ok() && !recording.counters.is_named(counter, named_by) {
                let (name, unit) = name_and_unit(counter.name());
                result = self.log.counter(counter.number(), name, unit);
                if result.is_ok() {
                    recording.counters.set_named(counter, NamedBy::Handler);
                }
            }
        }
        self.kept = self.log.position();
        // SAFETY: only a flush removes threads, and there is none; see `saving::before_freeing`.
        unsafe {
            recording.threads.peek(|thread| {
                if anew {
                    thread.saved.store(0, Ordering::Relaxed);
                }
                let added = self.add_thread(thread, result.is_ok(), waiting);
                if result.is_ok() {
                    result = added;
                }
            });
        }
        result
    }

    /// Adds what holds at the moment, which is taken back when there is more to add.
    fn close(&mut self, recording: &Recording, signal: &str, waiting: &Waiting) -> io::Result<()> {
        let mut recorded = waiting.intervals;
        for call in &self.open {
            self.log
                .open(call.thread, call.region.number(), call.start, call.serial)?;
            recorded += 1;
        }
        recording.peek_abandoned(|call| {
            recorded += 1;
            self.log
                .open(call.thread, call.region.number(), call.start, call.serial)
        })?;
        let mut noted = Ok(());
        // SAFETY: as in `add_events`.
        unsafe {
            recording.threads.peek(|thread| {
                if let Some(span) = thread.unentered.get().filter(|_| noted.is_ok()) {
                    noted = self.log.notes(thread.index, span.notes());
                }
            });
        }
        noted?;
        // SAFETY: as in `add_events`; the state is this thread's alone.
        unsafe { recording.add_up_in_handler() };
        for region in recording.registry.iter() {
            let counts = recording.counts_in_handler(region);
            if counts != Default::default() {
                self.log.counts(region.number(), counts)?;
            }
            recorded += recording.num_recorded(region, counts.dropped);
        }
        let recorded = Value::Int(i64::try_from(recorded).unwrap_or(i64::MAX));
        self.log.fact(names::RECORDED, &recorded)?;
        let mut lost = recording.lost_numbers_in_handler();
        // SAFETY: as in `add_events`.
        unsafe {
            recording
                .threads
                .peek(|thread| lost += thread.lost_numbers.load(Ordering::Acquire));
        }
        if lost > 0 {
            let lost = Value::Int(i64::try_from(lost).unwrap_or(i64::MAX));
            self.log.fact(names::LOST_NUMBERS, &lost)?;
        }
        for (counter, lost) in recording.lost_samples() {
            self.log.lost_samples(counter.number(), lost)?;
        }
        let samples = recording.recorded_samples(waiting.samples);
        if samples > 0 {
            let samples = Value::Int(i64::try_from(samples).unwrap_or(i64::MAX));
            self.log.fact(names::RECORDED_SAMPLES, &samples)?;
        }
        self.log.ended_by(signal)?;
        self.log.anchor(recording.settings.clock.anchor())
    }

    /// Collects the open calls of a thread, and adds its intervals where `writes`.
    fn add_thread(&mut self, thread: &SharedView, writes: bool, waiting: &mut Waiting) -> io::Result<()> {
        let first = self.open.len();
        let most = self.open.capacity().min(first + OPEN_CALLS);
        thread.open.peek(|entry| {
            if self.open.len() < most {
                self.open.push(OpenCall {
                    thread: thread.index,
                    region: entry.region,
                    serial: entry.serial,
                    start: entry.start,
                });
            }
        });
        let oldest = thread.oldest.load(Ordering::Acquire);
        let mut from = thread.drained.load(Ordering::Acquire);
        // SAFETY: a linked block is owned by the thread's queue until the writer has drained it, and no flush runs.
        let blocks = || std::iter::successors(unsafe { oldest.as_ref() }, |block| unsafe { block.next() });
        // The thread may go on recording: what it adds from here on is left out.
        let (before, published) = blocks().fold((0, 0), |(n, sum), block| (n + 1, sum + block.published()));
        let mut left = published.saturating_sub(from);
        waiting.add(blocks().take(before), from, left);
        let mut saved = thread.saved.load(Ordering::Relaxed);
        if writes && left > saved {
            self.log.thread(thread.index, thread.native_id, &thread.name)?;
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
                        self.log.notes_among(thread.index, events)?;
                        self.log.events(thread.index, events)?;
                        self.log.span_numbers(events)?;
                        self.log.samples(thread.index, events)?;
                        self.kept = self.log.position();
                        thread.saved.fetch_add(events.len(), Ordering::Relaxed);
                    }
                }
                io::Result::Ok(())
            })?;
            from = 0;
        }
        Ok(())
    }

    /// Removes a call that was on the stack and has left an interval since.
    fn forget_open(&mut self, first: usize, event: &Event) {
        let is_it = |call: &OpenCall| (call.region.number(), call.start) == (event.region, event.start);
        if let Some(at) = self.open[first..].iter().position(is_it) {
            self.open.remove(first + at);
        }
    }
}

/// What the writer has not drained.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    intervals: u64,
    samples: u64,
}

impl Waiting {
    /// Counts so many events of some blocks, from that one of the first block on.
    fn add<'a>(&mut self, blocks: impl Iterator<Item = &'a Block>, mut from: usize, mut left: usize) {
        for block in blocks {
            let to = block.published().min(from.saturating_add(left));
            left -= to.saturating_sub(from);
            block.read(from, to, |events| {
                for event in events {
                    self.intervals += u64::from(event.is_interval());
                    self.samples += u64::from(event.sample().is_some());
                }
            });
            from = 0;
        }
    }
}
