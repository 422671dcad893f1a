//! Without the feature `hdf5` a program records, keeps its log, and says how to make the file of it.
#![cfg(not(feature = "hdf5"))]

#[path = "common/calm.rs"]
mod calm;

use scope_profiler::merge::{MergeMode, find_logs};
use scope_profiler::profile::Source;
use scope_profiler::{LogSource, ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader, Summary};
use std::path::Path;

/// Two calls of `step`, each of 30 ns, of which `solve` has 20.
fn record(directory: &Path, configure: impl FnOnce(ProfilingConfig) -> ProfilingConfig) -> Summary {
    let clock = ManualClock::new(1_000);
    let config = ProfilingConfig::new()
        .file_path(directory.join("run.h5"))
        .manual_clock(&clock)
        .verbose(false);
    let profiler = Profiler::new(configure(config)).unwrap();
    for _ in 0..2 {
        let _step = profiler.profile_region("step");
        profiler.profile("solve", || clock.advance(20));
        clock.advance(10);
    }
    profiler.finalize().unwrap()
}

#[test]
fn the_log_stays_and_the_summary_says_what_is_in_it_and_how_to_merge_it() {
    let directory = tempfile::tempdir().unwrap();
    let summary = record(directory.path(), |config| config);
    assert_eq!((summary.recorded(), summary.dropped()), (4, 0));

    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    assert_eq!(summary.path(), Some(logs[0].as_path()));
    assert!(!directory.path().join("run.h5").exists());

    let text = summary.to_string();
    let solve = text.lines().find(|line| line.contains("solve")).unwrap();
    assert!(solve.contains("40 ns"), "{text}");
    assert!(text.contains("scope-profiler-pproc merge "), "{text}");
    assert!(text.contains("built without HDF5"), "{text}");
}

#[test]
fn the_command_is_for_the_log_of_this_session_alone() {
    let directory = tempfile::tempdir().unwrap();
    let earlier = record(directory.path(), |config| config);
    let summary = record(directory.path(), |config| config);
    let text = summary.to_string();
    let command = text.lines().last().unwrap().trim();
    let log = |summary: &Summary| summary.path().unwrap().display().to_string();
    assert_ne!(log(&earlier), log(&summary));
    assert!(command.starts_with("scope-profiler-pproc merge "), "{text}");
    assert!(
        command.contains(&log(&summary)) && !command.contains('*'),
        "{text}"
    );
    assert!(!command.contains(&log(&earlier)), "{text}");
}

#[test]
fn whatever_is_asked_for_the_log_is_whole() {
    for mode in [MergeMode::Auto, MergeMode::Copy, MergeMode::Link, MergeMode::Keep] {
        let directory = tempfile::tempdir().unwrap();
        record(directory.path(), |config| config.merge(mode));
        let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
        let log = LogSource::open(&logs[0]).unwrap();
        assert_eq!(log.names(), ["step", "solve"]);
        let report = scope_profiler::check::check(&logs[0]).unwrap();
        assert!(report.is_ok() && report.written() == 4, "{report}");
    }
}

#[test]
fn a_file_in_hdf5_is_refused_and_one_in_another_format_is_read() {
    let error = ProfilingH5Reader::open("tests/golden/s1_asym.h5").unwrap_err();
    assert!(error.is_unsupported(), "{error}");
    assert!(error.to_string().contains("feature hdf5"), "{error}");

    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("notes.txt");
    std::fs::write(&other, "no profile").unwrap();
    assert!(ProfilingH5Reader::open(&other).unwrap_err().is_format());

    record(directory.path(), |config| config);
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let reader = ProfilingH5Reader::open(&logs[0]).unwrap();
    assert_eq!(reader.get_region("solve").unwrap()[0].total_duration_ns(), 40);
}

/// The whole point: where there is no libhdf5, the program starts all the same.
#[cfg(target_os = "linux")]
#[test]
fn the_library_is_not_loaded() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(maps.contains("libc.so"), "{maps}");
    assert!(!maps.contains("libhdf5"), "{maps}");
}
