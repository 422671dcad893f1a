//! The programs that exports are for. `scripts/test` installs them under `target/python`, or
//! `SCOPE_PROFILER_PYTHON_DIR`. Without them tests are skipped, but not in CI.

use std::path::{Path, PathBuf};
use std::process::Command;

fn directory() -> PathBuf {
    std::env::var_os("SCOPE_PROFILER_PYTHON_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python"),
        PathBuf::from,
    )
}

fn installed(path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    let missing = format!("{} is not installed (scripts/test --install)", path.display());
    assert!(!in_ci, "{missing}, and CI must not skip this test");
    eprintln!("SKIPPED: {missing}");
    None
}

/// Python with the packages of `consumers/requirements.txt`.
pub(crate) fn python() -> Option<PathBuf> {
    installed(directory().join("consumers/bin/python"))
}

/// A package of `consumers/package.json`.
pub(crate) fn node_package(name: &str) -> Option<PathBuf> {
    installed(directory().join("consumers/node_modules").join(name))
}

/// What a script of `consumers/` prints about a file.
pub(crate) fn run_script(python: &Path, script: &str, file: &Path) -> serde_json::Value {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports/consumers");
    let output = Command::new(python)
        .arg(scripts.join(script))
        .arg(file)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}
