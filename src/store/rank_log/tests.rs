use super::*;
use crate::note::NumberNote;
use crate::profile::Value;
use std::io::Cursor;
use std::path::Path;

const CLOCK: ClockMeasurement = ClockMeasurement {
    at: -1,
    offset: i64::MIN,
    bound: u64::MAX,
    hops: 3,
};

fn sample() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut log = LogWriter::create(&path).unwrap();
    log.run(&Metadata::from([
        ("a".into(), Value::Text("x\ny".into())),
        ("b".into(), Value::List(vec!["1".into(), String::new()])),
        ("c".into(), Value::Float(0.5)),
    ]))
    .unwrap();
    log.anchor(Anchor { tick: 7, ns: -3 }).unwrap();
    log.thread(4, 99, "worker").unwrap();
    log.name(2, "solve", Some(("a.rs", 12))).unwrap();
    log.events(
        4,
        &[0, 1, 2].map(|n| Event {
            region: 2,
            serial: 40 + n as u32,
            start: n,
            end: n + 5,
        }),
    )
    .unwrap();
    log.counts(
        2,
        Counts {
            counted: 3,
            dropped: 1,
            throttled: 4,
            throttled_ticks: 5,
            spans: 2,
        },
    )
    .unwrap();
    log.open(4, 2, 77, 41).unwrap();
    log.clock(CLOCK).unwrap();
    log.field(1, "bytes", "B").unwrap();
    let event = |start| Event {
        region: 2,
        serial: 0,
        start,
        end: 90,
    };
    let note = |number| NumberNote { field: 1, number }.event();
    let mixed = [
        note(Number::Int(-24)),
        event(80),
        note(Number::Float(0.5)),
        event(85),
    ];
    assert_eq!(log.events(4, &mixed).unwrap(), 2);
    log.end().unwrap();
    std::fs::read(path).unwrap()
}

fn blocks(bytes: &[u8]) -> Vec<Block> {
    let mut reader = LogReader::new(Cursor::new(bytes), bytes.len() as u64, Path::new("log")).unwrap();
    let mut blocks = Vec::new();
    while let Some(block) = reader.next().unwrap() {
        blocks.push(block);
    }
    blocks
}

#[test]
fn every_kind_of_block_comes_back_as_it_was_written() {
    let blocks = blocks(&sample());
    assert_eq!(blocks.len(), 13);
    assert_eq!(
        blocks[1],
        Block::Run(Metadata::from([(
            "b".into(),
            Value::List(vec!["1".into(), String::new()])
        )]))
    );
    assert_eq!(blocks[3], Block::Anchor(Anchor { tick: 7, ns: -3 }));
    assert_eq!(
        blocks[4],
        Block::Thread {
            thread: 4,
            native_id: 99,
            name: "worker".into()
        }
    );
    assert_eq!(
        blocks[5],
        Block::Name {
            region: 2,
            name: "solve".into(),
            file: "a.rs".into(),
            line: 12
        }
    );
    let Block::Events {
        thread: 4, events, ..
    } = &blocks[6]
    else {
        panic!("{:?}", blocks[6])
    };
    assert_eq!(
        events[2],
        Event {
            region: 2,
            serial: 42,
            start: 2,
            end: 7
        }
    );
    assert_eq!(blocks[9], Block::Clock(CLOCK));
    let field = Block::Field {
        field: 1,
        name: "bytes".into(),
        unit: "B".into(),
    };
    assert_eq!(blocks[10], field);
    let Block::Events { events, numbers, .. } = &blocks[11] else {
        panic!("{:?}", blocks[11])
    };
    assert_eq!(events.len(), 2);
    let number = |at, number| NumberAt { at, field: 1, number };
    assert_eq!(
        numbers[..],
        [number(0, Number::Int(-24)), number(1, Number::Float(0.5))]
    );
    assert_eq!(blocks[12], Block::End);
}

#[test]
fn a_log_cut_off_anywhere_is_good_up_to_its_last_whole_block() {
    let bytes = sample();
    let whole = blocks(&bytes);
    let mut most = 0;
    for length in HEADER_BYTES as usize..bytes.len() {
        let read = blocks(&bytes[..length]);
        assert_eq!(read, whole[..read.len()], "cut at {length}");
        assert!(read.len() >= most && read.len() < whole.len());
        most = read.len();
    }
}

#[test]
fn no_flipped_bit_is_taken_for_data() {
    let bytes = sample();
    let whole = blocks(&bytes);
    for at in HEADER_BYTES as usize..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let read = blocks(&damaged);
        assert_eq!(read, whole[..read.len()], "byte {at}");
        assert!(read.len() < whole.len(), "byte {at}");
    }
}

#[test]
fn a_block_of_an_unknown_kind_is_skipped() {
    let mut bytes = sample();
    let whole = blocks(&bytes);
    let payload = b"from the future";
    let mut block = Vec::new();
    block.extend(99u32.to_le_bytes());
    block.extend((payload.len() as u32).to_le_bytes());
    let crc = checksum(&block, payload);
    block.extend(crc.to_le_bytes());
    block.extend(payload);
    bytes.splice(HEADER_BYTES as usize..HEADER_BYTES as usize, block);
    assert_eq!(blocks(&bytes), whole);
}

#[test]
fn other_files_and_newer_versions_are_refused_by_name() {
    let refuse = |bytes: &[u8]| {
        LogReader::new(Cursor::new(bytes), bytes.len() as u64, Path::new("some.log"))
            .unwrap_err()
            .to_string()
    };
    assert!(refuse(b"").contains("some.log: not a rank log"));
    assert!(refuse(b"\x89HDF\r\n\x1a\n........").contains("not a rank log"));
    let mut newer = sample();
    newer[8] = 9;
    assert!(refuse(&newer).contains("version 9"));
}

#[test]
fn a_log_of_the_first_version_has_no_serial_numbers() {
    let old = include_bytes!("../../../tests/golden/log_version_1.log");
    let events: Vec<Event> = blocks(old)
        .into_iter()
        .filter_map(|block| match block {
            Block::Events { events, .. } => Some(events),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(events.len(), 13);
    assert!(events.iter().all(|event| event.serial == 0), "{events:?}");
}

/// A medium that takes a few bytes at a time, is interrupted sometimes, and fills up.
#[derive(Clone, Debug, Default)]
struct Stubborn {
    bytes: std::sync::Arc<std::sync::Mutex<Vec<u8>>>,
    limit: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    cannot_cut: std::sync::Arc<std::sync::atomic::AtomicBool>,
    interrupted: bool,
}

impl Stubborn {
    fn with_limit(limit: usize) -> Self {
        let medium = Self::default();
        medium.set_limit(limit);
        medium
    }

    fn set_limit(&self, limit: usize) {
        self.limit.store(limit, std::sync::atomic::Ordering::Relaxed);
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }
}

impl std::io::Write for Stubborn {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let mut all = self.bytes.lock().unwrap();
        let limit = self.limit.load(std::sync::atomic::Ordering::Relaxed);
        let written = bytes.len().min(7).min(limit.saturating_sub(all.len()));
        if written == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        all.extend(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Medium for Stubborn {
    fn cut(&mut self, length: u64) -> std::io::Result<()> {
        if self.cannot_cut.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(std::io::ErrorKind::Other.into());
        }
        self.bytes.lock().unwrap().truncate(length as usize);
        Ok(())
    }

    fn length(&self) -> std::io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn another(&self) -> std::io::Result<Box<dyn Medium>> {
        Ok(Box::new(self.clone()))
    }
}

#[test]
fn short_and_interrupted_writes_make_whole_blocks() {
    let medium = Stubborn::with_limit(usize::MAX);
    let mut log = LogWriter::begin(Box::new(medium.clone()), Path::new("log")).unwrap();
    log.name(2, "solve", Some(("a.rs", 12))).unwrap();
    log.end().unwrap();
    assert_eq!(blocks(&medium.bytes()).len(), 2);
}

#[test]
fn a_block_that_does_not_fit_leaves_nothing_behind() {
    let whole = {
        let medium = Stubborn::with_limit(usize::MAX);
        let mut log = LogWriter::begin(Box::new(medium.clone()), Path::new("log")).unwrap();
        log.name(1, "first", None).unwrap();
        medium.bytes().len()
    };
    for limit in whole..whole + 30 {
        let medium = Stubborn::with_limit(limit);
        let mut log = LogWriter::begin(Box::new(medium.clone()), Path::new("log")).unwrap();
        log.name(1, "first", None).unwrap();
        // At first even cutting it off fails.
        medium
            .cannot_cut
            .store(true, std::sync::atomic::Ordering::Relaxed);
        let error = log.name(2, "a name that is longer", None).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{limit}");
        assert!(log.name(3, "third", None).is_err(), "{limit}");
        assert_eq!(blocks(&medium.bytes()).len(), 1, "{limit}");
        medium
            .cannot_cut
            .store(false, std::sync::atomic::Ordering::Relaxed);
        medium.set_limit(usize::MAX);
        log.name(4, "fourth", None).unwrap();
        let names: Vec<u32> = blocks(&medium.bytes())
            .iter()
            .map(|block| match block {
                Block::Name { region, .. } => *region,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(names, [1, 4], "{limit}");
    }
}
