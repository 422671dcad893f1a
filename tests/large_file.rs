//! Ten million intervals: the sums are right, and a file to measure with stays where it is wanted.

mod common;

use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::path::{Path, PathBuf};

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
