//! Numbers of calls, by every way to a session and out of it: each is beside the interval that it was recorded of.

use crate::common::SUBSCRIBERS;
use scope_profiler::check::check;
use scope_profiler::export::{Export, exporter};
use scope_profiler::merge::{MergeMode, find_logs};
use scope_profiler::profile::{Intervals, Number, Source};
use scope_profiler::{LogSource, ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tracing::field::Empty;
use tracing::{Instrument, Span, dispatcher, info_span, instrument};

/// The numbers of a call, by field.
pub(crate) type Of = BTreeMap<String, Number>;

pub(crate) fn of(numbers: &[(&str, Number)]) -> Of {
    let named = numbers.iter().map(|&(name, number)| (name.to_owned(), number));
    named.collect()
}

pub(crate) fn int(n: i64) -> Number {
    Number::Int(n)
}

/// The calls of a region in order of start, with their numbers.
pub(crate) fn calls(source: &dyn Source, region: &str) -> Vec<Of> {
    let mut calls = Vec::new();
    for (index, row) in source.rows().iter().enumerate() {
        if source.names()[row.name] != region {
            continue;
        }
        let fields: Vec<_> = (source.fields_of(index).iter())
            .map(|&field| &source.fields()[field])
            .collect();
        let columns = fields.iter().map(|field| field.column());
        let mut intervals = columns.fold(Intervals::new(), Intervals::with_column);
        source.read(index, 0..row.intervals, &mut intervals).unwrap();
        for at in 0..intervals.len() {
            let number = |field: &&scope_profiler::profile::Field| {
                let number = intervals.column(field.column()).unwrap().get(at)?;
                Some((field.name().to_owned(), number))
            };
            calls.push(fields.iter().filter_map(number).collect());
        }
    }
    calls
}

pub(crate) fn config() -> ProfilingConfig {
    ProfilingConfig::new()
        .verbose(false)
        .fields(["bytes", "flops", "residual", "level"])
}

/// Runs `program` on the fast path and on the slow path; then the log, and the file that is made of it, have what
/// `check` looks at.
fn recorded(
    configure: impl Fn(ProfilingConfig) -> ProfilingConfig,
    program: impl Fn(&Profiler),
    check_calls: impl Fn(&dyn Source),
) {
    for has_manual_clock in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run.h5");
        let mut config = configure(config().file_path(&file).keep_logs(true));
        if has_manual_clock {
            config = config.manual_clock(&ManualClock::new(1_000));
        }
        let profiler = Profiler::new(config).unwrap();
        program(&profiler);
        profiler.finalize().unwrap();
        let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
        let log = LogSource::open(&logs[0]).unwrap();
        let reader = ProfilingH5Reader::open(&file).unwrap();
        for path in [logs[0].as_path(), &file] {
            let report = check(path).unwrap();
            assert!(report.is_ok(), "{report}");
        }
        check_calls(&log);
        check_calls(&reader);
    }
}

/// The same through each subscriber.
pub(crate) fn recorded_by_spans(program: impl Fn(), check_calls: impl Fn(&dyn Source)) {
    for subscriber in SUBSCRIBERS {
        recorded(
            |config| config,
            |profiler| dispatcher::with_default(&subscriber(profiler), &program),
            &check_calls,
        );
    }
}

#[test]
fn a_guard_keeps_the_last_number_of_each_field() {
    recorded(
        |config| config,
        |profiler| {
            for n in 0..3_i64 {
                let axpy = profiler.profile_region("axpy");
                axpy.record("bytes", 0);
                axpy.record("bytes", 24 * n);
                axpy.record("residual", 0.5_f32);
                axpy.record("level", n == 1);
                axpy.record("not recorded", 7);
            }
            drop(profiler.profile_region("axpy"));
        },
        |source| {
            let expected = |n: i64| {
                let (bytes, level) = (int(24 * n), int((n == 1).into()));
                of(&[
                    ("bytes", bytes),
                    ("level", level),
                    ("residual", Number::Float(0.5)),
                ])
            };
            assert_eq!(
                calls(source, "axpy"),
                [expected(0), expected(1), expected(2), Of::new()]
            );
            let fields: Vec<_> = (source.fields().iter())
                .map(|field| (field.name(), field.unit()))
                .collect();
            assert_eq!(
                fields,
                [("bytes", Some("B")), ("level", None), ("residual", None)]
            );
        },
    );
}

#[test]
fn numbers_stay_with_their_calls_in_whatever_order_these_are_left() {
    recorded(
        |config| config,
        |profiler| {
            let outer = profiler.profile_region("outer");
            let inner = profiler.profile_region("inner");
            inner.record("bytes", 2);
            outer.record("bytes", 1);
            outer.record("flops", 10);
            inner.record("flops", 20);
            drop(profiler.profile_region("leaf"));
            drop(inner);
            // Left out of order, with more open calls than fit where the stack began.
            let first = profiler.profile_region("first");
            let second = profiler.profile_region("second");
            first.record("bytes", 3);
            second.record("bytes", 4);
            drop(first);
            let many: Vec<_> = (0..100)
                .map(|n| profiler.profile_region(&format!("many {n}")))
                .collect();
            for (n, guard) in many.iter().enumerate() {
                guard.record("level", n);
            }
            second.record("flops", 40);
            drop(second);
            drop(many);
        },
        |source| {
            assert_eq!(
                calls(source, "outer"),
                [of(&[("bytes", int(1)), ("flops", int(10))])]
            );
            assert_eq!(
                calls(source, "inner"),
                [of(&[("bytes", int(2)), ("flops", int(20))])]
            );
            assert_eq!(calls(source, "leaf"), [Of::new()]);
            assert_eq!(calls(source, "first"), [of(&[("bytes", int(3))])]);
            assert_eq!(
                calls(source, "second"),
                [of(&[("bytes", int(4)), ("flops", int(40))])]
            );
            for n in 0..100 {
                let numbers = calls(source, &format!("many {n}"));
                assert_eq!(numbers, [of(&[("level", int(n))])]);
            }
        },
    );
}

#[test]
fn a_region_that_is_filtered_out_has_no_numbers_and_loses_none() {
    recorded(
        |config| config.exclude(["quiet"]),
        |profiler| {
            profiler.profile_region("quiet").record("bytes", 1);
            for subscriber in SUBSCRIBERS {
                dispatcher::with_default(&subscriber(profiler), || {
                    let span = info_span!("quiet", bytes = 1);
                    span.record("bytes", 2);
                    span.in_scope(|| drop(profiler.profile_region("loud")));
                });
            }
        },
        |source| {
            assert!(source.fields().is_empty());
            assert_eq!(calls(source, "loud").len(), SUBSCRIBERS.len());
        },
    );
    let profiler = Profiler::new(config().flush_to_disk(false).exclude(["quiet"])).unwrap();
    profiler.profile_region("quiet").record("bytes", 1);
    drop(profiler.profile_region("loud"));
    let summary = profiler.finalize().unwrap();
    assert_eq!(summary.hints(), [""; 0]);
}

#[test]
fn whole_numbers_beyond_i64_make_a_field_of_floating_point_numbers() {
    recorded(
        |config| config,
        |profiler| {
            for n in [1, u64::MAX] {
                profiler.profile_region("large").record("bytes", n);
            }
            profiler.profile_region("smallest").record("bytes", i64::MIN);
            profiler.profile_region("nan").record("residual", f64::NAN);
        },
        |source| {
            let floats = [1.0, 18_446_744_073_709_551_616.0].map(|x| of(&[("bytes", Number::Float(x))]));
            assert_eq!(calls(source, "large"), floats);
            let smallest = Number::Float(-9_223_372_036_854_775_808.0);
            assert_eq!(calls(source, "smallest"), [of(&[("bytes", smallest)])]);
            assert_eq!(calls(source, "nan"), [Of::new()]);
        },
    );
}

#[test]
fn a_macro_works_numbers_out_only_where_they_are_recorded() {
    fn work_out() -> i64 {
        panic!("nobody wants it");
    }
    // The macro records in the global session, of which there is none here.
    let _guard = scope_profiler::profile_region!("nothing", bytes = work_out(), flops = 2 * work_out(),);
}

#[instrument(fields(bytes = 8 * n, level = true, name = "x"))]
fn instrumented(n: u64) {
    let _ = n;
}

#[test]
fn numeric_fields_of_spans_are_numbers_of_their_intervals() {
    recorded_by_spans(
        || {
            for n in 0..100_u64 {
                instrumented(n);
                let span = info_span!("solve", bytes = n, residual = Empty, flops = -1);
                span.in_scope(|| {
                    span.record("residual", 0.25);
                    span.record("flops", n);
                });
            }
        },
        |source| {
            let expected = |n: i64| of(&[("bytes", int(8 * n)), ("level", int(1))]);
            assert_eq!(
                calls(source, "instrumented"),
                (0..100).map(expected).collect::<Vec<_>>()
            );
            let residual = ("residual", Number::Float(0.25));
            let expected = |n: i64| of(&[("bytes", int(n)), ("flops", int(n)), residual]);
            assert_eq!(calls(source, "solve"), (0..100).map(expected).collect::<Vec<_>>());
        },
    );
}

#[test]
fn of_a_span_that_is_entered_again_the_first_interval_has_what_it_was_created_with() {
    recorded_by_spans(
        || {
            for _ in 0..50 {
                let span = info_span!("polled", bytes = 1, flops = Empty);
                span.in_scope(|| ());
                // None is open: the next one has it.
                span.record("flops", 2);
                span.in_scope(|| ());
                let outer = span.enter();
                let inner = span.enter();
                // The innermost one that is open has it.
                span.record("bytes", 3);
                drop(inner);
                span.record("bytes", 4);
                drop(outer);
            }
        },
        |source| {
            let all = calls(source, "polled");
            let of_one = [
                of(&[("bytes", int(1))]),
                of(&[("flops", int(2))]),
                of(&[("bytes", int(4))]),
                of(&[("bytes", int(3))]),
            ];
            assert_eq!(all.len(), 200);
            for of_one in &of_one {
                assert_eq!(all.iter().filter(|call| *call == of_one).count(), 50);
            }
        },
    );
}

#[test]
fn a_span_is_entered_and_recorded_on_other_threads_than_the_one_that_created_it() {
    recorded_by_spans(
        || {
            let dispatch = dispatcher::get_default(Clone::clone);
            for n in 0..40_i64 {
                let span = info_span!("elsewhere", bytes = n, flops = Empty);
                let entered = span.enter();
                let other = span.clone();
                let dispatch = dispatch.clone();
                let enter = move || {
                    dispatcher::with_default(&dispatch, || {
                        // Open on the first thread only: this thread's next one has it.
                        other.record("flops", 2 * n);
                        other.in_scope(|| ());
                    });
                };
                thread::spawn(enter).join().unwrap();
                drop(entered);
            }
            let span = info_span!("moved", bytes = 1);
            let enter = || dispatcher::with_default(&dispatch, || span.in_scope(|| ()));
            thread::scope(|scope| scope.spawn(enter).join().unwrap());
        },
        |source| {
            let all = calls(source, "elsewhere");
            for n in 0..40 {
                for numbers in [of(&[("bytes", int(n))]), of(&[("flops", int(2 * n))])] {
                    assert_eq!(
                        all.iter().filter(|call| **call == numbers).count(),
                        1,
                        "{numbers:?}"
                    );
                }
            }
            assert_eq!(calls(source, "moved"), [of(&[("bytes", int(1))])]);
        },
    );
}

#[test]
fn new_spans_that_other_threads_enter_meanwhile_have_their_numbers_at_their_first_entry() {
    fn created(n: i64) -> Span {
        info_span!("handed on", bytes = n, level = Empty)
    }
    fn enter_twice(span: &Span) {
        span.in_scope(|| ());
        span.in_scope(|| _ = span.record("level", 7));
    }
    const AT_ONCE: i64 = 100;
    const HANDED_ON: i64 = 3_000;
    recorded_by_spans(
        || {
            let dispatch = dispatcher::get_default(Clone::clone);
            // Now the thread takes those of this call site for spans that are entered at once.
            (0..AT_ONCE).for_each(|n| enter_twice(&created(n)));
            let enter_all = |spans: mpsc::Receiver<Span>| {
                dispatcher::with_default(&dispatch, || spans.iter().for_each(|span| enter_twice(&span)));
            };
            thread::scope(|scope| {
                let others = [0, 1].map(|_| {
                    let (other, spans) = mpsc::channel();
                    scope.spawn(|| enter_all(spans));
                    other
                });
                for n in AT_ONCE..AT_ONCE + HANDED_ON {
                    others[n as usize % 2].send(created(n)).unwrap();
                    if n % 3 == 0 {
                        info_span!("own", bytes = n).in_scope(|| ());
                    }
                }
            });
        },
        |source| {
            let mut all = calls(source, "handed on");
            let first = |n| of(&[("bytes", int(n))]);
            let second = of(&[("level", int(7))]);
            all.retain(|call| *call != second);
            let mut expected: Vec<_> = (0..AT_ONCE + HANDED_ON).map(first).collect();
            all.sort_by_key(|call| format!("{call:?}"));
            expected.sort_by_key(|call| format!("{call:?}"));
            assert_eq!(all, expected);
            assert_eq!(calls(source, "own").len(), HANDED_ON as usize / 3);
        },
    );
}

#[test]
fn a_number_that_no_interval_can_have_is_counted() {
    for subscriber in SUBSCRIBERS {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run.h5");
        let profiler = Profiler::new(config().file_path(&file)).unwrap();
        dispatcher::with_default(&subscriber(&profiler), || {
            for n in 0..3 {
                drop(info_span!("never entered", bytes = n));
            }
            info_span!("entered").in_scope(|| ());
        });
        let summary = profiler.finalize().unwrap().to_string();
        let note = "3 numbers were recorded of calls or spans that left no interval";
        assert!(summary.contains(note), "{summary}");
        let report = check(&file).unwrap();
        assert!(report.is_ok(), "{report}");
        let note = format!("rank 0: {note}");
        assert!(
            report.notes().iter().any(|found| found.starts_with(&note)),
            "{report}"
        );
    }
}

#[test]
fn throttled_calls_lose_their_numbers_and_say_so() {
    let clock = ManualClock::new(1_000);
    let config = config().flush_to_disk(false).manual_clock(&clock);
    let profiler = Profiler::new(config.throttle(10, Duration::from_nanos(100))).unwrap();
    for n in 0..25 {
        let tiny = profiler.profile_region("tiny");
        tiny.record("bytes", n);
        clock.advance(5);
    }
    let summary = profiler.finalize().unwrap();
    let text = summary.to_string();
    assert!(text.contains("15 numbers were recorded"), "{text}");
}

#[test]
fn without_fields_or_intervals_nothing_is_kept() {
    for (config, intervals) in [
        (ProfilingConfig::new().verbose(false), 1),
        (config().time_trace(false), 0),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run.h5");
        let profiler = Profiler::new(config.file_path(&file)).unwrap();
        profiler.profile_region("axpy").record("bytes", 24);
        let summary = profiler.finalize().unwrap();
        assert_eq!(summary.hints(), [""; 0]);
        let reader = ProfilingH5Reader::open(&file).unwrap();
        assert!(reader.fields().is_empty());
        let row = &reader.rows()[0];
        assert_eq!((row.intervals, row.calls), (intervals, 1));
    }
}

#[test]
fn an_instrumented_future_has_its_numbers_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    recorded_by_spans(
        || {
            let task = async {
                tokio::task::yield_now().await;
                tracing::Span::current().record("flops", 3);
                tokio::task::yield_now().await;
            };
            let span = info_span!("task", bytes = 9, flops = Empty);
            runtime.block_on(task.instrument(span));
        },
        |source| {
            let all = calls(source, "task");
            let with = |name: &str| all.iter().filter_map(|call| call.get(name)).collect::<Vec<_>>();
            assert_eq!(with("bytes"), [&int(9)]);
            // Where a logger is below the subscriber, the current span is the logger's.
            assert!(with("flops").len() <= 1);
        },
    );
}

#[test]
fn many_threads_keep_millions_of_numbers_in_a_compressed_file() {
    const CALLS: u64 = 60_000;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = config().file_path(&file).compress(true).memory_limit(4 << 20);
    let profiler = Profiler::new(config).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let profiler = &profiler;
            scope.spawn(move || {
                for n in 0..CALLS {
                    let outer = profiler.profile_region("outer");
                    outer.record("bytes", n);
                    let inner = profiler.profile_region("inner");
                    if n % 3 == 0 {
                        inner.record("flops", n + thread);
                        inner.record("residual", n as f64 / 8.0);
                    }
                }
            });
        }
    });
    profiler.finalize().unwrap();
    let report = check(&file).unwrap();
    assert!(report.is_ok(), "{report}");
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let outer = &reader.get_region("outer").unwrap()[0];
    let inner = &reader.get_region("inner").unwrap()[0];
    let bytes = outer.field("bytes").unwrap().whole().unwrap();
    let (flops, residuals) = (inner.field("flops").unwrap(), inner.field("residual").unwrap());
    // The calls of each thread in their order have their numbers in order.
    for thread in outer
        .thread_ids()
        .iter()
        .copied()
        .collect::<std::collections::BTreeSet<_>>()
    {
        let of_thread = |threads: &[u32]| -> Vec<usize> {
            let all = threads.iter().enumerate();
            all.filter(|(_, of)| **of == thread).map(|(at, _)| at).collect()
        };
        let at: Vec<usize> = of_thread(outer.thread_ids());
        assert!(
            at.iter().map(|&at| bytes[at] as u64).eq(0..CALLS),
            "thread {thread}"
        );
        for (n, at) in (0..).zip(of_thread(inner.thread_ids())) {
            let expected = (n % 3 == 0).then_some(Number::Float(n as f64 / 8.0));
            assert_eq!(residuals.get(at), expected, "call {n} of thread {thread}");
            assert_eq!(flops.get(at).is_some(), n % 3 == 0);
        }
    }
}

#[test]
fn numbers_of_calls_that_start_at_the_same_time_stay_with_them() {
    let clock = ManualClock::new(1_000);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = config().file_path(&file).keep_logs(true).manual_clock(&clock);
    let profiler = Profiler::new(config).unwrap();
    // The clock stands still: all of them start together, and each lasts as long as its number says.
    let guards: Vec<_> = (0..200_i64)
        .map(|n| {
            let guard = profiler.profile_region("together");
            if n % 2 == 0 {
                guard.record("level", n);
            }
            guard
        })
        .collect();
    for (n, guard) in guards.into_iter().enumerate() {
        if n % 10 == 0 {
            clock.advance(1);
        }
        drop(guard);
    }
    profiler.finalize().unwrap();
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let log = LogSource::open(&logs[0]).unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    for source in [&log as &dyn Source, &reader] {
        let level = source.fields()[0].column();
        let mut intervals = Intervals::new().with_column(level);
        source.read(0, 0..200, &mut intervals).unwrap();
        let levels = intervals.column(level).unwrap();
        let mut seen = 0;
        for (duration, level) in intervals.durations().zip(levels.iter()) {
            if let Some(Number::Int(n)) = level {
                assert_eq!(duration, n / 10 + 1, "call {n}");
                seen += 1;
            }
        }
        assert_eq!(seen, 100);
    }
}

#[test]
fn an_index_of_links_and_an_export_have_the_same_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("index.h5");
    let profiler = Profiler::new(config().file_path(&file).merge(MergeMode::Link)).unwrap();
    for n in 0..10 {
        profiler.profile_region("axpy").record("bytes", n);
    }
    profiler.finalize().unwrap();
    let read = |path: &Path| calls(&ProfilingH5Reader::open(path).unwrap(), "axpy");
    let expected: Vec<Of> = (0..10).map(|n| of(&[("bytes", int(n))])).collect();
    assert_eq!(read(&file), expected);
    let copy = directory.path().join("copy.h5");
    let reader = ProfilingH5Reader::open(&file).unwrap();
    assert_eq!(reader.get_regions(&RegionFilter::new()).unwrap().len(), 1);
    Export::new(&reader, exporter("hdf5").unwrap())
        .save(&copy)
        .unwrap();
    assert_eq!(read(&copy), expected);
}
