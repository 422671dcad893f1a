//! How spans become the names of regions: the same by every way.

use crate::common::{Run, intervals, knows_current_span, with_each_subscriber, with_each_subscriber_of};
use scope_profiler::RegionNaming;
use std::cell::Cell;
use tracing::field::Empty;
use tracing::{Span, info_span, instrument};
use tracing_subscriber::prelude::*;

/// Runs a test once with each subscriber, in sessions with this naming.
fn named(naming: &RegionNaming, test: impl Fn(&Run)) {
    with_each_subscriber_of(|| Run::with(|config| config.region_naming(naming.clone())), test);
}

fn regions(run: &Run) -> Vec<String> {
    run.profiler.get_all_regions().into_keys().collect()
}

/// Enters and leaves a span that takes 1 ns.
fn take(run: &Run, span: &Span) {
    span.in_scope(|| run.clock.advance(1));
}

#[test]
fn regions_can_be_named_by_module_and_name() {
    named(&RegionNaming::Qualified, |run| {
        info_span!("solve").in_scope(|| run.clock.advance(1));
        assert_eq!(run.intervals("recording::naming::solve"), [(0, 1)]);
    });
}

#[test]
fn regions_can_be_named_by_the_value_of_a_field() {
    named(&RegionNaming::field("id"), |run| {
        let kernel = |id: &str| info_span!("kernel", id).in_scope(|| run.clock.advance(1));
        kernel("axpy");
        kernel("dot");
        kernel("axpy");
        info_span!("kernel", id = 7).in_scope(|| run.clock.advance(1));
        info_span!("plain").in_scope(|| run.clock.advance(1));
        info_span!("kernel", id = tracing::field::Empty).in_scope(|| run.clock.advance(1));
        let reader = run.read();
        assert_eq!(intervals(&reader, "axpy"), [(0, 1), (2, 3)]);
        assert_eq!(intervals(&reader, "dot"), [(1, 2)]);
        assert_eq!(intervals(&reader, "7"), [(3, 4)]);
        assert_eq!(intervals(&reader, "plain"), [(4, 5)]);
        assert_eq!(intervals(&reader, "kernel"), [(5, 6)]);
    });
}

#[test]
fn a_name_that_a_value_replaces_is_no_region() {
    named(&RegionNaming::field("id"), |run| {
        for id in ["axpy", "dot"] {
            take(run, &info_span!("kernel", id));
        }
        let late = info_span!("kernel", id = Empty);
        late.record("id", "gemm");
        take(run, &late);
        assert_eq!(regions(run), ["axpy", "dot", "gemm"]);
        let summary = run.profiler.finalize().unwrap();
        assert!(!summary.to_string().contains("kernel"), "{summary}");
        assert!(run.read().get_region("kernel").is_err(), "nor one in the file");
    });
}

#[test]
fn a_value_without_text_names_nothing() {
    named(&RegionNaming::field("id"), |run| {
        take(run, &info_span!("kernel", id = ""));
        take(run, &info_span!("kernel", id = "  "));
        take(run, &info_span!("kernel", id = Option::<&str>::None));
        let emptied = info_span!("kernel", id = "axpy");
        emptied.record("id", "");
        take(run, &emptied);
        assert_eq!(regions(run), ["kernel"]);
        assert_eq!(run.intervals("kernel").len(), 4);
    });
}

#[test]
fn kinds_of_spans_are_kept_apart() {
    named(&RegionNaming::templates(["{span}: {name}"]), |run| {
        take(run, &info_span!("system", name = "move_ships"));
        take(run, &info_span!("system_commands", name = "move_ships"));
        take(run, &info_span!("frame"));
        assert_eq!(
            regions(run),
            ["frame", "system: move_ships", "system_commands: move_ships"]
        );
    });
}

#[test]
fn the_first_template_whose_fields_all_have_a_value_counts() {
    let templates = ["{method} {route}", "{otel.name}", "{target}::{span}"];
    named(&RegionNaming::templates(templates), |run| {
        take(run, &info_span!("request", method = "GET", route = "/health"));
        take(run, &info_span!("request", method = "GET", route = ""));
        take(run, &info_span!("request", method = "GET", otel.name = %"lookup"));
        take(run, &info_span!("plain"));
        assert_eq!(
            regions(run),
            [
                "GET /health",
                "lookup",
                "recording::naming::plain",
                "recording::naming::request"
            ]
        );
    });
}

#[test]
fn a_field_may_have_the_name_of_a_property() {
    named(
        &RegionNaming::templates(["{level} {field.line} {{{field.span}}}"]),
        |run| {
            take(run, &info_span!("parse", line = 7_u64, span = true));
            assert_eq!(regions(run), ["INFO 7 {true}"]);
        },
    );
}

#[test]
fn a_value_that_is_recorded_later_names_what_is_entered_from_then_on() {
    named(&RegionNaming::templates(["{span} {id}"]), |run| {
        let span = info_span!("request", id = Empty);
        // As #[instrument(fields(id = Empty))] does: the function is in its span already.
        span.in_scope(|| {
            run.clock.advance(1);
            let span = if knows_current_span() {
                Span::current()
            } else {
                span.clone()
            };
            span.record("id", 7);
            run.clock.advance(1);
        });
        take(run, &span);
        span.record("id", 8);
        take(run, &span);
        let never_entered = info_span!("request", id = 9);
        drop(never_entered);
        assert_eq!(regions(run), ["request", "request 7", "request 8"]);
        let spans = ["request", "request 7", "request 8"]
            .map(|name| run.profiler.get_region(name).unwrap().num_spans());
        assert_eq!(spans, [1, 0, 0], "a span counts where it was entered first");
        let reader = run.read();
        assert_eq!(intervals(&reader, "request"), [(0, 2)]);
        assert_eq!(intervals(&reader, "request 7"), [(2, 3)]);
        assert_eq!(intervals(&reader, "request 8"), [(3, 4)]);
    });
}

#[test]
fn a_named_span_is_known_by_every_handle_on_every_thread() {
    named(&RegionNaming::field("id"), |run| {
        let span = info_span!("kernel", id = "axpy");
        let handle = span.clone();
        let dispatch = tracing::dispatcher::get_default(tracing::Dispatch::clone);
        std::thread::scope(|scope| {
            scope.spawn(|| tracing::dispatcher::with_default(&dispatch, || take(run, &handle)));
        });
        drop(handle);
        take(run, &span);
        span.in_scope(|| {
            if knows_current_span() {
                assert_eq!(Span::current().id(), span.id());
                assert_eq!(Span::current().metadata().unwrap().name(), "kernel");
            }
        });
        assert_eq!(run.intervals("axpy").len(), 3);
    });
}

#[test]
fn excluded_are_names_and_not_spans() {
    let start = || {
        Run::with(|config| {
            config
                .region_naming(RegionNaming::field("id"))
                .exclude(["kernel", "dot"])
        })
    };
    with_each_subscriber_of(start, |run| {
        for id in ["axpy", "dot"] {
            take(run, &info_span!("kernel", id));
        }
        assert_eq!(regions(run), ["axpy"]);
    });
}

#[test]
fn two_layers_over_one_registry_name_each_in_its_own_way() {
    let by_id = Run::with(|config| config.region_naming(RegionNaming::field("id")));
    let by_size = Run::with(|config| config.region_naming(RegionNaming::templates(["{span} {size}"])));
    let subscriber = tracing_subscriber::registry()
        .with(by_id.profiler.layer())
        .with(by_size.profiler.layer());
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("kernel", id = "axpy", size = Empty);
        span.record("size", 64);
        take(&by_id, &span);
    });
    assert_eq!(regions(&by_id), ["axpy"]);
    assert_eq!(regions(&by_size), ["kernel 64"]);
    for run in [by_id, by_size] {
        let all = run.profiler.get_all_regions();
        assert!(all.values().all(|region| region.num_spans() == 1), "{all:?}");
    }
}

/// A value whose text is made by a program that profiles itself.
struct Loud<'a>(&'a Run, Cell<u32>);

impl std::fmt::Debug for Loud<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.1.set(self.1.get() + 1);
        inside(self.0);
        f.write_str("loud")
    }
}

fn inside(run: &Run) {
    take(run, &info_span!("inside", id = "nested"));
}

#[test]
fn making_the_text_of_a_value_may_create_spans() {
    named(&RegionNaming::field("id"), |run| {
        // Inside of a subscriber tracing asks nobody about a call site that it does not know yet.
        inside(run);
        let value = Loud(run, Cell::new(0));
        let span = info_span!("kernel", id = ?value);
        span.record("id", tracing::field::debug(&value));
        take(run, &span);
        assert_eq!(value.1.get(), 2);
        assert_eq!(regions(run), ["loud", "nested"]);
    });
}

mod shapes {
    use tracing::instrument;

    pub(super) struct Square;
    pub(super) struct Circle;

    impl Square {
        #[instrument]
        pub(super) fn new() -> Self {
            Self
        }
    }

    impl Circle {
        #[instrument]
        pub(super) fn new() -> Self {
            Self
        }
    }
}

#[instrument]
fn alone() {}

#[test]
fn methods_of_one_name_are_said_to_be_several_call_sites() {
    for (naming, name) in [
        (RegionNaming::Qualified, "recording::naming::shapes::new"),
        (RegionNaming::Name, "new"),
    ] {
        named(&naming, |run| {
            for _ in 0..3 {
                shapes::Square::new();
                shapes::Circle::new();
                alone();
            }
            let summary = run.profiler.finalize().unwrap();
            let text = summary.to_string();
            assert!(text.contains(&format!("{name} 2 call sites")), "{text}");
            assert!(!text.contains("alone 1"), "{text}");
        });
    }
}

#[test]
fn file_and_line_keep_methods_of_one_name_apart() {
    named(&RegionNaming::Location, |run| {
        shapes::Square::new();
        shapes::Circle::new();
        let regions = regions(run);
        assert_eq!(regions.len(), 2, "{regions:?}");
        for region in &regions {
            let line = region
                .strip_prefix("new (tests/recording/naming.rs:")
                .and_then(|rest| rest.strip_suffix(')'));
            assert!(line.is_some_and(|line| line.parse::<u32>().is_ok()), "{region}");
        }
        let text = run.profiler.finalize().unwrap().to_string();
        assert!(!text.contains("call sites"), "{text}");
    });
}

#[test]
fn one_call_site_is_one_whatever_its_callers_and_values() {
    with_each_subscriber(|run| {
        std::thread::scope(|scope| {
            let dispatch = tracing::dispatcher::get_default(tracing::Dispatch::clone);
            for _ in 0..3 {
                let dispatch = dispatch.clone();
                scope.spawn(move || tracing::dispatcher::with_default(&dispatch, alone));
            }
        });
        let text = run.profiler.finalize().unwrap().to_string();
        assert!(!text.contains("call sites"), "{text}");
    });
}
