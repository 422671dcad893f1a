//! A rank log as a source: of a program that runs, that was killed, that ended.

use crate::common::Run;
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::export::table::{self, TableOptions};
use scope_profiler::merge::{find_logs, merge};
use scope_profiler::profile::{Intervals, Source, Value};
use scope_profiler::{LogSource, ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// The log beside the file that a run writes.
fn log_of(file: &Path) -> PathBuf {
    let mut directory = file.as_os_str().to_owned();
    directory.push(".d");
    find_logs(&[directory]).unwrap().remove(0)
}

type Rows = BTreeMap<String, Vec<(i64, i64, u32)>>;

/// All intervals of a source, by region.
fn rows(source: &dyn Source) -> Rows {
    let mut rows = Rows::new();
    for (index, row) in source.rows().iter().enumerate() {
        let mut intervals = Intervals::default();
        source.read(index, 0..row.intervals, &mut intervals).unwrap();
        let calls = intervals.iter();
        let of_region = calls.map(|call| (call.start_ns, call.end_ns, call.thread));
        rows.insert(source.names()[row.name].clone(), of_region.collect());
    }
    rows
}

fn table(source: &dyn Source) -> String {
    let chosen = RegionFilter::new().rows(source).unwrap();
    let tree = CallTree::of(source, &chosen).unwrap();
    table::render(&tree, &TableOptions::new().title("a run"))
}

#[test]
fn a_log_has_what_the_file_made_of_it_will_have() {
    let run = Run::new();
    run.region("outer", 100, || {
        run.region("inner/part", 10, || ());
        run.region("outer", 5, || ());
    });
    run.profiler.flush().unwrap();
    let log = run.directory.path().join("copy.log");
    fs::copy(log_of(&run.file()), &log).unwrap();
    let source = LogSource::open(&log).unwrap();
    let file = run.directory.path().join("copy.h5");
    merge(&[&log], &file).unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    assert_eq!(rows(&source), rows(&reader));
    assert_eq!(rows(&source)["outer"], [(1_000, 1_230, 0), (1_120, 1_130, 0)]);
    assert_eq!(table(&source), table(&reader));
    assert_eq!(source.call_cost_ns(), reader.call_cost_ns());
    assert_eq!(source.thread_names(0).unwrap(), reader.thread_names(0).unwrap());
    assert_eq!(rows(&ProfilingH5Reader::open(&log).unwrap()), rows(&reader));
    assert_eq!(
        ProfilingH5Reader::open(&log).unwrap().metadata().get("host"),
        reader.metadata().get("host")
    );
}

#[test]
fn counts_beside_the_intervals_are_in_the_log_too() {
    let run = Run::with(|config| config.throttle(3, std::time::Duration::from_micros(1)));
    for _ in 0..10 {
        run.region("often", 1, || ());
    }
    let kept = run.directory.path().join("kept.log");
    run.profiler.flush().unwrap();
    let log = log_of(&run.file());
    fs::hard_link(&log, &kept).unwrap();
    let reader = run.read();
    let source = LogSource::open(&kept).unwrap();
    assert!(source.is_complete());
    let mut expected = reader.rows().to_vec();
    expected.iter_mut().for_each(|row| row.total_ns = None);
    assert_eq!(source.rows(), expected);
}

#[test]
fn what_is_appended_is_there_after_a_refresh_and_not_before() {
    let clock = ManualClock::new(1_000);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = ProfilingConfig::new()
        .file_path(&file)
        .verbose(false)
        .manual_clock(&clock);
    let profiler = Profiler::new(config).unwrap();
    let call = |name: &str| {
        let _guard = profiler.profile_region(name);
        clock.advance(10);
    };
    profiler.flush().unwrap();
    let mut source = LogSource::open(log_of(&file)).unwrap();
    assert!(source.rows().is_empty() && !source.is_complete());
    assert!(!source.refresh().unwrap());

    call("solve");
    profiler.flush().unwrap();
    assert!(source.rows().is_empty());
    assert!(source.refresh().unwrap());
    assert_eq!(
        rows(&source),
        Rows::from([("solve".into(), vec![(1_000, 1_010, 0)])])
    );

    call("io");
    call("solve");
    profiler.flush().unwrap();
    assert!(source.refresh().unwrap());
    let grown = rows(&source);
    assert_eq!(grown["solve"], [(1_000, 1_010, 0), (1_020, 1_030, 0)]);
    assert_eq!(grown["io"], [(1_010, 1_020, 0)]);
    assert_eq!(
        source.metadata().get("incomplete_ranks"),
        Some(&Value::Text("0".into()))
    );

    let kept = directory.path().join("kept.log");
    fs::hard_link(log_of(&file), kept).unwrap();
    profiler.finalize().unwrap();
    assert!(source.refresh().unwrap());
    assert!(source.is_complete());
    assert_eq!(source.metadata().get("incomplete_ranks"), None);
    assert_eq!(rows(&source), grown);
    assert!(!source.refresh().unwrap());
}

#[test]
fn a_block_that_is_half_written_is_taken_in_when_it_is_whole() {
    let run = Run::new();
    run.region("solve", 10, || ());
    run.profiler.flush().unwrap();
    run.region("solve", 10, || ());
    run.profiler.flush().unwrap();
    let whole = fs::read(log_of(&run.file())).unwrap();
    let path = run.directory.path().join("growing.log");
    let mut calls = Vec::new();
    for piece in [100, 16] {
        fs::write(&path, &whole[..16]).unwrap();
        let mut source = LogSource::open(&path).unwrap();
        let mut writer = fs::OpenOptions::new().append(true).open(&path).unwrap();
        for bytes in whole[16..].chunks(piece) {
            writer.write_all(bytes).unwrap();
            source.refresh().unwrap();
            calls.push(source.rows().first().map_or(0, |row| row.intervals));
        }
        assert_eq!(calls.iter().max(), Some(&2));
        assert_eq!(rows(&source)["solve"], [(1_000, 1_020, 0), (1_020, 1_040, 0)]);
    }
    assert!(calls.contains(&1));
}

#[test]
fn a_log_that_became_shorter_is_said_to_have() {
    let run = Run::new();
    run.region("solve", 10, || ());
    run.profiler.flush().unwrap();
    let path = run.directory.path().join("copy.log");
    fs::copy(log_of(&run.file()), &path).unwrap();
    let mut source = LogSource::open(&path).unwrap();
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(20)
        .unwrap();
    let error = source.refresh().unwrap_err();
    assert!(
        error.is_format() && error.to_string().contains("copy.log: the log has become shorter"),
        "{error}"
    );
}

/// It is of the time when an event had something else in the bytes of its serial number.
#[test]
fn a_log_of_the_first_version_is_still_read_and_merged() {
    let log = crate::common::golden("log_version_1.log");
    assert_eq!(fs::read(&log).unwrap()[8], 1);
    let source = LogSource::open(&log).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    assert_eq!(merge(&[&log], &file).unwrap().intervals, 13);
    let reader = ProfilingH5Reader::open(&file).unwrap();
    assert_eq!(rows(&source), rows(&reader));
    let rows = rows(&reader);
    assert_eq!(rows["outer"][..2], [(1_000, 1_115, 0), (1_110, 1_115, 0)]);
    assert_eq!(rows["inner/part"][2], (1_330, 1_345, 0));
    assert_eq!(rows["task"], [(1_345, 1_352, 0), (1_352, 1_359, 0)]);
    assert_eq!(
        (rows["elsewhere"][0], rows["within"][0]),
        ((1_359, 1_364, 1), (1_362, 1_364, 1))
    );
    assert!(scope_profiler::check::check(&log).unwrap().is_ok());
    assert!(scope_profiler::check::check(&file).unwrap().is_ok());
}

#[test]
fn what_is_no_log_is_refused() {
    let error = LogSource::open(crate::common::golden("s1_asym.h5")).unwrap_err();
    assert!(error.to_string().contains("not a rank log"), "{error}");
    let error = LogSource::open("no/such.log").unwrap_err();
    assert!(error.to_string().contains("no/such.log"), "{error}");
}

const FILE: &str = "SCOPE_PROFILER_TEST_WATCHED_FILE";

crate::again::programs! { "watched" => call_when_told }

/// Makes as many calls as each line of its input says, flushes, and says so.
fn call_when_told() {
    let file = std::env::var_os(FILE).unwrap();
    let config = ProfilingConfig::new()
        .file_path(PathBuf::from(file))
        .verbose(false);
    let profiler = Profiler::new(config).unwrap();
    let mut line = String::new();
    while std::io::stdin().read_line(&mut line).unwrap() > 0 {
        for _ in 0..line.trim().parse::<u64>().unwrap() {
            profiler.profile("step", || profiler.profile("solve", || ()));
        }
        std::thread::scope(|scope| {
            scope.spawn(|| profiler.profile("other thread", || ()));
        });
        profiler.flush().unwrap();
        println!("flushed");
        line.clear();
    }
}

struct Watched {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Watched {
    fn start(file: &Path) -> Self {
        let mut child = again("watched")
            .env(FILE, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Has it make so many calls and waits until they are in the log.
    fn call(&mut self, calls: u64) {
        writeln!(self.input, "{calls}").unwrap();
        let mut line = String::new();
        while !line.ends_with("flushed\n") {
            line.clear();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended");
        }
    }
}

#[test]
fn a_program_is_watched_while_it_runs_and_after_it_was_killed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let mut watched = Watched::start(&file);
    watched.call(10);
    let log = log_of(&file);
    let mut source = LogSource::open(&log).unwrap();
    let calls = |source: &LogSource, name: &str| rows(source).get(name).map_or(0, Vec::len);
    assert_eq!(calls(&source, "solve"), 10);
    let before = rows(&source);

    watched.call(5_000);
    assert!(source.refresh().unwrap());
    assert_eq!(
        (calls(&source, "step"), calls(&source, "other thread")),
        (5_010, 2)
    );
    let after = rows(&source);
    assert!(after["solve"].is_sorted());
    // A time that is between two readings of the clock stays what it was.
    assert_eq!(after["solve"][..10], before["solve"][..]);
    for ((outer_start, outer_end, _), (start, end, _)) in after["step"].iter().zip(&after["solve"]) {
        assert!(outer_start <= start && end <= outer_end);
    }

    watched.child.kill().unwrap();
    watched.child.wait().unwrap();
    // Cut off in the middle of its last block, as by a kill during the write.
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() - 3]).unwrap();
    let killed = LogSource::open(&log).unwrap();
    assert!(!killed.is_complete());
    merge(&[&log], &file).unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    assert_eq!(rows(&killed), rows(&reader));
    assert_eq!(table(&killed), table(&reader));
}
