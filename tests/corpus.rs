//! What the fuzzers have found and kept, once more: nothing of it may panic.
//!
//! Damaged profiling files are in `tests/mutations.rs`, where the HDF5 library may crash.

#![cfg(all(feature = "plot", feature = "hdf5"))]
#![allow(unreachable_pub, reason = "the fuzz targets use the same files")]

#[path = "../fuzz/src/arguments.rs"]
mod arguments;
#[path = "common/calm.rs"]
mod calm;
#[path = "../fuzz/src/log.rs"]
mod log;
#[path = "../fuzz/src/names.rs"]
mod names;
#[path = "../fuzz/src/patterns.rs"]
mod patterns;
#[path = "../fuzz/src/profile.rs"]
mod profile;

use std::fs;
use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        run(&fs::read(path).unwrap());
        inputs += 1;
    }
    assert!(inputs > 0);
}

#[test]
fn command_lines_are_understood_or_refused() {
    replay("arguments", arguments::run);
}

#[test]
fn logs_are_read_up_to_where_they_are_damaged() {
    replay("log", log::run);
}

#[test]
fn profiles_as_json_are_read_or_refused() {
    replay("json", profile::run);
}

#[test]
fn every_name_of_a_region_comes_back() {
    replay("names", names::run);
}

#[test]
fn patterns_are_used_or_refused() {
    replay("patterns", patterns::run);
}
