//! How merging and reading grow with the number of ranks and with the length of their logs.
//!
//! ```text
//! cargo bench --bench scale                     256 and 1024 ranks, and one log of 10 million intervals
//! cargo bench --bench scale -- ranks 4096       so many ranks of 100 regions with 1000 calls each
//! cargo bench --bench scale -- large 10000000   one log of so many intervals, beside `cp` of the same bytes
//! cargo bench --bench scale -- read 10000000    tables and pictures of files with so many intervals, in 1 rank of 4
//!                                               regions and in 64 of 40, beside a plain read of both columns
//! ```
//!
//! Logs are recorded by processes that take themselves for ranks of a job. Each merge and each reading is a process
//! of its own, which reports its time, processor time and the most memory that it had. Files that do not fit on the
//! disk are skipped.

use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::analysis::wall::Wall;
use scope_profiler::chart::{ChartOptions, Lanes};
use scope_profiler::export::table::{self, TableOptions};
use scope_profiler::plot::{PlotOptions, plot_gantt};
use scope_profiler::profile::Window;
use scope_profiler::{
    Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter,
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
        ["read", intervals] => read(number(intervals)),
        ["look", file, how] => look(Path::new(file), how),
        ["nested", file, regions, calls] => record_nested(Path::new(file), number(regions), number(calls)),
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
    let memory = most_memory();
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

/// The most memory that this process had.
fn most_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("?", str::trim).to_owned()
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

/// Plays one rank whose regions are inside each other: the first around all calls of the others.
fn record_nested(file: &Path, regions: usize, calls: usize) {
    let profiler = Profiler::new(ProfilingConfig::new().file_path(file).verbose(false)).expect("a directory");
    let names: Vec<String> = (1..regions).map(|region| format!("region {region}")).collect();
    for _ in 0..calls {
        let _step = profiler.profile_region("step");
        for name in &names {
            let _region = profiler.profile_region(name);
        }
    }
    profiler.finalize().expect("a log");
}

/// Makes files of so many intervals and reads them in every way.
fn read(intervals: usize) {
    for (ranks, regions) in [(1, 4), (64, 40)] {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("run.h5");
        // A log has 24 bytes an interval, the file 16, and what has to be sorted takes 20 meanwhile.
        if room(directory.path()) < 80 * intervals as u64 {
            println!("{ranks} x {regions}, {intervals} intervals: no room on the disk");
            continue;
        }
        for rank in 0..ranks {
            let calls = intervals / ranks / regions;
            let status = this_program()
                .args([
                    "nested",
                    file.to_str().expect("UTF-8"),
                    &regions.to_string(),
                    &calls.to_string(),
                ])
                .env("PMI_RANK", rank.to_string())
                .env("PMI_SIZE", ranks.max(2).to_string())
                .env("PMI_JOBID", "scale")
                .status()
                .expect("this program");
            assert!(status.success());
        }
        println!("{ranks} x {regions}, {intervals} intervals, merge:");
        run_merge(directory.path(), "copy");
        fs::remove_dir_all(directory.path().join("run.h5.d")).expect("logs");
        for how in ["plain", "table", "exact", "gantt", "window", "naive"] {
            // The first reading finds no pages in memory.
            for _ in 0..3 {
                print!("{how}: ");
                let status = this_program()
                    .args(["look", file.to_str().expect("UTF-8"), how])
                    .status();
                assert!(status.expect("this program").success());
            }
        }
    }
}

/// Bytes that are free where `path` is.
fn room(path: &Path) -> u64 {
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

/// Reads a file in one way.
fn look(file: &Path, how: &str) {
    let started = Instant::now();
    let what = match how {
        "plain" => plain(file),
        "table" => table(ProfilingH5Reader::open(file).expect("a profile")),
        "gantt" => gantt(ProfilingH5Reader::open(file).expect("a profile"), None),
        "window" => gantt(
            ProfilingH5Reader::open(file).expect("a profile"),
            Some((0.5, 0.51)),
        ),
        "naive" => gantt(ProfilingH5Reader::open_exact(file).expect("a profile"), None),
        _ => table(ProfilingH5Reader::open_exact(file).expect("a profile")),
    };
    println!(
        "{:.3} s wall, {} s processor, {}; {what}",
        started.elapsed().as_secs_f64(),
        processor_seconds(),
        most_memory()
    );
}

/// Both columns of all regions, one region after the other, without anything of this crate.
fn plain(file: &Path) -> String {
    let file = hdf5::File::open(file).expect("a file");
    let mut intervals = 0;
    for rank in file.groups().expect("ranks") {
        for region in rank
            .group("regions")
            .and_then(|regions| regions.groups())
            .expect("regions")
        {
            let read = |name| region.dataset(name).and_then(|column| column.read_raw::<i64>());
            let (starts, ends) = (
                read("start_times").expect("starts"),
                read("end_times").expect("ends"),
            );
            intervals += starts.len().min(ends.len());
        }
    }
    format!("{intervals} intervals")
}

/// A picture of all of the run, or of what is between two shares of its time.
fn gantt(reader: ProfilingH5Reader, window: Option<(f64, f64)>) -> String {
    let opened = Instant::now();
    let options = ChartOptions::new().lanes(Lanes::Region);
    let options = match window {
        None => options,
        Some((from, until)) => {
            let wall = Wall::of(&reader).expect("a run").ns() as f64;
            options.window(Window::new((wall * from) as i64, (wall * until) as i64))
        }
    };
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("gantt.png");
    plot_gantt(&reader, &PlotOptions::new().chart(options).filepath(&path)).expect("a picture");
    format!(
        "{:.3} s of it once the file is open",
        opened.elapsed().as_secs_f64()
    )
}

fn table(reader: ProfilingH5Reader) -> String {
    let tree = CallTree::filtered(&reader, &RegionFilter::new()).expect("a tree");
    let text = table::render(&tree, &TableOptions::new());
    format!("{} lines, {} intervals", text.lines().count(), tree.intervals())
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
