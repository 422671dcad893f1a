//! The writer: what the threads have recorded goes to the log, now and then and when asked.

use super::crash::{Flushing, Rescue};
use super::lanes::never_record_this_thread;
use super::locks::{Mutex, hold, lock};
use super::names::NameId;
use super::recording::{Drained, Recording};
use super::registry::{Registry, Teller};
use super::sync::Arc;
use super::view::OpenCall;
use crate::event::Event;
use crate::profile::{Metadata, Value};
use crate::shell;
use crate::store::names;
use crate::store::rank_log::{Counts, LogWriter, MAX_EVENTS, SUSPENDED};
use crate::sys::{self, signals};
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Weak;
use std::thread::JoinHandle;

/// A session's log and the thread that feeds it.
#[derive(Debug)]
pub(crate) struct Writer {
    recording: Arc<Recording>,
    sink: Arc<Mutex<Sink>>,
    rescue: Arc<Rescue>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The writers of all sessions that have not ended: what they have is saved when the process exits.
static RUNNING: Mutex<Vec<Weak<Writer>>> = Mutex::new(Vec::new());

fn save_all() {
    let running = std::mem::take(&mut *lock(&RUNNING));
    say_of_daemon(&running);
    for writer in running.iter().filter_map(Weak::upgrade) {
        writer.save("without finalize");
    }
}

/// As at an exit, where there is going to be none.
#[cfg(feature = "mpi")]
pub(crate) fn save_all_before_abort() {
    let running = std::mem::take(&mut *lock(&RUNNING));
    for writer in running.iter().filter_map(Weak::upgrade) {
        writer.save("by MPI_Abort");
    }
}

/// The log, and what it has been told already.
#[derive(Debug)]
struct Sink {
    log: LogWriter,
    threads: HashSet<u32>,
    written: u64,
    /// Time of each region in the intervals written, ticks; by the region's index.
    ticks: Vec<u64>,
    suspended: Suspended,
    warned: bool,
}

/// The time that the machine was suspended for, in which no clock of the profile moves.
#[derive(Debug)]
struct Suspended {
    at_start: u64,
    told: u64,
}

impl Suspended {
    /// Two clocks are not read at the same moment: less is no suspension.
    const LEAST_NS: u64 = 10_000_000;

    fn new(now: u64) -> Self {
        Self {
            at_start: now,
            told: 0,
        }
    }

    /// The time since the session began, where it has become more than was told; ns.
    fn news(&mut self, now: u64) -> Option<i64> {
        let suspended = now.saturating_sub(self.at_start);
        if suspended < self.told.saturating_add(Self::LEAST_NS) {
            return None;
        }
        self.told = suspended;
        i64::try_from(suspended).ok()
    }
}

/// What a log has when recording has ended.
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
        log.anchor(recording.settings.clock.anchor())?;
        let is_first = matches!(run.get("rank"), None | Some(Value::Int(0)));
        let rescue = Rescue::new(recording, &log, is_first)?;
        let sink = Arc::new(Mutex::new(Sink {
            log,
            threads: HashSet::new(),
            written: 0,
            ticks: Vec::new(),
            suspended: Suspended::new(sys::suspended_ns()),
            warned: false,
        }));
        let thread = {
            let (recording, sink, rescue) = (Arc::clone(recording), Arc::clone(&sink), Arc::clone(&rescue));
            std::thread::Builder::new()
                .name("scope-profiler".into())
                .spawn(move || {
                    never_record_this_thread();
                    // The application's signals are for its own threads.
                    let _undisturbed = signals::Undisturbed::begin();
                    while recording.wait_for_work(recording.settings.flush_interval) {
                        rescue.renew();
                        let mut sink = hold(&sink);
                        let flushing = rescue.flushing();
                        sink.flush(&recording, &flushing);
                    }
                })?
        };
        let writer = Arc::new(Self {
            recording: Arc::clone(recording),
            sink,
            rescue,
            thread: Mutex::new(Some(thread)),
        });
        if recording.settings.crash_handler {
            writer.rescue.arm();
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
            shell::merge_command(&log, None, Path::new("FILE"))
        ));
    }

    /// In a forked child: the log is the parent's, who saves it.
    pub(crate) fn leave_in_child(&self) {
        self.rescue.disarm();
    }

    /// Writes everything that has been recorded up to now.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.rescue.renew();
        let mut sink = hold(&self.sink);
        let flushing = self.rescue.flushing();
        match sink.flush(&self.recording, &flushing) {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    /// Ends the writer thread and writes the rest: all but the end mark.
    pub(crate) fn finish(&self, run: &Metadata) -> Recorded {
        self.recording.stop_writer();
        lock(&RUNNING).retain(|writer| !std::ptr::eq(writer.as_ptr(), self));
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            // The writer thread does not panic; if it did all the same, the rest is written here.
            thread.join().ok();
        }
        let mut sink = hold(&self.sink);
        let flushing = self.rescue.flushing();
        sink.keep_file(&flushing);
        let mut open = self.recording.open_calls();
        let drained = self.recording.drain();
        remove_closed(&mut open, &drained);
        sink.write(&self.recording, drained);
        if let Err(error) = sink.finish(&self.recording, &open, run) {
            sink.warn(&error);
        }
        flushing.finish();
        self.rescue.disarm();
        Recorded {
            open,
            intervals: sink.written,
            ticks: sink.ticks.clone(),
        }
    }

    /// Adds to the log what the writer thread knows nothing of. A failure is told, as any other.
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
            // The thread is the parent's.
            std::mem::forget(lock(&self.thread).take());
        } else {
            self.recording.stop_writer();
        }
    }
}

/// At the exit of a forked child whose parent is gone: nobody else is going to say it.
fn say_of_daemon(writers: &[Weak<Writer>]) {
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

/// What is told in a forked child of a session that is its parent's.
pub(crate) fn orphaned(parent: u32) -> String {
    format!(
        "this process was forked from process {parent}, which began the session; what it has recorded since is in no \
         file. Call setup in the forked process, and in a daemon after it was made one"
    )
}

/// A call that was on a stack and has left an interval since is not open.
fn remove_closed(open: &mut Vec<OpenCall>, drained: &Drained) {
    if open.is_empty() {
        return;
    }
    for (lane, pieces) in &drained.lanes {
        for piece in pieces {
            piece.block.read(piece.from, piece.to, |events| {
                for event in events {
                    open.retain(|call| {
                        (call.thread, call.region.number(), call.start)
                            != (lane.index, event.region, event.start)
                    });
                }
            });
        }
    }
}

impl Sink {
    fn flush(&mut self, recording: &Recording, flushing: &Flushing<'_>) -> Option<io::Error> {
        self.keep_file(flushing);
        let drained = recording.drain();
        self.write(recording, drained)
    }

    /// Puts the log back where somebody has deleted it: without a name it would be gone at the end.
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

    /// Writes the pieces and gives their blocks back. What cannot be written is counted; the first
    /// failure is told.
    fn write(&mut self, recording: &Recording, drained: Drained) -> Option<io::Error> {
        let mut failure = None;
        if !drained.counts.is_empty() {
            failure = self.announce(recording, &drained).err();
        }
        for (lane, pieces) in drained.lanes {
            for piece in pieces {
                piece.block.read(piece.from, piece.to, |events| {
                    for events in events.chunks(MAX_EVENTS) {
                        self.write_events(recording, lane.index, events, &mut failure);
                    }
                });
                if piece.retired {
                    recording.pool.give_back(piece.block);
                }
            }
        }
        if let Some(error) = &failure {
            self.warn(error);
        }
        failure
    }

    /// After a failure the rest of a batch is only counted: the log may not know its names.
    fn write_events(
        &mut self,
        recording: &Recording,
        thread: u32,
        events: &[Event],
        failure: &mut Option<io::Error>,
    ) {
        if failure.is_none() {
            *failure = self.log.events(thread, events).err();
        }
        if failure.is_none() {
            self.written += events.len() as u64;
            self.add_up(events);
        } else {
            self.count_unwritten(recording, events);
        }
    }

    fn add_up(&mut self, events: &[Event]) {
        for run in events.chunk_by(|a, b| a.region == b.region) {
            let index = NameId::from_number(run[0].region).index();
            if self.ticks.len() <= index {
                self.ticks.resize(index + 1, 0);
            }
            let ticks = run.iter().map(|event| event.end.saturating_sub(event.start));
            self.ticks[index] = self.ticks[index].saturating_add(ticks.sum());
        }
    }

    /// Tells the log the time, and the threads and names it has not heard of. The time comes first:
    /// every interval of a log then lies between two anchors.
    fn announce(&mut self, recording: &Recording, drained: &Drained) -> io::Result<()> {
        self.log.anchor(recording.settings.clock.anchor())?;
        if let Some(ns) = self.suspended.news(sys::suspended_ns()) {
            self.log.fact(SUSPENDED, &Value::Int(ns))?;
        }
        for (lane, pieces) in &drained.lanes {
            if !pieces.is_empty() && !self.threads.contains(&lane.index) {
                self.log.thread(lane.index, lane.native_id, &lane.name)?;
                self.threads.insert(lane.index);
            }
        }
        for &region in drained.counts.keys() {
            self.name(&recording.registry, region)?;
        }
        Ok(())
    }

    fn name(&mut self, registry: &Registry, region: NameId) -> io::Result<()> {
        if !registry.is_told(region, Teller::Writer) {
            self.log.name(region.number(), region.name(), region.source())?;
            registry.set_told(region, Teller::Writer);
        }
        Ok(())
    }

    fn finish(&mut self, recording: &Recording, open: &[OpenCall], run: &Metadata) -> io::Result<()> {
        let mut recorded = open.len() as u64;
        for (region, counts) in recording.counts() {
            self.name(&recording.registry, region)?;
            if counts != Counts::default() {
                self.log.counters(region.number(), counts)?;
            }
            recorded += recording.num_recorded(region, counts.dropped);
        }
        for call in open {
            self.log.open(call.thread, call.region.number(), call.start)?;
        }
        self.log.run(run)?;
        let recorded = Value::Int(i64::try_from(recorded).unwrap_or(i64::MAX));
        self.log
            .run(&Metadata::from([(names::RECORDED.into(), recorded)]))?;
        self.log.anchor(recording.settings.clock.anchor())
    }

    fn count_unwritten(&mut self, recording: &Recording, events: &[Event]) {
        for event in events {
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
    use std::io::Write;
    // A closed standard error is no reason to take the program down, as eprintln! would.
    let _ = writeln!(io::stderr(), "scope-profiler: {message}");
}

#[cfg(test)]
mod tests;
