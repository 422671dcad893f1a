//! Profiles that go from one package to the other and back: they say the same everywhere.

use crate::common::{Profile, golden};
use crate::interpreter::interpreter;
use crate::running::export;
use scope_profiler::export::{Export, exporter};
use scope_profiler::profile::{Intervals, Metadata, Numbers, Source};
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All that our reader says of a profile.
#[derive(Debug, PartialEq)]
struct Everything {
    /// By region and rank.
    regions: BTreeMap<(String, u32), Region>,
    threads: BTreeMap<u32, BTreeMap<u32, String>>,
}

#[derive(Debug, PartialEq)]
struct Region {
    starts: Vec<i64>,
    ends: Vec<i64>,
    threads: Vec<u32>,
    columns: Vec<(&'static str, Numbers)>,
    /// Where there are no intervals.
    calls: Option<u64>,
    total_ns: i64,
    std_ns: String,
    exclusive_ns: Option<i64>,
    source: (Option<String>, Option<u32>, Option<String>),
    tags: Vec<String>,
    call_metadata: Vec<Metadata>,
}

fn everything(path: &Path) -> Everything {
    let reader = ProfilingH5Reader::open(path).unwrap_or_else(|error| panic!("{error}"));
    let mut regions = BTreeMap::new();
    for region in reader.get_regions(&RegionFilter::new()).unwrap() {
        for (&rank, calls) in region.regions() {
            let of_region = Region {
                starts: calls.start_times_ns().to_vec(),
                ends: calls.end_times_ns().to_vec(),
                threads: calls.thread_ids().to_vec(),
                columns: columns(calls),
                calls: calls.sums().map(|_| calls.num_calls()),
                total_ns: calls.total_duration_ns(),
                std_ns: format!("{:.9e}", calls.std_duration_ns()),
                exclusive_ns: calls.exclusive_ns().ok(),
                source: (
                    calls.source_file().map(str::to_owned),
                    calls.source_line(),
                    calls.source_text().map(str::to_owned),
                ),
                tags: calls.tags().to_vec(),
                call_metadata: calls.call_metadata().to_vec(),
            };
            regions.insert((region.name().to_owned(), rank), of_region);
        }
    }
    let ranks = reader.ranks().iter();
    let threads = ranks
        .map(|&rank| (rank, reader.thread_names(rank).unwrap()))
        .collect();
    Everything { regions, threads }
}

/// The optional columns that say something.
fn columns(calls: &scope_profiler::RankRegion) -> Vec<(&'static str, Numbers)> {
    let says_nothing = |name: &str, numbers: &Numbers| {
        let nothing = if name == Intervals::AWAIT { 0 } else { -1 };
        numbers
            .whole()
            .is_some_and(|numbers| numbers.iter().all(|&number| number == nothing))
    };
    let names = Intervals::OPTIONAL.into_iter();
    let columns = names.filter_map(|name| Some((name, calls.column(name)?.clone())));
    columns
        .filter(|(name, numbers)| !says_nothing(name, numbers))
        .collect()
}

/// The ends of the names of files that the package reads, each of another format.
const FORMATS: [&str; 2] = ["python.h5", "json"];

fn exported(profile: &Path, directory: &Path, end: &str) -> PathBuf {
    let target = directory.join("exported").with_extension(end);
    let output = export(profile, &["-o", target.to_str().unwrap()]);
    assert!(output.status.success(), "{}: {output:?}", profile.display());
    target
}

/// What the package reads from a profile, which it writes again under further names.
fn by_package(python: &Path, profile: &Path, rewritten: &[&Path]) -> Value {
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/values.py"))
        .arg(profile)
        .args(rewritten)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", profile.display());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs that the package records here, in each of its modes.
fn runs_of_the_package(python: &Path, directory: &Path) -> Vec<PathBuf> {
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/modes.py"))
        .arg(directory)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let entries = std::fs::read_dir(directory).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "h5"));
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files
}

/// Takes out what an export cannot say, or says in other words.
fn comparable(mut values: Value, original: &Value) -> Value {
    // Further facts are added, under the names that the package looks for.
    let metadata = values["metadata"].as_object_mut().unwrap();
    metadata.retain(|key, _| original["metadata"].get(key).is_some());
    // A task is a lane of its own: which thread it ran on is not known, and the coroutine is a part of its name.
    values["tasks"].take();
    for region in values["regions"].as_object_mut().unwrap().values_mut() {
        for calls in region["ranks"].as_object_mut().unwrap().values_mut() {
            let tasks = calls["task_ids"].clone();
            let is_task = |at: usize| tasks[at].as_i64().is_some_and(|task| task >= 0);
            let threads = calls["thread_ids"].as_array_mut().into_iter().flatten();
            for (_, thread) in threads.enumerate().filter(|(at, _)| is_task(*at)) {
                thread.take();
            }
            without_empty_columns(calls);
            put_in_order(calls);
            calls["stored_exclusive_ns"].take();
        }
    }
    values
}

/// A column in which no call has a value may be there or not.
fn without_empty_columns(calls: &mut Value) {
    for (key, nothing) in [
        ("call_ids", -1),
        ("parent_ids", -1),
        ("task_ids", -1),
        ("gpu_durations_ns", -1),
        ("await_ns", 0),
    ] {
        let is_empty = calls[key]
            .as_array()
            .is_some_and(|column| column.iter().all(|number| *number == nothing));
        if is_empty {
            calls[key].take();
        }
    }
}

/// Puts calls in order of start, which the package does only for each thread.
fn put_in_order(calls: &mut Value) {
    let number = |key: &str, at: usize| calls[key][at].as_i64().unwrap_or(0);
    let mut order: Vec<usize> = (0..calls["starts_ns"].as_array().map_or(0, Vec::len)).collect();
    order.sort_by_key(|&at| {
        (
            number("starts_ns", at),
            -number("ends_ns", at),
            number("call_ids", at),
        )
    });
    for column in calls.as_object_mut().unwrap().values_mut() {
        if column
            .as_array()
            .is_some_and(|column| column.len() == order.len())
        {
            *column = order.iter().map(|&at| column[at].clone()).collect();
        }
    }
}

/// The file states the exclusive time of every region that the original states.
fn assert_stored(read: &Value, original: &Value, name: &str) {
    for (region, of_region) in original["regions"].as_object().unwrap() {
        for (rank, calls) in of_region["ranks"].as_object().unwrap() {
            let stated = &calls["stored_exclusive_ns"];
            let exported = &read["regions"][region]["ranks"][rank]["stored_exclusive_ns"];
            assert!(
                stated.is_null() || exported == stated,
                "{name}: {region:?} of rank {rank}"
            );
        }
    }
}

#[test]
fn runs_of_the_package_come_back_to_it_as_they_were() {
    let Some(python) = interpreter("0.7.5") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    for profile in runs_of_the_package(&python, directory.path()) {
        let name = profile.file_name().unwrap().to_str().unwrap();
        let original = by_package(&python, &profile, &[]);
        let expected = comparable(original.clone(), &original);
        for end in FORMATS {
            let target = exported(&profile, directory.path(), end);
            let read = by_package(&python, &target, &[]);
            if end == "python.h5" {
                assert_stored(&read, &original, name);
            }
            assert_eq!(comparable(read, &original), expected, "{name} as {end}");
            assert_eq!(everything(&target), everything(&profile), "{name} as {end}");
            std::fs::remove_file(target).unwrap();
        }
    }
}

#[test]
fn profiles_of_every_kind_come_back_from_the_package_as_they_were() {
    let Some(python) = interpreter("0.7.5") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let run = run_of_ours(directory.path());
    let tangled = crate::sums::tangled();
    let names = [
        "ours.h5",
        "py018_mpi4.h5",
        "py075_threads.h5",
        "py075_mpi4.h5",
        "s1_unicode_name.h5",
        "s1_rank_gap.h5",
        "s1_empty_region.h5",
        "s1_end_before_start.h5",
        "native_rank3.spt",
        "upstream-golden-schema-2.h5",
    ];
    let mut profiles: Vec<PathBuf> = names.iter().map(|name| golden(name)).collect();
    let numbered = directory.path().join("numbered.h5");
    let hdf5 = exporter("hdf5").unwrap();
    Export::new(&crate::python_hdf5::numbered(), hdf5)
        .save(&numbered)
        .unwrap();
    profiles.extend([run, tangled.path(), numbered]);
    for profile in profiles {
        let expected = everything(&profile);
        let target = exported(&profile, directory.path(), "python.h5");
        assert_eq!(everything(&target), expected, "{}", profile.display());
        let rewritten =
            ["again.packed.h5", "again.h5", "again.json.gz"].map(|name| directory.path().join(name));
        let [packed, hdf5, json] = rewritten.each_ref().map(PathBuf::as_path);
        by_package(&python, &target, &[packed, hdf5, json]);
        for again in [packed, json] {
            assert_eq!(
                everything(again),
                expected,
                "{} as {}",
                profile.display(),
                again.display()
            );
        }
        // The package does not write threads and optional columns of a profile that it has read.
        let (again, region) = (everything(hdf5), |of: &Region| {
            (of.starts.clone(), of.ends.clone(), of.source.clone())
        });
        for (key, of_region) in &expected.regions {
            assert_eq!(
                region(&again.regions[key]),
                region(of_region),
                "{}: {key:?}",
                profile.display()
            );
        }
    }
}

/// A run of 64 threads, with names of all kinds.
fn run_of_ours(directory: &Path) -> PathBuf {
    let file = directory.join("run.h5");
    let config = ProfilingConfig::new()
        .file_path(&file)
        .verbose(false)
        .label("naïve ✓");
    let profiler = Profiler::new(config).unwrap();
    let names = ["io/read", "a|b", "..", "/", "λ", "rank0", "with \"quotes\"\n"];
    profiler.profile("main", || {
        std::thread::scope(|scope| {
            for number in 0..64 {
                let work = || {
                    for name in names {
                        profiler.profile("outer", || profiler.profile(name, || ()));
                    }
                };
                let thread = std::thread::Builder::new().name(format!("worker/{number}"));
                thread.spawn_scoped(scope, work).unwrap();
            }
        });
    });
    profiler.finalize().unwrap();
    file
}

#[test]
fn a_profile_without_regions_is_one_for_the_package_too() {
    let Some(python) = interpreter("0.7.5") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let empty = Profile::new()
        .with(|file| drop(file.create_group("rank0/regions").unwrap()))
        .close();
    for end in FORMATS {
        let target = exported(&empty.path(), directory.path(), end);
        let read = by_package(&python, &target, &[]);
        assert_eq!(read["regions"], serde_json::json!({}), "{end}");
        assert!(everything(&target).regions.is_empty(), "{end}");
    }
}
