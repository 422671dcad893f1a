//! Merging many ranks takes no more memory than merging few.
//!
//! `SCOPE_PROFILER_SCALE_RANKS=4096 cargo test --release --test scale` is the long form, with ranks of 100
//! regions and 1000 calls each.
#![cfg(feature = "hdf5")]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;
#[path = "common/ranks.rs"]
mod ranks;

use scope_profiler::{
    Profiler, ProfilingConfig,
    merge::{MergeMode, MergeOptions, find_logs, merge_with},
};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const FILE: &str = "SCOPE_PROFILER_TEST_SCALE_FILE";
const MODE: &str = "SCOPE_PROFILER_TEST_SCALE_MODE";
/// How many ranks the long form has.
const RANKS: &str = "SCOPE_PROFILER_SCALE_RANKS";
/// What a merge may take.
const MOST_MEMORY_KIB: u64 = 256 << 10;

/// Regions of a rank, and calls of each.
fn regions_and_calls() -> (usize, usize) {
    match std::env::var_os(RANKS) {
        Some(_) => (100, 1000),
        None => (20, 3),
    }
}

again::programs! { "rank" => record_as_a_rank, "merge" => merge_the_ranks }

fn file() -> PathBuf {
    std::env::var_os(FILE).unwrap().into()
}

fn record_as_a_rank() {
    let profiler = Profiler::new(ProfilingConfig::new().file_path(file()).verbose(false)).unwrap();
    let (regions, calls) = regions_and_calls();
    for region in 0..regions {
        let name = format!("region {region}");
        (0..calls).for_each(|_| profiler.profile(&name, || ()));
    }
    profiler.finalize().unwrap();
}

fn merge_the_ranks() {
    let file = file();
    let logs = find_logs(&[file.with_extension("h5.d")]).unwrap();
    let mode = match std::env::var(MODE).as_deref() {
        Ok("link") => MergeMode::Link,
        _ => MergeMode::Copy,
    };
    let merged = merge_with(&logs, &file, &MergeOptions::new().mode(mode)).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    println!(
        "\nmerged {} ranks, {} intervals, {memory}",
        merged.ranks.len(),
        merged.intervals
    );
}

fn start(program: &str, file: &Path) -> Command {
    let mut command = again(program);
    command.env(FILE, file);
    command
}

fn record(ranks: usize) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    for first in (0..ranks).step_by(8) {
        let some = first as u32..ranks.min(first + 8) as u32;
        ranks::run(some, ranks, "scale", || {
            let mut command = start("rank", &file);
            command.stdout(std::process::Stdio::null());
            command
        });
    }
    directory
}

/// The most memory that merging took, KiB.
fn memory_to_merge(directory: &TempDir, ranks: usize, mode: &str) -> u64 {
    let file = directory.path().join("run.h5");
    let output = start("merge", &file).env(MODE, mode).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("merged")).unwrap();
    let (regions, calls) = regions_and_calls();
    let expected = format!("merged {ranks} ranks, {} intervals,", ranks * regions * calls);
    let memory = line.strip_prefix(&expected).unwrap_or_else(|| panic!("{line}"));
    println!("{mode}: {line}");
    memory.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_number_of_ranks() {
    let many: usize = std::env::var(RANKS).map_or(256, |text| text.parse().unwrap());
    let few = record(many / 4);
    let all = record(many);
    for mode in ["copy", "link"] {
        let of_few = memory_to_merge(&few, many / 4, mode);
        let of_all = memory_to_merge(&all, many, mode);
        assert!(of_all < MOST_MEMORY_KIB, "{mode}: {of_all} KiB");
        // A fixed part for each rank would show: four times the ranks are four times of it.
        assert!(of_all < of_few * 2, "{mode}: {of_few} KiB, then {of_all} KiB");
    }
}
