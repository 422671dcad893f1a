//! Spans by every way to a session: see `SUBSCRIBERS`.

use crate::common::{Run, intervals, knows_current_span, with_each_subscriber, with_each_subscriber_of};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use tracing::{Dispatch, Instrument, Span, info_span, instrument};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, filter};

#[test]
fn a_span_leaves_an_interval_each_time_it_is_entered() {
    with_each_subscriber(|run| {
        let span = info_span!("solver");
        for _ in 0..2 {
            run.clock.advance(1);
            span.in_scope(|| run.clock.advance(10));
        }
        assert_eq!(run.intervals("solver"), [(1, 11), (12, 22)]);
    });
}

#[test]
fn a_span_a_guard_and_another_thread_of_one_name_are_one_region() {
    with_each_subscriber(|run| {
        info_span!("step").in_scope(|| run.clock.advance(1));
        run.region("step", 1, || ());
        let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                tracing::dispatcher::with_default(&dispatch, || info_span!("step").in_scope(|| ()))
            });
        });
        assert_eq!(run.profiler.get_region("step").unwrap().num_calls(), 3);
        assert_eq!(run.intervals("step"), [(0, 1), (1, 3), (3, 3)]);
    });
}

#[test]
fn spans_may_be_left_in_another_order_than_they_were_entered() {
    with_each_subscriber(|run| {
        let (a, b) = (info_span!("a").entered(), {
            run.clock.advance(1);
            info_span!("b").entered()
        });
        run.clock.advance(1);
        let a = a.exit();
        run.clock.advance(1);
        drop(b);
        a.in_scope(|| run.clock.advance(5));
        let reader = run.read();
        assert_eq!(intervals(&reader, "a"), [(0, 2), (3, 8)]);
        assert_eq!(intervals(&reader, "b"), [(1, 3)]);
    });
}

#[test]
fn two_spans_of_one_call_site_are_told_apart() {
    with_each_subscriber(|run| {
        let make = || info_span!("same");
        let first = make().entered();
        run.clock.advance(1);
        let second = make().entered();
        run.clock.advance(1);
        drop(first);
        run.clock.advance(1);
        drop(second);
        assert_eq!(run.intervals("same"), [(0, 2), (1, 3)]);
    });
}

#[test]
fn recursion_through_instrumented_functions_is_recorded_call_by_call() {
    #[instrument(skip_all)]
    fn recurse(run: &Run, depth: u32) {
        run.clock.advance(1);
        if depth > 0 {
            recurse(run, depth - 1);
        }
        run.clock.advance(1);
    }
    with_each_subscriber(|run| {
        recurse(run, 2);
        assert_eq!(run.intervals("recurse"), [(0, 6), (1, 5), (2, 4)]);
    });
}

#[test]
fn one_span_may_be_entered_on_several_threads_at_once() {
    with_each_subscriber(|run| {
        let span = info_span!("shared");
        let barrier = Barrier::new(3);
        let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    tracing::dispatcher::with_default(&dispatch, || {
                        span.in_scope(|| {
                            barrier.wait();
                            barrier.wait();
                        });
                    });
                });
            }
        });
        let reader = run.read();
        assert_eq!(intervals(&reader, "shared"), [(0, 0); 3]);
        let mut threads = reader.get_region("shared").unwrap()[0].thread_ids().to_vec();
        threads.dedup();
        assert_eq!(threads.len(), 3);
    });
}

/// Ready at its third poll.
struct ThirdTime<'a>(&'a Run, u32);

impl Future for ThirdTime<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0.clock.advance(10);
        self.1 += 1;
        if self.1 == 3 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

#[test]
fn a_future_leaves_an_interval_for_each_poll_and_a_last_one_when_it_is_dropped() {
    with_each_subscriber(|run| {
        {
            let mut future = pin!(ThirdTime(run, 0).instrument(info_span!("request")));
            let mut context = Context::from_waker(Waker::noop());
            while future.as_mut().poll(&mut context).is_pending() {
                run.clock.advance(100);
            }
        }
        assert_eq!(run.profiler.get_region("request").unwrap().num_spans(), 1);
        assert_eq!(
            run.intervals("request"),
            [(0, 10), (110, 120), (220, 230), (230, 230)]
        );
        assert_eq!(run.read().get_region("request").unwrap()[0].num_spans(), Some(1));
    });
}

#[test]
fn the_summary_tells_spans_from_calls() {
    with_each_subscriber(|run| {
        for _ in 0..2 {
            let mut future = pin!(ThirdTime(run, 0).instrument(info_span!("request")));
            let mut context = Context::from_waker(Waker::noop());
            while future.as_mut().poll(&mut context).is_pending() {}
        }
        let summary = run.profiler.finalize().unwrap().to_string();
        assert!(
            summary.contains("spans: request 2 in 8 calls, 30 ns elapsed and 30 ns busy on average"),
            "{summary}"
        );
    });
}

#[test]
fn the_current_span_is_known_to_those_who_ask() {
    with_each_subscriber(|run| {
        if !knows_current_span() {
            return;
        }
        assert!(Span::current().is_none());
        let outer = info_span!("outer");
        outer.in_scope(|| {
            assert_eq!(Span::current().id(), outer.id());
            assert_eq!(Span::current().metadata().unwrap().name(), "outer");
            info_span!("inner").in_scope(|| assert_ne!(Span::current().id(), outer.id()));
            let mut future = pin!(ThirdTime(run, 2).in_current_span());
            assert!(
                future
                    .as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_ready()
            );
        });
        assert!(Span::current().is_none());
        assert_eq!(run.intervals("outer").len(), 3);
    });
}

#[test]
fn filtered_names_are_not_recorded_by_any_way() {
    let start = || Run::with(|config| config.exclude(["noise"]));
    with_each_subscriber_of(start, |run| {
        info_span!("noise").in_scope(|| info_span!("signal").in_scope(|| run.clock.advance(1)));
        assert_eq!(run.intervals("signal"), [(0, 1)]);
        assert_eq!(run.profiler.get_all_regions().len(), 1);
    });
}

#[test]
fn a_filter_on_the_layer_decides_what_it_records() {
    let run = Run::new();
    let chosen = filter::filter_fn(|metadata| metadata.name() != "unwanted");
    let subscriber = tracing_subscriber::registry().with(run.profiler.layer().with_filter(chosen));
    tracing::subscriber::with_default(subscriber, || {
        info_span!("unwanted").in_scope(|| info_span!("wanted").in_scope(|| run.clock.advance(1)));
    });
    assert_eq!(
        run.profiler.get_all_regions().into_keys().collect::<Vec<_>>(),
        ["wanted"]
    );
}

#[test]
fn it_works_among_other_layers_and_under_an_env_filter() {
    let run = Run::with(|config| config.exclude(["unrecorded"]));
    let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = std::sync::Arc::clone(&log);
    let above = tracing_subscriber::fmt::layer()
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::ENTER)
        .with_writer(move || Sink(std::sync::Arc::clone(&sink)));
    let subscriber = tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::sink))
        .with(run.profiler.layer())
        .with(above)
        .with(EnvFilter::new("recording=info"));
    tracing::subscriber::with_default(subscriber, || {
        let _outer = info_span!("outer").entered();
        tracing::debug_span!("too fine").in_scope(|| ());
        info_span!("unrecorded").in_scope(|| run.clock.advance(1));
    });
    assert_eq!(run.intervals("outer"), [(0, 1)]);
    assert_eq!(run.profiler.get_all_regions().len(), 1);
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    // What the profiler does not record still reaches the other layers.
    assert!(log.contains("unrecorded"), "{log}");
}

struct Sink(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_session_that_begins_or_ends_elsewhere_does_not_silence_spans_here() {
    with_each_subscriber(|run| {
        let spans = || (0..10).for_each(|_| info_span!("kept").in_scope(|| ()));
        spans();
        // That thread has no subscriber.
        std::thread::spawn(|| Run::new().profiler.finalize().unwrap())
            .join()
            .unwrap();
        spans();
        assert_eq!(run.intervals("kept").len(), 20);
    });
}
