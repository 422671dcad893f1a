//! Runs that the Python package records here, in every mode that changes what is in the file: its own reader and
//! ours must report the same.

use crate::interpreter::interpreter;
use crate::values;
use scope_profiler::ProfilingH5Reader;
use scope_profiler::check::check;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn every_mode_of_the_python_package_is_read_as_its_own_reader_reads_it() {
    let Some(python) = interpreter("0.7.5") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/modes.py"))
        .arg(directory.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read = compare(directory.path());
    // A file and its JSON for each of fifteen runs, and one of sums in JSON alone.
    assert_eq!(read, 31);
}

/// Reads all files there; gives how many.
fn compare(directory: &Path) -> usize {
    let mut read = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let (run, kind) = name.split_once('.').unwrap();
        if kind == "values.json" {
            continue;
        }
        let values = fs::read_to_string(directory.join(format!("{run}.values.json"))).unwrap();
        let values: Json = serde_json::from_str(&values).unwrap();
        let reader = ProfilingH5Reader::open(&path).unwrap();
        values::agree(name, &reader, &values);
        values::lanes(name, &reader, &values);
        let report = check(&path).unwrap();
        // Of this run ranks are missing.
        assert_eq!(report.is_ok(), run != "ranks", "{report}");
        read += 1;
    }
    read
}
