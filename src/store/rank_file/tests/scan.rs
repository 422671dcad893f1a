//! What is learnt of a log that is read from its end.

use super::{Recorded, write_log};
use crate::clock::Anchor;
use crate::event::Event;
use crate::profile::{Metadata, StoredSummary};
use crate::store::hdf5::{Group, Member, NewFile, Opened};
use crate::store::names;
use crate::store::rank_file::LogContents;
use crate::store::rank_file::scan::{Scanned, Summarized};
use crate::store::rank_file::times::RegionTimes;
use crate::store::rank_log::{Block, LogReader, LogWriter, OtherThread};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What a reading from the first block to the last says of a log: intervals of each region, and the bytes that are
/// lost.
fn block_by_block(log: &Path) -> (BTreeMap<u32, u64>, u64) {
    let mut log = LogReader::open(log).unwrap();
    let mut calls = BTreeMap::new();
    while let Some(block) = log.next().unwrap() {
        if let Block::Events { events, .. } = block {
            for event in events {
                *calls.entry(event.region).or_default() += 1;
            }
        }
    }
    (calls, log.remaining())
}

#[test]
fn a_log_that_is_cut_off_or_damaged_anywhere_counts_up_to_its_last_whole_block() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("a-rank1.log");
    let events: Vec<Recorded> = (0..300)
        .map(|n| (n / 20 % 2, n % 5, 10 * u64::from(n), 10 * u64::from(n) + 7))
        .collect();
    write_log(&log, &events, 1, &[]);
    let whole = std::fs::read(&log).unwrap();
    assert_eq!(block_by_block(&log).0.values().sum::<u64>(), 300);
    for at in (16..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        for bytes in [&whole[..at], &damaged] {
            std::fs::write(&log, bytes).unwrap();
            let contents = LogContents::scan(&log, OtherThread::Yes).unwrap().contents;
            let regions = contents.regions.iter().filter(|(_, region)| region.intervals > 0);
            let found = regions.map(|(&number, region)| (number, region.intervals));
            let found = (found.collect(), contents.lost_bytes);
            assert_eq!(found, block_by_block(&log), "byte {at}");
        }
    }
}

/// Writes a log of some threads whose calls of the first region are around those of the others.
fn write_nested(path: &Path, threads: u32, steps: u64, (regions, names): (u32, bool)) {
    let mut log = LogWriter::create(path).unwrap();
    log.anchor(Anchor { tick: 0, ns: 0 }).unwrap();
    log.anchor(Anchor {
        tick: 1 << 40,
        ns: 1 << 40,
    })
    .unwrap();
    for region in (0..regions).filter(|_| names) {
        log.name(region, &format!("r{region}"), None).unwrap();
    }
    let event = |region, start, end| Event {
        region,
        serial: 0,
        start,
        end,
    };
    for first in (0..steps).step_by(50) {
        for thread in 0..threads {
            let steps = (first..first + 50).flat_map(|n| {
                let inner = 1 + n as u32 % (regions - 1);
                [
                    event(inner, 20 * n + 2, 20 * n + 3 + n % 9),
                    event(0, 20 * n, 20 * n + 15),
                ]
            });
            log.events(thread, &steps.collect::<Vec<_>>()).unwrap();
        }
    }
    log.end().unwrap();
}

/// The summary from the reading that learns what is in a log, where it has one.
fn at_once(log: &Path) -> Option<StoredSummary> {
    match LogContents::scan(log, OtherThread::Yes).unwrap().summary {
        Summarized::Now(summary) => summary,
        Summarized::Later => None,
    }
}

#[test]
fn calls_are_summed_up_in_one_reading_as_in_two() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("a-rank1.log");
    write_nested(&log, 2, 5_000, (3, true));
    let summary = at_once(&log).expect("20 000 calls that nest");
    let calls: Vec<u64> = summary.rows.iter().map(|row| row.statistics.count()).collect();
    assert_eq!(calls, [10_000, 5_000, 5_000]);
    assert_eq!((summary.paths.len(), summary.rows[0].exclusive_ns), (3, 100_020));
    assert!(summary.rows.iter().all(|row| row.sketch.is_some()));
    assert_eq!(
        LogContents::scan(&log, OtherThread::Yes)
            .unwrap()
            .contents
            .summarize(),
        Some(summary)
    );
}

#[test]
fn calls_of_regions_without_a_name_or_of_very_many_are_summed_up_in_two_readings() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("a-rank1.log");
    for (regions, names) in [(3, false), (4, true)] {
        std::fs::remove_file(&log).ok();
        write_nested(&log, 2, 5_000, (regions, names));
        let scanned = LogContents::scan(&log, OtherThread::Yes).unwrap();
        assert!(matches!(scanned.summary, Summarized::Later), "{regions} regions");
        let summary = scanned.contents.summarize().expect("20 000 calls that nest");
        let calls = summary.rows.iter().map(|row| row.statistics.count());
        assert_eq!(calls.sum::<u64>(), 20_000);
    }
}

#[test]
fn calls_that_cross_late_in_a_long_log_leave_it_without_a_summary() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("a-rank1.log");
    let mut events: Vec<Recorded> = (0..20_000).map(|n| (0, 0, 10 * n + 9, 10 * n + 12)).collect();
    events.push((0, 0, 199_995, 200_100));
    // Crosses the one before it.
    events.push((0, 1, 200_050, 200_200));
    write_log(&log, &events, 1, &[]);
    let scanned = LogContents::scan(&log, OtherThread::Yes).unwrap();
    assert_eq!(scanned.contents.intervals, 20_002);
    assert!(!matches!(scanned.summary, Summarized::Now(Some(_))));
    assert_eq!(scanned.contents.summarize(), None);
}

/// What the file that becomes of a log has of each region: its name, its starts and ends, and what is said of it.
fn regions(contents: &LogContents, times: Option<RegionTimes>) -> Vec<(String, [Vec<i64>; 2], Metadata)> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rank.h5");
    let file = NewFile::create(&path, &path, false).unwrap();
    let group = file.create_group("rank1").unwrap();
    let written = contents.write(&group, directory.path(), times, || None);
    written.unwrap();
    drop(group);
    file.close().unwrap();
    let root = Group::root(&Arc::new(Opened::open_own(&path).unwrap())).unwrap();
    let regions = root.group(&format!("rank1/{}", names::REGIONS)).unwrap();
    let of_region = |member: Member| {
        let columns = [names::START_TIMES, names::END_TIMES];
        let mut region = regions
            .plain(&member.name, member.address, &columns, &[])
            .unwrap();
        let columns = columns.map(|name| {
            let column = region.take(name).unwrap();
            column.read(0..column.len()).unwrap()
        });
        let said = regions.group(&member.name).unwrap().attributes(|_| true).unwrap();
        (member.name, columns, said)
    };
    let members = regions.members_as_made().unwrap().unwrap_or_default();
    members.into_iter().map(of_region).collect()
}

#[test]
fn a_short_log_of_calls_in_order_is_read_once_and_gives_the_columns_that_reading_it_again_gives() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("a-rank1.log");
    write_nested(&log, 1, 5_000, (3, true));
    let Scanned { contents, times, .. } = LogContents::scan(&log, OtherThread::Yes).unwrap();
    let once = regions(&contents, Some(times.expect("10 000 calls in order")));
    let calls: Vec<usize> = once.iter().map(|(_, [starts, _], _)| starts.len()).collect();
    assert_eq!(calls, [5_000, 2_500, 2_500]);
    assert!(once.iter().all(|(_, [starts, _], _)| starts.is_sorted()));
    assert!(once == regions(&contents, None));
}

#[test]
fn a_log_of_calls_that_have_to_be_sorted_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("a-rank1.log");
    write_nested(&log, 2, 5_000, (3, true));
    assert!(LogContents::scan(&log, OtherThread::Yes).unwrap().times.is_none());
}
