//! Numbers of calls come through what happens to programs: a kill, several ranks, Python.
#![cfg(feature = "hdf5")]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;
#[path = "common/ended.rs"]
mod ended;
#[path = "../examples/numbers.rs"]
#[allow(dead_code, unreachable_pub, reason = "an example by itself")]
mod example;
#[path = "common/interpreter.rs"]
mod interpreter;
#[path = "common/python.rs"]
mod python;
#[path = "common/ranks.rs"]
mod ranks;
#[path = "common/usual_child.rs"]
mod usual_child;

use interpreter::interpreter;
use python::{what_python_reads, what_we_read};
use scope_profiler::check::check;
use scope_profiler::merge::{MergeMode, MergeOptions, find_logs, merge, merge_with};
use scope_profiler::profile::Source;
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader, RankRegion};
use std::path::Path;
use std::process::{Command, Stdio};
use tracing::field::Empty;
use tracing::info_span;

/// Where a program writes to.
const FILE: &str = "SCOPE_PROFILER_TEST_NUMBERS_FILE";

again::programs! {
    "until killed" => record_until_killed,
    "until a signal" => record_until_a_signal,
    "rank" => record_as_a_rank,
    "example" => run_the_example,
}

fn file() -> String {
    std::env::var(FILE).unwrap()
}

/// Calls number n have n bytes, and every third one a residual.
fn record(profiler: &Profiler, calls: std::ops::Range<i64>) {
    for n in calls {
        let axpy = profiler.profile_region("axpy");
        axpy.record("bytes", n);
        profiler.profile("inside", || ());
        if n % 3 == 0 {
            axpy.record("residual", n as f64 / 2.0);
        }
    }
}

fn session() -> Profiler {
    let config = ProfilingConfig::new().file_path(file()).verbose(false);
    Profiler::new(config.fields(["bytes", "residual"])).unwrap()
}

const FLUSHED: i64 = 30_000;

fn record_spans(profiler: &Profiler) {
    tracing::subscriber::with_default(profiler.subscriber(), || {
        // A number that comes when its span has been left for the last time.
        let late = info_span!("late", bytes = Empty);
        late.in_scope(|| ());
        late.record("bytes", 7);
        for n in 0..100 {
            let polled = info_span!("polled", bytes = n, residual = Empty);
            polled.in_scope(|| _ = polled.record("residual", 0.5));
            polled.in_scope(|| ());
            polled.record("residual", 0.25);
            polled.in_scope(|| ());
            // What is recorded inside counts.
            let changed = info_span!("changed", bytes = n);
            changed.in_scope(|| _ = changed.record("bytes", -n));
        }
    });
}

fn assert_spans(reader: &ProfilingH5Reader) {
    let all = |name: &str, field: &str| {
        let region = &reader.get_region(name).unwrap()[0];
        let numbers = region.field(field).unwrap().iter();
        numbers
            .map(|number| number.map(|number| number.as_f64()))
            .collect::<Vec<_>>()
    };
    assert_eq!(all("late", "bytes"), [Some(7.0)]);
    let numbers = || (0..100).map(f64::from);
    let first: Vec<_> = numbers().flat_map(|n| [Some(n), None, None]).collect();
    assert_eq!(all("polled", "bytes"), first);
    let last = [Some(0.5), None, Some(0.25)].repeat(100);
    assert_eq!(all("polled", "residual"), last);
    let changed: Vec<_> = numbers().map(|n| Some(-n)).collect();
    assert_eq!(all("changed", "bytes"), changed);
}

fn record_until_killed() {
    let profiler = session();
    let open = profiler.profile_region("open");
    open.record("bytes", 1);
    record(&profiler, 0..FLUSHED);
    record_spans(&profiler);
    profiler.flush().unwrap();
    println!("flushed");
    (FLUSHED..)
        .step_by(100)
        .for_each(|n| record(&profiler, n..n + 100));
}

fn record_until_a_signal() {
    let profiler = session();
    record(&profiler, 0..5_000);
    // A span that is never entered: its number has no interval.
    let never_entered = || drop(info_span!("never entered", bytes = 1));
    tracing::subscriber::with_default(profiler.subscriber(), never_entered);
    record_spans(&profiler);
    println!("recorded");
    std::thread::park();
}

fn record_as_a_rank() {
    let rank: i64 = std::env::var("PMI_RANK").unwrap().parse().unwrap();
    let profiler = session();
    record(&profiler, 1_000 * rank..1_000 * rank + 10);
    profiler.finalize().unwrap();
}

fn run_the_example() {
    example::run(&file()).unwrap();
}

fn started(program: &str, directory: &Path) -> Command {
    let mut command = again(program);
    #[cfg(unix)]
    usual_child::as_usual(&mut command);
    command
        .env(FILE, directory.join("run.h5"))
        .stderr(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// Every call that is there has its numbers; `first` is the number of the first one.
fn assert_follow(calls: &RankRegion, first: i64) {
    let bytes = calls.field("bytes").unwrap().whole().unwrap();
    let residuals = calls.field("residual").unwrap();
    for (n, (&bytes, residual)) in (first..).zip(bytes.iter().zip(residuals.iter())) {
        assert_eq!(bytes, n);
        assert_eq!(
            residual.map(|number| number.as_f64()),
            (n % 3 == 0).then_some(n as f64 / 2.0)
        );
    }
}

#[test]
fn what_was_flushed_has_its_numbers_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    ended::kill(&mut started("until killed", directory.path()), "flushed");
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let output = directory.path().join("run.h5");
    merge(&logs, &output).unwrap();
    let report = check(&output).unwrap();
    assert!(report.is_ok(), "{report}");
    let reader = ProfilingH5Reader::open(&output).unwrap();
    let axpy = &reader.get_region("axpy").unwrap()[0];
    assert!(axpy.start_times_ns().len() >= FLUSHED as usize);
    assert_follow(axpy, 0);
    assert_spans(&reader);
}

#[cfg(unix)]
#[test]
fn a_signal_that_ends_the_program_saves_numbers_as_it_saves_intervals() {
    let directory = tempfile::tempdir().unwrap();
    ended::terminate(&mut started("until a signal", directory.path()), "recorded");
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let output = directory.path().join("run.h5");
    merge(&logs, &output).unwrap();
    let report = check(&output).unwrap().to_string();
    assert!(report.contains("1 number"), "{report}");
    let reader = ProfilingH5Reader::open(&output).unwrap();
    let axpy = &reader.get_region("axpy").unwrap()[0];
    assert_eq!(axpy.start_times_ns().len(), 5_000);
    assert_follow(axpy, 0);
    assert_spans(&reader);
}

#[test]
fn ranks_that_a_launcher_started_have_their_numbers_in_one_file() {
    let directory = tempfile::tempdir().unwrap();
    ranks::run(0..4, 4, "numbers", || started("rank", directory.path()));
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let output = directory.path().join("run.h5");
    for mode in [MergeMode::Copy, MergeMode::Link] {
        merge_with(&logs, &output, &MergeOptions::new().mode(mode)).unwrap();
        let reader = ProfilingH5Reader::open(&output).unwrap();
        assert_eq!(reader.ranks(), [0, 1, 2, 3]);
        let axpy = reader.get_region("axpy").unwrap();
        for rank in 0..4 {
            assert_eq!(axpy[rank].start_times_ns().len(), 10);
            assert_follow(&axpy[rank], 1_000 * i64::from(rank));
        }
        let report = check(&output).unwrap();
        assert!(report.is_ok(), "{report}");
    }
}

#[test]
fn the_example_runs_and_python_and_h5py_read_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let child = started("example", directory.path()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("residuals: "), "{said}");
    let file = directory.path().join("run.h5");
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let fields: Vec<_> = (reader.fields().iter())
        .map(|field| (field.name(), field.unit()))
        .collect();
    assert_eq!(
        fields,
        [("bytes", Some("B")), ("flops", Some("flop")), ("residual", None)]
    );
    let ours = what_we_read(&file);
    for version in ["0.1.8", "0.7.5"] {
        let Some(python) = interpreter(version) else {
            continue;
        };
        assert_eq!(what_python_reads(&python, &file, 1), ours, "{version}");
        let script = "import h5py, sys\n\
            file = h5py.File(sys.argv[1])\n\
            region = file['rank0/regions/axpy/fields']\n\
            print(sorted(region), region['bytes'].dtype, region['bytes'].attrs['unit'], set(region['bytes'][:]))\n\
            region = file['rank0/regions/iteration/fields/residual']\n\
            print(region.dtype, [float(x).hex() for x in region[:]])";
        let output = Command::new(&python)
            .args(["-c", script])
            .arg(&file)
            .output()
            .unwrap();
        let read = String::from_utf8(output.stdout).unwrap();
        let mut lines = read.lines();
        let first = lines.next().unwrap_or_default();
        assert!(first.starts_with("['bytes', 'flops'] int64 B {"), "{read}");
        assert!(first.contains("480000"), "{read}");
        let iterations = &reader.get_region("iteration").unwrap()[0];
        let residuals = iterations.field("residual").unwrap();
        let second = lines.next().unwrap_or_default();
        assert!(second.starts_with("float64 ["), "{read}");
        assert_eq!(second.matches("0x1.").count(), residuals.len(), "{read}");
        let first_residual = residuals.get(0).unwrap().as_f64();
        let hex = second.split('\'').nth(1).unwrap();
        let exponent: i32 = hex.split('p').nth(1).unwrap().parse().unwrap();
        let fraction = i64::from_str_radix(&hex[4..hex.find('p').unwrap()], 16).unwrap();
        assert_eq!(
            (1.0 + fraction as f64 / 2f64.powi(52)) * 2f64.powi(exponent),
            first_residual
        );
    }
}
