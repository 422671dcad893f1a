//! The processor time of intervals.

use crate::common::{Run, with_each_subscriber_of};
use scope_profiler::profile::Number;
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader, RankRegion};
use std::sync::mpsc;
use tracing::info_span;

/// What each interval of a region has in a field.
fn values(reader: &ProfilingH5Reader, region: &str, field: &str) -> Vec<Option<Number>> {
    let region = reader.get_region(region).unwrap();
    let values = |rank: &RankRegion| rank.field(field).map(|numbers| numbers.iter().collect());
    values(&region[0]).unwrap_or_default()
}

fn cpu_ns(reader: &ProfilingH5Reader, region: &str) -> Vec<Option<i64>> {
    let whole = |number| match number {
        Number::Int(ns) => ns,
        other => panic!("{other:?} is no whole number of ns"),
    };
    let values = values(reader, region, "cpu_ns").into_iter();
    values.map(|value| value.map(whole)).collect()
}

fn measured() -> Run {
    Run::with(|config| config.cpu_time(true))
}

#[test]
fn waiting_is_told_apart_from_working() {
    let run = measured();
    run.region("outer", 10, || {
        run.clock.wait(700);
        run.region("work", 150, || ());
        run.region("wait", 1, || run.clock.wait(90));
    });
    run.region("work", 2, || run.clock.wait(8));
    let reader = run.read();
    assert_eq!(cpu_ns(&reader, "outer"), [Some(322)]);
    assert_eq!(cpu_ns(&reader, "work"), [Some(300), Some(4)]);
    assert_eq!(cpu_ns(&reader, "wait"), [Some(2)]);
    assert_eq!(reader.get_region("wait").unwrap()[0].durations_ns(), [92]);
}

#[test]
fn the_unit_is_nanoseconds() {
    let run = measured();
    run.region("work", 5, || ());
    let reader = run.read();
    let region = &reader.get_region("work").unwrap()[0];
    let fields: Vec<_> = region
        .fields()
        .map(|(field, _)| (field.name(), field.unit()))
        .collect();
    assert_eq!(fields, [("cpu_ns", Some("ns"))]);
}

#[test]
fn every_entry_of_a_span_has_its_own() {
    with_each_subscriber_of(measured, |run| {
        let span = info_span!("poll");
        for (work, wait) in [(5, 0), (0, 40), (3, 3)] {
            span.in_scope(|| {
                run.clock.advance(work);
                run.clock.wait(wait);
            });
            run.clock.advance(1_000);
        }
        assert_eq!(cpu_ns(&run.read(), "poll"), [Some(5), Some(0), Some(3)]);
    });
}

#[test]
fn guards_that_are_dropped_in_another_order_keep_theirs() {
    let run = measured();
    let a = run.profiler.profile_region("a");
    run.clock.advance(1);
    let b = run.profiler.profile_region("b");
    run.clock.wait(10);
    drop(a);
    run.clock.advance(100);
    drop(b);
    let reader = run.read();
    assert_eq!(cpu_ns(&reader, "a"), [Some(1)]);
    assert_eq!(cpu_ns(&reader, "b"), [Some(100)]);
}

#[test]
fn recursion_beyond_the_first_stack_of_open_calls_keeps_them_apart() {
    fn descend(run: &Run, depth: u64) {
        let _guard = run.profiler.profile_region("deep");
        run.clock.advance(depth);
        if depth > 1 {
            // Left among those above it: the stack has a gap when it grows.
            let gap = (depth % 7 == 0).then(|| run.profiler.profile_region("gap"));
            let _inside = gap.as_ref().map(|_| run.profiler.profile_region("inside"));
            drop(gap);
            descend(run, depth - 1);
        }
        run.clock.wait(1_000);
    }
    const DEPTH: u64 = 300;
    let run = measured();
    descend(&run, DEPTH);
    let mut values = cpu_ns(&run.read(), "deep");
    values.sort_unstable();
    let expected: Vec<_> = (1..=DEPTH)
        .map(|depth| Some((depth * (depth + 1) / 2) as i64))
        .collect();
    assert_eq!(values, expected);
}

#[test]
fn without_the_setting_intervals_have_no_processor_time() {
    let run = Run::new();
    run.region("work", 5, || ());
    assert_eq!(values(&run.read(), "work", "cpu_ns"), []);
}

/// The processor time of this thread, ns.
fn own_cpu_ns() -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place for the answer.
    #[allow(unsafe_code)]
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

const WORK_NS: i64 = 50_000_000;

fn work() {
    let until = own_cpu_ns() + WORK_NS;
    while own_cpu_ns() < until {}
}

/// Under the system's clocks.
fn recorded(inside: impl FnOnce(&Profiler)) -> ProfilingH5Reader {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = ProfilingConfig::new()
        .file_path(&file)
        .verbose(false)
        .cpu_time(true);
    let profiler = Profiler::new(config).unwrap();
    inside(&profiler);
    profiler.finalize().unwrap();
    ProfilingH5Reader::open(&file).unwrap()
}

#[test]
fn a_thread_that_waits_for_another_has_hardly_any() {
    let reader = recorded(|profiler| {
        let (done, is_done) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                profiler.profile("work", work);
                done.send(()).unwrap();
            });
            profiler.profile("wait", || is_done.recv().unwrap());
        });
    });
    let [work, wait] = ["work", "wait"].map(|name| cpu_ns(&reader, name));
    assert!(matches!(work[..], [Some(ns)] if ns > WORK_NS * 4 / 5), "{work:?}");
    assert!(matches!(wait[..], [Some(ns)] if ns < WORK_NS / 2), "{wait:?}");
}

#[test]
fn intervals_are_long_enough_for_a_processor_time_or_have_none() {
    let reader = recorded(|profiler| {
        for _ in 0..20_000 {
            profiler.profile("mixed", || ());
        }
        profiler.profile("mixed", work);
    });
    let durations = reader.get_region("mixed").unwrap()[0].durations_ns().to_vec();
    let with_value: Vec<_> = cpu_ns(&reader, "mixed").into_iter().zip(durations).collect();
    let longest_without = with_value
        .iter()
        .filter(|(cpu, _)| cpu.is_none())
        .map(|of| of.1)
        .max();
    let shortest_with = with_value
        .iter()
        .filter(|(cpu, _)| cpu.is_some())
        .map(|of| of.1)
        .min();
    // Ticks become whole ns.
    assert!(longest_without.unwrap() <= shortest_with.unwrap() + 1);
    for (cpu, duration) in with_value {
        assert!(
            cpu.is_none_or(|cpu| 0 <= cpu && cpu <= duration + 1),
            "{cpu:?} of {duration}"
        );
    }
}
