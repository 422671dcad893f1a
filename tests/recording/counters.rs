//! Counters, by every way to a session and out of it.

use scope_profiler::check::check;
use scope_profiler::export::{Export, exporter};
use scope_profiler::merge::find_logs;
use scope_profiler::profile::{Number, Numbers, Samples, Source};
use scope_profiler::{LogSource, ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader};
use std::thread;

/// The samples of a counter on rank 0.
fn samples(source: &dyn Source, counter: &str) -> Samples {
    let is_it = |row: &usize| source.counters()[source.counter_rows()[*row].counter].name() == counter;
    let row = (0..source.counter_rows().len()).find(is_it).expect(counter);
    let mut samples = Samples::new();
    let count = source.counter_rows()[row].samples;
    source.read_counter(row, 0..count, &mut samples).unwrap();
    samples
}

fn names(source: &dyn Source) -> Vec<(&str, Option<&str>)> {
    let counters = source.counters().iter();
    counters.map(|counter| (counter.name(), counter.unit())).collect()
}

/// Runs `program` under each clock; then the log, and the file that is made of it, have what `check` looks at.
fn recorded(program: impl Fn(&Profiler, &ManualClock), check_counters: impl Fn(&dyn Source)) {
    for has_manual_clock in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run.h5");
        let clock = ManualClock::new(1_000);
        let mut config = ProfilingConfig::new().verbose(false);
        config = config.file_path(&file).keep_logs(true);
        if has_manual_clock {
            config = config.manual_clock(&clock);
        }
        let profiler = Profiler::new(config).unwrap();
        program(&profiler, &clock);
        profiler.finalize().unwrap();
        let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
        for path in [logs[0].as_path(), &file] {
            let report = check(path).unwrap();
            assert!(report.is_ok(), "{report}");
        }
        check_counters(&LogSource::open(&logs[0]).unwrap());
        check_counters(&ProfilingH5Reader::open(&file).unwrap());
    }
}

#[test]
fn every_kind_of_number_is_read_back_as_it_was_given() {
    recorded(
        |profiler, _| {
            profiler.counter("int", -3_i64);
            profiler.counter("int", 7_usize);
            profiler.counter("int", true);
            profiler.counter("int", i64::MAX);
            profiler.counter("float", 1_u8);
            profiler.counter("float", -0.5_f32);
            profiler.counter("float", 1e-300);
            profiler.counter("huge", u64::MAX);
            profiler.counter("least", i64::MIN);
        },
        |source| {
            let int = samples(source, "int");
            assert_eq!(*int.values(), Numbers::Int(vec![-3, 7, 1, i64::MAX]));
            assert_eq!(int.threads(), [0; 4]);
            let float = samples(source, "float");
            assert_eq!(*float.values(), Numbers::Float(vec![1.0, -0.5, 1e-300]));
            let of_one = |name| samples(source, name).values().clone();
            assert_eq!(of_one("huge"), Numbers::Float(vec![18_446_744_073_709_551_616.0]));
            assert_eq!(
                of_one("least"),
                Numbers::Float(vec![-9_223_372_036_854_775_808.0])
            );
        },
    );
}

#[test]
fn a_counter_has_the_unit_that_it_is_given_or_that_its_name_says() {
    recorded(
        |profiler, _| {
            profiler.counter("energy", 1.0);
            profiler.counter("energy:J", 2.0);
            profiler.counter("free_bytes", 1 << 20);
            profiler.counter("pool::queue", 3);
            profiler.counter("a/b\0c", 4);
        },
        |source| {
            let named = names(source);
            assert_eq!(named[0].1, None);
            assert_eq!(
                named[1..],
                [
                    ("energy", Some("J")),
                    ("free_bytes", Some("B")),
                    ("pool::queue", None)
                ]
            );
            assert!(named[0].0.starts_with("a/b"), "{named:?}");
            // With and without a unit it is the same counter.
            assert_eq!(
                *samples(source, "energy").values(),
                Numbers::Float(vec![1.0, 2.0])
            );
        },
    );
}

#[test]
fn nan_is_a_gap() {
    recorded(
        |profiler, _| {
            [1.0, f64::NAN, 2.0]
                .map(|x| profiler.counter("x", x))
                .into_iter()
                .collect()
        },
        |source| {
            let values: Vec<_> = samples(source, "x").values().iter().collect();
            let one = |x| Some(Number::Float(x));
            assert_eq!(values, [one(1.0), None, one(2.0)]);
        },
    );
}

#[test]
fn samples_have_the_time_at_which_they_were_given() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let clock = ManualClock::new(1_000);
    let config = ProfilingConfig::new().verbose(false).file_path(&file);
    let profiler = Profiler::new(config.manual_clock(&clock)).unwrap();
    for n in 0..5 {
        profiler.counter("n", n);
        clock.advance(10);
        drop(profiler.profile_region("between"));
    }
    profiler.finalize().unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    assert_eq!(samples(&reader, "n").times(), [1_000, 1_010, 1_020, 1_030, 1_040]);
    let mut part = Samples::new();
    reader.read_counter(0, 1..3, &mut part).unwrap();
    assert_eq!(
        (part.times(), part.values()),
        (&[1_010, 1_020][..], &Numbers::Int(vec![1, 2]))
    );
}

#[test]
fn samples_of_several_threads_are_in_order_of_time_with_their_threads() {
    recorded(
        |profiler, _| {
            thread::scope(|scope| {
                for thread in 0..3_i64 {
                    scope.spawn(move || {
                        for n in 0..10_000 {
                            profiler.counter("n", 10_000 * thread + n);
                            profiler.profile("step", || ());
                        }
                    });
                }
            });
        },
        |source| {
            let samples = samples(source, "n");
            assert_eq!(samples.len(), 30_000);
            assert!(samples.times().is_sorted());
            let values = samples.values().whole().unwrap();
            let mut of_threads: Vec<Vec<i64>> = vec![Vec::new(); 3];
            for (&value, &thread) in values.iter().zip(samples.threads()) {
                of_threads[thread as usize].push(value);
            }
            // Each thread has its own, in the order in which it gave them.
            of_threads.sort();
            for (thread, values) in (0..).zip(of_threads) {
                let expected: Vec<i64> = (10_000 * thread..10_000 * (thread + 1)).collect();
                assert_eq!(values, expected);
            }
        },
    );
}

#[test]
fn a_program_with_counters_alone_has_a_profile() {
    recorded(
        |profiler, _| (0..100_000).for_each(|n| profiler.counter("n", n)),
        |source| {
            assert!(source.rows().is_empty());
            assert_eq!(samples(source, "n").len(), 100_000);
        },
    );
}

#[test]
fn a_session_that_records_no_times_has_no_counters() {
    let directory = tempfile::tempdir().unwrap();
    for (name, config) in [
        ("counting", ProfilingConfig::new().time_trace(false)),
        ("off", ProfilingConfig::new().profiling_activated(false)),
    ] {
        let file = directory.path().join(name).with_extension("h5");
        let profiler = Profiler::new(config.verbose(false).file_path(&file)).unwrap();
        profiler.counter("n", 1);
        profiler.finalize().unwrap();
        profiler.counter("n", 2);
        if file.exists() {
            assert!(ProfilingH5Reader::open(&file).unwrap().counters().is_empty());
        }
    }
}

#[test]
fn samples_for_which_there_is_no_memory_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = ProfilingConfig::new().verbose(false).file_path(&file);
    let config = config.flush_to_disk(false).memory_limit(1 << 20);
    let profiler = Profiler::new(config).unwrap();
    (0..100_000).for_each(|n| profiler.counter("n", n));
    let summary = profiler.finalize().unwrap();
    let text = summary.to_string();
    assert!(
        text.contains(" of 100 000 values of counters were dropped"),
        "{text}"
    );
}

#[test]
fn an_export_to_hdf5_has_the_counters() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = ProfilingConfig::new().verbose(false).file_path(&file);
    let profiler = Profiler::new(config).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| profiler.counter("a/b:J", 0.5));
        profiler.profile("solve", || profiler.counter("n", 7));
    });
    profiler.finalize().unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let copy = directory.path().join("copy.h5");
    let hdf5 = exporter("hdf5").unwrap();
    Export::new(&reader, hdf5).save(&copy).unwrap();
    let copied = ProfilingH5Reader::open(&copy).unwrap();
    assert_eq!(names(&copied), [("a/b", Some("J")), ("n", None)]);
    for name in ["a/b", "n"] {
        assert_eq!(samples(&copied, name), samples(&reader, name));
    }
    let report = check(&copy).unwrap();
    assert!(report.is_ok(), "{report}");
}
