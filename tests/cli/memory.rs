//! Under a limit of memory that is smaller than the calls, the program makes a profile and shows it.

use crate::program::program;
use scope_profiler::merge::MergeMode;
use scope_profiler::{Profiler, ProfilingConfig};
use std::path::Path;
use std::process::Command;

const STEPS: u64 = 400_000;
/// What the limit leaves to heap, stacks and everything else that is written to.
const LIMIT: u64 = 48 << 20;
/// The same for every chart at once.
const LIMIT_OF_ALL: u64 = 400 << 20;
/// Bytes of the times of all calls in the file.
const CALLS: u64 = STEPS * 9 * 16;

/// Runs the program with so many bytes of memory for its data.
fn limited(bytes: u64, directory: &Path, arguments: &[&str]) {
    let mut shell = Command::new("sh");
    // The limit of the shell is in KiB.
    shell.args([
        "-c",
        "ulimit -d \"$0\" && exec \"$@\"",
        &(bytes >> 10).to_string(),
    ]);
    shell.arg(program().get_program()).args(arguments);
    let output = shell.current_dir(directory).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    assert!(complaint.is_empty(), "{arguments:?}: {complaint}");
}

#[test]
fn memory_does_not_grow_with_the_number_of_calls() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = ProfilingConfig::new()
        .file_path(&file)
        .verbose(false)
        .merge(MergeMode::Keep);
    let profiler = Profiler::new(config).unwrap();
    for step in 0..STEPS {
        let _step = profiler.profile_region("step");
        for _ in 0..4 {
            let _solve = profiler.profile_region("solve");
            profiler.profile("dot", || {
                std::hint::black_box(step);
            });
        }
    }
    profiler.finalize().unwrap();
    const { assert!(CALLS > LIMIT) };
    let run = |arguments: &[&str]| limited(LIMIT, directory.path(), arguments);
    run(&["merge", "run.h5.d", "-o", "run.h5"]);
    run(&["run.h5"]);
    run(&["run.h5", "--exact"]);
    run(&["run.h5", "-o", "window", "--plots", "gantt", "--window", "..1h"]);
    run(&["run.h5", "-o", "picture", "--plots", "gantt", "--format", "svg"]);
    run(&["--check", "run.h5"]);
    // Each thread that draws has a picture.
    let all = [
        "run.h5", "-o", "all", "--plots", "all", "--format", "png", "svg", "html",
    ];
    limited(LIMIT_OF_ALL, directory.path(), &all);
    assert!(directory.path().join("window/gantt_plot.png").exists());
}
