//! When spans are created and closed, and what they are below: kept where their entries do not say it.

use crate::common::{ORIGIN, Run, SUBSCRIBERS, with_each_subscriber};
use scope_profiler::analysis::call_tree::{CallNode, CallTree, TreeBy};
use scope_profiler::analysis::lifetimes::Lifetimes;
use scope_profiler::analysis::pass;
use scope_profiler::merge::find_logs;
use scope_profiler::profile::{Intervals, Numbers, Source, SpanFacts, SpanParent};
use scope_profiler::{LogSource, ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter};
use std::thread;
use tracing::{Dispatch, Span, dispatcher, info_span};

fn facts(source: &dyn Source) -> Vec<SpanFacts> {
    source.span_facts(0).unwrap()
}

/// The serial numbers of the spans of a region, in order of their entries.
fn serials(reader: &ProfilingH5Reader, region: &str) -> Vec<u32> {
    let row = reader.names().iter().position(|name| name == region).unwrap();
    let mut intervals = Intervals::new().with_column(Intervals::SPAN);
    reader
        .read(row, 0..reader.rows()[row].intervals, &mut intervals)
        .unwrap();
    let serials = intervals
        .column(Intervals::SPAN)
        .and_then(Numbers::whole)
        .unwrap();
    serials.iter().map(|&serial| serial as u32).collect()
}

/// Starts and ends of the entries of a region, on the clock of the test.
fn entries(reader: &ProfilingH5Reader, region: &str) -> Vec<(i64, i64)> {
    let of_rank = &reader.get_region(region).unwrap()[0];
    let starts = of_rank.start_times_ns().iter();
    starts
        .copied()
        .zip(of_rank.end_times_ns().iter().copied())
        .collect()
}

fn elsewhere<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    let dispatch = dispatcher::get_default(Dispatch::clone);
    thread::scope(|scope| {
        let thread = scope.spawn(|| dispatcher::with_default(&dispatch, f));
        thread.join().unwrap()
    })
}

fn of(all: &[SpanFacts], span: u32) -> SpanFacts {
    let found = all.iter().find(|facts| facts.span == span);
    found.expect("facts of the span").clone()
}

#[test]
fn a_span_lives_from_its_creation_to_its_end() {
    with_each_subscriber(|run| {
        let job = info_span!("job");
        run.clock.advance(5_000);
        elsewhere(|| job.in_scope(|| run.clock.advance(10)));
        run.clock.advance(7_000);
        drop(job);
        run.clock.advance(3_000);
        let reader = run.read();
        let mut lifetimes = Lifetimes::new(&reader, &RegionFilter::new()).unwrap();
        pass::run(&reader, &mut [&mut lifetimes]).unwrap();
        let regions = lifetimes.finish();
        let life = regions[0].longest()[0];
        assert_eq!((regions[0].name(), regions[0].spans(), life.polls), ("job", 1, 1));
        assert_eq!((life.start_ns, life.end_ns), (ORIGIN, ORIGIN + 12_010));
        assert_eq!(
            (life.elapsed_ns(), life.busy_ns, life.idle_ns()),
            (12_010, 10, 12_000)
        );
        assert_eq!((life.waited_ns(), life.left_ns), (5_000, ORIGIN + 5_010));
        let report = scope_profiler::check::check(run.file()).unwrap();
        assert!(report.is_ok() && report.notes().is_empty(), "{report}");
    });
}

#[test]
fn a_span_says_which_spans_it_follows_from() {
    with_each_subscriber(|run| {
        let batches = [(); 3].map(|()| info_span!("batch"));
        let merge = info_span!("merge");
        let publish = info_span!("publish");
        for batch in &batches {
            batch.in_scope(|| run.clock.advance(10));
            merge.follows_from(batch);
        }
        // Said once more, on another thread, inside another span; and of no span.
        elsewhere(|| publish.in_scope(|| merge.follows_from(&batches[1])));
        merge.follows_from(Span::none());
        publish.follows_from(&merge);
        merge.in_scope(|| run.clock.advance(10));
        drop((batches, merge, publish));
        run.profiler.flush().unwrap();
        let log = &find_logs(&[run.directory.path().join("run.h5.d")]).unwrap()[0];
        let of_log = facts(&LogSource::open(log).unwrap());
        let reader = run.read();
        let all = facts(&reader);
        assert_eq!(of_log, all);
        let [batches, merges, publishes] = ["batch", "merge", "publish"].map(|name| serials(&reader, name));
        assert_eq!(of(&all, merges[0]).follows, batches);
        assert_eq!(of(&all, publishes[0]).follows, merges);
        let follow = all.iter().map(|facts| facts.follows.len()).sum::<usize>();
        assert_eq!(follow, 4);
        let report = scope_profiler::check::check(run.file()).unwrap();
        assert!(report.is_ok(), "{report}");
    });
}

#[test]
fn nothing_is_kept_of_spans_that_are_entered_at_once_and_dropped_when_they_are_left() {
    with_each_subscriber(|run| {
        for _ in 0..100 {
            info_span!("outer").in_scope(|| {
                run.clock.advance(100);
                let inner = info_span!("inner").entered();
                run.clock.advance(100);
                drop(inner);
            });
        }
        let reader = run.read();
        assert_eq!(reader.get_region("inner").unwrap()[0].num_calls(), 100);
        assert_eq!(facts(&reader), []);
    });
}

#[test]
fn every_span_of_a_call_site_that_makes_them_for_later_says_when_it_was_made() {
    with_each_subscriber(|run| {
        for _ in 0..200 {
            let later = info_span!("later");
            run.clock.advance(5_000);
            elsewhere(|| later.in_scope(|| run.clock.advance(10)));
        }
        let reader = run.read();
        let all = facts(&reader);
        let (spans, entries) = (serials(&reader, "later"), entries(&reader, "later"));
        assert_eq!(spans.len(), 200);
        for (span, (start, _)) in spans.into_iter().zip(entries) {
            assert_eq!(of(&all, span).created_ns, Some(start - 5_000));
        }
    });
}

#[test]
fn a_span_that_nobody_has_entered_yet_is_known_when_the_session_ends() {
    with_each_subscriber(|run| {
        let _waits = info_span!("waits");
        run.clock.advance(5_000);
        let _entered = info_span!("entered").entered();
        let all = facts(&run.read());
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].created_ns, all[0].closed_ns), (Some(ORIGIN), None));
    });
}

#[test]
fn a_span_made_for_another_thread_is_below_the_call_that_made_it() {
    with_each_subscriber(|run| {
        run.clock.advance(3_000);
        let spawns = run.profiler.profile_region("spawns");
        run.clock.advance(1_000);
        let task = info_span!("task");
        run.clock.advance(2_000);
        elsewhere(|| task.in_scope(|| run.clock.advance(10)));
        drop(spawns);
        let reader = run.read();
        let all = facts(&reader);
        let caller = SpanParent::Call {
            thread: 0,
            start_ns: ORIGIN + 3_000,
        };
        let task = of(&all, serials(&reader, "task")[0]);
        assert_eq!(task.parent, Some(caller));
        assert_eq!(task.created_ns, Some(ORIGIN + 4_000));
    });
}

#[test]
fn a_parent_that_was_named_is_kept_where_the_span_is_not_inside_it() {
    with_each_subscriber(|run| {
        let outer = info_span!("outer").entered();
        for _ in 0..50 {
            // This is what nesting says, too.
            info_span!(parent: &*outer, "inner").in_scope(|| run.clock.advance(10));
        }
        elsewhere(|| {
            let here = info_span!("here").entered();
            for _ in 0..50 {
                info_span!(parent: outer.id(), "work").in_scope(|| run.clock.advance(10));
                info_span!(parent: None, "root").in_scope(|| run.clock.advance(10));
            }
            drop(here);
        });
        drop(outer);
        let reader = run.read();
        let all = facts(&reader);
        let [of_outer] = serials(&reader, "outer")[..] else {
            panic!("one span")
        };
        for span in serials(&reader, "work") {
            assert_eq!(of(&all, span).parent, Some(SpanParent::Span(of_outer)));
            assert_eq!(of(&all, span).created_ns, None);
        }
        for span in serials(&reader, "root") {
            assert_eq!(of(&all, span).parent, Some(SpanParent::Nothing));
        }
        assert_eq!(all.len(), 100);
    });
}

#[test]
fn a_log_of_a_running_program_and_a_session_in_memory_know_it_too() {
    for subscriber in SUBSCRIBERS {
        let run = Run::with(|config| config.keep_logs(true));
        let clock = ManualClock::new(ORIGIN as u64);
        let config = ProfilingConfig::new()
            .flush_to_disk(false)
            .verbose(false)
            .manual_clock(&clock);
        let in_memory = Profiler::new(config).unwrap();
        for (profiler, clock) in [(&run.profiler, &run.clock), (&in_memory, &clock)] {
            dispatcher::with_default(&subscriber(profiler), || {
                let span = info_span!("span");
                clock.advance(5_000);
                span.in_scope(|| clock.advance(10));
                clock.advance(5_000);
            });
        }
        run.profiler.flush().unwrap();
        let log = &find_logs(&[run.directory.path().join("run.h5.d")]).unwrap()[0];
        let of_log = facts(&LogSource::open(log).unwrap());
        let reader = run.read();
        assert_eq!(of_log, facts(&reader));
        assert_eq!(of_log, facts(&LogSource::open(log).unwrap()));
        assert_eq!(
            (of_log[0].created_ns, of_log[0].closed_ns),
            (Some(ORIGIN), Some(ORIGIN + 10_010))
        );
        let summary = in_memory.finalize().unwrap();
        let lives = summary.call_tree().lifetimes();
        assert_eq!(lives[0].longest()[0].elapsed_ns(), 10_010);
    }
}

#[test]
fn the_current_span_of_another_thread_is_a_parent_like_any_other() {
    with_each_subscriber(|run| {
        let outer = info_span!("outer").entered();
        let current = Span::current();
        let is_known = current.id().is_some();
        elsewhere(|| info_span!(parent: &current, "work").in_scope(|| run.clock.advance(10)));
        drop(outer);
        let reader = run.read();
        let all = facts(&reader);
        // Without a current span the new one is a root, which it is on its thread in any case.
        assert_eq!(all.len(), usize::from(is_known));
        if is_known {
            let parent = of(&all, serials(&reader, "work")[0]).parent;
            assert_eq!(parent, Some(SpanParent::Span(serials(&reader, "outer")[0])));
        }
    });
}

/// The regions of the tree by caller, with their depth, calls and inclusive time.
fn by_caller(source: &dyn Source) -> Vec<(usize, String, u64, i64)> {
    let filter = RegionFilter::new().tree_by(TreeBy::Caller);
    let tree = CallTree::filtered(source, &filter).unwrap();
    let nodes = tree.walk();
    let row = |(depth, node): (usize, &CallNode)| {
        (depth, node.name().to_owned(), node.calls(), node.inclusive_ns())
    };
    nodes.map(row).collect()
}

#[test]
fn the_tree_by_caller_has_the_work_of_other_threads_below_what_started_it() {
    with_each_subscriber(|run| {
        let spawns = run.profiler.profile_region("spawns");
        run.clock.advance(10);
        let sum = info_span!("sum").entered();
        run.clock.advance(10);
        elsewhere(|| {
            for _ in 0..3 {
                info_span!(parent: sum.id(), "part").in_scope(|| {
                    run.clock.advance(10);
                    run.region("leaf", 50, || ());
                });
            }
        });
        drop(sum);
        let task = info_span!("task");
        run.clock.advance(2_000);
        drop(spawns);
        elsewhere(|| {
            run.region("worker", 500, || task.in_scope(|| run.clock.advance(10)));
        });
        let reader = run.read();
        let name = str::to_owned;
        // Its own time, that of its thread, and that of others: 2010 + 340 + 330 + 10, and 10 + 330 + 330.
        let expected = [
            (0, name("spawns"), 1, 2_690),
            (1, name("sum"), 1, 670),
            (2, name("part"), 3, 330),
            (3, name("leaf"), 3, 300),
            (1, name("task"), 1, 10),
            (0, name("worker"), 1, 1_000),
        ];
        assert_eq!(by_caller(&reader), expected);
        let by_thread = CallTree::filtered(&reader, &RegionFilter::new()).unwrap();
        let top = by_thread.roots().map(CallNode::name);
        assert_eq!(top.collect::<Vec<_>>(), ["spawns", "part", "worker"]);
    });
}
