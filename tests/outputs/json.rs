//! The statistics file.

use crate::common::{Profile, Run, golden};
use scope_profiler::export::json;
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use serde_json::{Value, json as object};
use std::fs;

fn statistics(reader: &ProfilingH5Reader) -> Value {
    serde_json::from_str(&json::region_statistics(reader, &RegionFilter::new()).unwrap()).unwrap()
}

#[test]
fn every_rank_and_all_of_them_agree_with_the_python_package() {
    let name = "py018_mpi4";
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(golden(&format!("{name}.json"))).unwrap()).unwrap();
    let reader = ProfilingH5Reader::open(golden(&format!("{name}.h5"))).unwrap();
    let ours = statistics(&reader);
    assert_eq!(ours["ranks"], serde_json::json!([0, 1, 2, 3]));
    for (region, expected) in expected["regions"].as_object().unwrap() {
        for (rank, expected) in expected["ranks"].as_object().unwrap() {
            let ours = &ours["regions"][region]["ranks"][rank];
            let keys = [
                "num_calls",
                "total_ns",
                "sum_of_durations_ns",
                "min_ns",
                "max_ns",
                "first_start_ns",
                "last_end_ns",
                "exclusive_ns",
                "mean_ns",
                "std_ns",
                "p50_ns",
                "p95_ns",
                "p99_ns",
            ];
            for key in keys {
                let of_python = if key == "sum_of_durations_ns" {
                    "total_ns"
                } else {
                    key
                };
                let (a, b) = (ours[key].as_f64().unwrap(), expected[of_python].as_f64().unwrap());
                assert!(
                    (a - b).abs() <= 1e-9 * b.abs().max(1.0),
                    "{region} {rank} {key}: {a} {b}"
                );
            }
        }
        let pooled = &ours["regions"][region]["pooled"];
        assert_eq!(pooled["num_calls"], expected["pooled"]["num_calls"]);
        for (key, seconds) in [("std_ns", "std_s"), ("mean_ns", "avg_s"), ("max_ns", "max_s")] {
            let (a, b) = (
                pooled[key].as_f64().unwrap(),
                expected["pooled"][seconds].as_f64().unwrap() * 1e9,
            );
            assert!((a - b).abs() <= 1e-6 * b, "{region} {key}: {a} {b}");
        }
    }
}

#[test]
fn keys_keep_their_order() {
    let profile = Profile::new()
        .region(0, "without calls", &[])
        .region(0, "z", &[(0, 9, 0)])
        .region(0, "a", &[(1, 3, 0)])
        .close();
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    let text = json::region_statistics(&reader, &RegionFilter::new()).unwrap();
    let order: Vec<Option<usize>> = [
        "\"schema_version\"",
        "\"file\"",
        "\"num_ranks\"",
        "\"ranks\"",
        "\"metadata\"",
        "\"z\"",
        "\"a\"",
        "\"without calls\"",
    ]
    .iter()
    .map(|key| text.find(key))
    .collect();
    assert!(order.is_sorted() && order[0].is_some(), "{text}");
}

#[test]
fn exclusive_time_is_null_where_calls_do_not_nest() {
    let profile = Profile::new()
        .region(0, "a", &[(0, 10, 0)])
        .region(0, "b", &[(5, 15, 0)])
        .region(1, "a", &[(0, 10, 0)])
        .close();
    let ours = statistics(&ProfilingH5Reader::open(profile.path()).unwrap());
    assert!(ours["regions"]["a"]["ranks"]["0"]["exclusive_ns"].is_null());
    assert_eq!(ours["regions"]["a"]["ranks"]["1"]["exclusive_ns"], 10);
    assert!(ours["regions"]["a"]["pooled"]["exclusive_ns"].is_null());
}

#[test]
fn recursion_counts_once_and_the_sum_of_all_durations_has_a_name_of_its_own() {
    let profile = Profile::new()
        .region(0, "fib", &[(0, 100, 0), (10, 60, 0), (20, 50, 0), (0, 70, 1)])
        .close();
    let ours = statistics(&ProfilingH5Reader::open(profile.path()).unwrap());
    let fib = &ours["regions"]["fib"]["ranks"]["0"];
    assert_eq!(
        (&fib["inclusive_ns"], &fib["exclusive_ns"]),
        (&object!(170), &object!(170))
    );
    assert_eq!(fib["sum_of_durations_ns"], 250);
    assert_eq!(fib["recursion_depth"], 3);
    let node = &ours["tree"][0];
    assert_eq!(
        (&node["region"], &node["inclusive_ns"]),
        (&object!("fib"), &object!(170))
    );
    assert_eq!(
        (&node["share"], &node["share_of_threads"]),
        (&object!(1.7), &object!(0.85))
    );
    assert_eq!(
        (&node["recursive"], &node["num_threads"]),
        (&object!(true), &object!(2))
    );
}

#[test]
fn the_tree_is_a_list_of_nodes_that_name_their_parents() {
    let profile = Profile::new()
        .region(0, "main", &[(0, 100, 0)])
        .region(0, "solve", &[(10, 60, 0)])
        .region(0, "io", &[(20, 30, 0), (70, 90, 0)])
        .close();
    let ours = statistics(&ProfilingH5Reader::open(profile.path()).unwrap());
    let nodes: Vec<Value> = ours["tree"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            object!([
                node["id"],
                node["parent"],
                node["depth"],
                node["region"],
                node["exclusive_ns"]
            ])
        })
        .collect();
    assert_eq!(
        nodes,
        [
            object!([0, null, 0, "main", 30]),
            object!([1, 0, 1, "solve", 40]),
            object!([2, 1, 2, "io", 10]),
            object!([3, 0, 1, "io", 20]),
        ]
    );
    let run = &ours["run"];
    assert_eq!(
        (&run["wall_ns"], &run["basis"]),
        (&object!(100), &object!("intervals"))
    );
    assert_eq!(
        (&run["outside_ns"], &run["ranks"]["0"]["busy_ns"]),
        (&object!(0), &object!(100))
    );
}

#[test]
fn what_was_lost_is_in_the_numbers_of_its_region_and_in_the_notes() {
    let file = crate::common::golden("ours.h5");
    let ours = statistics(&ProfilingH5Reader::open(file).unwrap());
    let pooled = |region: &str| &ours["regions"][region]["pooled"];
    assert_eq!(pooled("solve")["dropped_calls"], 1);
    assert_eq!(pooled("io/read")["open_calls"], 1);
    assert_eq!(pooled("solve")["num_spans"], 17);
    let notes = ours["notes"].as_array().unwrap();
    let dropped = notes.iter().find(|note| note["kind"] == "dropped").unwrap();
    assert_eq!(dropped["numbers"], object!({"dropped": 1, "of": 37}));
    assert!(
        dropped["text"].as_str().unwrap().starts_with("1 of 37 intervals"),
        "{dropped}"
    );
    assert!(notes.iter().any(|note| note["kind"] == "open"), "{notes:?}");
    assert_eq!(ours["imbalance"][0]["of_ranks"], 2);
}

#[test]
fn a_filter_is_in_the_document_and_changes_no_time() {
    let profile = Profile::new()
        .region(0, "main", &[(0, 100, 0)])
        .region(0, "halo", &[(10, 60, 0)])
        .region(1, "main", &[(0, 100, 0)])
        .close();
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    let filter = RegionFilter::new().include(["main"]).unwrap().ranks([0]);
    let some: Value = serde_json::from_str(&json::region_statistics(&reader, &filter).unwrap()).unwrap();
    let all = statistics(&reader);
    assert_eq!(all["filter"], Value::Null);
    assert_eq!(some["filter"]["text"], "1 of 2 regions, rank 0 of 2");
    assert_eq!(some["filter"]["ranks"], object!([0]));
    assert_eq!(some["run"]["wall_ns"], all["run"]["wall_ns"]);
    let main = |document: &Value| document["regions"]["main"]["ranks"]["0"].clone();
    assert_eq!(main(&some), main(&all));
    assert_eq!(main(&some)["exclusive_ns"], 50);
    assert_eq!(
        some["imbalance"][0],
        all["imbalance"]
            .as_array()
            .unwrap()
            .iter()
            .find(|region| region["region"] == "main")
            .unwrap()
            .clone()
    );
    assert!(
        some["notes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|note| note["kind"] == "filter")
    );
    let of_regions = RegionFilter::new().include(["main"]).unwrap();
    let of_regions: Value =
        serde_json::from_str(&json::region_statistics(&reader, &of_regions).unwrap()).unwrap();
    assert_eq!(
        of_regions["run"], all["run"],
        "a filter of regions changes nothing of the run"
    );
}

#[test]
fn the_lives_of_spans_that_were_polled_are_there_with_their_unit() {
    let run = Run::new();
    run.region("guard", 500, || ());
    let subscriber = tracing::Dispatch::new(run.profiler.subscriber());
    let open = tracing::dispatcher::with_default(&subscriber, || {
        tracing::info_span!("once").in_scope(|| run.clock.advance(100));
        for waits in [6_950, 8_950] {
            let span = tracing::info_span!("fetch");
            span.in_scope(|| run.clock.advance(1_000));
            run.clock.advance(waits);
            span.in_scope(|| run.clock.advance(2_000));
            // It is dropped.
            span.in_scope(|| run.clock.advance(50));
        }
        tracing::info_span!("main").entered()
    });
    run.clock.advance(30);
    let document = statistics(&run.read());
    drop(open);
    let main = &document["regions"]["main"]["lifetimes"];
    assert_eq!(
        (&main["num_open"], &main["busy"]["total_ns"]),
        (&object!(1), &object!(30))
    );
    assert_eq!(
        (&main["longest"][0]["open"], &main["num_polls"]),
        (&object!(true), &object!(0))
    );
    let lives = &document["regions"]["fetch"]["lifetimes"];
    assert_eq!(
        lives["elapsed"],
        object!({
            "total_ns": 22_000, "mean_ns": 11_000.0, "min_ns": 10_000, "max_ns": 12_000, "std_ns": 1_000.0,
            "p50_ns": 11_000.0, "p95_ns": 11_900.0, "p99_ns": 11_980.0,
        })
    );
    assert_eq!(
        (&lives["busy"]["total_ns"], &lives["idle"]["total_ns"]),
        (&object!(6_100), &object!(15_900))
    );
    assert_eq!(
        (&lives["num_spans"], &lives["num_polls"]),
        (&object!(2), &object!(4))
    );
    assert_eq!(
        (&lives["poll_min_ns"], &lives["poll_max_ns"]),
        (&object!(1_000), &object!(2_000))
    );
    assert_eq!(
        (&lives["most_polls"], &lives["most_threads"]),
        (&object!(2), &object!(1))
    );
    let longest = lives["longest"].as_array().unwrap();
    let elapsed: Vec<_> = longest
        .iter()
        .map(|life| life["elapsed_ns"].as_i64().unwrap())
        .collect();
    assert_eq!(elapsed, [12_000, 10_000]);
    assert_eq!(
        (&longest[1]["start_ns"], &longest[1]["end_ns"]),
        (&object!(2_100), &object!(12_100))
    );
    assert_eq!(
        (&longest[1]["idle_ns"], &longest[1]["num_polls"]),
        (&object!(6_950), &object!(2))
    );
    for region in ["guard", "once"] {
        assert_eq!(document["regions"][region].get("lifetimes"), None);
    }
    let notes = document["notes"].as_array().unwrap();
    let note = notes.iter().find(|note| note["kind"] == "spans").unwrap();
    let text = "spans: fetch 2 in 6 calls, 11.0 µs elapsed and 3.05 µs busy on average; \
                main 1 in 0 calls, 30 ns elapsed and 30 ns busy, and still open";
    assert_eq!(note["text"], text);
}
