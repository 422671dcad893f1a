//! The statistics file.

#![cfg(feature = "pproc")]

mod common;

use common::{Profile, golden};
use scope_profiler::export::json;
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use serde_json::Value;
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
                let (a, b) = (ours[key].as_f64().unwrap(), expected[key].as_f64().unwrap());
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
        .region(0, "z", &[(0, 9, 0)])
        .region(0, "a", &[(1, 3, 0)])
        .close();
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    let text = json::region_statistics(&reader, &RegionFilter::new()).unwrap();
    let order: Vec<Option<usize>> = [
        "\"file\"",
        "\"num_ranks\"",
        "\"ranks\"",
        "\"metadata\"",
        "\"z\"",
        "\"a\"",
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
