//! Names without end, as a program makes them of its data: what a file costs grows with their number and
//! no faster, and what they take while the program runs has a limit.
//!
//! `SCOPE_PROFILER_NAMES=1000000 cargo test --release --test many_names -- --nocapture linear` is the long
//! form: it goes up to that many names and prints what each number took.

#![cfg(all(target_os = "linux", feature = "hdf5"))]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;

use scope_profiler::profile::Source;
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter};
use std::path::{Path, PathBuf};

const FILE: &str = "SCOPE_PROFILER_TEST_NAMES_FILE";
const NUMBER: &str = "SCOPE_PROFILER_TEST_NAMES_NUMBER";
const LENGTH: &str = "SCOPE_PROFILER_TEST_NAMES_LENGTH";
const LIMIT: &str = "SCOPE_PROFILER_TEST_NAMES_LIMIT";
/// The largest number of names of the long form.
const LONG: &str = "SCOPE_PROFILER_NAMES";

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

/// No two neighbours in any order.
fn name(n: usize, length: usize) -> String {
    let hash = (n as u32).wrapping_mul(2_654_435_761);
    format!("{:x<length$}", format!("GET /users/{hash:08x}/"))
}

/// What a process has done so far.
#[derive(Clone, Copy, Debug)]
struct Work {
    /// Calls of `read`, `write` and their kin.
    transfers: u64,
    /// Bytes that they moved.
    bytes: u64,
    /// The most memory that it had, KiB.
    memory: u64,
    /// Processor time, ms: the machine may have more to do.
    busy: u64,
}

impl Work {
    fn so_far() -> Self {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        // The name in parentheses may hold anything; the times are fields 14 and 15, in hundredths.
        let times = stat.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
        let busy: u64 = times.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        let of_this_process = |file: &str, key: &str| -> u64 {
            let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        };
        let io = |key: &str| of_this_process("io", key);
        Self {
            transfers: io("syscr:") + io("syscw:"),
            bytes: io("rchar:") + io("wchar:"),
            memory: of_this_process("status", "VmHWM:"),
            busy: busy * 10,
        }
    }

    fn print(self) {
        let Self {
            transfers,
            bytes,
            memory,
            busy,
        } = self;
        println!("\nwork {transfers} {bytes} {memory} {busy}");
    }

    fn parse(line: &str) -> Self {
        let mut numbers = line.split(' ').skip(1).map(|number| number.parse().unwrap());
        let mut next = || numbers.next().unwrap();
        Self {
            transfers: next(),
            bytes: next(),
            memory: next(),
            busy: next(),
        }
    }
}

again::programs! { "record" => record, "read" => read }

fn file() -> PathBuf {
    std::env::var_os(FILE).unwrap().into()
}

fn record() {
    let file = file();
    let (names, length) = (number(NUMBER).unwrap(), number(LENGTH).unwrap());
    let mut config = ProfilingConfig::new().file_path(&file).verbose(false);
    if let Some(bytes) = number(LIMIT) {
        config = config.memory_limit(bytes).include(["GET"]);
    }
    let profiler = Profiler::new(config).unwrap();
    for n in 0..names {
        profiler.profile(&name(n, length), || ());
    }
    // One that has a number of its own keeps it, also when there are no further ones.
    profiler.profile(&name(0, length), || ());
    Work::so_far().print();
    profiler.finalize().unwrap();
    Work::so_far().print();
}

fn read() {
    let file = file();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    assert_eq!(reader.names().len(), number(NUMBER).unwrap());
    let rows = RegionFilter::new().rows(&reader).unwrap();
    let tree = scope_profiler::analysis::call_tree::CallTree::of(&reader, &rows).unwrap();
    assert_eq!(tree.intervals() as usize, number(NUMBER).unwrap() + 1);
    drop(reader);
    Work::so_far().print();
    let report = scope_profiler::check::check(&file).unwrap();
    assert!(report.is_ok(), "{report:?}");
    Work::so_far().print();
}

struct Outcome {
    work: Vec<Work>,
    complaints: String,
}

/// Runs one of the programs above in a process of its own.
fn run(program: &str, file: &Path, names: usize, length: usize, limit: Option<usize>) -> Outcome {
    let mut command = again(program);
    command
        .env(FILE, file)
        .env(NUMBER, names.to_string())
        .env(LENGTH, length.to_string());
    if let Some(limit) = limit {
        command.env(LIMIT, limit.to_string());
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("work "));
    Outcome {
        work: lines.map(Work::parse).collect(),
        complaints: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What recording, making the file, reading and checking it took, and the file's length.
fn work_of(names: usize, length: usize) -> (Vec<Work>, u64) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let mut work = Vec::new();
    for program in ["record", "read"] {
        let of_program = run(program, &file, names, length, None).work;
        // What is counted goes on; the most memory stays what it was.
        let mut earlier = (0, 0, 0);
        work.extend(of_program.into_iter().map(|so_far| {
            let (transfers, bytes, busy) = earlier;
            earlier = (so_far.transfers, so_far.bytes, so_far.busy);
            Work {
                transfers: so_far.transfers - transfers,
                bytes: so_far.bytes - bytes,
                busy: so_far.busy - busy,
                ..so_far
            }
        }));
    }
    (work, std::fs::metadata(&file).unwrap().len())
}

#[test]
fn work_and_memory_are_linear_in_the_number_of_names() {
    let long = number(LONG);
    // Long enough that the names of the smallest file are more than HDF5 may cache.
    let length = if long.is_some() { 100 } else { 4_000 };
    let mut before = None;
    let mut names = long.map_or(1_200, |_| 10_000);
    let most = long.unwrap_or(2_400);
    while names <= most {
        let (work, size) = work_of(names, length);
        for (what, work) in ["recording", "making the file", "reading it", "checking it"]
            .iter()
            .zip(&work)
        {
            println!(
                "{names} names of {length} characters, {what}: {} us, {:.1} transfers, {} bytes for each; {} MiB",
                1_000 * work.busy / names as u64,
                work.transfers as f64 / names as f64,
                work.bytes / names as u64,
                work.memory >> 10
            );
        }
        println!("  {} bytes of the file for each", size / names as u64);
        if let Some((earlier, earlier_names)) = before.replace((work.clone(), names)) {
            let times = names as f64 / earlier_names as f64;
            // Recording transfers as much as is there each time that it is flushed.
            for (work, earlier) in work.iter().zip::<&Vec<Work>>(&earlier).skip(1) {
                // A piece that is read as a whole for each name would make it the square of that.
                let limit = |earlier: u64| (earlier as f64 * times * 1.5) as u64 + 1_000;
                assert!(
                    work.transfers <= limit(earlier.transfers),
                    "{earlier:?}, then {work:?}"
                );
                assert!(work.bytes <= limit(earlier.bytes), "{earlier:?}, then {work:?}");
                assert!(work.memory <= limit(earlier.memory), "{earlier:?}, then {work:?}");
            }
        }
        names *= if long.is_some() { 4 } else { 2 };
    }
}

#[test]
fn names_that_take_too_much_memory_are_told_of_and_then_recorded_as_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let (names, length) = (3_000, 16_000);
    let outcome = run("record", &file, names, length, Some(4 << 20));
    let text = &outcome.complaints;
    let told: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("region names take"))
        .collect();
    assert_eq!(told.len(), 2, "{text}");
    assert!(
        told[0].contains("memory_limit is 4 MiB; name regions after what the program does"),
        "{text}"
    );
    assert!(
        told[1].contains("under new names are recorded as \"(other names)\""),
        "{text}"
    );

    let reader = ProfilingH5Reader::open(&file).unwrap();
    let own = reader.names().len() - 1;
    // Four times the limit, of which each name takes its length and a few hundred bytes.
    assert!((950..1_050).contains(&own), "{own}");
    let others = reader.get_region("(other names)").unwrap();
    let others: usize = others
        .regions()
        .values()
        .map(|region| region.num_calls() as usize)
        .sum();
    // The first name was entered twice: it has a number of its own.
    assert_eq!(own + others, names);
    assert!(scope_profiler::check::check(&file).unwrap().is_ok());
    assert!(outcome.work[0].memory < 80 << 10, "{:?}", outcome.work);
}
