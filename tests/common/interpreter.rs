//! The Python package scope-profiler, in several versions.
//!
//! Each needs a virtual environment, which `scripts/test` makes under `target/python` (or
//! `SCOPE_PROFILER_PYTHON_DIR`). Without them tests are skipped, but not in CI.

use std::env;
use std::path::{Path, PathBuf};

/// The interpreter of the environment with this version of the package.
pub(crate) fn interpreter(version: &str) -> Option<PathBuf> {
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
