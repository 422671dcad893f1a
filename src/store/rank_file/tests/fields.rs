//! Numbers of calls stay with their calls, with small limits as in the tests beside.

use crate::clock::Anchor;
use crate::event::Event;
use crate::note::NumberNote;
use crate::profile::{Intervals, Metadata, Number, Source, Value};
use crate::store::merge::{MergeOptions, merge_with};
use crate::store::rank_log::LogWriter;
use crate::store::reader::ProfilingH5Reader;
use crate::store::schema::LogSource;
use proptest::prelude::*;
use std::path::Path;

/// Thread, region, start and length of an interval.
type Call = (u32, u32, u64, u64);

/// The numbers of call number `n`, in the order in which they were recorded. Region 3 has none.
fn numbers_of(n: usize, region: u32) -> Vec<NumberNote> {
    let whole = |field, n: usize| NumberNote {
        field,
        number: Number::Int(n as i64),
    };
    let float = NumberNote {
        field: 1,
        number: Number::Float(n as f64 + 0.25),
    };
    match (region, n % 4) {
        (3, _) | (_, 0) => Vec::new(),
        (_, 1) => vec![whole(0, n)],
        (_, 2) => vec![float, whole(0, 7), whole(0, n)],
        // In region 2 the field has whole numbers and others.
        (2, _) => vec![whole(1, n)],
        _ => vec![float],
    }
}

/// Writes a log; the span of each call tells which one it is.
fn write_log(path: &Path, calls: &[Call]) {
    let mut log = LogWriter::create(path).unwrap();
    log.run(&Metadata::from([("rank".to_owned(), Value::Int(0))]))
        .unwrap();
    log.field(0, "whole", "B").unwrap();
    log.field(1, "float", "").unwrap();
    log.anchor(Anchor { tick: 0, ns: 0 }).unwrap();
    // Several ticks in a nanosecond: calls that start at different ticks may start together.
    log.anchor(Anchor {
        tick: 1 << 40,
        ns: 1 << 38,
    })
    .unwrap();
    let mut n = 0;
    for run in calls.chunk_by(|a, b| a.0 == b.0) {
        let mut events = Vec::new();
        for &(_, region, start, length) in run {
            events.extend(numbers_of(n, region).into_iter().map(NumberNote::event));
            n += 1;
            events.push(Event {
                region,
                serial: n as u32,
                start,
                end: start + length,
            });
        }
        log.events(run[0].0, &events).unwrap();
    }
    log.end().unwrap();
}

/// What the calls have, as far as the source says, by their number.
fn assert_has(source: &dyn Source, calls: &[Call]) {
    let mut seen = 0;
    for (index, row) in source.rows().iter().enumerate() {
        let columns: Vec<&str> = (source.fields_of(index).iter())
            .map(|&field| source.fields()[field].column())
            .collect();
        let mut rows = columns
            .iter()
            .fold(Intervals::new().with_column(Intervals::SPAN), |all, name| {
                all.with_column(*name)
            });
        // In slices, which begin anywhere.
        for from in (0..row.intervals).step_by(37) {
            source
                .read(index, from..row.intervals.min(from + 37), &mut rows)
                .unwrap();
            let spans = rows
                .column(Intervals::SPAN)
                .and_then(|spans| spans.whole())
                .unwrap();
            for (at, &span) in spans.iter().enumerate() {
                let n = span as usize - 1;
                let recorded = numbers_of(n, calls[n].1);
                let find = |field: u32| recorded.iter().rev().find(|note| note.field == field);
                for (field, name) in [(0, "fields/whole"), (1, "fields/float")] {
                    let expected = find(field).map(|note| note.number.as_f64());
                    let found = rows.column(name).and_then(|numbers| numbers.get(at));
                    assert_eq!(found.map(Number::as_f64), expected, "call {n}, {name}");
                }
                seen += 1;
            }
        }
    }
    assert_eq!(seen, calls.len());
}

fn assert_files_have(calls: &[Call]) {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("a-rank0.log");
    write_log(&log, calls);
    assert_has(&LogSource::open(&log).unwrap(), calls);
    for compress in [false, true] {
        let output = directory.path().join("run.h5");
        merge_with(&[&log], &output, &MergeOptions::new().compress(compress)).unwrap();
        let reader = ProfilingH5Reader::open(&output).unwrap();
        assert_has(&reader, calls);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_number_is_in_the_row_of_its_call_also_where_many_start_together(
        calls in proptest::collection::vec((0_u32..3, 0_u32..4, 0_u64..40, 0_u64..20), 0..1500),
    ) {
        assert_files_have(&calls);
    }
}

#[test]
fn a_log_of_several_batches_keeps_numbers_with_their_calls() {
    let calls: Vec<Call> = (0..4_000)
        .map(|n: u64| (n as u32 / 900 % 2, n as u32 % 4, n / 3, n * 7 % 11))
        .collect();
    assert_files_have(&calls);
}
