//! A profiling file: checked and read.

use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::profile::Source;
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::fs;
use std::path::Path;

/// A file is refused with a reason, or read.
pub fn run(data: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    fs::write(&path, data).unwrap();
    read(&path);
}

/// Everything that can be asked of a file.
pub fn read(path: &Path) {
    if let Ok(report) = scope_profiler::check::check(path) {
        assert!(!report.to_string().is_empty());
    }
    let Ok(reader) = ProfilingH5Reader::open(path) else {
        return;
    };
    for &rank in reader.ranks() {
        let _ = reader.thread_names(rank);
    }
    if let Ok(rows) = RegionFilter::new().rows(&reader) {
        let _ = CallTree::of(&reader, &rows);
    }
    for region in reader.get_regions(&RegionFilter::new()).into_iter().flatten() {
        for calls in region.regions().values() {
            let _ = (calls.exclusive_ns(), calls.percentile_ns(50.0));
        }
    }
}
