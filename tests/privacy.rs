//! What a profile tells of who made it and where, who may read it, and what writing it leaves alone.

#![cfg(all(unix, feature = "hdf5"))]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;

use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const FILE: &str = "SCOPE_PROFILER_TEST_FILE";

again::programs! { "solver" => solver }

/// Records into the file that the environment names, and keeps a copy of the log while it is there.
fn solver() {
    let file = PathBuf::from(std::env::var_os(FILE).unwrap());
    let profiler = Profiler::new(ProfilingConfig::new().file_path(&file)).unwrap();
    profiler.profile("solve", || ());
    profiler.flush().unwrap();
    let log = files_in(&with_suffix(&file, ".d")).remove(0);
    let mode = log.metadata().unwrap().mode() & 0o777;
    println!("\nthe log has mode {mode:o}");
    fs::copy(&log, with_suffix(&file, ".log")).unwrap();
    profiler.finalize().unwrap();
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn files_in(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Starts the program under a umask, with more arguments and environment.
fn record(file: &Path, umask: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!(r#"umask {umask}; exec "$0" "$@""#)]);
    again::start_through(&mut shell, &again("solver"));
    shell
        .args(arguments)
        .env(FILE, file)
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn neither_file_nor_log_tells_of_environment_arguments_user_or_paths() {
    let directory = tempfile::Builder::new()
        .prefix("private-path-")
        .tempdir()
        .unwrap();
    let file = directory.path().join("run.h5");
    let output = record(
        &file,
        "022",
        // Further names of tests, none of which there is.
        &["private-argument", "--skip=private-option"],
        &[
            ("USER", "private-user"),
            ("LOGNAME", "private-user"),
            ("HOME", "/home/private-home"),
            ("TOKEN", "private-token"),
        ],
    );
    assert!(output.status.success(), "{output:?}");
    for written in [file.clone(), with_suffix(&file, ".log")] {
        let bytes = fs::read(&written).unwrap();
        assert!(contains(&bytes, "solve"));
        assert!(!contains(&bytes, "private-"), "{}", written.display());
        let here = std::env::current_dir().unwrap();
        assert!(!contains(&bytes, here.to_str().unwrap()), "{}", written.display());
    }
    let reader = ProfilingH5Reader::open(&file).unwrap();
    // The list of docs/reliability.md.
    let documented = [
        "call_cost_ns",
        "clock",
        "clock_id",
        "command",
        "cpu_cores",
        "cpu_model",
        "dropped_intervals",
        "end_time",
        "host",
        "missing_ranks",
        "open_calls",
        "process_id",
        "run",
        "scope_profiler_version",
        "size",
        "start_time",
        "suspended_ns",
        "written_intervals",
    ];
    for name in reader.metadata().keys() {
        assert!(documented.contains(&name.as_str()), "{name} is not documented");
    }
}

#[test]
fn who_may_read_is_for_the_umask_to_say() {
    let directory = tempfile::tempdir().unwrap();
    for (umask, mode) in [("022", 0o644), ("027", 0o640), ("077", 0o600), ("002", 0o664)] {
        let file = directory.path().join(format!("{umask}.h5"));
        let output = record(&file, umask, &[], &[]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            said.contains(&format!("the log has mode {mode:o}")),
            "{umask}: {said}"
        );
        assert_eq!(file.metadata().unwrap().mode() & 0o777, mode, "{umask}");
        assert!(!with_suffix(&file, ".d").exists());
    }
}

fn profile_into(file: &Path) -> scope_profiler::Result<()> {
    let profiler = Profiler::new(ProfilingConfig::new().file_path(file).verbose(false))?;
    profiler.profile("solve", || ());
    profiler.finalize().map(drop)
}

/// A directory with a file that must stay as it is.
fn with_treasure() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let treasure = directory.path().join("treasure");
    fs::write(&treasure, "mine").unwrap();
    (directory, treasure)
}

#[test]
fn a_link_in_the_place_of_the_file_is_replaced_and_what_it_leads_to_stays() {
    let (directory, treasure) = with_treasure();
    let file = directory.path().join("run.h5");
    symlink(&treasure, &file).unwrap();
    profile_into(&file).unwrap();
    assert_eq!(fs::read_to_string(&treasure).unwrap(), "mine");
    assert!(file.symlink_metadata().unwrap().is_file());
    ProfilingH5Reader::open(&file).unwrap();
}

#[test]
fn where_everyone_may_write_logs_do_not_follow_a_link() {
    let (directory, _) = with_treasure();
    let elsewhere = directory.path().join("elsewhere");
    let shared = directory.path().join("shared");
    fs::create_dir(&elsewhere).unwrap();
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    let file = shared.join("run.h5");
    symlink(&elsewhere, with_suffix(&file, ".d")).unwrap();
    let error = profile_into(&file).unwrap_err();
    assert!(
        error.is_config()
            && error
                .to_string()
                .contains("run.h5.d: is there already and is a link"),
        "{error}"
    );
    assert!(files_in(&elsewhere).is_empty());

    fs::remove_file(with_suffix(&file, ".d")).unwrap();
    profile_into(&file).unwrap();

    // In a directory of one's own it is one's own link.
    let file = directory.path().join("run.h5");
    symlink(&elsewhere, with_suffix(&file, ".d")).unwrap();
    profile_into(&file).unwrap();
}

#[test]
#[cfg(feature = "plot")]
fn a_link_in_the_place_of_a_picture_is_replaced() {
    let (directory, treasure) = with_treasure();
    let file = directory.path().join("run.h5");
    profile_into(&file).unwrap();
    let picture = directory.path().join("gantt.png");
    symlink(&treasure, &picture).unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    scope_profiler::plot_gantt(&reader, &scope_profiler::PlotOptions::new().filepath(&picture)).unwrap();
    assert_eq!(fs::read_to_string(&treasure).unwrap(), "mine");
    assert!(picture.symlink_metadata().unwrap().is_file());
}
