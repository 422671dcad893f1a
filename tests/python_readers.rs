//! The Python package scope-profiler reads what this crate writes, and both say the same.
//!
//! Needs a virtual environment for each version of the package, which `scripts/test` makes under
//! `target/python` (or `SCOPE_PROFILER_PYTHON_DIR`). Without them the tests are skipped, but not in CI.

use scope_profiler::{Merge, Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter};
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Calls, sum of durations, sum of starts and sum of ends of a region on a rank, in ns.
type Sums = BTreeMap<(String, u32), (u64, i128, i128, i128)>;

/// Names that a path in an HDF5 file cannot carry as they are, or that a writer could confuse.
fn hard_names() -> Vec<String> {
    let mut names: Vec<String> = [
        "plain",
        "solver: cg",
        "GET /users",
        "a/b",
        "a|b",
        "a//b",
        "/",
        "/leading",
        "trailing/",
        "",
        ".",
        "..",
        "./hidden",
        "two\nlines",
        "tab\tand \"quotes\"",
        "🔥 hot",
        "größer",
        "nul\0inside",
        "name",
        "start_times",
    ]
    .map(String::from)
    .into();
    names.push("long ".repeat(60));
    names.push("long ".repeat(60) + "but different at the end");
    names
}

/// Records every hard name, nested and on several threads, each a different number of times.
fn record(path: &Path) {
    record_with(path, Merge::Copy);
}

fn record_with(path: &Path, merge: Merge) {
    let config = ProfilingConfig::new().file_path(path).merge(merge).verbose(false);
    let profiler = Profiler::new(config).expect("the directory can be written");
    let names = hard_names();
    {
        let _main = profiler.profile_region("main");
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (profiler, names) = (&profiler, &names);
                scope.spawn(move || {
                    for (index, name) in names.iter().enumerate() {
                        for _ in 0..index + thread + 1 {
                            let _outer = profiler.profile_region(name);
                            let _inner = profiler.profile_region("inner");
                        }
                    }
                });
            }
        });
    }
    profiler.finalize().expect("a file that can be written");
}

fn what_we_read(path: &Path) -> Sums {
    let reader = ProfilingH5Reader::open(path).expect("our own file");
    let mut sums = Sums::new();
    for region in reader.get_regions(&RegionFilter::new()).expect("regions") {
        for (&rank, timings) in region.regions() {
            let sum = |times: &[i64]| times.iter().map(|&t| i128::from(t)).sum::<i128>();
            let starts = sum(timings.start_times_ns());
            let ends = sum(timings.end_times_ns());
            let total = i128::from(timings.total_duration_ns());
            assert_eq!(total, ends - starts, "{}", region.name());
            sums.insert(
                (region.name().to_string(), rank),
                (timings.num_calls(), total, starts, ends),
            );
        }
    }
    sums
}

fn what_python_reads(python: &Path, path: &Path) -> Sums {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/report.py");
    let output = Command::new(python)
        .arg(script)
        .arg(path)
        .output()
        .expect("the interpreter starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["num_ranks"], 1);

    let rows = report["rows"].as_array().expect("a list of rows");
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().expect(key).to_string();
    let sums: Sums = rows
        .iter()
        .map(|row| {
            let rank = row["rank"].as_u64().expect("rank") as u32;
            let calls = row["calls"].as_u64().expect("calls");
            let total = i128::from(row["total_ns"].as_i64().expect("total_ns"));
            let [starts, ends] = ["starts_ns", "ends_ns"].map(|key| text(row, key).parse().expect(key));
            ((text(row, "name"), rank), (calls, total, starts, ends))
        })
        .collect();
    assert_eq!(sums.len(), rows.len(), "two groups carry the same name");
    sums
}

/// The interpreter of the environment with this version of the package.
fn interpreter(version: &str) -> Option<PathBuf> {
    let directory = env::var_os("SCOPE_PROFILER_PYTHON_DIR").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("python"),
        PathBuf::from,
    );
    let python = directory.join(version).join("bin/python");
    if python.exists() {
        return Some(python);
    }
    let advice = format!("{} is missing; scripts/test makes it", python.display());
    assert!(env::var_os("CI").is_none(), "{advice}");
    eprintln!("skipped: {advice}");
    None
}

/// One recording that all tests of this file read.
fn profile() -> &'static Path {
    static PROFILE: OnceLock<PathBuf> = OnceLock::new();
    PROFILE.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python_readers.h5");
        record(&path);
        path
    })
}

/// The same as an index of links to the files of its ranks.
fn linked_profile() -> &'static Path {
    static PROFILE: OnceLock<PathBuf> = OnceLock::new();
    PROFILE.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python_readers_linked");
        std::fs::remove_dir_all(&directory).ok();
        std::fs::create_dir(&directory).expect("a new directory");
        let path = directory.join("index.h5");
        record_with(&path, Merge::Link);
        path
    })
}

/// HDF5 ends a text at a NUL, so in the file it is the symbol for one.
fn as_stored(name: &str) -> String {
    name.replace('\0', "␀")
}

#[test]
fn our_reader_returns_every_hard_name_as_it_was_given() {
    let sums = what_we_read(profile());
    for (index, name) in hard_names().iter().enumerate() {
        let calls = sums.get(&(as_stored(name), 0)).map(|sums| sums.0);
        assert_eq!(calls, Some(3 * index as u64 + 6), "{name:?}");
    }
    // And no others but the two that surround them.
    assert_eq!(sums.len(), hard_names().len() + 2);
}

#[test]
fn python_0_1_8_reads_the_same_calls_and_sums() {
    if let Some(python) = interpreter("0.1.8") {
        assert_eq!(what_python_reads(&python, profile()), what_we_read(profile()));
    }
}

#[test]
fn python_0_7_5_reads_the_same_calls_and_sums() {
    if let Some(python) = interpreter("0.7.5") {
        assert_eq!(what_python_reads(&python, profile()), what_we_read(profile()));
    }
}

#[test]
fn both_read_an_index_of_links() {
    let ours = what_we_read(linked_profile());
    assert_eq!(ours.len(), hard_names().len() + 2);
    for version in ["0.1.8", "0.7.5"] {
        if let Some(python) = interpreter(version) {
            assert_eq!(what_python_reads(&python, linked_profile()), ours, "{version}");
        }
    }
}
