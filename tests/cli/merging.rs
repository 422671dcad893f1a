//! From the logs of a run that was killed to its file.

use crate::program::{complaint, names_in, program, program_on_a_full_disk, run, stdout, str, usage_error};
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// Where the program that is killed writes to.
const FILE: &str = "SCOPE_PROFILER_KILLED_PROGRAM";
const FLUSHED: &str = "all is flushed";
const CALLS: u64 = 1000;

crate::again::programs! { "victim" => record_until_killed }

/// Records on two threads, flushes, and waits to be killed with a region still open.
fn record_until_killed() {
    let file = std::env::var_os(FILE).unwrap();
    let profiler = Profiler::new(
        ProfilingConfig::new()
            .file_path(PathBuf::from(file))
            .verbose(false),
    )
    .unwrap();
    let _open = profiler.profile_region("open");
    std::thread::scope(|scope| {
        for name in ["left", "right\nwing"] {
            let profiler = &profiler;
            scope.spawn(move || (0..CALLS).for_each(|_| profiler.profile(name, || ())));
        }
    });
    profiler.flush().unwrap();
    println!("\n{FLUSHED}");
    loop {
        std::thread::park();
    }
}

/// A directory with the logs of a program that was killed, in `run.h5.d`.
fn killed() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    kill_one(directory.path());
    directory
}

fn kill_one(directory: &Path) {
    let mut child = again("victim")
        .env(FILE, directory.join("run.h5"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let flushed = lines.map_while(Result::ok).any(|line| line == FLUSHED);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(flushed, "the program ended before it was killed");
}

fn logs(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let logs = directory.join("run.h5.d");
    names_in(&logs)
        .into_iter()
        .map(|name| (name.clone(), fs::read(logs.join(name)).unwrap()))
        .collect()
}

fn calls(file: &Path, region: &str) -> u64 {
    let reader = ProfilingH5Reader::open(file).unwrap();
    reader.get_region(region).unwrap()[0].num_calls()
}

#[test]
fn everything_that_a_killed_program_flushed_is_in_the_merged_file() {
    let directory = killed();
    let before = logs(directory.path());
    assert_eq!(before.len(), 1);

    let output = program()
        .current_dir(&directory)
        .args(["merge", "run.h5.d", "-o", "run.h5"])
        .output()
        .unwrap();
    let text = stdout(&output);
    let log = before.keys().next().unwrap();
    assert!(text.starts_with("run.h5: 1 rank, 2 000 intervals"), "{text}");
    assert!(
        text.contains(&format!("{log}: ends in the middle of the run")),
        "{text}"
    );

    let file = directory.path().join("run.h5");
    assert_eq!(calls(&file, "left"), CALLS);
    assert_eq!(calls(&file, "right\nwing"), CALLS);
    assert_eq!(logs(directory.path()), before);
    let table = stdout(&run(&[str(&file)]));
    assert!(
        table.contains("the run is incomplete: its log has no end mark"),
        "{table}"
    );
}

#[test]
fn the_file_of_a_killed_program_can_be_compressed() {
    let directory = killed();
    for (file, options) in [("plain.h5", &[] as &[&str]), ("packed.h5", &["--compress"])] {
        let output = program()
            .current_dir(&directory)
            .args(["merge", "run.h5.d", "-o", file])
            .args(options)
            .output()
            .unwrap();
        assert!(stdout(&output).contains("2 000 intervals"), "{file}");
    }
    let [plain, packed] = ["plain.h5", "packed.h5"].map(|file| directory.path().join(file));
    let size = |file: &Path| fs::metadata(file).unwrap().len();
    assert!(size(&packed) + 8 * 2 * CALLS < size(&plain));
    let read = |file: &Path| {
        let reader = ProfilingH5Reader::open(file).unwrap();
        let region = reader.get_region("right\nwing").unwrap();
        (
            region[0].start_times_ns().to_vec(),
            region[0].end_times_ns().to_vec(),
        )
    };
    assert_eq!(read(&packed), read(&plain));
    let check = stdout(&run(&["--check", str(&packed)]));
    assert!(check.contains("2 000 intervals"), "{check}");
}

#[test]
fn logs_may_be_named_one_by_one_and_the_program_may_be_quiet() {
    let directory = killed();
    let name = logs(directory.path()).into_keys().next().unwrap();
    let log = directory.path().join("run.h5.d").join(name);
    let file = directory.path().join("elsewhere.h5");
    assert_eq!(stdout(&run(&["merge", "-q", str(&log), "-o", str(&file)])), "");
    assert_eq!(calls(&file, "left"), CALLS);
}

#[test]
fn the_logs_of_two_runs_are_not_mixed() {
    let directory = killed();
    kill_one(directory.path());
    let before = logs(directory.path());
    assert_eq!(before.len(), 2);
    let file = directory.path().join("run.h5");
    let text = complaint(&run(&[
        "merge",
        str(&directory.path().join("run.h5.d")),
        "-o",
        str(&file),
    ]));
    assert!(text.contains("the logs of 2 runs"), "{text}");
    for log in before.keys() {
        let run = log.rsplit_once("-rank").unwrap().0;
        assert!(text.contains(run), "{run} in {text}");
    }
    assert!(!file.exists());

    // Nor when they are named one by one: both are rank 0.
    let paths: Vec<PathBuf> = before
        .keys()
        .map(|name| directory.path().join("run.h5.d").join(name))
        .collect();
    let text = complaint(&run(&["merge", str(&paths[0]), str(&paths[1]), "-o", str(&file)]));
    assert!(text.contains("are both of rank 0"), "{text}");
    assert!(!file.exists());
}

#[test]
fn of_a_log_that_was_cut_off_all_before_the_cut_is_merged() {
    let directory = killed();
    let (name, bytes) = logs(directory.path()).pop_first().unwrap();
    let log = directory.path().join("run.h5.d").join(name);
    let file = directory.path().join("run.h5");
    fs::write(&log, &bytes[..bytes.len() - 1]).unwrap();
    let text = stdout(&run(&["merge", str(&log), "-o", str(&file)]));
    assert!(text.contains("ends in the middle of the run"), "{text}");
    ProfilingH5Reader::open(&file).unwrap();
}

#[test]
fn what_is_no_log_is_named_and_an_earlier_file_is_kept() {
    let directory = killed();
    let file = directory.path().join("run.h5");
    fs::write(&file, "the one before").unwrap();
    let not_a_log = directory.path().join("notes.log");
    fs::write(&not_a_log, "not a log at all, but long enough to be one").unwrap();
    let empty_log = directory.path().join("empty.log");
    fs::write(&empty_log, "").unwrap();
    let empty = directory.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for (input, cause) in [
        (&not_a_log, "not a rank log"),
        (&empty_log, "empty.log"),
        (&empty, "there are no rank logs in it"),
        (
            &directory.path().join("nowhere"),
            "there is no such file or directory",
        ),
    ] {
        let text = complaint(&run(&["merge", str(input), "-o", str(&file)]));
        assert!(text.contains(str(input)) && text.contains(cause), "{text}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "the one before");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_named_and_leaves_nothing_behind() {
    let directory = killed();
    let logs = directory.path().join("run.h5.d");
    let nowhere = directory.path().join("nowhere/run.h5");
    let text = complaint(&run(&["merge", str(&logs), "-o", str(&nowhere)]));
    assert!(
        text.contains("nowhere/run.h5: cannot write: there is no directory"),
        "{text}"
    );

    let text = complaint(&run(&["merge", str(&logs), "-o", str(&logs)]));
    assert!(text.contains("is a directory"), "{text}");

    let file = directory.path().join("full.h5");
    let output = program_on_a_full_disk()
        .args(["merge", str(&logs), "-o", str(&file)])
        .output()
        .unwrap();
    let text = complaint(&output);
    assert!(text.contains("full.h5: cannot write"), "{text}");
    assert_eq!(names_in(directory.path()), ["run.h5.d"]);
}

#[test]
fn a_log_is_never_the_file_to_write() {
    let directory = killed();
    let before = logs(directory.path());
    let log = directory
        .path()
        .join("run.h5.d")
        .join(before.keys().next().unwrap());
    let text = complaint(&run(&["merge", str(&log), "-o", str(&log)]));
    assert!(text.contains("is one of the logs"), "{text}");
    assert_eq!(logs(directory.path()), before);
}

#[test]
fn merging_asks_for_logs_and_for_a_file() {
    assert!(usage_error(&["merge"]).contains("DIR_OR_FILES"));
    assert!(usage_error(&["merge", "run.h5.d"]).contains("--output"));
    assert!(stdout(&run(&["merge", "--help"])).contains("killed"));
}

#[test]
fn ranks_may_stay_in_files_of_their_own_and_a_second_merge_goes_on_with_them() {
    let directory = killed();
    let before = logs(directory.path());
    let merge = || {
        let output = program()
            .current_dir(&directory)
            .args(["merge", "run.h5.d", "-o", "run.h5", "--mode", "link"])
            .output()
            .unwrap();
        stdout(&output)
    };
    let text = merge();
    assert!(
        text.contains("Keep the directory run.h5.d with it: it holds the ranks\n"),
        "{text}"
    );
    let text = merge();
    assert!(text.contains("; 1 were there already"), "{text}");
    assert!(text.contains("ends in the middle of the run"), "{text}");
    assert_eq!(calls(&directory.path().join("run.h5"), "left"), CALLS);
    let after = logs(directory.path());
    assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)));
    assert_eq!(after.len(), before.len() + 1);
}

#[test]
fn a_log_that_cannot_be_read_is_named_and_the_others_are_merged() {
    let directory = killed();
    let broken = directory.path().join("broken.log");
    fs::write(&broken, "not a log at all, but long enough to be one").unwrap();
    let file = directory.path().join("run.h5");
    let run_directory = directory.path().join("run.h5.d");
    let text = stdout(&run(&[
        "merge",
        str(&run_directory),
        str(&broken),
        "-o",
        str(&file),
    ]));
    assert!(
        text.contains(&format!("{}: left out: not a rank log", str(&broken))),
        "{text}"
    );
    assert_eq!(calls(&file, "left"), CALLS);
}
