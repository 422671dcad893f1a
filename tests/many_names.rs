//! Names without end: what a file costs grows with their number, and no faster.
//!
//! `SCOPE_PROFILER_NAMES=1000000 cargo test --release --test many_names -- --nocapture` is the long form:
//! one line for each number of names up to that, with time and memory.

use scope_profiler::{Profiler, ProfilingConfig};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const FILE: &str = "SCOPE_PROFILER_TEST_NAMES_FILE";
const NAMES: &str = "SCOPE_PROFILER_TEST_NAMES_NUMBER";
const LENGTH: &str = "SCOPE_PROFILER_TEST_NAMES_LENGTH";

fn number(variable: &str) -> usize {
    std::env::var(variable).unwrap().parse().unwrap()
}

/// Names as an application makes them of its data: no two are neighbours in any order.
fn name(n: usize, length: usize) -> String {
    let hash = (n as u32).wrapping_mul(2_654_435_761);
    format!("{:x<length$}", format!("GET /users/{hash:08x}/"))
}

/// A figure of this process from the system, in the file's own unit.
fn of_this_process(file: &str, key: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[ignore = "the program that the tests below start"]
fn recording_program() {
    let Some(file) = std::env::var_os(FILE).map(PathBuf::from) else {
        return;
    };
    let (names, length) = (number(NAMES), number(LENGTH));
    let profiler = Profiler::new(ProfilingConfig::new().file_path(&file).verbose(false)).unwrap();
    let started = Instant::now();
    for n in 0..names {
        profiler.profile(&name(n, length), || ());
    }
    let recorded = started.elapsed();
    let memory = of_this_process("status", "VmHWM:");
    profiler.finalize().unwrap();
    println!(
        "\n= {} {memory} {} {} {} {}",
        recorded.as_micros(),
        (started.elapsed() - recorded).as_micros(),
        of_this_process("status", "VmHWM:"),
        of_this_process("io", "syscr:") + of_this_process("io", "syscw:"),
        of_this_process("io", "rchar:") + of_this_process("io", "wchar:"),
    );
}

#[test]
fn t() {
    let d = tempfile::tempdir().unwrap();
    let file = d.path().join("run.h5");
    let names = std::env::var("N").unwrap();
    let length = std::env::var("L").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "recording_program", "--ignored", "--nocapture", "-q"])
        .env(FILE, &file)
        .env(NAMES, &names)
        .env(LENGTH, &length)
        .output()
        .unwrap();
    eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    let _: &Path = &file;
    if let Some(keep) = std::env::var_os("KEEP") {
        std::fs::rename(&file, keep).unwrap();
    }
}
