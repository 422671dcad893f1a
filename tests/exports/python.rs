//! What the Python package makes of the formats that are made for it.

use crate::common::golden;
use crate::interpreter::interpreter;
use crate::running::export;
use scope_profiler::profile;
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader, RankRegion, RegionFilter};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Starts, ends and threads of a region on a rank.
type Intervals = BTreeMap<(String, u32), Vec<(i64, i64, i64)>>;

/// What the package reads, after it has made its own reports and exports of it.
fn read_by_package(python: &Path, profile: &Path) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/lanes.py"))
        .args([profile, directory.path()])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", profile.display());
    for made in ["trace.json", "speedscope.json", "report.html"] {
        assert!(
            directory.path().join(made).metadata().unwrap().len() > 0,
            "{made}"
        );
    }
    serde_json::from_slice(&output.stdout).unwrap()
}

fn intervals_by_package(report: &Value) -> Intervals {
    let numbers = |row: &Value, key: &str| -> Vec<i64> {
        let column = row[key].as_array().map(Vec::as_slice).unwrap_or_default();
        column.iter().map(|n| n.as_i64().unwrap()).collect()
    };
    let rows = report["regions"].as_array().unwrap().iter();
    rows.map(|row| {
        let (starts, ends) = (numbers(row, "starts"), numbers(row, "ends"));
        let mut threads = numbers(row, "threads");
        threads.resize(starts.len(), 0);
        let intervals = starts.into_iter().zip(ends).zip(threads);
        let key = (
            row["region"].as_str().unwrap().to_owned(),
            row["rank"].as_u64().unwrap() as u32,
        );
        (
            key,
            intervals
                .map(|((start, end), thread)| (start, end, thread))
                .collect(),
        )
    })
    .collect()
}

fn intervals_by_us(profile: &Path) -> Intervals {
    let reader = ProfilingH5Reader::open(profile).unwrap();
    let regions = reader.get_regions(&RegionFilter::new()).unwrap();
    let mut all = Intervals::new();
    for region in &regions {
        for (&rank, calls) in region.regions() {
            let times = calls.start_times_ns().iter().zip(calls.end_times_ns());
            let intervals = times.zip(calls.thread_ids());
            let intervals = intervals.map(|((&start, &end), &thread)| (start, end, thread.into()));
            all.insert((region.name().to_owned(), rank), intervals.collect());
        }
    }
    all
}

/// The file of a run with nested regions on three threads.
fn threaded(directory: &Path) -> std::path::PathBuf {
    let file = directory.join("run.h5");
    let config = ProfilingConfig::new().file_path(&file).verbose(false);
    let profiler = Profiler::new(config).unwrap();
    let worker = || {
        for _ in 0..5 {
            profiler.profile("work", || profiler.profile("solve: λ/2", || ()));
        }
    };
    profiler.profile("step", || {
        std::thread::scope(|scope| {
            for number in 0..2 {
                let thread = std::thread::Builder::new().name(format!("worker {number}"));
                thread.spawn_scoped(scope, worker).unwrap();
            }
        });
    });
    profiler.finalize().unwrap();
    file
}

fn export_as(profile: &Path, target: &Path) {
    let output = export(profile, &["-o", target.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_run_with_threads_has_the_same_intervals_and_lanes_for_the_package() {
    let directory = tempfile::tempdir().unwrap();
    let profile = threaded(directory.path());
    let expected = intervals_by_us(&profile);
    for name in ["run.json", "run.json.gz", "run.python.h5"] {
        let target = directory.path().join(name);
        export_as(&profile, &target);
        assert_eq!(intervals_by_us(&target), expected, "{name}");
        let Some(python) = interpreter("0.7.5") else {
            return;
        };
        let report = read_by_package(&python, &target);
        assert_eq!(intervals_by_package(&report), expected, "{name}");
        let names: Vec<&Value> = report["threads"]["0"].as_object().unwrap().values().collect();
        let lanes = report["lanes_of_trace"].as_array().unwrap();
        for worker in [json!("worker 0"), json!("worker 1")] {
            assert!(
                names.contains(&&worker) && lanes.contains(&worker),
                "{names:?} {lanes:?}"
            );
        }
    }
}

#[test]
fn exports_of_the_packages_own_files_say_what_they_say() {
    let directory = tempfile::tempdir().unwrap();
    let names = ["py018_mpi4.h5", "py075_threads.h5", "py075_default.h5"];
    for (name, end) in names
        .into_iter()
        .flat_map(|name| [(name, "json"), (name, "python.h5")])
    {
        let target = directory.path().join(name).with_extension(end);
        export_as(&golden(name), &target);
        let expected = intervals_by_us(&golden(name));
        assert_eq!(intervals_by_us(&target), expected, "{name}");
        let Some(python) = interpreter("0.7.5") else {
            continue;
        };
        assert_eq!(
            intervals_by_package(&read_by_package(&python, &target)),
            expected,
            "{name}"
        );
    }
}

#[test]
fn exports_have_the_numbers_of_calls_and_sums_too() {
    let directory = tempfile::tempdir().unwrap();
    let names = ["py075_nested.h5", "py075_aggregate.h5"];
    for (name, end) in names
        .into_iter()
        .flat_map(|name| [(name, "json"), (name, "python.h5")])
    {
        let target = directory.path().join(name).with_extension(end);
        export_as(&golden(name), &target);
        let [original, exported] = [golden(name), target].map(|path| {
            let reader = ProfilingH5Reader::open(path).unwrap();
            reader.get_regions(&RegionFilter::new()).unwrap()
        });
        assert_eq!(original.len(), exported.len(), "{name}");
        for (original, exported) in original.iter().zip(&exported) {
            let (original, exported) = (&original[0], &exported[0]);
            for column in profile::Intervals::OPTIONAL {
                assert_eq!(
                    original.column(column),
                    exported.column(column),
                    "{name}: {column}"
                );
            }
            assert_eq!(original.sums().is_some(), exported.sums().is_some(), "{name}");
            let totals = |region: &RankRegion| (region.num_calls(), region.total_duration_ns());
            assert_eq!(totals(original), totals(exported), "{name}");
            assert_eq!(
                original.exclusive_ns().unwrap(),
                exported.exclusive_ns().unwrap(),
                "{name}"
            );
        }
    }
}
