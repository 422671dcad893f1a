//! What each export takes: bytes, time and memory for an interval, beside reading the file.
//!
//! ```text
//! cargo bench --bench exports                       10 million intervals, a table in Markdown
//! cargo bench --bench exports -- 1000000            so many
//! cargo bench --bench exports -- FILE chrome csv    a file of yours, and some of the formats
//! ```
//!
//! The profile is recorded: four threads with regions of irregular length. Each export is a process of its own, which
//! reports its processor time and the most memory that it had.

use scope_profiler::export::{EXPORTERS, Export, exporter};
use scope_profiler::profile::{Intervals, Source};
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader, units};
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const THREADS: usize = 4;
/// Intervals of one step of a thread.
const A_STEP: usize = 10;
/// What only reads the file.
const READING: &str = "(reading)";

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run", format, file, out] => run(format, Path::new(file), Path::new(out)),
        [file, formats @ ..] if Path::new(file).is_file() => table(Path::new(file), formats),
        [] | [_] => {
            let intervals = words
                .first()
                .map_or(10_000_000, |text| text.parse().expect("a number"));
            let directory = tempfile::tempdir().expect("a directory");
            let file = directory.path().join("run.h5");
            record(&file, intervals);
            table(&file, &[]);
        }
        _ => panic!("see the top of benches/exports.rs"),
    }
}

/// Records a run of four threads.
fn record(file: &Path, intervals: usize) {
    let config = ProfilingConfig::new().file_path(file).verbose(false);
    let profiler = Profiler::new(config).expect("a directory");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let profiler = &profiler;
            scope.spawn(move || steps(profiler, intervals / THREADS / A_STEP, thread as u64));
        }
    });
    profiler.finalize().expect("a profile");
}

fn steps(profiler: &Profiler, count: usize, seed: u64) {
    let mut state = seed + 1;
    let mut work = move |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (0..(state >> 33) % most).for_each(|n| {
            black_box(n);
        });
    };
    for _ in 0..count {
        let _step = profiler.profile_region("step");
        profiler.profile("assemble", || work(400));
        let _solve = profiler.profile_region("solve");
        for _ in 0..3 {
            profiler.profile("matrix times vector", || work(300));
            profiler.profile("dot product", || work(100));
        }
        drop(_solve);
        profiler.profile("write", || work(50));
    }
}

/// Prints a row for each format.
fn table(file: &Path, formats: &[&str]) {
    let all: Vec<&str> = EXPORTERS.iter().map(|exporter| exporter.name()).collect();
    let formats = if formats.is_empty() { &all } else { formats };
    let reader = ProfilingH5Reader::open(file).expect("a profile");
    let intervals: u64 = reader.rows().iter().map(|row| row.intervals).sum();
    drop(reader);
    println!("{} intervals:\n", units::count(intervals));
    println!(
        "| format | bytes/interval | million intervals/s | MB/s | times reading | processor ns/interval | peak memory |"
    );
    println!("|---|---|---|---|---|---|---|");
    let directory = tempfile::tempdir().expect("a directory");
    let reading = measured(READING, file, &directory.path().join("none"));
    print_row("reading alone", &reading, &reading, intervals);
    for format in formats {
        let exporter = exporter(format).expect("a format");
        let end = exporter.extensions()[0];
        for end in [end.to_owned(), format!("{end}.gz")] {
            // What is compressed already is not compressed again.
            if end.ends_with(".gz") && !exporter.is_text() {
                continue;
            }
            let out = directory.path().join(format!("run{end}"));
            let row = measured(format, file, &out);
            let name = if end.ends_with(".gz") {
                format!("`{format}`, `.gz`")
            } else {
                format!("`{format}`")
            };
            print_row(&name, &row, &reading, intervals);
            fs::remove_file(&out).expect("an export");
        }
    }
}

/// What a process reported.
struct Row {
    seconds: f64,
    processor_seconds: f64,
    bytes: u64,
    memory_kib: f64,
}

fn measured(format: &str, file: &Path, out: &Path) -> Row {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["run", format])
        .args([file, out])
        .output()
        .expect("this program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{format}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|word| word.parse().expect("a number"))
        .collect();
    Row {
        seconds: numbers[0],
        bytes: fs::metadata(out).map_or(0, |file| file.len()),
        processor_seconds: numbers[1],
        memory_kib: numbers[2],
    }
}

fn print_row(name: &str, row: &Row, reading: &Row, intervals: u64) {
    let (count, bytes) = (intervals as f64, row.bytes as f64);
    println!(
        "| {name} | {:.1} | {:.1} | {:.0} | {:.1} | {:.0} | {:.0} MiB |",
        bytes / count,
        count / row.seconds / 1e6,
        bytes / row.seconds / 1e6,
        row.seconds / reading.seconds,
        row.processor_seconds / count * 1e9,
        row.memory_kib / 1024.0
    );
}

/// Exports in this process, and reports seconds and the most memory.
fn run(format: &str, file: &Path, out: &Path) {
    let began = Instant::now();
    let reader = ProfilingH5Reader::open(file).expect("a profile");
    if format == READING {
        let mut buffer = Intervals::new();
        let mut sum = 0;
        for (index, row) in reader.rows().iter().enumerate() {
            for from in (0..row.intervals).step_by(1 << 16) {
                let to = row.intervals.min(from + (1 << 16));
                reader.read(index, from..to, &mut buffer).expect("intervals");
                sum += buffer.total_ns();
            }
        }
        black_box(sum);
    } else {
        let exporter = exporter(format).expect("a format");
        Export::new(&reader, exporter).save(out).expect("an export");
    }
    let seconds = began.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let memory = memory
        .and_then(|text| text.split_whitespace().next())
        .unwrap_or("0");
    println!("{seconds} {} {memory}", processor_seconds());
}

/// Of this process, user and system, as Linux counts it in hundredths of a second.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields
        .skip(11)
        .take(2)
        .filter_map(|text| text.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
