//! Writing under a disk that stalls, and one that is full.

use super::*;
use crate::config::{Overflow, ProfilingConfig};
use crate::record::RegionGuard;
use crate::store::rank_log::{Block, LogReader, Medium};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Condvar;
use std::time::Duration;

/// A medium in memory that takes writes only while it is open for them.
#[derive(Clone, Debug, Default)]
struct Gate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Debug, Default)]
struct GateState {
    bytes: Vec<u8>,
    is_closed: bool,
    /// Somebody waits to write.
    waiting: bool,
    /// Writes beyond this many bytes fail.
    limit: Option<usize>,
}

impl Gate {
    fn set_closed(&self, is_closed: bool) {
        hold(&self.0.0).is_closed = is_closed;
        self.0.1.notify_all();
    }

    fn set_limit(&self, limit: Option<usize>) {
        hold(&self.0.0).limit = limit;
    }

    fn is_waited_for(&self) -> bool {
        hold(&self.0.0).waiting
    }

    fn length(&self) -> usize {
        hold(&self.0.0).bytes.len()
    }
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = hold(&self.0.0);
        while state.is_closed {
            state.waiting = true;
            state = self.0.1.wait(state).unwrap();
        }
        state.waiting = false;
        let room = state
            .limit
            .map_or(usize::MAX, |limit| limit.saturating_sub(state.bytes.len()));
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = bytes.len().min(room);
        state.bytes.extend(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Medium for Gate {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        hold(&self.0.0).bytes.truncate(length as usize);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.length() as u64)
    }

    fn another(&self) -> io::Result<Box<dyn Medium>> {
        Ok(Box::new(self.clone()))
    }
}

const BLOCK: usize = 64;
const BLOCKS: usize = 8;

struct Session {
    gate: Gate,
    recording: Arc<Recording>,
    writer: Arc<Writer>,
}

impl Session {
    fn new(overflow: Overflow) -> Self {
        let config = ProfilingConfig::new()
            .file_path("nowhere.h5")
            .buffer_limit(BLOCK)
            .memory_limit(BLOCKS * BLOCK * crate::event::EVENT_BYTES)
            .flush_interval(Duration::from_secs(3_600))
            .overflow(overflow)
            .crash_handler(false);
        let recording = Recording::new(config.resolve(|_| None).unwrap());
        let gate = Gate::default();
        let log = LogWriter::begin(Box::new(gate.clone()), Path::new("nowhere.log")).unwrap();
        let writer = Writer::start(&recording, log, &Metadata::new()).unwrap();
        Self {
            gate,
            recording,
            writer,
        }
    }

    fn memory(&self) -> usize {
        let bytes = self.recording.pool.bytes();
        assert!(bytes <= self.recording.settings.memory_limit);
        bytes
    }

    fn record(&self, region: &str, calls: usize) {
        let region = NameId::of(region, None);
        for _ in 0..calls {
            drop(RegionGuard::enter_in(&self.recording, region));
        }
    }

    /// Ends the session; intervals and dropped calls of each region in the log.
    fn finish(&self) -> BTreeMap<String, (u64, u64)> {
        self.recording.close();
        let recorded = self.writer.finish(&Metadata::new());
        self.writer.seal();
        assert!(recorded.open.is_empty());
        let bytes = hold(&self.gate.0.0).bytes.clone();
        let length = bytes.len() as u64;
        let mut reader = LogReader::new(io::Cursor::new(bytes), length, &PathBuf::from("log")).unwrap();
        let (mut names, mut found) = (BTreeMap::new(), BTreeMap::<u32, (u64, u64)>::new());
        let mut ended = false;
        while let Some(block) = reader.next().unwrap() {
            match block {
                Block::Name { region, name, .. } => drop(names.insert(region, name)),
                Block::Events { events, .. } => {
                    for event in events {
                        found.entry(event.region).or_default().0 += 1;
                    }
                }
                Block::Counts { region, counts } => found.entry(region).or_default().1 = counts.dropped,
                Block::End => ended = true,
                _ => {}
            }
        }
        assert!(ended && reader.remaining() == 0);
        let intervals: u64 = found.values().map(|(intervals, _)| intervals).sum();
        assert_eq!(intervals, recorded.intervals);
        found
            .into_iter()
            .map(|(region, counts)| (names[&region].clone(), counts))
            .collect()
    }
}

fn until(what: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !what() {
        assert!(
            started.elapsed() < Duration::from_secs(1_800),
            "it never happened"
        );
        std::thread::yield_now();
    }
}

const CALLS: usize = 20 * BLOCKS * BLOCK;

#[test]
fn threads_wait_for_a_disk_that_stalls_and_lose_nothing() {
    let session = Session::new(Overflow::Block);
    session.gate.set_closed(true);
    std::thread::scope(|scope| {
        for region in ["writer::left", "writer::right"] {
            let session = &session;
            scope.spawn(move || session.record(region, CALLS));
        }
        until(|| session.gate.is_waited_for() && session.memory() == BLOCKS * BLOCK * 24);
        // Slow from now on: one write at a time.
        let done = || session.recording.num_calls(NameId::of("writer::left", None)) == CALLS as u64;
        while !done() {
            session.gate.set_closed(false);
            std::thread::yield_now();
            session.gate.set_closed(true);
            session.memory();
        }
        session.gate.set_closed(false);
    });
    let all = (CALLS as u64, 0);
    let expected = [
        ("writer::left".to_owned(), all),
        ("writer::right".to_owned(), all),
    ];
    assert_eq!(session.finish(), expected.into());
}

#[test]
fn a_disk_that_stalls_holds_nobody_up_who_may_drop() {
    let session = Session::new(Overflow::Drop);
    session.gate.set_closed(true);
    std::thread::scope(|scope| {
        for region in ["writer::first", "writer::second"] {
            let session = &session;
            scope.spawn(move || session.record(region, CALLS));
        }
    });
    // All calls were made while nothing could be written.
    session.memory();
    session.gate.set_closed(false);
    let found = session.finish();
    assert_eq!(found.len(), 2);
    for (region, (intervals, dropped)) in found {
        assert_eq!(intervals + dropped, CALLS as u64, "{region}");
        assert!(dropped > 0, "{region}");
    }
}

#[test]
fn what_a_full_disk_does_not_take_is_counted_to_the_last() {
    let session = Session::new(Overflow::Block);
    session.record("writer::full", 1_000);
    session.writer.flush().unwrap();
    for room in [0, 1, 100, 1_000, 5_000] {
        session.gate.set_limit(Some(session.gate.length() + room));
        session.record("writer::full", 1_000);
        // The writer's own thread may have met the full disk before, and left nothing for this one.
        session.writer.flush().ok();
    }
    session.gate.set_limit(None);
    session.record("writer::full", 1_000);
    let found = session.finish();
    let (intervals, dropped) = found["writer::full"];
    assert_eq!(intervals + dropped, 7_000);
    assert!(intervals >= 2_000 && dropped >= 4_000, "{intervals}, {dropped}");
}

#[test]
fn time_that_the_machine_was_suspended_is_told_once() {
    let mut suspended = Suspended::new(5_000_000_000);
    assert_eq!(suspended.unlogged(5_000_000_000), None);
    assert_eq!(
        suspended.unlogged(5_000_900_000),
        None,
        "two clocks are never read at once"
    );
    assert_eq!(suspended.unlogged(8_000_000_000), Some(3_000_000_000));
    assert_eq!(suspended.unlogged(8_000_000_100), None);
    assert_eq!(suspended.unlogged(4_000_000_000), None);
    assert_eq!(suspended.unlogged(9_000_000_000), Some(4_000_000_000));
}
