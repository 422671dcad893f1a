//! Numbers of calls in the table and in the statistics: totals, rates and percentiles.

#[cfg(feature = "plot")]
use crate::common::Run;
use proptest::prelude::*;
#[cfg(feature = "plot")]
use scope_profiler::ProfilingH5Reader;
use scope_profiler::RegionFilter;
use scope_profiler::analysis::call_tree::{CallTree, GrowingTree};
use scope_profiler::analysis::metrics::{FieldStatistics, Metrics};
use scope_profiler::analysis::pass;
use scope_profiler::export::table::{self, TableOptions};
#[cfg(feature = "plot")]
use scope_profiler::export::{self, Export, json};
use scope_profiler::profile::{Call, Number, Profile, Source};
use std::collections::BTreeMap;

/// Ten steps on two ranks, of which each knows its bytes and every second one a residual.
fn profile() -> Profile {
    let mut profile = Profile::builder();
    for step in 0..10_i64 {
        let numbers = [
            ("bytes", Number::Int(24_000 * (1 + step % 2))),
            ("residual", Number::Float(10_f64.powi(-(step as i32)))),
        ];
        let numbers = if step % 2 == 0 {
            &numbers[..]
        } else {
            &numbers[..1]
        };
        for rank in [0, 1] {
            let start = 5_000 * step;
            profile.push(
                Call::new("axpy", start..start + 1_000 + 1_000 * (step % 2))
                    .rank(rank)
                    .numbers(numbers),
            );
        }
    }
    profile.push(Call::new("setup", 90_000..91_000));
    profile.build()
}

fn shown(profile: &Profile, fields: &[&str], options: &TableOptions) -> String {
    let everything = RegionFilter::new();
    let tree = CallTree::filtered(profile, &everything).unwrap();
    table::render_with(
        &tree,
        &Metrics::of(profile, &everything, fields).unwrap(),
        options,
    )
}

fn words(table: &str, region: &str) -> String {
    let row = table.lines().find(|line| line.starts_with(region)).unwrap();
    row.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn amounts_have_a_total_and_a_rate_and_a_residual_has_its_range_and_what_it_ended_with() {
    let profile = profile();
    let table = shown(&profile, &["bytes", "residual"], &TableOptions::new());
    let header = words(&table, "region");
    assert!(
        header.starts_with(
            "region calls total exclusive bytes bytes/s bytes p50 \
             residual mean residual min residual max residual last share"
        ),
        "{table}"
    );
    // 2 x 5 x 24 kB + 2 x 5 x 48 kB in 2 x 5 x 1 us + 2 x 5 x 2 us. The residuals are those of 10 calls.
    let axpy = words(&table, "axpy");
    assert!(
        axpy.contains("30.0 µs 720 kB 24.0 GB/s 36.0 kB 0.20 1.00e-8 1 1.00e-8 "),
        "{table}"
    );
    assert!(
        words(&table, "setup").contains("1.00 µs - - - - - - - "),
        "{table}"
    );
}

#[test]
fn metrics_keep_to_the_width_of_the_terminal_and_to_ascii() {
    let profile = profile();
    for width in 40..160 {
        let table = shown(
            &profile,
            &["bytes", "residual"],
            &TableOptions::new().width(width).unicode(false),
        );
        assert!(table.is_ascii(), "{table}");
        assert!(table.lines().all(|line| line.len() <= width), "{width}: {table}");
    }
}

fn tree_with(source: &dyn Source, filter: &RegionFilter, fields: &[&str]) -> CallTree {
    let mut tree = GrowingTree::with_metrics(source, filter, None, fields).unwrap();
    pass::run(source, &mut [&mut tree]).unwrap();
    tree.finish()
}

#[test]
fn a_region_with_several_callers_has_the_metrics_of_each_and_of_all_in_the_flat_table() {
    let bytes = |n| [("bytes", Number::Int(n))];
    let profile = Profile::builder()
        .interval(Call::new("a", 0..90))
        .interval(Call::new("dot", 10..20).numbers(&bytes(300)))
        .interval(Call::new("dot", 30..40).numbers(&bytes(100)))
        .interval(Call::new("b", 100..190))
        .interval(Call::new("dot", 110..130).numbers(&bytes(100)))
        .build();
    let everything = RegionFilter::new();
    let tree = tree_with(&profile, &everything, &["bytes"]);
    let metrics = Metrics::of(&profile, &everything, &["bytes"]).unwrap();
    let nested = table::render_with(&tree, &metrics, &TableOptions::new());
    let rows: Vec<&str> = nested.lines().filter(|line| line.starts_with("└─ dot")).collect();
    assert!(
        words(rows[0], "└─ dot").starts_with("└─ dot 2 20 ns 20 ns 400 B 20.0 GB/s 200 B "),
        "{nested}"
    );
    assert!(
        words(rows[1], "└─ dot").starts_with("└─ dot 1 20 ns 20 ns 100 B 5.00 GB/s 100 B "),
        "{nested}"
    );
    assert!(!nested.contains("metrics are of all calls"), "{nested}");
    let of_all = of_nodes(&tree.flat(&profile));
    assert_eq!(of_all[1], ("dot".into(), Some((3, 500.0, 40, Some(100.0)))));
    let flat = table::render_with(&tree.flat(&profile), &metrics, &TableOptions::new());
    assert!(
        words(&flat, "dot").starts_with("dot 3 40 ns 40 ns 500 B 12.5 GB/s 100 B "),
        "{flat}"
    );
    let without_b = tree_with(
        &profile,
        &RegionFilter::new().include(["a", "dot"]).unwrap(),
        &["bytes"],
    );
    let totals = without_b
        .walk()
        .map(|(_, node)| node.numbers(0).map(FieldStatistics::total));
    assert_eq!(totals.collect::<Vec<_>>(), [None, Some(400.0), Some(100.0)]);
}

#[test]
fn metrics_of_polled_spans_with_several_callers_are_those_of_the_region() {
    let bytes = [("bytes", Number::Int(100))];
    let poll = |start, span| Call::new("fetch", start..start + 10).span(span);
    let profile = Profile::builder()
        .interval(Call::new("a", 0..90))
        .interval(poll(10, 1).numbers(&bytes))
        .interval(poll(30, 1))
        .interval(Call::new("b", 100..190))
        .interval(poll(110, 2).numbers(&bytes))
        .interval(poll(130, 2))
        .spans(0, "fetch", 2)
        .build();
    let everything = RegionFilter::new();
    let tree = tree_with(&profile, &everything, &["bytes"]);
    let metrics = Metrics::of(&profile, &everything, &["bytes"]).unwrap();
    let nested = table::render_with(&tree, &metrics, &TableOptions::new());
    assert!(
        words(&nested, "└─ fetch").starts_with("└─ fetch 2 20 ns 20 ns - - - "),
        "{nested}"
    );
    assert!(
        nested.contains("metrics are of all calls of a region: those of 1 region"),
        "{nested}"
    );
    let flat = table::render_with(&tree.flat(&profile), &metrics, &TableOptions::new());
    assert!(
        words(&flat, "fetch").starts_with("fetch 4 40 ns 40 ns 200 B 5.00 GB/s 100 B "),
        "{flat}"
    );
}

#[test]
fn metrics_of_very_many_regions_with_several_callers_are_those_of_the_region() {
    let bytes = [("bytes", Number::Int(100))];
    let totals = |others: usize| {
        let mut profile = Profile::builder();
        for (start, caller) in [(0, "a"), (100, "b")] {
            profile.push(Call::new(caller, start..start + 90));
            profile.push(Call::new("dot", start + 10..start + 20).numbers(&bytes));
        }
        for other in 0..others {
            profile.push(Call::new(&format!("other {other}"), 200..201));
        }
        let profile = profile.build();
        let everything = RegionFilter::new();
        let tree = tree_with(&profile, &everything, &["bytes"]);
        let of_nodes = tree
            .walk()
            .filter_map(|(_, node)| Some(node.numbers(0)?.total()))
            .sum::<f64>();
        let metrics = Metrics::of(&profile, &everything, &["bytes"]).unwrap();
        (of_nodes, metrics.of_region("dot", 0).unwrap().total())
    };
    assert_eq!(totals(1_021), (200.0, 200.0));
    assert_eq!(totals(1_022), (0.0, 200.0));
}

/// Calls, total, time and a percentile.
type Facts = (u64, f64, i128, Option<f64>);

/// What a field comes to in each node.
fn of_nodes(tree: &CallTree) -> Vec<(String, Option<Facts>)> {
    let facts = |of: &FieldStatistics| (of.calls(), of.total(), of.time_ns(), of.percentile(30.0));
    tree.walk()
        .map(|(_, node)| (node.name().to_owned(), node.numbers(0).map(facts)))
        .collect()
}

#[cfg(feature = "plot")]
#[test]
fn metrics_of_each_caller_are_the_same_from_stored_summaries() {
    // Where only one region calls, what is stored of the rank says where the numbers belong; else its calls do.
    for callers in [["solve", "solve"], ["solve", "check"]] {
        let run = Run::with(|config| config.fields(["bytes"]));
        for step in 0..6_000 {
            run.region(callers[step % 2], 10, || {
                let dot = run.profiler.profile_region("dot");
                dot.record("bytes", step as i64);
                run.clock.advance(step as u64 % 7);
            });
        }
        run.profiler.finalize().unwrap();
        let stored = ProfilingH5Reader::open(run.file()).unwrap();
        assert!(stored.summary(0).unwrap().is_some());
        let exact = ProfilingH5Reader::open_exact(run.file()).unwrap();
        let everything = RegionFilter::new();
        let found = of_nodes(&tree_with(&stored, &everything, &["bytes"]));
        assert_eq!(found, of_nodes(&tree_with(&exact, &everything, &["bytes"])));
        let totals: Vec<f64> = found.iter().filter_map(|(_, of)| Some(of.as_ref()?.1)).collect();
        let expected = match callers {
            ["solve", "solve"] => vec![17_997_000.0],
            _ => vec![8_997_000.0, 9_000_000.0],
        };
        assert_eq!(totals, expected);
    }
}

proptest! {
    /// Calls with equal times, overlaps and recursion among them.
    #[test]
    fn numbers_of_all_nodes_are_those_of_the_regions(
        calls in prop::collection::vec((0_usize..3, 0_i64..30, 0_i64..12, 0_u32..2, prop::option::of(-9_i64..9)), 1..60)
    ) {
        let mut profile = Profile::builder();
        for &(region, start, length, thread, number) in &calls {
            let call = Call::new(["a", "b", "c"][region], start..start + length).thread(thread);
            let numbers = number.map(|number| ("n", Number::Int(number)));
            profile.push(call.numbers(numbers.as_slice()));
        }
        profile.push(Call::new("z", 0..1).numbers(&[("n", Number::Int(1))]));
        let profile = profile.build();
        let everything = RegionFilter::new();
        let metrics = Metrics::of(&profile, &everything, &["n"]).unwrap();
        let mut of_regions = BTreeMap::new();
        for (name, of) in of_nodes(&tree_with(&profile, &everything, &["n"])) {
            let (calls, total, time, _) = of.unwrap_or_default();
            let sums: &mut (u64, f64, i128) = of_regions.entry(name).or_default();
            *sums = (sums.0 + calls, sums.1 + total, sums.2 + time);
        }
        for (name, found) in of_regions {
            let of = metrics.of_region(&name, 0);
            let expected = of.map_or((0, 0.0, 0), |of| (of.calls(), of.total(), of.time_ns()));
            prop_assert_eq!(found, expected, "{}", name);
        }
    }
}

#[test]
fn a_filter_leaves_out_the_numbers_of_other_ranks() {
    let profile = profile();
    let metrics = Metrics::of(&profile, &RegionFilter::new().ranks([1]), &["bytes"]).unwrap();
    assert_eq!(metrics.of_region("axpy", 0).unwrap().total(), 360_000.0);
    assert!(metrics.of_region("setup", 0).is_none());
}

#[test]
fn a_field_that_is_not_there_is_named_with_those_that_are() {
    let profile = profile();
    let message = |profile: &Profile| {
        Metrics::of(profile, &RegionFilter::new(), &["byte"])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(&profile),
        "there is no field \"byte\"; the profile has bytes, residual"
    );
    let without = Profile::builder().interval(Call::new("a", 0..9)).build();
    assert!(
        message(&without).contains("no call of this profile has numbers"),
        "{}",
        message(&without)
    );
}

#[cfg(feature = "plot")]
#[test]
fn the_statistics_have_the_numbers_of_every_field() {
    let run = Run::new();
    let file = run.directory.path().join("numbers.h5");
    let hdf5 = export::exporter("hdf5").unwrap();
    Export::new(&profile(), hdf5).save(&file).unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let text = json::region_statistics(&reader, &RegionFilter::new()).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let fields = &document["regions"]["axpy"]["fields"];
    assert_eq!(
        fields["bytes"],
        serde_json::json!({
            "unit": "B", "adds_up": true, "num_calls": 20,
            "total": 720_000.0, "mean": 36_000.0, "min": 24_000.0, "max": 48_000.0, "last": 48_000.0,
            "p50": 36_000.0, "p95": 48_000.0, "p99": 48_000.0, "time_ns": 30_000, "per_second": 24e9,
        })
    );
    assert_eq!(
        (&fields["residual"]["num_calls"], &fields["residual"]["p50"]),
        (&10.into(), &1e-4.into())
    );
    assert_eq!(
        (&fields["residual"]["adds_up"], &fields["residual"]["last"]),
        (&false.into(), &1e-8.into())
    );
    assert!(document["regions"]["setup"].get("fields").is_none());
}

#[test]
fn nanoseconds_are_shown_as_durations() {
    let numbers = [("wait_ns", Number::Int(250_000))];
    let profile = Profile::builder()
        .interval(Call::new("lock", 0..1_000_000).numbers(&numbers))
        .unit("wait_ns", "ns")
        .build();
    let table = shown(&profile, &["wait_ns"], &TableOptions::new());
    assert!(
        words(&table, "lock").contains("250 µs 250 ms/s 250 µs"),
        "{table}"
    );
}

#[test]
fn a_declared_unit_counts_for_more_than_the_name() {
    let numbers = [("bytes", Number::Int(3_000))];
    let profile = Profile::builder()
        .interval(Call::new("send", 0..1_000).numbers(&numbers))
        .unit("bytes", "octet")
        .build();
    let table = shown(&profile, &["bytes"], &TableOptions::new());
    assert!(
        words(&table, "send").contains("3.00 koctet 3.00 Goctet/s"),
        "{table}"
    );
}

#[test]
fn the_number_that_was_recorded_last_is_that_of_the_call_that_began_last_on_whatever_rank() {
    let level = |n| [("level", Number::Int(n))];
    let profile = Profile::builder()
        .interval(Call::new("cycle", 0..9).rank(1).numbers(&level(1)))
        .interval(Call::new("cycle", 50..60).rank(0).numbers(&level(7)))
        .interval(Call::new("cycle", 40..90).rank(1).numbers(&level(3)))
        .build();
    let metrics = Metrics::of(&profile, &RegionFilter::new(), &["level"]).unwrap();
    assert_eq!(metrics.of_region("cycle", 0).unwrap().last(), Some(7.0));
}

#[test]
fn plain_numbers_add_up_where_they_count_something_or_their_unit_is_one() {
    let numbers = [
        ("sweeps", Number::Int(4)),
        ("iterations", Number::Int(10)),
        ("load", Number::Int(50)),
    ];
    let profile = Profile::builder()
        .interval(Call::new("solve", 0..1_000).numbers(&numbers))
        .unit("sweeps", "1")
        .unit("load", "%")
        .build();
    let table = shown(&profile, &["sweeps", "iterations", "load"], &TableOptions::new());
    assert!(
        words(&table, "region").contains(
            "sweeps sweeps/s sweeps p50 iterations iterations/s iterations p50 load mean load min load max load last"
        ),
        "{table}"
    );
    assert!(
        words(&table, "solve").contains(" 4 4.00e6 /s 4 10 1.00e7 /s 10 50 % "),
        "{table}"
    );
}

#[test]
fn the_rate_of_a_span_is_over_all_of_its_polls_whichever_carries_the_number() {
    let bytes = [("bytes", Number::Int(600))];
    let profile = Profile::builder()
        // Two spans with three polls of 100 ns each; numbers come at the first, and at the last.
        .interval(Call::new("fetch", 0..100).span(1).numbers(&bytes))
        .interval(Call::new("fetch", 1_000..1_100).span(1).thread(1))
        .interval(Call::new("fetch", 2_000..2_100).span(1))
        .interval(Call::new("fetch", 50..150).span(2).thread(2))
        .interval(Call::new("fetch", 1_050..1_150).span(2).thread(2))
        .interval(Call::new("fetch", 2_050..2_150).span(2).thread(2).numbers(&bytes))
        // A span without a number takes no part, and neither does a guard without one.
        .interval(Call::new("fetch", 3_000..9_000).span(3))
        .interval(Call::new("fetch", 9_500..9_700))
        .interval(Call::new("fetch", 9_800..9_900).numbers(&bytes))
        .build();
    let metrics = Metrics::of(&profile, &RegionFilter::new(), &["bytes"]).unwrap();
    let fetch = metrics.of_region("fetch", 0).unwrap();
    assert_eq!((fetch.calls(), fetch.total(), fetch.time_ns()), (3, 1_800.0, 700));
    assert_eq!(fetch.per_second(), Some(1_800.0 / 700e-9));
}

#[test]
fn a_span_that_is_entered_while_it_is_entered_is_busy_once() {
    let bytes = [("bytes", Number::Int(1_000))];
    let profile = Profile::builder()
        .interval(Call::new("fetch", 0..1_000).span(4).numbers(&bytes))
        .interval(Call::new("fetch", 500..1_500).span(4).thread(1).numbers(&bytes))
        .build();
    let metrics = Metrics::of(&profile, &RegionFilter::new(), &["bytes"]).unwrap();
    assert_eq!(metrics.of_region("fetch", 0).unwrap().time_ns(), 1_500);
}
