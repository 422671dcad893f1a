//! The Python of the guide runs as it stands there.

use crate::blocks::blocks;
use crate::consumers;
use crate::interpreter::interpreter;
use crate::running::export;
use scope_profiler::{Profiler, ProfilingConfig};
use std::path::Path;
use std::process::Command;

/// A run, and its exports under the names that the guide uses.
fn files(directory: &Path) {
    let file = directory.join("run.h5");
    let profiler = Profiler::new(ProfilingConfig::new().file_path(&file).verbose(false)).unwrap();
    let work = || {
        for _ in 0..20 {
            profiler.profile("step", || {
                profiler.profile("solve", || ());
                profiler.profile("io/read", || ());
            });
        }
    };
    work();
    std::thread::scope(|scope| drop(scope.spawn(work)));
    profiler.finalize().unwrap();
    std::fs::copy(&file, directory.join("profiling_data.h5")).unwrap();
    for name in ["run.python.h5", "run.json", "run.csv.gz", "run.parquet"] {
        let target = directory.join(name);
        let output = export(&file, &["-o", target.to_str().unwrap()]);
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn every_block_of_python_in_the_guide_runs_and_prints() {
    let (Some(package), Some(consumers)) = (interpreter("0.7.5"), consumers::python()) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    files(directory.path());
    for page in ["python.md", "export.md", "format.md"] {
        let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
        let blocks = blocks(&std::fs::read_to_string(text).unwrap(), "python");
        assert!(!blocks.is_empty(), "{page}");
        for block in blocks {
            let python = if block.contains("scope_profiler") {
                &package
            } else {
                &consumers
            };
            let output = Command::new(python)
                .args(["-W", "error", "-c", &block])
                .current_dir(directory.path())
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{page}:\n{block}\n{errors}");
            assert!(!output.stdout.is_empty(), "{page} prints nothing:\n{block}");
        }
    }
}
