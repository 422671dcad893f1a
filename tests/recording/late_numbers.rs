//! Numbers that a span is given after it was left for the last time: its last interval has them.

use crate::common::SUBSCRIBERS;
use crate::numbers::{Of, calls, config, int, of, recorded_by_spans};
use scope_profiler::check::check;
use scope_profiler::merge::find_logs;
use scope_profiler::profile::{Number, Source};
use scope_profiler::{LogSource, Profiler, ProfilingH5Reader};
use std::thread;
use tracing::field::Empty;
use tracing::{Span, dispatcher, info_span};

fn bytes(n: i64) -> Of {
    of(&[("bytes", int(n))])
}

fn left() -> Span {
    let span = info_span!("late", bytes = Empty, residual = Empty, level = 3);
    span.in_scope(|| ());
    span
}

#[test]
fn what_is_recorded_after_the_last_exit_is_of_the_last_interval() {
    recorded_by_spans(
        || {
            let span = left();
            span.in_scope(|| ());
            span.record("bytes", 7);
            span.record("residual", 0.5);
            // The last one of a field counts, also one that came before the exit.
            let again = info_span!("again", bytes = 1);
            again.in_scope(|| ());
            again.record("bytes", 2);
            again.record("bytes", 3);
            // Another entry follows: it has the number, as before.
            let entered = info_span!("entered", bytes = Empty);
            entered.in_scope(|| ());
            entered.record("bytes", 4);
            entered.in_scope(|| ());
            drop((span, again, entered));
        },
        |source| {
            let late = of(&[("bytes", int(7)), ("residual", Number::Float(0.5))]);
            assert_eq!(calls(source, "late"), [of(&[("level", int(3))]), late]);
            assert_eq!(calls(source, "again"), [bytes(3)]);
            assert_eq!(calls(source, "entered"), [of(&[]), bytes(4)]);
        },
    );
}

#[test]
fn a_span_that_is_still_there_at_the_end_has_its_numbers() {
    recorded_by_spans(
        || {
            let span = left();
            span.record("bytes", 7);
            std::mem::forget(span);
        },
        |source| {
            let both = of(&[("bytes", int(7)), ("level", int(3))]);
            assert_eq!(calls(source, "late"), [both]);
        },
    );
}

#[test]
fn the_last_interval_may_be_on_any_thread_and_so_may_the_end() {
    recorded_by_spans(
        || {
            let dispatch = dispatcher::get_default(Clone::clone);
            for n in 0..50 {
                let span = info_span!("moved", bytes = Empty);
                span.in_scope(|| ());
                let elsewhere = span.clone();
                let enter = || dispatcher::with_default(&dispatch, || elsewhere.in_scope(|| ()));
                thread::scope(|scope| scope.spawn(enter).join().unwrap());
                let last = || {
                    dispatcher::with_default(&dispatch, || {
                        span.record("bytes", n);
                        drop((span, elsewhere));
                    });
                };
                thread::scope(|scope| scope.spawn(last).join().unwrap());
            }
        },
        |source| {
            let mut calls = calls(source, "moved");
            calls.retain(|call| !call.is_empty());
            calls.sort_by_key(|call| call["bytes"].as_f64() as i64);
            assert_eq!(calls, (0..50).map(bytes).collect::<Vec<_>>());
        },
    );
}

#[test]
fn more_of_them_than_can_wait_are_all_kept() {
    const SPANS: i64 = 60_000;
    recorded_by_spans(
        || {
            let spans: Vec<Span> = (0..SPANS)
                .map(|n| {
                    let span = info_span!("many", bytes = Empty);
                    span.in_scope(|| ());
                    span.record("bytes", n);
                    span
                })
                .collect();
            drop(spans);
        },
        |source| {
            let expected: Vec<Of> = (0..SPANS).map(bytes).collect();
            assert!(calls(source, "many") == expected);
        },
    );
}

#[test]
fn a_session_in_memory_has_them_too() {
    for subscriber in SUBSCRIBERS {
        let profiler = Profiler::new(config().flush_to_disk(false)).unwrap();
        dispatcher::with_default(&subscriber(&profiler), || {
            left().record("bytes", 7);
            drop(info_span!("never entered", bytes = 1));
        });
        let text = profiler.finalize().unwrap().to_string();
        assert!(text.contains("1 number was recorded of calls or spans"), "{text}");
    }
}

/// The log of a session that goes on, as a kill leaves it, and what follows.
#[test]
fn what_was_flushed_is_in_the_log_and_moves_on_where_the_span_is_entered_again() {
    for subscriber in SUBSCRIBERS {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run.h5");
        let profiler = Profiler::new(config().file_path(&file)).unwrap();
        let log = find_logs(&[directory.path().join("run.h5.d")]).unwrap().remove(0);
        let mut source = LogSource::open(&log).unwrap();
        let mut flushed = || {
            profiler.flush().unwrap();
            source.refresh().unwrap();
            let report = check(&log).unwrap();
            assert!(report.is_ok(), "{report}");
            calls(&source, "late")
        };
        dispatcher::with_default(&subscriber(&profiler), || {
            let span = info_span!("late", bytes = Empty);
            span.in_scope(|| ());
            span.record("bytes", 1);
            assert_eq!(flushed(), [bytes(1)]);
            span.record("bytes", 2);
            assert_eq!(flushed(), [bytes(2)]);
            span.in_scope(|| ());
            assert_eq!(flushed(), [of(&[]), bytes(2)]);
            span.record("bytes", 3);
            drop(span);
            assert_eq!(flushed(), [of(&[]), bytes(3)]);
            // It is not over: this one may be entered yet.
            std::mem::forget(info_span!("created", bytes = 4));
            flushed();
        });
        profiler.finalize().unwrap();
        let reader = ProfilingH5Reader::open(&file).unwrap();
        assert_eq!(calls(&reader, "late"), [of(&[]), bytes(3)]);
        assert_eq!(reader.run().ranks[&0].lost_numbers, 1);
    }
}
