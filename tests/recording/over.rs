//! The subscriber over another one: a logger sees what it would see without the profiler, and the profiler everything.

use scope_profiler::{ManualClock, Profiler, ProfilingConfig, RegionNaming, ScopeOver, ScopeSubscriber};
use std::any::Any;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tracing::subscriber::with_default;
use tracing::{Dispatch, Level, Span, Subscriber, debug_span, dispatcher, error_span, info, info_span, warn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, Layered};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::{EnvFilter, fmt, prelude::*, reload};

fn profiler_with(configure: impl FnOnce(ProfilingConfig) -> ProfilingConfig) -> Profiler {
    let config = ProfilingConfig::new().flush_to_disk(false).verbose(false);
    Profiler::new(configure(config.manual_clock(&ManualClock::new(0)))).unwrap()
}

fn profiler() -> Profiler {
    profiler_with(|config| config)
}

fn calls(profiler: &Profiler, name: &str) -> u64 {
    profiler.get_region(name).map_or(0, |region| region.num_calls())
}

/// What a logger has written.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logger(filter: &str) -> (Output, impl Subscriber + Send + Sync) {
    let output = Output::default();
    let writer = output.clone();
    let layer = fmt::layer()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .with_target(false);
    let logger = tracing_subscriber::registry()
        .with(layer)
        .with(EnvFilter::new(filter));
    (output, logger)
}

/// Runs `program` with a logger alone and with the profiler over it, which has to log the same.
fn logs_the_same(filter: &str, program: impl Fn()) -> (Vec<String>, Profiler) {
    let (alone, logger_alone) = logger(filter);
    with_default(logger_alone, &program);
    let profiler = profiler();
    let (beside, logger_beside) = logger(filter);
    with_default(profiler.subscriber().over(logger_beside), &program);
    assert_eq!(beside.lines(), alone.lines());
    (beside.lines(), profiler)
}

#[test]
fn a_logger_logs_what_it_would_log_alone_and_every_span_is_recorded() {
    let program = || {
        let _outer = error_span!("outer", n = 1).entered();
        let _hidden = info_span!("hidden").entered();
        info!("not logged");
        warn!("within the outer one");
        let _inner = error_span!("inner").entered();
        warn!("within both");
        debug_span!("hidden").in_scope(|| warn!("still within both"));
    };
    let (lines, profiler) = logs_the_same("warn", program);
    assert_eq!(
        lines,
        [
            "WARN outer{n=1}: within the outer one",
            "WARN outer{n=1}:inner: within both",
            "WARN outer{n=1}:inner: still within both",
        ]
    );
    let of = ["outer", "hidden", "inner"].map(|name| calls(&profiler, name));
    assert_eq!(of, [1, 2, 1]);
}

#[test]
fn parents_are_those_that_the_logger_would_have() {
    let program = || {
        let outer = error_span!("outer").entered();
        let (hidden, shown) = (info_span!("hidden").entered(), error_span!("shown"));
        warn!(parent: &shown, "of a shown parent");
        warn!(parent: &hidden, "of a hidden parent");
        warn!(parent: None, "of none");
        error_span!(parent: &shown, "child").in_scope(|| warn!("in the child of a shown one"));
        error_span!(parent: &hidden, "child").in_scope(|| warn!("in the child of a hidden one"));
        drop(outer);
        warn!("within the hidden one alone");
    };
    let (lines, profiler) = logs_the_same("warn", program);
    assert_eq!(
        lines,
        [
            "WARN outer:shown: of a shown parent",
            "WARN of a hidden parent",
            "WARN of none",
            "WARN outer:shown:child: in the child of a shown one",
            "WARN child: in the child of a hidden one",
            "WARN within the hidden one alone",
        ]
    );
    assert_eq!(calls(&profiler, "child"), 2);
}

#[test]
fn fields_that_are_recorded_later_reach_both() {
    let profiler = profiler_with(|config| config.region_naming(RegionNaming::field("id")));
    let (output, logger) = logger("warn");
    with_default(profiler.subscriber().over(logger), || {
        let shown = error_span!("shown", id = tracing::field::Empty);
        shown.record("id", "axpy");
        shown.in_scope(|| warn!("here"));
        let hidden = info_span!("hidden", id = tracing::field::Empty);
        hidden.record("id", "dot");
        hidden.follows_from(&shown);
        hidden.in_scope(|| ());
    });
    assert_eq!(output.lines(), [r#"WARN shown{id="axpy"}: here"#]);
    let of = ["axpy", "dot", "shown", "hidden"].map(|name| calls(&profiler, name));
    assert_eq!(of, [1, 1, 0, 0]);
}

#[test]
fn the_current_span_is_the_innermost_that_the_logger_has() {
    let profiler = profiler_with(|config| config.exclude(["left out"]));
    let (output, logger) = logger("warn");
    let current = || Span::current().metadata().map(|metadata| metadata.name());
    with_default(profiler.subscriber().over(logger), || {
        info_span!("ours").in_scope(|| assert_eq!(current(), None));
        let both = error_span!("both", status = tracing::field::Empty).entered();
        let ours = info_span!("ours", status = tracing::field::Empty).entered();
        assert_eq!(current(), Some("both"));
        Span::current().record("status", 500);
        // The profiler does not record it, and the logger has it.
        let theirs = error_span!("left out").entered();
        assert_eq!(current(), Some("left out"));
        // In another order than they were entered.
        drop(ours);
        assert_eq!(current(), Some("left out"));
        drop(theirs);
        warn!("failed");
        drop(both);
        assert_eq!(current(), None);
    });
    assert_eq!(output.lines(), ["WARN both{status=500}: failed"]);
    let of = ["both", "ours", "left out"].map(|name| calls(&profiler, name));
    assert_eq!(of, [1, 2, 0]);
    assert!(profiler.finalize().unwrap().open_regions().is_empty());
}

#[test]
fn spans_that_stay_open_are_reported_whoever_wants_them() {
    let profiler = profiler_with(|config| config.exclude(["left out"]));
    let (_, logger) = logger("warn");
    let subscriber = Dispatch::new(profiler.subscriber().over(logger));
    let open = dispatcher::with_default(&subscriber, || {
        [error_span!("left out"), error_span!("both"), info_span!("ours")].map(Span::entered)
    });
    let summary = profiler.finalize().unwrap();
    let mut names: Vec<_> = summary.open_regions().iter().map(|open| &*open.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["both", "ours"]);
    dispatcher::with_default(&subscriber, || drop(open));
}

#[test]
fn without_a_session_it_is_the_other_subscriber() {
    let profiler = profiler();
    let (output, logger) = logger("info");
    let subscriber = profiler.subscriber().over(logger);
    profiler.finalize().unwrap();
    with_default(subscriber, || {
        info_span!("span").in_scope(|| {
            info!("logged");
            assert_eq!(Span::current().metadata().unwrap().name(), "span");
        });
        assert!(debug_span!("debug").is_disabled());
        assert!(!tracing::enabled!(Level::DEBUG));
    });
    assert_eq!(output.lines(), ["INFO span: logged"]);
}

/// A layer that keeps something with each span, as those for OpenTelemetry do, and counts what it sees.
#[derive(Clone, Default)]
struct Keeping {
    created: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
}

struct Kept(u64);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keeping {
    fn on_new_span(&self, _: &tracing::span::Attributes<'_>, id: &tracing::Id, context: Context<'_, S>) {
        self.created.fetch_add(1, Ordering::Relaxed);
        let span = context.span(id).expect("a span that was created");
        span.extensions_mut().insert(Kept(id.into_u64()));
    }

    fn on_enter(&self, id: &tracing::Id, context: Context<'_, S>) {
        let span = context.span(id).expect("a span that was created");
        let extensions = span.extensions();
        assert_eq!(extensions.get::<Kept>().unwrap().0, id.into_u64());
        assert_eq!(context.lookup_current().unwrap().id(), *id);
    }

    fn on_close(&self, id: tracing::Id, context: Context<'_, S>) {
        assert!(
            context
                .span(&id)
                .unwrap()
                .extensions_mut()
                .remove::<Kept>()
                .is_some()
        );
        self.closed.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_layer_that_keeps_something_with_each_span_finds_it_and_every_span_is_closed() {
    let keeping = Keeping::default();
    let profiler = profiler();
    let inner = tracing_subscriber::registry()
        .with(keeping.clone())
        .with(LevelFilter::WARN);
    let subscriber = Dispatch::new(profiler.subscriber().over(inner));
    dispatcher::with_default(&subscriber, || {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let subscriber = subscriber.clone();
                scope.spawn(move || {
                    let _default = dispatcher::set_default(&subscriber);
                    for _ in 0..500 {
                        let shown = error_span!("shown");
                        let again = shown.clone();
                        shown.in_scope(|| info_span!("hidden").in_scope(|| drop(Span::current())));
                        drop(shown);
                        // On another thread than the one that created it.
                        std::thread::scope(|scope| {
                            scope.spawn(|| dispatcher::with_default(&subscriber, || again.in_scope(|| ())));
                        });
                    }
                });
            }
        });
        // What an extension of `Span` does to get at the span's data.
        error_span!("shown").with_subscriber(|(id, dispatch)| {
            let registry = dispatch.downcast_ref::<Registry>().expect("it is below");
            assert_eq!(registry.span(id).unwrap().name(), "shown");
        });
        info_span!("hidden").with_subscriber(|(id, dispatch)| {
            assert!(dispatch.downcast_ref::<Registry>().unwrap().span(id).is_none());
        });
    });
    assert_eq!(keeping.created.load(Ordering::Relaxed), 4 * 500 + 1);
    assert_eq!(keeping.closed.load(Ordering::Relaxed), 4 * 500 + 1);
    assert_eq!(
        ["shown", "hidden"].map(|name| calls(&profiler, name)),
        [4000, 2000]
    );
}

#[test]
fn each_part_can_be_asked_for_by_its_type() {
    type Inner = Layered<LevelFilter, Registry>;
    let inner: Inner = tracing_subscriber::registry().with(LevelFilter::WARN);
    let dispatch = Dispatch::new(profiler().subscriber().over(inner));
    assert!(dispatch.is::<ScopeOver<Inner>>() && dispatch.is::<ScopeSubscriber>());
    assert!(dispatch.is::<Registry>() && dispatch.is::<LevelFilter>());
    assert!(!dispatch.is::<Box<dyn Any>>());
}

#[test]
fn a_filter_that_is_changed_takes_effect_for_call_sites_that_are_known() {
    let (filter, handle) = reload::Layer::new(LevelFilter::ERROR);
    let keeping = Keeping::default();
    let profiler = profiler();
    let inner = tracing_subscriber::registry().with(keeping.clone()).with(filter);
    let subscriber = Dispatch::new(profiler.subscriber().over(inner));
    let span = || info_span!("span").in_scope(|| ());
    dispatcher::with_default(&subscriber, || {
        let seen = |level: LevelFilter| {
            handle.reload(level).unwrap();
            let before = keeping.created.load(Ordering::Relaxed);
            (0..3).for_each(|_| span());
            keeping.created.load(Ordering::Relaxed) - before
        };
        let levels = [
            LevelFilter::ERROR,
            LevelFilter::INFO,
            LevelFilter::OFF,
            LevelFilter::TRACE,
        ];
        assert_eq!(levels.map(seen), [0, 3, 0, 3]);
    });
    assert_eq!(calls(&profiler, "span"), 12);
}

#[test]
fn filters_of_single_layers_and_of_spans_by_their_fields_are_kept() {
    let (keeping, filtered) = (Keeping::default(), Keeping::default());
    let profiler = profiler();
    let inner = tracing_subscriber::registry()
        .with(filtered.clone().with_filter(LevelFilter::WARN))
        .with(
            keeping
                .clone()
                .with_filter(EnvFilter::new("off,[request{user}]=info")),
        );
    with_default(profiler.subscriber().over(inner), || {
        for _ in 0..2 {
            error_span!("error").in_scope(|| info_span!("info").in_scope(|| ()));
            info_span!("request", user = "me").in_scope(|| info_span!("inside").in_scope(|| ()));
        }
    });
    let created = [&filtered, &keeping].map(|layer| layer.created.load(Ordering::Relaxed));
    assert_eq!(created, [2, 4]);
    let of = ["error", "info", "request", "inside"].map(|name| calls(&profiler, name));
    assert_eq!(of, [2, 2, 2, 2]);
}

/// A subscriber of its own kind, which numbers its spans from 1 and has seen what it is told.
#[derive(Default)]
struct Numbering {
    next: AtomicUsize,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Subscriber for Numbering {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, attributes: &tracing::span::Attributes<'_>) -> tracing::Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed) as u64 + 1;
        self.see(format!("{id} is {}", attributes.metadata().name()));
        tracing::Id::from_u64(id)
    }

    fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, id: &tracing::Id, follows: &tracing::Id) {
        self.see(format!("{} follows {}", id.into_u64(), follows.into_u64()));
    }

    fn event(&self, event: &tracing::Event<'_>) {
        self.see(format!("event {}", event.metadata().level()));
    }

    fn enter(&self, id: &tracing::Id) {
        self.see(format!("enter {}", id.into_u64()));
    }

    fn exit(&self, id: &tracing::Id) {
        self.see(format!("exit {}", id.into_u64()));
    }

    fn try_close(&self, id: tracing::Id) -> bool {
        self.see(format!("close {}", id.into_u64()));
        true
    }
}

impl Numbering {
    fn see(&self, what: String) {
        self.seen.lock().unwrap().push(what);
    }
}

#[test]
fn a_subscriber_without_a_registry_gets_the_same_calls_as_alone() {
    let program = || {
        let (first, hidden, second) = (error_span!("first"), info_span!("hidden"), error_span!("second"));
        second.follows_from(&first);
        second.follows_from(&hidden);
        first.in_scope(|| hidden.in_scope(|| second.in_scope(|| warn!("event"))));
        info!("not for it");
        drop(first);
    };
    let alone = Numbering::default();
    let expected = Arc::clone(&alone.seen);
    with_default(alone, program);
    let beside = Numbering::default();
    let seen = Arc::clone(&beside.seen);
    let profiler = profiler();
    with_default(profiler.subscriber().over(beside), program);
    assert_eq!(*seen.lock().unwrap(), *expected.lock().unwrap());
    assert_eq!(
        seen.lock().unwrap()[..3],
        ["1 is first", "2 is second", "2 follows 1"]
    );
    assert_eq!(
        ["first", "hidden", "second"].map(|name| calls(&profiler, name)),
        [1, 1, 1]
    );
}

#[test]
fn one_profiler_over_another_records_as_alone() {
    let (above, below) = (profiler(), profiler());
    let program = || error_span!("span").in_scope(|| ());
    with_default(above.subscriber().over(below.subscriber()), program);
    // The spans of both have the same ids, so that only one of them can have them: a line on standard error says so.
    assert_eq!((calls(&above, "span"), calls(&below, "span")), (1, 0));
}
