//! The writer: drains what the threads have recorded to the log, at intervals and on request.

mod samples;
mod span_numbers;

use super::crash::{CrashState, Flushing};
use super::drained::Drained;
use super::locks::{Mutex, hold, lock};
use super::names::NameId;
use super::recording::Recording;
use super::registry::{NamedBy, Registry};
use super::sync::Arc;
use super::thread::current::never_record_this_thread;
use super::thread::shared_view::OpenCall;
use crate::event::Event;
use crate::profile::{Metadata, Value};
use crate::shell;
use crate::store::names;
use crate::store::rank_log::{Counts, LogWriter, MAX_EVENTS, SUSPENDED};
use crate::sys::threads::{self, Thread};
use crate::sys::{self, signals};
use crate::text::printable;
use span_numbers::Placed;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Weak;

/// A session's log and the thread that feeds it.
#[derive(Debug)]
pub(crate) struct Writer {
    recording: Arc<Recording>,
    sink: Arc<Mutex<Sink>>,
    crash_state: Arc<CrashState>,
    thread: Mutex<Option<Thread<()>>>,
}

/// The writers of all sessions that have not ended: what they have is saved when the process exits.
static RUNNING: Mutex<Vec<Weak<Writer>>> = Mutex::new(Vec::new());

fn save_all() {
    let running = std::mem::take(&mut *lock(&RUNNING));
    report_daemon(&running);
    for writer in running.iter().filter_map(Weak::upgrade) {
        writer.save("without finalize");
    }
}

/// The same as at an exit, where the process ends without one.
#[cfg(feature = "mpi")]
pub(crate) fn save_all_before_abort() {
    let running = std::mem::take(&mut *lock(&RUNNING));
    for writer in running.iter().filter_map(Weak::upgrade) {
        writer.save("by MPI_Abort");
    }
}

/// The log, and what is in it already.
#[derive(Debug)]
struct Sink {
    log: LogWriter,
    threads: HashSet<u32>,
    written: u64,
    /// Time of each region in the intervals written, ticks; by the region's index.
    ticks: Vec<u64>,
    suspended: Suspended,
    waiting: span_numbers::Waiting,
    warned: bool,
}

/// The time for which the machine was suspended: the clocks of the profile stand still meanwhile.
#[derive(Debug)]
struct Suspended {
    at_start: u64,
    logged: u64,
}

impl Suspended {
    /// Two clocks cannot be read at the same moment, so less than this is no suspension.
    const LEAST_NS: u64 = 10_000_000;

    fn new(now: u64) -> Self {
        Self {
            at_start: now,
            logged: 0,
        }
    }

    /// The time since the session began, where it is more than was logged; ns.
    fn unlogged(&mut self, now: u64) -> Option<i64> {
        let suspended = now.saturating_sub(self.at_start);
        if suspended < self.logged.saturating_add(Self::LEAST_NS) {
            return None;
        }
        self.logged = suspended;
        i64::try_from(suspended).ok()
    }
}

/// What is in a log when recording has ended.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// The calls that were still open.
    pub(crate) open: Vec<OpenCall>,
    /// Intervals in the log.
    pub(crate) intervals: u64,
    /// Time of each region in them, ticks; by the region's index, and shorter than there are regions.
    pub(crate) ticks: Vec<u64>,
}

impl Writer {
    /// Begins the log and starts the writer thread.
    pub(crate) fn start(
        recording: &Arc<Recording>,
        mut log: LogWriter,
        run: &Metadata,
    ) -> io::Result<Arc<Self>> {
        log.run(run)?;
        for (number, field) in (0..).zip(&*recording.settings.fields) {
            log.field(number, &field.name, &field.unit)?;
        }
        log.anchor(recording.settings.clock.anchor())?;
        let is_first = matches!(run.get("rank"), None | Some(Value::Int(0)));
        let crash_state = CrashState::new(recording, &log, is_first)?;
        let sink = Arc::new(Mutex::new(Sink {
            log,
            threads: HashSet::new(),
            written: 0,
            ticks: Vec::new(),
            suspended: Suspended::new(sys::suspended_ns()),
            waiting: span_numbers::Waiting::default(),
            warned: false,
        }));
        let thread = {
            let (recording, sink, crash_state) =
                (Arc::clone(recording), Arc::clone(&sink), Arc::clone(&crash_state));
            threads::start(move || {
                never_record_this_thread();
                while recording.wait_for_work(recording.settings.flush_interval) {
                    crash_state.renew();
                    let mut sink = hold(&sink);
                    let flushing = crash_state.flushing();
                    sink.flush(&recording, &flushing);
                }
            })?
        };
        let writer = Arc::new(Self {
            recording: Arc::clone(recording),
            sink,
            crash_state,
            thread: Mutex::new(Some(thread)),
        });
        if recording.settings.crash_handler {
            writer.crash_state.arm();
        }
        lock(&RUNNING).push(Arc::downgrade(&writer));
        sys::at_exit(save_all);
        Ok(writer)
    }

    /// At the exit of a process that has not finalized the session: the log gets the rest.
    fn save(&self, how: &str) {
        if self.recording.is_closed() || self.recording.is_forked() {
            return;
        }
        self.recording.close();
        self.finish(&Metadata::new());
        self.seal();
        let log = self.log_path();
        tell(&format!(
            "the program ended {how}; everything recorded is in {}: make a file of it with `{}`",
            shell::shown(&log).display(),
            shell::merge_command(&log, None, Path::new("FILE"), self.recording.settings.compress)
        ));
    }

    /// In a forked child: the log belongs to the parent, which saves it.
    pub(crate) fn leave_in_child(&self) {
        self.crash_state.disarm();
    }

    /// Writes everything that has been recorded up to now.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.crash_state.renew();
        let mut sink = hold(&self.sink);
        let flushing = self.crash_state.flushing();
        match sink.flush(&self.recording, &flushing) {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    /// Ends the writer thread and writes the rest of the log, except the end mark.
    pub(crate) fn finish(&self, run: &Metadata) -> Recorded {
        self.recording.stop_writer();
        lock(&RUNNING).retain(|writer| !std::ptr::eq(writer.as_ptr(), self));
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            // The writer thread does not panic; if it did, the rest would be written here.
            thread.join().ok();
        }
        let mut sink = hold(&self.sink);
        let flushing = self.crash_state.flushing();
        sink.keep_file(&flushing);
        let mut open = self.recording.open_calls();
        let drained = self.recording.drain(true);
        remove_closed(&mut open, &drained);
        sink.write(&self.recording, drained);
        if let Err(error) = sink.finish(&self.recording, &open, run) {
            sink.warn(&error);
        }
        flushing.finish();
        self.crash_state.disarm();
        Recorded {
            open,
            intervals: sink.written,
            ticks: sink.ticks.clone(),
        }
    }

    /// Adds to the log what the writer thread does not know. A failure is reported like any other.
    pub(crate) fn append(&self, add: impl FnOnce(&mut LogWriter) -> io::Result<()>) {
        let mut sink = hold(&self.sink);
        let _undisturbed = signals::Undisturbed::begin();
        if let Err(error) = add(&mut sink.log) {
            sink.warn(&error);
        }
    }

    /// Writes the end mark: the log is complete.
    pub(crate) fn seal(&self) {
        self.append(LogWriter::end);
    }

    pub(crate) fn log_path(&self) -> std::path::PathBuf {
        hold(&self.sink).log.path().to_path_buf()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.recording.is_forked() {
            // The thread belongs to the parent.
            std::mem::forget(lock(&self.thread).take());
        } else {
            self.recording.stop_writer();
        }
    }
}

/// At the exit of a forked child whose parent is gone: nobody else reports it.
fn report_daemon(writers: &[Weak<Writer>]) {
    let is_lost = |recording: &Recording| {
        recording.is_forked() && !recording.is_closed() && !sys::is_process(recording.process)
    };
    let writer = writers
        .iter()
        .filter_map(Weak::upgrade)
        .find(|writer| is_lost(&writer.recording));
    if let Some(writer) = writer {
        tell(&orphaned(writer.recording.process));
    }
}

/// The message in a forked child about a session of its parent.
pub(crate) fn orphaned(parent: u32) -> String {
    format!(
        "this process was forked from process {parent}, which began the session; what it has recorded since is in no \
         file. Call setup in the forked process, and in a daemon after it was made one"
    )
}

/// Removes calls that were on a stack and have left an interval since.
fn remove_closed(open: &mut Vec<OpenCall>, drained: &Drained) {
    if open.is_empty() {
        return;
    }
    for (thread, pieces) in &drained.threads {
        for piece in pieces {
            piece.block.read(piece.from, piece.to, |events| {
                for event in events {
                    open.retain(|call| {
                        (call.thread, call.region.number(), call.start)
                            != (thread.index, event.region, event.start)
                    });
                }
            });
        }
    }
}

impl Sink {
    fn flush(&mut self, recording: &Recording, flushing: &Flushing<'_>) -> Option<io::Error> {
        self.keep_file(flushing);
        let drained = recording.drain(false);
        let failure = self.write(recording, drained);
        failure.or_else(|| {
            let failure = self.waiting.write(&mut self.log).err();
            failure.iter().for_each(|error| self.warn(error));
            failure
        })
    }

    /// Restores the log where somebody has deleted it: without a name it would be gone at the end.
    fn keep_file(&mut self, flushing: &Flushing<'_>) {
        flushing.withdraw_tail(&mut self.log);
        if !self.log.is_removed() {
            return;
        }
        match self.log.restore() {
            Ok(()) => {
                flushing.follow(&self.log);
                tell(&format!(
                    "{}: was deleted while the program runs; it is back",
                    shell::shown(self.log.path()).display()
                ));
            }
            Err(error) => self.warn(&error),
        }
    }

    /// Writes the pieces and returns their blocks to the pool. What cannot be written is counted; the first
    /// failure is reported.
    fn write(&mut self, recording: &Recording, drained: Drained) -> Option<io::Error> {
        let mut failure = None;
        if !drained.is_empty() {
            failure = self.announce(recording, &drained).err();
        }
        if failure.is_none() {
            failure = self.write_notes(&drained).err();
        }
        let known = self.waiting.look_at(recording, &drained);
        let mut placed = Placed::new(&known);
        for (thread, pieces) in drained.threads {
            for piece in pieces {
                piece.block.read(piece.from, piece.to, |events| {
                    for events in span_numbers::in_parts(placed.events(thread.index, events)) {
                        self.write_events(recording, thread.index, events, &mut failure);
                    }
                });
                if piece.retired {
                    recording.pool.give_back(piece.block);
                }
            }
        }
        self.waiting.keep(placed.left());
        if let Some(error) = &failure {
            self.warn(error);
        }
        failure
    }

    /// Writes what was noted of spans. It comes before the intervals.
    fn write_notes(&mut self, drained: &Drained) -> io::Result<()> {
        if drained.notes > 0 {
            for (thread, pieces) in &drained.threads {
                for piece in pieces {
                    piece.block.read(piece.from, piece.to, |events| {
                        let mut chunks = events.chunks(MAX_EVENTS);
                        chunks.try_for_each(|events| self.log.notes_among(thread.index, events))
                    })?;
                }
            }
        }
        let mut unentered = drained.unentered.iter();
        unentered.try_for_each(|(thread, span)| self.log.notes(*thread, span.notes()))
    }

    /// After a failure the rest of a batch is only counted: the log may lack its names.
    fn write_events(
        &mut self,
        recording: &Recording,
        thread: u32,
        events: &[Event],
        failure: &mut Option<io::Error>,
    ) {
        if failure.is_none() {
            match self.log.events(thread, events) {
                Ok(number) => {
                    self.written += number as u64;
                    self.add_up(events);
                    return samples::write(&mut self.log, recording, thread, events, failure);
                }
                Err(error) => *failure = Some(error),
            }
        }
        self.count_unwritten(recording, events);
        samples::count_unwritten(recording, events);
    }

    fn add_up(&mut self, events: &[Event]) {
        let runs = events.chunk_by(|a, b| a.region == b.region);
        for run in runs.filter(|run| run[0].is_interval()) {
            let index = NameId::from_number(run[0].region).index();
            if self.ticks.len() <= index {
                self.ticks.resize(index + 1, 0);
            }
            let ticks = run.iter().map(|event| event.end.saturating_sub(event.start));
            self.ticks[index] = self.ticks[index].saturating_add(ticks.sum());
        }
    }

    /// Writes the time, and the threads and names that are not in the log yet. The time comes first, so that
    /// every interval of a log lies between two anchors.
    fn announce(&mut self, recording: &Recording, drained: &Drained) -> io::Result<()> {
        self.log.anchor(recording.settings.clock.anchor())?;
        if let Some(ns) = self.suspended.unlogged(sys::suspended_ns()) {
            self.log.fact(SUSPENDED, &Value::Int(ns))?;
        }
        for (thread, pieces) in &drained.threads {
            if !pieces.is_empty() && !self.threads.contains(&thread.index) {
                self.log.thread(thread.index, thread.native_id, &thread.name)?;
                self.threads.insert(thread.index);
            }
        }
        for &region in drained.counts.keys() {
            self.name(&recording.registry, region)?;
        }
        samples::name_all(&mut self.log, recording, drained)
    }

    fn name(&mut self, registry: &Registry, region: NameId) -> io::Result<()> {
        if !registry.is_named(region, NamedBy::Writer) {
            self.log.name(region.number(), region.name(), region.source())?;
            registry.set_named(region, NamedBy::Writer);
        }
        Ok(())
    }

    fn finish(&mut self, recording: &Recording, open: &[OpenCall], run: &Metadata) -> io::Result<()> {
        let mut recorded = open.len() as u64;
        for (region, counts) in recording.counts() {
            self.name(&recording.registry, region)?;
            if counts != Counts::default() {
                self.log.counts(region.number(), counts)?;
            }
            recorded += recording.num_recorded(region, counts.dropped);
        }
        for call in open {
            self.log
                .open(call.thread, call.region.number(), call.start, call.serial)?;
        }
        self.waiting.write(&mut self.log)?;
        let lost = recording.lost_numbers();
        if lost > 0 {
            let lost = i64::try_from(lost).unwrap_or(i64::MAX);
            self.log.fact(names::LOST_NUMBERS, &Value::Int(lost))?;
        }
        samples::end(&mut self.log, recording)?;
        self.log.run(run)?;
        let recorded = Value::Int(i64::try_from(recorded).unwrap_or(i64::MAX));
        self.log
            .run(&Metadata::from([(names::RECORDED.into(), recorded)]))?;
        self.log.anchor(recording.settings.clock.anchor())
    }

    fn count_unwritten(&mut self, recording: &Recording, events: &[Event]) {
        for event in events.iter().filter(|event| event.is_interval()) {
            recording
                .registry
                .add(NameId::from_number(event.region), |totals| &totals.unwritten, 1);
        }
    }

    /// One warning for a session, however often writing fails.
    fn warn(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.warned, true) {
            warn_about(self.log.path(), error);
        }
    }
}

fn warn_about(path: &Path, error: &io::Error) {
    tell(&format!(
        "{}: cannot write: {error}; the program goes on, intervals that cannot be written are counted as dropped",
        shell::shown(path).display()
    ));
}

pub(crate) fn tell(message: &str) {
    sys::say(&format!("scope-profiler: {}\n", printable(message)));
}

#[cfg(test)]
mod tests;
