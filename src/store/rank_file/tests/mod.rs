//! With small limits (see `BATCH_ROWS` and `WRITE_ROWS`), so that short logs take every path.

mod fields;
mod scan;

use crate::clock::{Anchor, ClockMeasurement};
use crate::event::Event;
use crate::profile::{Intervals, Metadata, Numbers, Source, Value};
use crate::store::merge::{MergeOptions, merge, merge_with};
use crate::store::rank_log::LogWriter;
use crate::store::reader::ProfilingH5Reader;
use proptest::prelude::*;
use std::path::Path;

/// Thread, region, start and end of an interval.
type Recorded = (u32, u32, u64, u64);

/// The span of an interval, so that each region has several and region 4 has none.
fn span_of(&(thread, region, start, end): &Recorded) -> u32 {
    let pick = (start / 7 + end / 3) as u32 % 6 + 10 * thread;
    if region == 4 { 0 } else { 100 * region + pick }
}

/// Writes a log of a rank whose counter ticks `ticks_per_ns` times in a nanosecond; a power of two.
fn write_log(path: &Path, events: &[Recorded], ticks_per_ns: u64, clock: &[ClockMeasurement]) {
    let mut log = LogWriter::create(path).unwrap();
    let facts = [("rank", 1), ("size", 2)].map(|(key, n)| (key.to_owned(), Value::Int(n)));
    log.run(&Metadata::from(facts)).unwrap();
    log.anchor(Anchor { tick: 0, ns: 0 }).unwrap();
    let tick = 1 << 40;
    let ns = (tick / ticks_per_ns) as i64;
    log.anchor(Anchor { tick, ns }).unwrap();
    for &measured in clock {
        log.clock(measured).unwrap();
    }
    for run in events.chunk_by(|a, b| a.0 == b.0) {
        let events = run.iter().map(|event| Event {
            region: event.1,
            serial: span_of(event),
            start: event.2,
            end: event.3,
        });
        log.events(run[0].0, &events.collect::<Vec<_>>()).unwrap();
    }
    log.end().unwrap();
}

/// What the file made of the log says of a region, in its order: start, end, thread and span.
fn rows_of(reader: &ProfilingH5Reader, region: u32) -> Vec<(i64, i64, u32, i64)> {
    let name = format!("region {region}");
    let row = |row: &crate::profile::Row| reader.names()[row.name] == name;
    let Some(index) = reader.rows().iter().position(row) else {
        return Vec::new();
    };
    let mut rows = Intervals::new().with_column(Intervals::SPAN);
    reader
        .read(index, 0..reader.rows()[index].intervals, &mut rows)
        .unwrap();
    let spans = rows.column(Intervals::SPAN).and_then(Numbers::whole);
    let none = vec![0; rows.len()];
    rows.iter()
        .zip(spans.unwrap_or(&none))
        .map(|(call, &span)| (call.start_ns, call.end_ns, call.thread, span))
        .collect()
}

fn assert_file_has(events: &[Recorded], ticks_per_ns: u64) {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("a-rank1.log");
    write_log(&log, events, ticks_per_ns, &[]);
    for compress in [false, true] {
        let output = directory.path().join("run.h5");
        merge_with(&[&log], &output, &MergeOptions::new().compress(compress)).unwrap();
        assert_reader_has(&ProfilingH5Reader::open(&output).unwrap(), events, ticks_per_ns);
    }
}

fn assert_reader_has(reader: &ProfilingH5Reader, events: &[Recorded], ticks_per_ns: u64) {
    for region in 0..5 {
        let of_region = events.iter().filter(|event| event.1 == region);
        let ns = |tick: u64| (tick / ticks_per_ns) as i64;
        let mut expected: Vec<_> = of_region
            .map(|event| (ns(event.2), ns(event.3), event.0, i64::from(span_of(event))))
            .collect();
        expected.sort_by_key(|&(start, end, thread, span)| (start, -end, thread, span));
        let mut rows = rows_of(reader, region);
        let order: Vec<_> = rows.iter().map(|&(start, end, ..)| (start, -end)).collect();
        assert!(order.is_sorted(), "region {region}");
        rows.sort_by_key(|&(start, end, thread, span)| (start, -end, thread, span));
        assert!(rows == expected, "region {region}");
        assert_eq!(
            reader.rows().iter().map(|row| row.total_ns.unwrap()).sum::<i64>(),
            events.iter().map(|event| ns(event.3) - ns(event.2)).sum::<i64>()
        );
    }
}

#[test]
fn calls_one_after_the_other_come_out_as_they_were() {
    // Three regions that could be streamed, which is one more than are.
    let events: Vec<Recorded> = (0..2_000)
        .map(|n| (0, n % 3, 10 * u64::from(n), 10 * u64::from(n) + 7))
        .collect();
    assert_file_has(&events, 1);
}

#[test]
fn calls_of_several_threads_and_recursion_are_put_in_order() {
    let mut events = Vec::new();
    for n in 0..400u64 {
        // In the order in which they end: the inner one first.
        events.push((0, 0, 100 * n + 10, 100 * n + 20));
        events.push((0, 0, 100 * n, 100 * n + 30));
        events.push((3, 1, 100 * n, 100 * n + 5));
        events.push((2, 1, 100 * n, 100 * n + 7));
        events.push((0, 2, 100 * n, 100 * n + 1));
    }
    assert_file_has(&events, 1);
}

#[test]
fn calls_within_a_nanosecond_are_put_in_order_across_pieces() {
    // All are in order by ticks; by nanoseconds several start together, the longest last.
    let mut events: Vec<Recorded> = Vec::new();
    for n in 0..800u64 {
        let tick = 9 * n;
        events.push((0, 0, tick, tick + 1));
        events.push((0, 0, tick + 2, tick + 2));
        events.push((0, 0, tick + 3, tick + 8));
    }
    assert_file_has(&events, 4);
}

#[test]
fn times_are_put_on_the_clock_of_rank_0_and_can_be_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("a-rank1.log");
    let events: Vec<Recorded> = (0..1_000).map(|n| (0, 0, 1_000 * n, 1_000 * n + 300)).collect();
    let clock = [(0, 5_000_000), (1_000_000, 5_002_000)].map(|(at, offset)| ClockMeasurement {
        at,
        offset,
        bound: 10,
        hops: 1,
    });
    write_log(&log, &events, 1, &clock);
    let output = directory.path().join("run.h5");
    merge(&[&log], &output).unwrap();
    let reader = ProfilingH5Reader::open(&output).unwrap();
    let rows = rows_of(&reader, 0);
    assert_eq!((rows[0].0, rows[0].1), (5_000_000, 5_000_300));
    assert_eq!(rows[500].0, 500_000 + 5_001_000);
    let back = reader.clock(1).unwrap();
    for (event, row) in events.iter().zip(&rows) {
        assert!(back.own_ns(row.0).abs_diff(event.2 as i64) <= 1, "{row:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_was_recorded_is_in_the_file_in_order(
        events in proptest::collection::vec((0u32..3, 0u32..5, 0u64..5_000, 0u64..40), 0..1_500),
        shift in 0u32..3,
    ) {
        let events: Vec<Recorded> = events
            .into_iter()
            .map(|(thread, region, start, length)| (thread, region, start, start + length))
            .collect();
        assert_file_has(&events, 1 << shift);
    }
}
