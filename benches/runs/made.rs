//! Runs to be measured: ranks whose regions are inside each other, each recorded by a process of its own.

use scope_profiler::{Profiler, ProfilingConfig};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a program is called with that is to be [`record_nested`].
pub const NESTED: &str = "nested";

/// The program that runs.
pub fn this_program() -> Command {
    Command::new(std::env::current_exe().expect("a path"))
}

/// Makes logs of so many intervals. This program, called with [`NESTED`], records each.
pub fn record_ranks(file: &Path, (ranks, regions): (usize, usize), intervals: usize, how: &str) {
    let calls = intervals / ranks / regions;
    fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
    for rank in 0..ranks {
        let status = this_program()
            .arg(NESTED)
            .arg(file)
            .args([&regions.to_string(), &calls.to_string(), how])
            .env("PMI_RANK", rank.to_string())
            .env("PMI_SIZE", ranks.max(2).to_string())
            .env("PMI_JOBID", "made")
            .status();
        assert!(status.expect("this program").success());
    }
}

/// Plays one rank whose regions are inside each other: the first around all calls of the others. At the end two calls
/// may cross.
pub fn record_nested(file: &Path, regions: usize, calls: usize, cross: bool) {
    let profiler = Profiler::new(ProfilingConfig::new().file_path(file).verbose(false)).expect("a directory");
    let names: Vec<String> = (1..regions).map(|region| format!("region {region}")).collect();
    for _ in 0..calls {
        let _step = profiler.profile_region("step");
        for name in &names {
            let _region = profiler.profile_region(name);
        }
    }
    if cross {
        let step = profiler.profile_region("step");
        let region = profiler.profile_region(&names[0]);
        drop(step);
        drop(region);
    }
    profiler.finalize().expect("a log");
}

/// Bytes that are free where `path` is.
pub fn room(path: &Path) -> u64 {
    let output = Command::new("df")
        .args(["--output=avail", "-B1"])
        .arg(path)
        .output()
        .expect("df");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .last()
        .and_then(|line| line.trim().parse().ok())
        .unwrap_or(0)
}
