//! What is recorded is what happened: driven by a manual clock, read back from the file.

use crate::common::{Run, intervals};
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::profile::Source;
use scope_profiler::{Overflow, Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter, RegionGuard};
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

#[test]
fn a_guard_leaves_one_interval() {
    let run = Run::new();
    run.region("step", 250, || ());
    assert_eq!(run.intervals("step"), [(0, 500)]);
}

#[test]
fn nested_and_recursive_calls_each_leave_an_interval() {
    let run = Run::new();
    run.region("fib", 1, || run.region("fib", 1, || run.region("leaf", 5, || ())));
    let reader = run.read();
    assert_eq!(intervals(&reader, "fib"), [(0, 14), (1, 13)]);
    assert_eq!(intervals(&reader, "leaf"), [(2, 12)]);
    let exclusive = |name: &str| reader.get_region(name).unwrap()[0].exclusive_ns().unwrap();
    assert_eq!((exclusive("fib"), exclusive("leaf")), (4, 10));
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    let run = Run::new();
    let a = run.profiler.profile_region("a");
    run.clock.advance(1);
    let b = run.profiler.profile_region("b");
    run.clock.advance(1);
    drop(a);
    run.clock.advance(1);
    let c = run.profiler.profile_region("c");
    run.clock.advance(1);
    drop(b);
    drop(c);
    let reader = run.read();
    assert_eq!(intervals(&reader, "a"), [(0, 2)]);
    assert_eq!(intervals(&reader, "b"), [(1, 4)]);
    assert_eq!(intervals(&reader, "c"), [(3, 4)]);
}

#[test]
fn calls_that_leapfrog_for_ever_do_not_pile_up() {
    let run = Run::new();
    let mut last = run.profiler.profile_region("leap");
    for _ in 0..1_000 {
        run.clock.advance(1);
        let next = run.profiler.profile_region("leap");
        run.clock.advance(1);
        drop(last);
        last = next;
    }
    drop(last);
    let intervals = run.intervals("leap");
    assert_eq!(intervals.len(), 1_001);
    assert_eq!(
        intervals[1..1_000],
        (1..1_000).map(|n| (2 * n - 1, 2 * n + 2)).collect::<Vec<_>>()
    );
}

#[test]
fn a_panic_ends_the_regions_that_it_unwinds() {
    let run = Run::new();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run.region("outer", 1, || {
            run.region("inner", 1, || std::panic::resume_unwind(Box::new(())))
        });
    }));
    assert!(result.is_err());
    let reader = run.read();
    assert_eq!(intervals(&reader, "inner"), [(1, 2)]);
    assert_eq!(intervals(&reader, "outer"), [(0, 2)]);
}

#[test]
fn nesting_a_thousand_deep_is_recorded_whole() {
    let run = Run::new();
    let guards: Vec<_> = (0..1_000)
        .map(|_| {
            run.clock.advance(1);
            run.profiler.profile_region("deep")
        })
        .collect();
    for guard in guards.into_iter().rev() {
        run.clock.advance(1);
        drop(guard);
    }
    assert_eq!(
        run.intervals("deep"),
        (1..=1_000).map(|n| (n, 2_001 - n)).collect::<Vec<_>>()
    );
}

#[test]
fn profile_gives_the_value_of_what_it_ran() {
    let run = Run::new();
    assert_eq!(run.profiler.profile("answer", || 42), 42);
    assert_eq!(run.intervals("answer"), [(0, 0)]);
}

#[test]
fn threads_that_ended_are_parked_or_still_run_lose_nothing() {
    let run = Run::new();
    std::thread::scope(|scope| {
        scope.spawn(|| run.region("step", 10, || ())).join().unwrap();
        let (said, heard) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let run = &run;
        scope.spawn(move || {
            for _ in 0..5_000 {
                run.region("step", 0, || ());
            }
            said.send(()).unwrap();
            // Parked until the session is over; its events have never been flushed.
            released.recv().ok();
            run.region("step", 0, || ());
        });
        heard.recv().unwrap();
        assert_eq!(run.intervals("step").len(), 5_001);
        drop(release);
    });
    assert_eq!(run.profiler.get_region("step").unwrap().num_calls(), 5_001);
}

#[test]
fn intervals_know_their_thread_and_the_file_knows_its_name() {
    let run = Run::new();
    run.region("work", 1, || ());
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().name("worker 7".into());
        worker
            .spawn_scoped(scope, || run.region("work", 1, || ()))
            .unwrap();
    });
    let reader = run.read();
    let threads = reader.get_region("work").unwrap()[0].thread_ids().to_vec();
    assert_eq!(threads.len(), 2);
    let names = scope_profiler::profile::Source::thread_names(&reader, 0).unwrap();
    assert_eq!(names[&threads[1]], "worker 7");
    assert_ne!(names[&threads[0]], "worker 7");
}

#[test]
fn calls_are_counted_whether_flushed_or_not() {
    let run = Run::with(|config| config.flush_interval(Duration::from_secs(3_600)));
    for ns in [3, 4] {
        run.region("step", ns, || ());
    }
    let step = run.profiler.get_region("step").unwrap();
    assert_eq!((step.name(), step.num_calls()), ("step", 2));
    assert_eq!(step.durations_ns(), [6, 8]);
    run.profiler.flush().unwrap();
    assert_eq!(step.num_calls(), 2);
    assert!(step.durations_ns().is_empty());
    run.region("step", 5, || ());
    assert_eq!(step.num_calls(), 3);
    assert_eq!(step.durations_ns(), [10]);
    let names: Vec<String> = run.profiler.get_all_regions().into_keys().collect();
    assert_eq!(names, ["step"]);
    assert!(run.profiler.get_region("never entered").is_none());
}

#[test]
fn full_buffers_reach_the_file_in_order() {
    let run = Run::with(|config| config.buffer_limit(100));
    for _ in 0..10_000 {
        run.region("step", 1, || ());
    }
    let intervals = run.intervals("step");
    assert_eq!(intervals.len(), 10_000);
    assert!(
        intervals
            .iter()
            .enumerate()
            .all(|(n, &interval)| interval == (2 * n as i64, 2 * n as i64 + 2))
    );
}

#[test]
fn a_thread_waits_for_the_writer_when_memory_is_short_and_loses_nothing() {
    let run = Run::with(|config| config.buffer_limit(64).memory_limit(2 * 64 * 24));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..20_000).for_each(|_| run.region("step", 0, || ())));
        }
    });
    let summary = run.profiler.finalize().unwrap();
    assert_eq!((summary.recorded(), summary.dropped()), (60_000, 0));
    assert_eq!(run.intervals("step").len(), 60_000);
}

#[test]
fn what_finds_no_room_in_memory_is_dropped_and_counted() {
    let run = Run::with(|config| {
        config
            .flush_to_disk(false)
            .buffer_limit(64)
            .memory_limit(4 * 64 * 24)
    });
    for _ in 0..1_000 {
        run.region("step", 1, || ());
    }
    assert_eq!(run.profiler.get_region("step").unwrap().num_calls(), 1_000);
    let summary = run.profiler.finalize().unwrap();
    assert_eq!(
        (summary.recorded(), summary.kept(), summary.dropped()),
        (1_000, 320, 680)
    );
    assert!(
        summary
            .to_string()
            .contains("680 of 1 000 intervals were dropped"),
        "{summary}"
    );
}

#[test]
fn with_drop_the_account_is_exact_and_the_file_has_it() {
    let run = Run::with(|config| {
        config
            .buffer_limit(64)
            .memory_limit(2 * 64 * 24)
            .overflow(Overflow::Drop)
    });
    for _ in 0..50_000 {
        run.region("step", 0, || ());
    }
    let summary = run.profiler.finalize().unwrap();
    assert_eq!(summary.recorded(), 50_000);
    let reader = run.read();
    let step = &reader.get_region("step").unwrap()[0];
    assert_eq!(step.start_times_ns().len() as u64, summary.kept());
    assert_eq!(step.num_calls(), 50_000);
}

#[test]
fn in_memory_nothing_is_written() {
    let run = Run::with(|config| config.flush_to_disk(false));
    run.region("outer", 1, || run.region("inner", 2, || ()));
    assert_eq!(run.profiler.get_region("inner").unwrap().durations_ns(), [4]);
    let summary = run.profiler.finalize().unwrap();
    assert_eq!(summary.path(), None);
    assert_eq!(summary.call_tree().wall_ns(), 6);
    assert!(summary.to_string().contains("inner"), "{summary}");
    assert_eq!(std::fs::read_dir(run.directory.path()).unwrap().count(), 0);
}

#[test]
fn calls_can_be_counted_without_their_times() {
    let run = Run::with(|config| config.time_trace(false));
    for _ in 0..300 {
        run.region("step", 1, || ());
    }
    std::thread::scope(|scope| {
        scope.spawn(|| run.region("step", 1, || ()));
    });
    let step = run.profiler.get_region("step").unwrap();
    assert_eq!(step.num_calls(), 301);
    assert!(step.durations_ns().is_empty());
    let reader = run.read();
    let step = &reader.get_region("step").unwrap()[0];
    assert_eq!((step.num_calls(), step.start_times_ns().len()), (301, 0));
}

#[test]
fn only_the_chosen_regions_are_recorded() {
    let run = Run::with(|config| config.include(["solve", "io"]).exclude([r"io\.debug"]));
    for name in ["solver", "io.read", "io.debug", "resolve"] {
        run.region(name, 1, || ());
    }
    let names: Vec<String> = run.profiler.get_all_regions().into_keys().collect();
    assert_eq!(names, ["io.read", "solver"]);
    assert!(run.read().get_region("resolve").is_err());
}

#[test]
fn switched_off_nothing_is_recorded_and_nothing_is_written() {
    let run = Run::with(|config| config.profiling_activated(false));
    run.region("step", 1, || ());
    assert!(run.profiler.get_all_regions().is_empty());
    run.profiler.flush().unwrap();
    assert_eq!(run.profiler.finalize().unwrap().recorded(), 0);
    assert_eq!(std::fs::read_dir(run.directory.path()).unwrap().count(), 0);
}

#[test]
fn finalize_may_be_called_again_and_finds_nothing_new() {
    let run = Run::new();
    run.region("step", 1, || ());
    let first = run.profiler.finalize().unwrap();
    let written = std::fs::metadata(run.file()).unwrap().modified().unwrap();
    run.region("step", 1, || ());
    let second = run.profiler.finalize().unwrap();
    assert_eq!(first.to_string(), second.to_string());
    assert_eq!(
        std::fs::metadata(run.file()).unwrap().modified().unwrap(),
        written
    );
    assert_eq!(run.intervals("step").len(), 1);
}

#[test]
fn regions_that_are_still_open_are_reported() {
    let run = Run::new();
    let _outer = run.profiler.profile_region("outer");
    let _first = run.profiler.profile_region("inner");
    let _second = run.profiler.profile_region("inner");
    run.region("closed", 1, || ());
    std::thread::scope(|scope| {
        scope.spawn(|| std::mem::forget(run.profiler.profile_region("left behind")));
    });
    let summary = run.profiler.finalize().unwrap();
    let open: Vec<_> = summary
        .open_regions()
        .iter()
        .map(|open| (open.name.as_str(), open.calls))
        .collect();
    assert_eq!(open, [("inner", 2), ("left behind", 1), ("outer", 1)]);
    assert_eq!(summary.recorded(), 1);
    assert!(
        summary
            .to_string()
            .contains("still open at the end: inner (2 calls), left behind, outer"),
        "{summary}"
    );
    assert_eq!(run.read().get_region("inner").unwrap()[0].open(), 2);
}

#[test]
fn several_sessions_at_once_keep_apart() {
    let (a, b) = (Run::new(), Run::new());
    for _ in 0..10 {
        a.region("shared", 1, || b.region("shared", 2, || ()));
    }
    let a_guard = a.profiler.profile_region("late");
    drop(b.profiler.profile_region("late"));
    drop(a_guard);
    assert_eq!(a.profiler.get_region("shared").unwrap().num_calls(), 10);
    assert_eq!(a.intervals("shared").len(), 10);
    assert_eq!(b.intervals("shared").len(), 10);
    assert_eq!(b.intervals("late").len(), 1);
}

#[test]
fn hard_names_come_back_exactly() {
    let long = "x".repeat(300);
    let names = [
        "GET /users",
        "a/b",
        "a|b",
        "a|b|2",
        "",
        ".",
        "..",
        "/",
        long.as_str(),
        "two\nlines",
        "🔥 hot",
        "rank0",
    ];
    let run = Run::new();
    for (n, name) in names.iter().enumerate() {
        run.region(name, n as u64 + 1, || ());
    }
    let reader = run.read();
    for (n, name) in names.iter().enumerate() {
        let region = reader.get_region(name).unwrap();
        assert_eq!(region.name(), *name);
        assert_eq!(region[0].total_duration_ns(), 2 * (n as i64 + 1), "{name:?}");
    }
}

#[test]
fn only_the_file_is_left_when_a_session_has_ended() {
    let run = Run::new();
    run.region("step", 1, || ());
    let logs = run.directory.path().join("run.h5.d");
    assert_eq!(std::fs::read_dir(&logs).unwrap().count(), 1);
    run.profiler.finalize().unwrap();
    let left: Vec<_> = std::fs::read_dir(run.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["run.h5"]);
}

#[test]
fn dropping_a_session_finalizes_it() {
    let Run {
        directory,
        clock: _,
        profiler,
    } = Run::new();
    drop(profiler.profile_region("step"));
    drop(profiler);
    assert!(directory.path().join("run.h5").is_file());
}

#[test]
fn the_file_says_what_the_run_ran_on() {
    let run = Run::with(|config| config.label("test run"));
    run.region("step", 1, || ());
    let reader = run.read();
    let text = |key: &str| match &reader.metadata()[key] {
        scope_profiler::profile::Value::Text(text) => text.clone(),
        other => panic!("{key} is {other:?}"),
    };
    assert_eq!(text("label"), "test run");
    assert_eq!(text("clock"), "manual");
    assert!(text("start_time").ends_with('Z') && text("end_time") >= text("start_time"));
    assert!(text("scope_profiler_version").contains(env!("CARGO_PKG_VERSION")));
    assert!(!text("host").is_empty() && !text("command").contains('/'));
}

#[test]
fn an_output_directory_that_cannot_be_used_is_an_error_at_setup() {
    let directory = tempfile::tempdir().unwrap();
    let start = |path: &str| {
        Profiler::new(ProfilingConfig::new().file_path(directory.path().join(path))).unwrap_err()
    };
    let error = start("missing/run.h5");
    assert!(
        error.is_config() && error.to_string().contains("missing does not exist"),
        "{error}"
    );
    std::fs::write(directory.path().join("file"), "").unwrap();
    let error = start("file/run.h5");
    assert!(error.to_string().contains("file"), "{error}");
    std::fs::create_dir(directory.path().join("taken.h5")).unwrap();
    assert!(start("taken.h5").to_string().contains("is a directory"));
}

#[test]
fn a_region_handle_enters_without_a_lookup_and_on_any_thread() {
    let run = Run::new();
    run.region("step", 1, || ());
    let step = run.profiler.get_region("step").unwrap();
    std::thread::scope(|scope| {
        let step = step.clone();
        scope.spawn(move || drop(step.enter()));
    });
    drop(step.enter());
    assert_eq!(step.num_calls(), 3);
    run.profiler.finalize().unwrap();
    drop(step.enter());
    assert_eq!(step.num_calls(), 3);
}

#[test]
fn a_region_of_many_short_calls_is_throttled_and_goes_on_being_summed_up() {
    let run = Run::with(|config| config.throttle(100, Duration::from_nanos(10)));
    for _ in 0..1_000 {
        run.region("short", 2, || ());
        run.region("long", 5, || ());
    }
    let short = run.profiler.get_region("short").unwrap();
    assert_eq!(short.num_calls(), 1_000);
    let summary = run.profiler.finalize().unwrap();
    assert_eq!(summary.recorded(), 1_100);
    let told = "900 calls were throttled, and were only added up: short 900 calls, 3.60 µs";
    assert!(summary.to_string().contains(told), "{summary}");
    // What was throttled was in a region all the same.
    let outside = ", at most 3.60 µs (25.7 %) outside any region";
    assert!(summary.to_string().contains(outside), "{summary}");
    let reader = run.read();
    let short = &reader.get_region("short").unwrap()[0];
    assert_eq!((short.num_calls(), short.start_times_ns().len()), (1_000, 100));
    assert_eq!((short.throttled_calls(), short.throttled_ns()), (900, 3_600));
    assert_eq!(
        reader.get_region("long").unwrap()[0].start_times_ns().len(),
        1_000
    );
}

#[test]
fn a_session_in_memory_tells_of_throttled_calls_and_spans_as_well() {
    let run = Run::with(|config| {
        config
            .throttle(100, Duration::from_nanos(10))
            .flush_to_disk(false)
    });
    for _ in 0..1_000 {
        run.region("short", 2, || ());
    }
    tracing::subscriber::with_default(run.profiler.subscriber(), || {
        let span = tracing::info_span!("task");
        for _ in 0..3 {
            span.in_scope(|| run.clock.advance(50));
        }
        let again_and_again = tracing::info_span!("loop");
        for _ in 0..100 {
            again_and_again.in_scope(|| run.clock.advance(50));
        }
    });
    let summary = run.profiler.finalize().unwrap().to_string();
    let throttled = "900 calls were throttled, and were only added up: short 900 calls, 3.60 µs";
    assert!(summary.contains(throttled), "{summary}");
    assert!(
        summary.ends_with("\nspans: task 1 in 3 calls, 5.15 µs elapsed and 150 ns busy"),
        "{summary}"
    );
    assert!(!summary.contains("without their times"), "{summary}");
}

#[test]
fn a_run_lasts_from_the_start_of_its_session_to_its_end() {
    let run = Run::new();
    run.clock.advance(100); // loading
    run.region("solve", 25, || ());
    run.clock.advance(25); // cleaning up
    let summary = run.profiler.finalize().unwrap();
    let told = "wall time 175 ns, 125 ns (71.4 %) outside any region";
    assert!(summary.to_string().contains(told), "{summary}");
    let tree = CallTree::filtered(&run.read(), &RegionFilter::new()).unwrap();
    assert!(tree.wall().is_of_run());
    assert_eq!((tree.wall_ns(), tree.outside_ns()), (175, 125));
    assert_eq!(tree.share(tree.roots().next().unwrap()), Some(50.0 / 175.0));
}

#[test]
fn a_region_that_calls_itself_has_its_inclusive_time_in_the_file() {
    fn fib(run: &Run, n: u64) {
        run.region("fib", 1, || {
            if n >= 2 {
                fib(run, n - 1);
                fib(run, n - 2);
            }
        });
    }
    let run = Run::new();
    run.region("main", 1, || fib(&run, 8));
    run.profiler.finalize().unwrap();
    let reader = run.read();
    let row = |name: &str| {
        let index = reader.names().iter().position(|known| known == name).unwrap();
        (0..reader.rows().len())
            .find(|&row| reader.rows()[row].name == index)
            .unwrap()
    };
    let (main, fib) = (row("main"), row("fib"));
    // Each of the 67 calls took 2 ns of its own, and those of the ones inside it.
    assert_eq!(reader.rows()[fib].calls, 67);
    assert_eq!(reader.row_facts(fib).inclusive_ns, Some(134));
    assert!(reader.rows()[fib].total_ns > Some(134));
    assert_eq!(reader.row_facts(main).inclusive_ns, reader.rows()[main].total_ns);
    let tree = CallTree::filtered(&reader, &RegionFilter::new()).unwrap();
    let nodes: Vec<_> = tree
        .walk()
        .map(|(_, node)| {
            (
                node.name(),
                node.inclusive_ns(),
                node.exclusive_ns(),
                node.recursion_depth(),
            )
        })
        .collect();
    assert_eq!(nodes, [("main", 136, 2, 1), ("fib", 134, 134, 8)]);
}

/// Under the clock of the system, which the fast path needs: of each guard, when it was entered and left among the
/// others can be told by the times.
#[test]
fn guards_that_are_left_in_any_order_keep_their_own_times() {
    let left_in: [fn(&mut Vec<usize>); 4] = [
        |guards| guards.reverse(),
        // When the stack has grown, 83 is where 63 was before.
        |guards| {
            guards.retain(|&number| number != 63);
            guards.reverse();
            let innermost = guards.iter().position(|&number| number == 83);
            guards.insert(innermost.expect("it is open"), 63);
        },
        |_| (),
        |guards| guards.sort_by_key(|number| number * 7919 % 1009),
    ];
    for order in left_in {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run.h5");
        let config = ProfilingConfig::new().file_path(&file).verbose(false);
        let profiler = Profiler::new(config).unwrap();
        let enter = |number: usize| profiler.profile_region(&format!("guard {number}"));
        let mut guards: BTreeMap<usize, RegionGuard> =
            (0..60).map(|number| (number, enter(number))).collect();
        let mut left: Vec<usize> = (0..59).filter(|number| number % 3 == 1).collect();
        left.iter().for_each(|number| drop(guards.remove(number)));
        // The stack of open calls has to grow, and has gaps.
        guards.extend((60..200).map(|number| (number, enter(number))));
        let mut open: Vec<usize> = guards.keys().copied().collect();
        order(&mut open);
        for number in &open {
            drop(guards.remove(number));
            // One more, at the place of one that has been left.
            drop(profiler.profile_region("between"));
        }
        left.extend(open);
        profiler.finalize().unwrap();
        let reader = ProfilingH5Reader::open(&file).unwrap();
        let times = |number: usize| match intervals(&reader, &format!("guard {number}"))[..] {
            [time] => time,
            ref times => panic!("guard {number}: {times:?}"),
        };
        assert!((0..200).map(|number| times(number).0).is_sorted());
        assert!(left.iter().map(|&number| times(number).1).is_sorted());
        assert_eq!(intervals(&reader, "between").len(), 180);
    }
}
