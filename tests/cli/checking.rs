//! Is a file whole? What `--check` says of it.

use crate::common::{Profile, column, golden, sample};
use crate::program::{program, run, stdout, str, usage_error};
use scope_profiler::{ManualClock, Overflow, Profiler, ProfilingConfig, RegionNaming};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// What was printed on finding something: exit code 1, nothing on standard error.
fn findings(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A profile of ours with calls that are written, dropped and open.
fn recorded() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let clock = ManualClock::new(1_000);
    let config = ProfilingConfig::new()
        .file_path(&file)
        .verbose(false)
        .manual_clock(&clock);
    let profiler = Profiler::new(config).unwrap();
    let _open = profiler.profile_region("open");
    for _ in 0..10 {
        let _solve = profiler.profile_region("solve");
        clock.advance(100);
    }
    profiler.finalize().unwrap();
    drop(profiler);
    (directory, file)
}

#[test]
fn a_whole_file_shows_the_invariant_in_numbers() {
    let (_directory, file) = recorded();
    let text = stdout(&run(&["--check", str(&file)]));
    let mut lines = text.lines();
    let contents = "1 rank, 2 regions, 10 intervals; schema 1, written by rust 0.1.0";
    assert_eq!(lines.next(), Some(&*format!("✓ {}: {contents}", file.display())));
    assert_eq!(
        lines.next(),
        Some("  recorded 11 = written 10 + dropped 0 + still open 1")
    );
    assert_eq!(lines.next(), None);
}

#[test]
fn what_was_dropped_is_accounted_for() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = ProfilingConfig::new()
        .file_path(&file)
        .verbose(false)
        .overflow(Overflow::Drop)
        .memory_limit(1 << 18);
    let profiler = Profiler::new(config).unwrap();
    for _ in 0..200_000 {
        profiler.profile("solve", || ());
    }
    let summary = profiler.finalize().unwrap();
    let report = scope_profiler::check::check(&file).unwrap();
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.recorded(), Some(200_000));
    assert_eq!(
        (report.written(), report.dropped()),
        (summary.kept(), summary.dropped())
    );
}

#[test]
fn without_utf8_the_verdict_is_a_word() {
    let (_directory, file) = recorded();
    let output = program().env("LANG", "C").args(["--check", str(&file)]).output();
    let text = stdout(&output.unwrap());
    assert!(text.is_ascii() && text.starts_with("ok:    "), "{text}");
}

/// Changes a file of ours by hand.
fn changed(change: impl FnOnce(&hdf5::File)) -> (TempDir, PathBuf) {
    let (directory, file) = recorded();
    change(&hdf5::File::open_rw(&file).unwrap());
    (directory, file)
}

fn set(location: &hdf5::Location, name: &str, value: i64) {
    location.delete_attr(name).ok();
    location
        .new_attr::<i64>()
        .create(name)
        .unwrap()
        .write_scalar(&value)
        .unwrap();
}

fn overwrite(file: &hdf5::File, column: &str, row: usize, value: i64) {
    let column = file.dataset(&format!("rank0/regions/solve/{column}")).unwrap();
    column.write_slice(&[value], row..row + 1).unwrap();
}

/// Writes what is known of spans beside their entries.
fn spans(file: &hdf5::File, ids: &[u32], columns: &[(&str, &[i64])]) {
    let group = file.create_group("rank0/spans").unwrap();
    column(&group, "ids", ids);
    columns
        .iter()
        .for_each(|(name, values)| column(&group, name, values));
}

#[test]
fn every_finding_says_where() {
    type Change = fn(&hdf5::File);
    let cases: [(Change, &str); 20] = [
        (
            |file| overwrite(file, "start_times", 4, 0),
            "rank0/regions/solve: row 4 starts at 0 ns, out of order",
        ),
        (
            |file| overwrite(file, "end_times", 2, 0),
            "rank0/regions/solve: row 2 ends at 0 ns, before it starts at 1200 ns",
        ),
        (
            |file| overwrite(file, "end_times", 9, 5_000),
            "rank0/regions/solve: states a total of 1000 ns, its calls add up to",
        ),
        (
            |file| {
                let group = file.group("rank0/regions/solve").unwrap();
                let _ = group.unlink("thread_ids");
                let mut threads = [0_u32; 10];
                threads[3] = 77;
                column(&group, "thread_ids", &threads);
            },
            "rank0/regions/solve: row 3 ran on thread 77, which the rank's list does not have",
        ),
        (
            |file| {
                let group = file.group("rank0/regions/solve").unwrap();
                column(&group, "span_ids", &[0_i64, 1, 1, -1, 0, 2, 2, 3, 1 << 32, 3]);
            },
            "rank0/regions/solve: row 3 is of span -1, which is no number of a span, and 1 more row like it",
        ),
        (
            |file| set(file, "written_intervals", 12),
            "the file states written_intervals = 12, its regions add up to 10",
        ),
        (
            |file| set(file, "dropped_intervals", 1),
            "the file states dropped_intervals = 1, its regions add up to 0",
        ),
        (
            |file| set(&file.group("rank0").unwrap(), "recorded_calls", 12),
            "rank0: 12 calls were recorded, but 10 written + 0 dropped + 1 still open are 11",
        ),
        (
            |file| set(&file.group("rank0/regions/solve").unwrap(), "num_calls", 3),
            "rank0/regions/solve states 3 calls, fewer than its 10 intervals",
        ),
        (
            |file| set(&file.group("rank0/regions/solve").unwrap(), "inclusive_ns", 900),
            "rank0/regions/solve: states an inclusive time of 900 ns, its calls were open for 1000 ns",
        ),
        (|file| set(file, "size", 3), "missing ranks 1-2"),
        (|file| file.relink("rank0", "rank2").unwrap(), "missing ranks 0-1"),
        (
            |file| file.unlink("rank0/regions/solve/end_times").unwrap(),
            "rank0/regions/solve has no end_times",
        ),
        (
            |file| {
                let clock = file.group("rank0").unwrap().create_group("clock").unwrap();
                set(&clock, "bound_ns", -5);
            },
            "rank0/clock: bound_ns is -5",
        ),
        (
            |file| spans(file, &[7, 9], &[("created", &[5, 30]), ("closed", &[6, 20])]),
            "rank0/spans: span 9 is closed at 20 ns, before it is created at 30 ns",
        ),
        (
            |file| spans(file, &[9, 7], &[]),
            "rank0/spans: the spans are not in order; the file is damaged",
        ),
        (
            |file| spans(file, &[7, 9], &[("parents", &[9])]),
            "rank0/spans has 2 ids but 1 parents; the file is damaged",
        ),
        (
            |file| {
                let follows: [(&str, &[i64]); 2] = [("following_ids", &[9]), ("followed_ids", &[7, 7])];
                spans(file, &[7, 9], &follows);
            },
            "rank0/spans has 1 following_ids but 2 followed_ids; the file is damaged",
        ),
        (
            |file| spans(file, &[7, 9], &[("following_ids", &[8]), ("followed_ids", &[7])]),
            "rank0/spans: span 8 follows from span 7, but is not among the ids; the file is damaged",
        ),
        (
            |file| {
                let callers: [(&str, &[i64]); 2] =
                    [("caller_start_times", &[5]), ("caller_thread_ids", &[77])];
                spans(file, &[7], &callers);
            },
            "rank0/spans: span 7 was created on a thread that the rank's list does not have",
        ),
    ];
    for (change, expected) in cases {
        let (_directory, file) = changed(change);
        let text = findings(&run(&["--check", str(&file)]));
        assert!(text.starts_with(&format!("✗ {}: ", file.display())), "{text}");
        let line = format!("\n  {}: {expected}", file.display());
        assert!(text.contains(&line), "{expected}:\n{text}");
    }
}

#[test]
fn spans_whose_name_changed_are_noted() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let config = ProfilingConfig::new()
        .file_path(&file)
        .verbose(false)
        .keep_logs(true)
        .region_naming(RegionNaming::field("id"));
    let profiler = Profiler::new(config).unwrap();
    let subscriber = tracing::Dispatch::new(profiler.subscriber());
    tracing::dispatcher::with_default(&subscriber, || {
        let span = tracing::info_span!("request", id = tracing::field::Empty);
        span.in_scope(|| ());
        span.record("id", "named");
        span.in_scope(|| ());
        tracing::info_span!("request", id = "named").in_scope(|| ());
    });
    profiler.finalize().unwrap();
    let log = scope_profiler::merge::find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    for (file, place) in [(file, "rank0"), (log[0].clone(), "the log")] {
        let report = scope_profiler::check::check(&file).unwrap();
        assert!(report.is_ok(), "{report}");
        let note = format!("{place}: 1 span is in more than one region");
        assert!(report.notes()[0].starts_with(&note), "{report}");
    }
}

#[test]
fn the_inclusive_time_of_a_region_that_calls_itself_has_to_be_stated() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let clock = ManualClock::new(0);
    let config = ProfilingConfig::new()
        .file_path(&file)
        .verbose(false)
        .manual_clock(&clock);
    let profiler = Profiler::new(config).unwrap();
    profiler.profile("fib", || {
        clock.advance(10);
        profiler.profile("fib", || clock.advance(40));
    });
    profiler.finalize().unwrap();
    stdout(&run(&["--check", str(&file)]));

    let opened = hdf5::File::open_rw(&file).unwrap();
    let fib = opened.group("rank0/regions/fib").unwrap();
    fib.delete_attr("inclusive_ns").unwrap();
    drop((fib, opened));
    let text = findings(&run(&["--check", str(&file)]));
    let finding = "fib: states an inclusive time of 90 ns, its calls were open for 50 ns";
    assert!(text.contains(finding), "{text}");
}

#[test]
fn damage_in_one_region_does_not_hide_that_of_another() {
    let (_directory, file) = changed(|file| {
        file.unlink("rank0/regions/solve/end_times").unwrap();
        set(file, "size", 2);
        let regions = file.group("rank0/regions").unwrap();
        let other = regions.create_group("other").unwrap();
        column(&other, "end_times", &[1_i64]);
    });
    let text = findings(&run(&["--check", str(&file)]));
    for finding in [
        "solve has no end_times",
        "other has no start_times",
        "missing rank 1",
    ] {
        assert!(text.contains(finding), "{text}");
    }
}

#[test]
fn files_of_the_python_package_are_checked_for_what_they_can_be() {
    let text = stdout(&run(&["--check", str(&golden("py018_mpi4.h5"))]));
    assert!(text.contains("recorded calls unknown: written 164"), "{text}");
    assert!(text.contains("note: of another program"), "{text}");
    let text = findings(&run(&["--check", str(&golden("s1_rank_gap.h5"))]));
    assert!(text.contains("s1_rank_gap.h5: missing ranks 1-2"), "{text}");
    let text = stdout(&run(&["--check", str(&golden("s3_min.h5"))]));
    assert!(
        text.contains("s3_min.h5: 1 rank, 2 regions, 4 intervals; schema 3, written by another program"),
        "{text}"
    );
    let text = findings(&run(&["--check", str(&golden("s3_bad_region_id.h5"))]));
    assert!(
        text.contains("rank_region_index row 0 is of region 99") && text.contains("written 39"),
        "{text}"
    );
}

#[test]
fn several_files_are_checked_one_after_the_other_whatever_is_wrong_with_one() {
    let (_directory, good) = recorded();
    let missing = golden("there_is_no_such.h5");
    let output = run(&[
        "--check",
        str(&missing),
        str(&golden("s1_missing_end.h5")),
        str(&good),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let (out, said) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(said.contains("there is no such file"), "{said}");
    assert!(out.contains("✗") && out.contains("✓"), "{out}");
    assert!(usage_error(&[str(&good), str(&missing)]).contains(
        "several files are for compare, serve, --show, --check, and -o DIR with --format html alone"
    ));
}

#[test]
fn quiet_prints_only_what_is_wrong() {
    let (_directory, file) = recorded();
    assert_eq!(stdout(&run(&["--check", "--quiet", str(&file)])), "");
    let text = findings(&run(&["--check", "-q", str(&golden("s1_missing_end.h5"))]));
    assert!(text.contains("has no end_times"), "{text}");
}

#[test]
fn names_in_findings_cannot_control_the_terminal() {
    let profile = Profile::new();
    profile.region_group(0, "bad\u{1b}[31m\nname");
    let profile = profile.region(0, "worse\u{1b}[31m\n", &[(5, 1, 0)]).close();
    let text = findings(&run(&["--check", str(&profile.path())]));
    assert!(text.contains("worse\\u{1b}[31m\\n"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

/// The log of a session that has flushed and goes on.
fn log() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let config = ProfilingConfig::new()
        .file_path(directory.path().join("run.h5"))
        .verbose(false);
    let profiler = Profiler::new(config).unwrap();
    profiler.profile("solve", || ());
    profiler.flush().unwrap();
    let log = directory.path().join("copy.log");
    let logs = fs::read_dir(directory.path().join("run.h5.d")).unwrap();
    let path = logs.map(|entry| entry.unwrap().path()).next().unwrap();
    fs::copy(path, &log).unwrap();
    profiler.finalize().unwrap();
    (directory, log)
}

fn cut(log: &Path, bytes: usize) {
    let whole = fs::read(log).unwrap();
    fs::write(log, &whole[..whole.len() - bytes]).unwrap();
}

#[test]
fn the_log_of_a_killed_program_is_no_finding_and_said_to_be_one() {
    let (_directory, log) = log();
    let text = stdout(&run(&["--check", str(&log)]));
    assert!(
        text.contains("copy.log: rank log of rank 0, 1 region, 1 interval"),
        "{text}"
    );
    assert!(text.contains("note: there is no end mark"), "{text}");
    cut(&log, 5);
    let text = stdout(&run(&["--check", str(&log)]));
    assert!(text.contains("note: cut off at byte"), "{text}");
}

#[test]
fn a_damaged_block_of_a_log_is_a_finding() {
    let (_directory, log) = log();
    let mut bytes = fs::read(&log).unwrap();
    bytes[40] ^= 1;
    fs::write(&log, &bytes).unwrap();
    let text = findings(&run(&["--check", str(&log)]));
    assert!(text.contains("copy.log: byte 16: damaged;"), "{text}");
}

#[test]
fn a_file_that_is_shown_needs_no_check() {
    assert!(usage_error(&["--check", "run.h5", "-o", "out"]).contains("--output"));
    assert!(stdout(&run(&[str(&sample().path())])).contains("solve"));
}
