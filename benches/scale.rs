//! How merging and reading grow with the number of ranks and with the length of their logs.
//!
//! ```text
//! cargo bench --bench scale                     256 and 1024 ranks, and merges of 10 million intervals
//! cargo bench --bench scale -- ranks 4096       so many ranks of 100 regions with 1000 calls each
//! cargo bench --bench scale -- merge 10000000   merges of so many intervals, in 1 rank of 4 regions and in 64 of 40,
//!                                               beside `cp` of their logs, and with and without summaries
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
        ["merge", intervals] => merges(number(intervals)),
        ["read", intervals] => read(number(intervals)),
        ["look", file, how] => look(Path::new(file), how),
        ["nested", file, regions, calls, how] => {
            record_nested(
                Path::new(file),
                number(regions),
                number(calls),
                *how == "crossing",
            );
        }
        _ => {
            ranks(&["256", "1024"]);
            merges(10_000_000);
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
    processor_ticks([11, 12])
}

/// Of the processes that this one has started and that have ended.
fn processor_seconds_of_commands() -> f64 {
    processor_ticks([13, 14])
}

fn processor_ticks(places: [usize; 2]) -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = places.map(|at| {
        fields
            .get(at)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0)
    });
    (ticks[0] + ticks[1]) / 100.0
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

/// How often each way of a comparison is taken.
const ROUNDS: usize = 7;

/// What a command took, s.
#[derive(Clone, Copy)]
struct Took {
    wall: f64,
    processor: f64,
}

/// Runs a command; gives what it took and what it said.
fn run(command: &mut Command) -> (Took, String) {
    let (started, before) = (Instant::now(), processor_seconds_of_commands());
    let output = command.output().expect("a program");
    assert!(output.status.success(), "{command:?}: {output:?}");
    let took = Took {
        wall: started.elapsed().as_secs_f64(),
        processor: processor_seconds_of_commands() - before,
    };
    (took, String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Merges logs of so many intervals again and again, each time beside `cp` of the same logs. The logs without summaries
/// are the same but for two calls at the end of each, which cross, so that those of the rank do not nest.
fn merges(intervals: usize) {
    for (ranks, regions) in [(1, 4), (64, 40)] {
        let directory = tempfile::tempdir().expect("a directory");
        // Two times logs of 24 bytes an interval, a copy, and the file.
        if room(directory.path()) < 100 * intervals as u64 {
            println!("{ranks} x {regions}, {intervals} intervals: no room on the disk");
            continue;
        }
        let (nested, crossing) = (directory.path().join("nested"), directory.path().join("crossing"));
        record_ranks(&nested.join("run.h5"), (ranks, regions), intervals, "nested");
        record_ranks(&crossing.join("run.h5"), (ranks, regions), intervals, "crossing");
        let copy = directory.path().join("copy");
        let mut took: [Vec<Took>; 3] = Default::default();
        let mut said = String::new();
        // The first round finds no free pages.
        for round in 0..=ROUNDS {
            fs::remove_dir_all(&copy).ok();
            let logs = nested.join("run.h5.d");
            let (cp, _) = run(Command::new("cp")
                .args(["-r", "--reflink=never"])
                .args([&logs, &copy]));
            let (with, with_said) = run(&mut merge_command(&nested, "copy"));
            let (without, _) = run(&mut merge_command(&crossing, "copy"));
            if round > 0 {
                (took.iter_mut().zip([cp, with, without])).for_each(|(all, took)| all.push(took));
            }
            said = with_said;
        }
        println!("{ranks} x {regions}, {intervals} intervals, merge: {said}");
        let [cp, with, without] = took;
        for (what, all, beside) in [
            ("merge / cp of the logs", &with, &cp),
            ("merge without summaries / cp of the logs", &without, &cp),
            ("merge / merge without summaries", &with, &without),
        ] {
            let of = |took: &[Took], time: fn(&Took) -> f64| took.iter().map(time).sum::<f64>();
            let pairs = all.iter().zip(beside.iter());
            let mut walls: Vec<f64> = pairs.map(|(took, beside)| took.wall / beside.wall).collect();
            walls.sort_by(f64::total_cmp);
            println!(
                "{what}: {:.2} of the time ({:.2} to {:.2}), {:.2} of the processor time",
                walls[ROUNDS / 2],
                walls[0],
                walls[ROUNDS - 1],
                of(all, |took| took.processor) / of(beside, |took| took.processor)
            );
        }
    }
}

/// Makes logs of so many intervals, each by a process of its own.
fn record_ranks(file: &Path, (ranks, regions): (usize, usize), intervals: usize, how: &str) {
    let calls = intervals / ranks / regions;
    fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
    for rank in 0..ranks {
        let status = this_program()
            .arg("nested")
            .arg(file)
            .args([&regions.to_string(), &calls.to_string(), how])
            .env("PMI_RANK", rank.to_string())
            .env("PMI_SIZE", ranks.max(2).to_string())
            .env("PMI_JOBID", "scale")
            .status();
        assert!(status.expect("this program").success());
    }
}

/// Plays one rank whose regions are inside each other: the first around all calls of the others. At the end two calls may
/// cross.
fn record_nested(file: &Path, regions: usize, calls: usize, cross: bool) {
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
        record_ranks(&file, (ranks, regions), intervals, "nested");
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
    println!("{}", run(&mut merge_command(directory, mode)).1);
}

fn merge_command(directory: &Path, mode: &str) -> Command {
    let mut command = this_program();
    command
        .arg("merge")
        .args([directory.join("run.h5.d"), directory.join("run.h5")])
        .arg(mode);
    command
}
