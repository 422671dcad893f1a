//! Exports to HDF5: they are profiles like those of a run.

use crate::common::{Profile, Run, golden, sample};
use crate::interpreter::interpreter;
use crate::running::{complaint, export, exported, program, text};
use crate::sums;
use scope_profiler::profile::{Intervals, Numbers, Origin, RowFacts, Source};
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a profile has of one region on one rank.
#[derive(Debug, PartialEq)]
struct Row {
    region: String,
    rank: u32,
    intervals: Intervals,
    /// Those that say something: spans that are all 0 are none.
    columns: Vec<(&'static str, Numbers)>,
    calls: u64,
    facts: RowFacts,
    origin: Origin,
}

fn rows(path: &Path) -> Vec<Row> {
    let reader = ProfilingH5Reader::open(path).unwrap_or_else(|error| panic!("{error}"));
    let mut rows = Vec::new();
    for (index, row) in reader.rows().iter().enumerate() {
        let names = Intervals::OPTIONAL.iter();
        let mut all = names.fold(Intervals::new(), |all, name| all.with_column(*name));
        reader.read(index, 0..row.intervals, &mut all).unwrap();
        let columns = Intervals::OPTIONAL.into_iter();
        let columns = columns.filter_map(|name| Some((name, all.column(name)?.clone())));
        let is_of_guards = |numbers: &Numbers| numbers.whole().unwrap().iter().all(|&span| span == 0);
        let mut facts = reader.row_facts(index);
        // Files of the Python package do not state it.
        facts.inclusive_ns = None;
        rows.push(Row {
            region: reader.names()[row.name].clone(),
            rank: row.rank,
            intervals: all.iter().collect(),
            columns: columns
                .filter(|(name, numbers)| *name != Intervals::SPAN || !is_of_guards(numbers))
                .collect(),
            calls: row.calls,
            facts,
            origin: reader.origin(index),
        });
    }
    rows.sort_by(|a, b| (a.rank, &a.region).cmp(&(b.rank, &b.region)));
    rows
}

fn exported_to(profile: &Path, target: &Path, arguments: &[&str]) {
    let output = program()
        .arg("export")
        .arg(profile)
        .arg("-o")
        .arg(target)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {output:?}", profile.display());
}

/// What `--check` says of a file that it finds nothing wrong with.
fn checked(path: &Path) -> String {
    let output = program().arg("--check").arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

/// The statistics without the file's name and what only says how it was written.
fn statistics(path: &Path) -> Value {
    let output = program().arg(path).arg("--json").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut document: Value = serde_json::from_slice(&output.stdout).unwrap();
    document["file"].take();
    let metadata = document["metadata"].as_object_mut().unwrap();
    for key in [
        "scope_profiler_version",
        "scope_profiler_schema",
        "dropped_intervals",
        "open_calls",
        "written_intervals",
    ] {
        metadata.remove(key);
    }
    document
}

/// A run of several threads, with spans, recursion, and names that no group can have.
fn recorded(directory: &Path) -> PathBuf {
    let file = directory.join("recorded.h5");
    let config = ProfilingConfig::new()
        .file_path(&file)
        .label("a run")
        .verbose(false);
    let profiler = Profiler::new(config).unwrap();
    fn down(profiler: &Profiler, depth: u32) {
        let _guard = profiler.profile_region("fib");
        if depth > 0 {
            down(profiler, depth - 1);
        }
    }
    std::thread::scope(|scope| {
        for number in 0..3 {
            let thread = std::thread::Builder::new().name(format!("worker {number}"));
            let profiler = &profiler;
            let work = move || {
                for step in 0..400 {
                    let _step = profiler.profile_region("a/b");
                    profiler.profile("solve: λ", || {
                        (0..step % 60).for_each(|n| {
                            std::hint::black_box(n);
                        })
                    });
                    down(profiler, step % 4);
                }
            };
            thread.spawn_scoped(scope, work).unwrap();
        }
    });
    profiler.profile("once", || ());
    profiler.finalize().unwrap();
    file
}

#[test]
fn a_copy_of_a_run_says_what_the_run_says() {
    let directory = tempfile::tempdir().unwrap();
    let run = recorded(directory.path());
    let plain = directory.path().join("plain.h5");
    let packed = directory.path().join("packed.hdf5");
    exported_to(&run, &plain, &[]);
    exported_to(&run, &packed, &["--compress"]);
    let expected = checked(&run);
    for copy in [&plain, &packed] {
        assert_eq!(rows(copy), rows(&run));
        assert_eq!(statistics(copy), statistics(&run));
        // The numbers that were counted while it ran are kept, too.
        let said = checked(copy);
        assert_eq!(said.lines().nth(1), expected.lines().nth(1), "{said}");
    }
    let size = |path: &Path| fs::metadata(path).unwrap().len();
    let intervals: usize = rows(&run).iter().map(|row| row.intervals.len()).sum();
    assert!(size(&packed) + 6 * (intervals as u64) < size(&plain));
    // Once more, of the compressed one: nothing is lost on the way.
    let again = directory.path().join("again.h5");
    exported_to(&packed, &again, &[]);
    assert_eq!(size(&again), size(&plain));
}

#[test]
fn profiles_of_every_format_become_files_that_both_versions_of_the_package_read() {
    let directory = tempfile::tempdir().unwrap();
    let (mut files, _tangled) = sums::files();
    files.extend(
        [
            "log_version_1.log",
            "py075_threads.profile.json.gz",
            "py075_nested.h5",
            "py075_default.h5",
            "py018_serial.h5",
            "py075_async.h5",
        ]
        .map(golden)
        .into_iter()
        .filter(|path| path.exists()),
    );
    for file in files {
        let target = directory.path().join("out.h5");
        for options in [&[] as &[&str], &["--compress"]] {
            exported_to(&file, &target, options);
            assert_eq!(rows(&target), rows(&file), "{}", file.display());
            let [original, copy] = [&file, &target].map(|path| ProfilingH5Reader::open(path).unwrap());
            assert_eq!(copy.ranks(), original.ranks());
            for &rank in original.ranks() {
                let names = |reader: &ProfilingH5Reader| reader.thread_names(rank).unwrap();
                assert_eq!(names(&copy), names(&original), "{}", file.display());
            }
        }
        let ours = crate::python_sums::what_we_read(&target);
        for version in ["0.1.8", "0.7.5"] {
            if let Some(python) = interpreter(version) {
                let ranks = ProfilingH5Reader::open(&target).unwrap().ranks().len() as u32;
                let theirs = crate::python_sums::what_python_reads(&python, &target, ranks);
                assert_eq!(theirs, ours, "{} by {version}", file.display());
            }
        }
    }
}

#[test]
fn filters_and_a_window_choose_the_rows_that_csv_has() {
    let directory = tempfile::tempdir().unwrap();
    let run = recorded(directory.path());
    let wall = statistics(&run)["run"]["wall_ns"].as_i64().unwrap();
    let (from, until) = (wall / 3, wall * 2 / 3);
    let window = format!("{from}ns..{until}ns");
    for choice in [
        &["-i", "fib", "a/b", "-e", "solve"] as &[&str],
        &["--window", &window],
        &["-i", "solve", "--window", &window],
    ] {
        let target = directory.path().join("part.h5");
        exported_to(&run, &target, &[choice, &["--compress"]].concat());
        let rows_of = |file: &Path, choice: &[&str]| {
            let text = text(file, &[&["--to", "csv"], choice].concat());
            let mut lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(rows_of(&target, &[]), rows_of(&run, choice), "{choice:?}");
        let said = checked(&target);
        assert!(said.contains("a part of a profile: "), "{said}");
        // The time that it is of is that of the window, or of the whole run.
        let of_part = statistics(&target)["run"]["wall_ns"].as_i64().unwrap();
        assert_eq!(
            of_part,
            if choice.contains(&"--window") {
                until - from
            } else {
                wall
            },
            "{choice:?}"
        );
    }
}

#[test]
fn intervals_that_a_window_cuts_are_in_order() {
    let calls: Vec<_> = (0..500).map(|n| (n, 2_000 - n % 7, 0)).collect();
    let profile = Profile::new().region(0, "nested", &calls).close();
    let target = profile.directory().join("part.h5");
    exported_to(&profile.path(), &target, &["--window", "499ns..1us"]);
    let rows = rows(&target);
    assert_eq!(rows[0].intervals.len(), 500);
    assert!(rows[0].intervals.is_sorted());
    assert!(rows[0].intervals.ends().iter().all(|&end| end == 1_000));
    checked(&target);
}

#[test]
fn ranks_that_were_left_out_are_not_missing() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("part.h5");
    exported_to(&golden("py018_mpi4.h5"), &target, &["-r", "1", "3"]);
    let said = checked(&target);
    assert!(said.contains("ranks 1, 3 of 4"), "{said}");
    let reader = ProfilingH5Reader::open(&target).unwrap();
    assert_eq!(reader.ranks(), [1, 3]);
    assert!(reader.run().missing.is_empty());
    // A part of the part says so, too; what the run lacks stays missing.
    let smaller = directory.path().join("smaller.h5");
    exported_to(&target, &smaller, &["-r", "3"]);
    assert!(checked(&smaller).contains("rank 3 of 2"), "{}", checked(&smaller));
    exported_to(&golden("s1_rank_gap.h5"), &smaller, &[]);
    let missing = |path: &Path| ProfilingH5Reader::open(path).unwrap().run().missing;
    assert_eq!(missing(&smaller), missing(&golden("s1_rank_gap.h5")));
    assert!(!missing(&smaller).is_empty());
}

#[test]
fn columns_that_only_the_python_package_has_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out.h5");
    let profile = Profile::new()
        .region(0, "kernel", &[(10, 90, 0), (100, 190, 0)])
        .with(|file| {
            let group = file.group("rank0/regions/kernel").unwrap();
            for (name, values) in [
                ("gpu_durations", [40_i64, -1]),
                ("call_ids", [7, 8]),
                ("parent_ids", [-1, 7]),
                ("await_ns", [0, 5]),
            ] {
                group
                    .new_dataset_builder()
                    .with_data(&values)
                    .create(name)
                    .unwrap();
            }
        })
        .close();
    exported_to(&profile.path(), &target, &[]);
    let columns = [
        (Intervals::CALL, [7, 8]),
        (Intervals::PARENT, [-1, 7]),
        (Intervals::GPU, [40, -1]),
        (Intervals::AWAIT, [0, 5]),
    ];
    let columns = columns.map(|(name, values)| (name, Numbers::Int(values.into())));
    assert_eq!(rows(&target)[0].columns, columns);
}

#[test]
fn an_export_may_go_through_a_pipe_and_be_packed_once_more() {
    let profile = sample();
    let directory = tempfile::tempdir().unwrap();
    let [file, piped, packed] = ["a.h5", "b.h5", "c.h5.gz"].map(|name| directory.path().join(name));
    exported_to(&profile.path(), &file, &[]);
    fs::write(&piped, exported(&profile.path(), &["--to", "hdf5"])).unwrap();
    assert_eq!(rows(&piped), rows(&file));
    exported_to(&profile.path(), &packed, &[]);
    let unpacked = Command::new("gzip").arg("-dc").arg(&packed).output().unwrap();
    fs::write(&piped, unpacked.stdout).unwrap();
    assert_eq!(rows(&piped), rows(&file));
}

#[test]
fn what_makes_no_sense_is_refused_with_words() {
    let profile = sample();
    let message = complaint(&profile.path(), &["--to", "csv", "--compress"]);
    assert_eq!(
        message,
        "--compress is not for the format csv; it is for hdf5, python"
    );
    let aggregate = golden("py075_aggregate.h5");
    let target = profile.directory().join("out.h5");
    let message = complaint(&aggregate, &["-o", target.to_str().unwrap()]);
    assert!(message.contains("the sums of calls alone"), "{message}");
    assert!(!target.exists());
    let output = export(&profile.path(), &["--to", "hdf5", "--stats", "-o", "x.h5"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_is_known_of_spans_beside_their_entries_is_kept() {
    let run = Run::new();
    tracing::dispatcher::with_default(&tracing::Dispatch::new(run.profiler.subscriber()), || {
        let outer = tracing::info_span!("outer").entered();
        let waits = tracing::info_span!("waits");
        run.clock.advance(5_000);
        drop(outer);
        tracing::info_span!(parent: &waits, "placed").in_scope(|| run.clock.advance(10));
        waits.in_scope(|| run.clock.advance(10));
        run.clock.advance(5_000);
    });
    run.profiler.finalize().unwrap();
    let facts = |path: &Path| ProfilingH5Reader::open(path).unwrap().span_facts(0).unwrap();
    let expected = facts(&run.file());
    assert_eq!(expected.len(), 2);
    let target = run.directory.path().join("copy.h5");
    exported_to(&run.file(), &target, &[]);
    assert_eq!(facts(&target), expected);
    let report = scope_profiler::check::check(&target).unwrap();
    assert!(report.is_ok(), "{report}");
    // Of a part of the time it is not known what of it counts.
    let part = run.directory.path().join("part.h5");
    exported_to(&run.file(), &part, &["--window", "1us.."]);
    assert_eq!(facts(&part), []);
}
