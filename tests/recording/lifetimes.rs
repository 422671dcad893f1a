//! How long the spans of tokio's tasks lived, and for how much of that they were polled.

use crate::common::{Run, with_each_subscriber};
use scope_profiler::analysis::lifetimes::{Lifetimes, RegionLifetimes, Spread};
use scope_profiler::analysis::pass;
use scope_profiler::profile::Source;
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::thread;
use tokio::runtime;
use tokio::task::{LocalSet, yield_now};
use tracing::{Dispatch, Instrument, dispatcher, info_span};

fn lifetimes(reader: &ProfilingH5Reader) -> Vec<RegionLifetimes> {
    let mut lifetimes = Lifetimes::new(reader, &RegionFilter::new()).unwrap();
    pass::run(reader, &mut [&mut lifetimes]).unwrap();
    lifetimes.finish()
}

/// Elapsed, busy and idle time of the spans of a region together, ns, and their polls.
fn totals(regions: &[RegionLifetimes], name: &str) -> (i64, i64, i64, u64) {
    let region = regions.iter().find(|region| region.name() == name).unwrap();
    let total = |spread: &Spread| spread.statistics().total_ns();
    let (elapsed, busy, idle) = (
        total(region.elapsed()),
        total(region.busy()),
        total(region.idle()),
    );
    assert_eq!(elapsed, busy + idle);
    (elapsed, busy, idle, region.polls().count())
}

/// Runs a future on this thread.
fn block_on(future: impl Future) {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    LocalSet::new().block_on(&runtime, future);
}

/// Works for 10 ns before each of so many waits, and after them.
async fn work(run: &Run, waits: u32) {
    for _ in 0..waits {
        run.clock.advance(10);
        yield_now().await;
    }
    run.clock.advance(10);
}

#[test]
fn a_future_lives_while_it_waits_and_is_busy_while_it_is_polled() {
    with_each_subscriber(|run| {
        block_on(async {
            let other = async {
                for _ in 0..4 {
                    run.clock.advance(1_000);
                    yield_now().await;
                }
            };
            tokio::join!(work(run, 2).instrument(info_span!("work")), other);
        });
        let regions = lifetimes(&run.read());
        // Three polls, and two turns of the other future in between; it is dropped when both are done.
        let (elapsed, busy, _, polls) = totals(&regions, "work");
        assert!((busy, polls) == (30, 3) && elapsed >= 2_030, "{elapsed}");
        assert_eq!(regions[0].polls().max_ns(), Some(10));
        assert_eq!(regions[0].polls().min_ns(), Some(10));
    });
}

#[test]
fn a_future_around_another_lives_as_long_as_both() {
    with_each_subscriber(|run| {
        block_on(async {
            let inner = async {
                work(run, 1).await;
                run.clock.advance(2_000);
            };
            let outer = async {
                work(run, 1).await;
                inner.instrument(info_span!("inner")).await;
            };
            outer.instrument(info_span!("outer")).await;
        });
        let regions = lifetimes(&run.read());
        let (outer, inner) = (totals(&regions, "outer"), totals(&regions, "inner"));
        assert_eq!((outer.1, outer.3), (10 + 10 + 20 + 2_000, 3));
        assert_eq!((inner.1, inner.3), (20 + 2_000, 2));
        assert!(outer.0 >= inner.0 + 20);
    });
}

#[test]
fn a_task_that_is_cancelled_lives_until_it_is_dropped() {
    with_each_subscriber(|run| {
        block_on(async {
            run.clock.advance(7);
            let mut task = Box::pin(
                async {
                    run.clock.advance(10);
                    yield_now().await;
                    run.clock.advance(10);
                    std::future::pending::<()>().await;
                }
                .instrument(info_span!("cancelled")),
            );
            for _ in 0..3 {
                poll_fn(|context| {
                    assert!(task.as_mut().poll(context).is_pending());
                    Poll::Ready(())
                })
                .await;
                run.clock.advance(500);
            }
            drop(task);
        });
        // The third poll did nothing, as little as dropping it.
        let regions = lifetimes(&run.read());
        assert_eq!(totals(&regions, "cancelled"), (1_520, 20, 1_500, 3));
    });
}

#[test]
fn a_span_that_is_closed_on_another_thread_lives_until_then() {
    with_each_subscriber(|run| {
        let dispatch = dispatcher::get_default(Dispatch::clone);
        let mut task: Pin<Box<dyn Future<Output = ()> + Send>> =
            Box::pin(async { std::future::pending().await }.instrument(info_span!("moved")));
        let poll = |task: &mut Pin<Box<dyn Future<Output = ()> + Send>>| {
            let mut context = Context::from_waker(Waker::noop());
            assert!(task.as_mut().poll(&mut context).is_pending());
            run.clock.advance(100);
        };
        poll(&mut task);
        thread::scope(|scope| {
            scope.spawn(|| {
                dispatcher::with_default(&dispatch, || {
                    poll(&mut task);
                    drop(task);
                });
            });
        });
        let regions = lifetimes(&run.read());
        assert_eq!(totals(&regions, "moved"), (200, 0, 200, 2));
        assert_eq!(regions[0].most_threads(), 2);
    });
}

#[test]
fn a_span_that_is_entered_within_itself_and_on_two_threads_is_busy_once() {
    with_each_subscriber(|run| {
        let dispatch = dispatcher::get_default(Dispatch::clone);
        let span = info_span!("shared");
        span.in_scope(|| {
            run.clock.advance(10);
            span.in_scope(|| run.clock.advance(10));
            run.clock.advance(10);
        });
        run.clock.advance(1_000);
        let both = Barrier::new(2);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    dispatcher::with_default(&dispatch, || {
                        span.in_scope(|| {
                            if both.wait().is_leader() {
                                run.clock.advance(100);
                            }
                            both.wait();
                        });
                    });
                });
            }
        });
        let regions = lifetimes(&run.read());
        assert_eq!(totals(&regions, "shared"), (1_130, 130, 1_000, 3));
    });
}

#[test]
fn a_span_that_is_still_entered_when_the_session_ends_is_open() {
    with_each_subscriber(|run| {
        let main = info_span!("main");
        main.in_scope(|| run.clock.advance(10));
        run.clock.advance(100);
        let entered = main.enter();
        run.clock.advance(500);
        // A guard is no span.
        let _open = run.profiler.profile_region("guard");
        run.clock.advance(500);
        let reader = run.read();
        drop(entered);
        let regions = lifetimes(&reader);
        assert_eq!(regions.len(), 1);
        assert_eq!(totals(&regions, "main"), (1_110, 1_010, 100, 1));
        assert_eq!((regions[0].open(), regions[0].most_polls()), (1, 2));
        let open = reader.open_spans(reader.names().iter().position(|name| name == "main").unwrap());
        assert_eq!((open.len(), open[0].start_ns), (1, 1_110));
        let report = scope_profiler::check::check(run.file()).unwrap();
        assert!(report.is_ok(), "{report}");
    });
}

#[test]
fn a_million_spans_may_be_alive() {
    const SPANS: usize = 1_000_000;
    let run = Run::new();
    dispatcher::with_default(&Dispatch::new(run.profiler.subscriber()), || {
        let spans: Vec<_> = (0..SPANS).map(|_| info_span!("alive")).collect();
        for _ in 0..2 {
            spans
                .iter()
                .for_each(|span| span.in_scope(|| run.clock.advance(1)));
        }
    });
    let regions = lifetimes(&run.read());
    let alive = &regions[0];
    assert_eq!(alive.spans(), SPANS as u64);
    // Every span waits for all others: until it is entered, in between, and until it is dropped.
    let elapsed = alive.elapsed().statistics();
    assert_eq!(
        (elapsed.min_ns(), elapsed.max_ns()),
        (Some(2_000_000), Some(2_000_000))
    );
    assert_eq!(alive.busy().statistics().total_ns(), 2 * SPANS as i64);
    assert_eq!(alive.idle().percentiles([50.0]), Some([1_999_998.0]));
}

#[test]
fn tasks_that_tokio_moves_between_threads_have_one_life_each() {
    const TASKS: u64 = 50;
    const WAITS: u64 = 20;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = scope_profiler::ProfilingConfig::new()
        .file_path(&file)
        .verbose(false);
    let profiler = scope_profiler::Profiler::new(config).unwrap();
    let dispatch = Dispatch::new(profiler.subscriber());
    let of_thread = dispatch.clone();
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .on_thread_start(move || std::mem::forget(dispatcher::set_default(&of_thread)))
        .build()
        .unwrap();
    let work = || async {
        for _ in 0..WAITS {
            yield_now().await;
        }
    };
    dispatcher::with_default(&dispatch, || {
        runtime.block_on(async {
            let task = |_| tokio::spawn(work().instrument(info_span!("task")));
            let tasks: Vec<_> = (0..TASKS).map(task).collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
    drop(runtime);
    profiler.finalize().unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let region = &reader.get_region("task").unwrap()[0];
    // Each is polled so often, and entered once more when it is dropped.
    assert_eq!(region.num_calls(), TASKS * (WAITS + 2));
    let regions = lifetimes(&reader);
    let (elapsed, busy, _, _) = totals(&regions, "task");
    assert_eq!((regions[0].spans(), busy), (TASKS, region.total_duration_ns()));
    assert!(elapsed >= busy);
    assert!(regions[0].most_polls() <= WAITS + 2);
}
