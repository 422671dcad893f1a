//! How merging grows with the number of ranks and with the length of their logs.
//!
//! ```text
//! cargo bench --bench scale                     256 and 1024 ranks, and one log of 10 million intervals
//! cargo bench --bench scale -- ranks 4096       so many ranks of 100 regions with 1000 calls each
//! cargo bench --bench scale -- large 10000000   one log of so many intervals, beside `cp` of the same bytes
//! ```
//!
//! Logs are recorded by processes that take themselves for ranks of a job. Each merge is a process of its
//! own, which reports its processor time and the most memory that it had.

use scope_profiler::{
    Profiler, ProfilingConfig,
    merge::{MergeMode, MergeOptions, find_logs, merge_with},
};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const REGIONS: usize = 100;
const CALLS: usize = 1000;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["record", file, regions, calls] => record(Path::new(file), number(regions), number(calls)),
        ["merge", directory, file, mode] => merge(Path::new(directory), Path::new(file), mode),
        ["ranks", counts @ ..] => ranks(counts),
        ["large", intervals] => large(number(intervals)),
        _ => {
            ranks(&["256", "1024"]);
            large(10_000_000);
        }
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// Plays one rank.
fn record(file: &Path, regions: usize, calls: usize) {
    let profiler = Profiler::new(ProfilingConfig::new().file_path(file).verbose(false)).expect("a directory");
    let names: Vec<String> = (0..regions).map(|region| format!("region {region}")).collect();
    for _ in 0..calls {
        for name in &names {
            profiler.profile(name, || ());
        }
    }
    profiler.finalize().expect("a log");
}

fn merge(directory: &Path, file: &Path, mode: &str) {
    let mode = if mode == "link" {
        MergeMode::Link
    } else {
        MergeMode::Copy
    };
    let logs = find_logs(&[directory]).expect("logs");
    let started = Instant::now();
    let merged = merge_with(&logs, file, &MergeOptions::new().mode(mode)).expect("a profile");
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .map_or("?", str::trim);
    let bytes: u64 = fs::metadata(file).map_or(0, |file| file.len())
        + merged
            .rank_files
            .iter()
            .map(|file| fs::metadata(file).map_or(0, |file| file.len()))
            .sum::<u64>();
    println!(
        "{} s wall, {} s processor, {memory}, {} intervals, {:.1} MB written",
        started.elapsed().as_secs_f64(),
        processor_seconds(),
        merged.intervals,
        bytes as f64 / 1e6
    );
}

/// Of this process, user and system, as Linux counts it in hundredths of a second.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().expect("a path"))
}

fn ranks(counts: &[&str]) {
    for count in counts {
        let count = number(count);
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("run.h5");
        for rank in 0..count {
            let status = this_program()
                .args([
                    "record",
                    file.to_str().expect("UTF-8"),
                    &REGIONS.to_string(),
                    &CALLS.to_string(),
                ])
                .env("PMI_RANK", rank.to_string())
                .env("PMI_SIZE", count.to_string())
                .env("PMI_JOBID", "scale")
                .status()
                .expect("this program");
            assert!(status.success());
        }
        for mode in ["copy", "link"] {
            println!("{count} ranks, {mode}:");
            run_merge(directory.path(), mode);
        }
    }
}

fn large(intervals: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("run.h5");
    let status = this_program()
        .args([
            "record",
            file.to_str().expect("UTF-8"),
            "10",
            &(intervals / 10).to_string(),
        ])
        .env("PMI_RANK", "0")
        .env("PMI_SIZE", "2")
        .env("PMI_JOBID", "scale")
        .status()
        .expect("this program");
    assert!(status.success());
    println!("one log of {intervals} intervals:");
    run_merge(directory.path(), "copy");
    let logs = find_logs(&[directory.path().join("run.h5.d")]).expect("logs");
    for (what, original) in [("log", &logs[0]), ("file", &file)] {
        // Again and again: the first finds no free pages.
        let times = (0..5).map(|_| {
            let started = Instant::now();
            let copy = directory.path().join("copy");
            let cp = Command::new("cp")
                .arg("--reflink=never")
                .arg(original)
                .arg(&copy)
                .status();
            assert!(cp.expect("cp").success());
            started.elapsed().as_secs_f64()
        });
        let mut times: Vec<f64> = times.collect();
        times.sort_by(f64::total_cmp);
        println!("cp of the {what}: {:.3} s", times[2]);
    }
}

fn run_merge(directory: &Path, mode: &str) {
    let logs = directory.join("run.h5.d");
    let status = this_program()
        .arg("merge")
        .args([logs.as_path(), &directory.join("run.h5")])
        .arg(mode)
        .status()
        .expect("this program");
    assert!(status.success());
}
