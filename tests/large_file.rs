//! Ten million intervals: the sums are right, and a file to measure with stays where it is wanted.
#![cfg(feature = "hdf5")]

#[path = "common/calm.rs"]
mod calm;

use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter};
use std::path::{Path, PathBuf};
use std::time::Instant;

const LEAVES: i64 = 99;
const STEPS: i64 = 100_000;

/// A step contains one call of each leaf: 10 ns apart, 8 ns long.
fn write(path: &Path) {
    let file = hdf5::File::create(path).unwrap();
    let regions = file
        .create_group("rank0")
        .unwrap()
        .create_group("regions")
        .unwrap();
    file.group("rank0")
        .unwrap()
        .new_attr::<i64>()
        .create("sorted_by_start")
        .unwrap()
        .write_scalar(&1)
        .unwrap();
    let length = LEAVES * 10 + 10;
    let region = |name: &str, offset: i64, duration: i64| {
        let group = regions.create_group(name).unwrap();
        let starts: Vec<i64> = (0..STEPS).map(|step| step * length + offset).collect();
        let ends: Vec<i64> = starts.iter().map(|start| start + duration).collect();
        let columns = [("start_times", starts), ("end_times", ends)];
        for (name, values) in columns {
            group
                .new_dataset_builder()
                .with_data(&values)
                .chunk(1 << 16)
                .create(name)
                .unwrap();
        }
        let threads = vec![0_u32; STEPS as usize];
        group
            .new_dataset_builder()
            .with_data(&threads)
            .chunk(1 << 16)
            .create("thread_ids")
            .unwrap();
    };
    region("step", 0, length - 5);
    for leaf in 0..LEAVES {
        region(&format!("leaf{leaf:02}"), leaf * 10 + 5, 8);
    }
}

/// `SCOPE_PROFILER_LARGE_FILE=/tmp/large.h5 cargo test --release --test large_file -- --ignored`
/// keeps the file for measurements of the program.
#[test]
#[ignore = "writes 200 MB and is meant for release builds"]
fn ten_million_intervals_add_up() {
    let directory = tempfile::tempdir().unwrap();
    let path = std::env::var_os("SCOPE_PROFILER_LARGE_FILE")
        .map_or_else(|| directory.path().join("large.h5"), PathBuf::from);
    write(&path);
    let reader = ProfilingH5Reader::open(&path).unwrap();
    let rows = RegionFilter::new().rows(&reader).unwrap();
    let tree = CallTree::of(&reader, &rows).unwrap();
    assert_eq!(tree.intervals(), 10_000_000);
    let steps: Vec<_> = tree.roots().collect();
    assert_eq!(steps.len(), 1);
    let leaves = i64::try_from(tree.children(steps[0]).count()).unwrap();
    assert_eq!(leaves, LEAVES);
    assert_eq!(steps[0].exclusive_ns(), STEPS * (LEAVES * 10 + 5 - LEAVES * 8));
}

const THREADS: u64 = 2;
const REGIONS: u64 = 20;

/// Every thread enters region after region, each inside a call of `block` for all of them.
fn record(profiler: &Profiler, intervals: u64) {
    let names: Vec<String> = (0..REGIONS - 1)
        .map(|region| format!("region{region:02}"))
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..intervals / THREADS / REGIONS {
                    let _block = profiler.profile_region("block");
                    for name in &names {
                        let _region = profiler.profile_region(name);
                    }
                }
            });
        }
    });
}

/// The most memory that the process has had so far, MiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

/// `SCOPE_PROFILER_LARGE_RECORDING=/tmp/recorded.h5` keeps the file, and
/// `SCOPE_PROFILER_LARGE_COUNT=50000000` makes it larger.
#[test]
#[ignore = "records 10 million intervals and is meant for release builds"]
fn every_interval_of_a_long_recording_is_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = std::env::var_os("SCOPE_PROFILER_LARGE_RECORDING")
        .map_or_else(|| directory.path().join("recorded.h5"), PathBuf::from);
    let intervals = std::env::var("SCOPE_PROFILER_LARGE_COUNT")
        .map_or(10_000_000, |count| count.parse().expect("a number of intervals"));
    let profiler = Profiler::new(ProfilingConfig::new().file_path(&path).verbose(false)).unwrap();
    let start = Instant::now();
    record(&profiler, intervals);
    println!("recording: {:.2?}, peak {} MiB", start.elapsed(), peak_memory());
    let start = Instant::now();
    let summary = profiler.finalize().unwrap();
    println!("finalize: {:.2?}, peak {} MiB", start.elapsed(), peak_memory());
    assert!(summary.open_regions().is_empty());

    let reader = ProfilingH5Reader::open(&path).unwrap();
    let regions = reader.get_regions(&RegionFilter::new()).unwrap();
    assert_eq!(regions.len() as u64, REGIONS);
    for region in regions {
        assert_eq!(region[0].num_calls(), intervals / REGIONS, "{}", region.name());
    }
}
