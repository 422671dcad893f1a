//! Counters come through what happens to programs: a kill, a fork, several ranks, Python.
#![cfg(feature = "hdf5")]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;
#[path = "common/ended.rs"]
mod ended;
#[path = "../examples/counters.rs"]
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
use scope_profiler::profile::{Numbers, Samples, Source};
use scope_profiler::{ProfileManager, Profiler, ProfilingConfig, ProfilingH5Reader, profile_counter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where a program writes to.
const FILE: &str = "SCOPE_PROFILER_TEST_COUNTERS_FILE";

again::programs! {
    "until killed" => record_until_killed,
    "until a signal" => record_until_a_signal,
    "at exit" => record_until_exit,
    "facade" => record_through_the_facade,
    "rank" => record_as_a_rank,
    "example" => run_the_example,
}

fn file() -> String {
    std::env::var(FILE).unwrap()
}

fn session() -> Profiler {
    Profiler::new(ProfilingConfig::new().file_path(file()).verbose(false)).unwrap()
}

/// Sample number n is n, and in the middle of a region; every third is also half of it.
fn record(profiler: &Profiler, samples: std::ops::Range<i64>) {
    for n in samples {
        let _region = profiler.profile_region("step");
        profiler.counter("n", n);
        if n % 3 == 0 {
            profiler.counter("half:J", n as f64 / 2.0);
        }
    }
}

const FLUSHED: i64 = 30_000;

fn record_until_killed() {
    let profiler = session();
    record(&profiler, 0..FLUSHED);
    profiler.flush().unwrap();
    println!("flushed");
    (FLUSHED..)
        .step_by(100)
        .for_each(|n| record(&profiler, n..n + 100));
}

fn record_until_a_signal() {
    let profiler = session();
    record(&profiler, 0..5_000);
    println!("recorded");
    std::thread::park();
}

fn record_until_exit() {
    let profiler = session();
    record(&profiler, 0..1_000);
    // Also what only the log of the end names.
    profiler.counter("last", 1);
    std::process::exit(0);
}

fn record_through_the_facade() {
    // Without a session nothing is recorded, and what is given to the macro is not worked out.
    ProfileManager::counter("before", 1);
    profile_counter!("before", panic_if_worked_out());
    ProfileManager::setup(ProfilingConfig::new().file_path(file()).verbose(false)).unwrap();
    for n in 0..10_usize {
        profile_counter!("macro:things", n);
        ProfileManager::counter(&format!("by {}", "name"), n as f64);
    }
    std::thread::spawn(|| profile_counter!("macro:things", 10))
        .join()
        .unwrap();
    ProfileManager::finalize().unwrap();
    ProfileManager::counter("after", 1);
    profile_counter!("after", panic_if_worked_out());
}

fn panic_if_worked_out() -> i64 {
    panic!("there is no session")
}

fn record_as_a_rank() {
    let rank: i64 = std::env::var("PMI_RANK").unwrap().parse().unwrap();
    let profiler = session();
    record(&profiler, 1_000 * rank..1_000 * rank + 10);
    if rank == 2 {
        profiler.counter("on one rank", 5);
    }
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

/// Makes the file of the logs in a directory, and finds nothing wrong with either.
fn merged(directory: &Path) -> PathBuf {
    let logs = find_logs(&[directory.join("run.h5.d")]).unwrap();
    let output = directory.join("merged.h5");
    merge(&logs, &output).unwrap();
    for path in logs.iter().chain([&output]) {
        let report = check(path).unwrap();
        assert!(report.is_ok(), "{report}");
    }
    output
}

/// The samples of a counter on a rank.
fn samples(source: &dyn Source, rank: u32, counter: &str) -> Samples {
    let rows = source.counter_rows().iter();
    let (index, row) = rows
        .enumerate()
        .find(|(_, row)| row.rank == rank && source.counters()[row.counter].name() == counter)
        .unwrap();
    let mut samples = Samples::new();
    source.read_counter(index, 0..row.samples, &mut samples).unwrap();
    samples
}

/// Samples from this one on are there without a gap; gives how many there are.
fn assert_follow(source: &dyn Source, rank: u32, first: i64) -> i64 {
    let n = samples(source, rank, "n");
    let expected: Vec<i64> = (first..first + n.len() as i64).collect();
    assert_eq!(n.values().whole().unwrap(), expected);
    let half = samples(source, rank, "half");
    let expected: Vec<f64> = expected
        .iter()
        .filter(|n| *n % 3 == 0)
        .map(|&n| n as f64 / 2.0)
        .collect();
    match half.values() {
        // The last one may not have been saved any more.
        Numbers::Float(values) => {
            assert!(expected.len() - values.len() <= 1);
            assert_eq!(values[..], expected[..values.len()]);
        }
        other => panic!("{other:?}"),
    }
    n.len() as i64
}

#[test]
fn what_was_flushed_is_there_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    ended::kill(&mut started("until killed", directory.path()), "flushed");
    let reader = ProfilingH5Reader::open(merged(directory.path())).unwrap();
    assert!(assert_follow(&reader, 0, 0) >= FLUSHED);
    assert_eq!(reader.counters()[0].unit(), Some("J"));
}

#[cfg(unix)]
#[test]
fn a_signal_that_ends_the_program_saves_every_sample() {
    let directory = tempfile::tempdir().unwrap();
    ended::terminate(&mut started("until a signal", directory.path()), "recorded");
    let reader = ProfilingH5Reader::open(merged(directory.path())).unwrap();
    assert_eq!(assert_follow(&reader, 0, 0), 5_000);
    let recorded = reader.run().ranks[&0].ended_by.clone();
    assert_eq!(recorded.as_deref(), Some("SIGTERM"));
}

#[test]
fn a_program_that_exits_without_finalize_has_every_sample_in_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let status = started("at exit", directory.path()).status().unwrap();
    assert!(status.success());
    let reader = ProfilingH5Reader::open(merged(directory.path())).unwrap();
    assert_eq!(assert_follow(&reader, 0, 0), 1_000);
    assert_eq!(*samples(&reader, 0, "last").values(), Numbers::Int(vec![1]));
}

#[test]
fn the_facade_and_the_macro_record_into_the_session_that_there_is() {
    let directory = tempfile::tempdir().unwrap();
    let output = started("facade", directory.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let reader = ProfilingH5Reader::open(directory.path().join("run.h5")).unwrap();
    let named: Vec<_> = (reader.counters().iter())
        .map(|counter| (counter.name(), counter.unit()))
        .collect();
    assert_eq!(named, [("by name", None), ("macro", Some("things"))]);
    let by_macro = samples(&reader, 0, "macro");
    assert_eq!(*by_macro.values(), Numbers::Int((0..=10).collect()));
    assert_eq!(by_macro.threads()[9..], [0, 1]);
    assert_eq!(samples(&reader, 0, "by name").len(), 10);
}

#[test]
fn ranks_that_a_launcher_started_have_their_counters_in_one_file() {
    let directory = tempfile::tempdir().unwrap();
    ranks::run(0..4, 4, "counters", || started("rank", directory.path()));
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let output = directory.path().join("run.h5");
    for mode in [MergeMode::Copy, MergeMode::Link] {
        merge_with(&logs, &output, &MergeOptions::new().mode(mode)).unwrap();
        let reader = ProfilingH5Reader::open(&output).unwrap();
        let names: Vec<_> = reader.counters().iter().map(|counter| counter.name()).collect();
        assert_eq!(names, ["half", "n", "on one rank"]);
        for rank in 0..4 {
            assert_eq!(assert_follow(&reader, rank, 1_000 * i64::from(rank)), 10);
        }
        assert_eq!(reader.counter_rows().len(), 9);
        assert_eq!(samples(&reader, 2, "on one rank").len(), 1);
        let report = check(&output).unwrap();
        assert!(report.is_ok(), "{report}");
    }
}

#[test]
fn the_example_runs_and_python_and_h5py_read_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let output = started("example", directory.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && said.contains("particles: 200 samples"),
        "{said}"
    );
    let file = directory.path().join("run.h5");
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let ours = what_we_read(&file);
    for version in ["0.1.8", "0.7.5"] {
        let Some(python) = interpreter(version) else {
            continue;
        };
        assert_eq!(what_python_reads(&python, &file, 1), ours, "{version}");
        let script = "import h5py, json, sys\n\
            counters = h5py.File(sys.argv[1])['rank0/counters']\n\
            def of(name):\n\
            \x20   counter = counters[name]\n\
            \x20   values = counter['values']\n\
            \x20   shown = [float(x).hex() if values.dtype.kind == 'f' else int(x) for x in values[:]]\n\
            \x20   threads = counter['thread_ids'][:].tolist() if 'thread_ids' in counter else []\n\
            \x20   return [counter['times'][:].tolist(), str(values.dtype), shown, values.attrs.get('unit'), threads]\n\
            print(json.dumps({name: of(name) for name in counters}))";
        let output = Command::new(&python)
            .args(["-c", script])
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(read.as_object().unwrap().len(), reader.counters().len());
        for counter in reader.counters() {
            let samples = samples(&reader, 0, counter.name());
            let (dtype, values) = match samples.values() {
                Numbers::Int(values) => ("int64", serde_json::json!(values)),
                Numbers::Float(values) => {
                    let hex = values.iter().map(|&x| hex_of_python(x)).collect::<Vec<_>>();
                    ("float64", serde_json::json!(hex))
                }
                other => panic!("{other:?}"),
            };
            let has_threads = samples.threads().iter().any(|&thread| thread != 0);
            let threads = if has_threads { samples.threads() } else { &[] };
            let expected = serde_json::json!([samples.times(), dtype, values, counter.unit(), threads]);
            assert_eq!(read[counter.name()], expected, "{}", counter.name());
        }
    }
}

/// A finite number as Python's `float.hex` writes it.
fn hex_of_python(x: f64) -> String {
    let bits = x.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    let sign = if x.is_sign_negative() { "-" } else { "" };
    match exponent {
        0 if fraction == 0 => format!("{sign}0x0.0p+0"),
        0 => format!("{sign}0x0.{fraction:013x}p-1022"),
        _ => format!("{sign}0x1.{fraction:013x}p{:+}", exponent - 1023),
    }
}
