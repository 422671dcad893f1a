//! However a program ends, its log holds what it recorded.
//!
//! Each test runs this program again as a child that ends in its own way.
#![cfg(all(unix, feature = "hdf5"))]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;
#[cfg(target_os = "linux")]
#[path = "common/locks.rs"]
mod locks;

use scope_profiler::{
    ProfileManager, ProfilingConfig, ProfilingH5Reader,
    merge::{find_logs, merge},
};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

/// Runs the child's part in a directory of its own.
fn child(ending: &str, directory: &Path) -> Output {
    command(ending, directory).output().unwrap()
}

fn command(ending: &str, directory: &Path) -> Command {
    let mut command = again(ending);
    command.current_dir(directory);
    command
}

/// A program that is started while HDF5 writes a file inherits its lock, as any other descriptor.
#[cfg(target_os = "linux")]
#[test]
fn a_program_that_inherited_the_lock_on_the_file_does_not_spoil_the_end_of_a_session() {
    let directory = tempfile::tempdir().unwrap();
    let output = command("another program has the lock", directory.path())
        .env("HDF5_USE_FILE_LOCKING", "TRUE")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let reader = ProfilingH5Reader::open(directory.path().join("run.h5")).unwrap();
    assert_eq!(reader.get_region("step").unwrap()[0].num_calls(), 5);
}

/// Calls of a region in the file that is made of the logs the child left.
fn merged_calls(directory: &Path, region: &str) -> u64 {
    let file = directory.join("merged.h5");
    merge(&find_logs(&[directory.join("run.h5.d")]).unwrap(), &file).unwrap();
    ProfilingH5Reader::open(file).unwrap().get_region(region).unwrap()[0].num_calls()
}

fn record(calls: u32) {
    for _ in 0..calls {
        ProfileManager::profile("step", || ());
    }
}

again::programs!(come_to_an_end);

fn come_to_an_end(ending: &str) {
    let config = ProfilingConfig::new()
        .file_path("run.h5")
        .verbose(false)
        .flush_interval(Duration::from_secs(3_600));
    ProfileManager::setup(config).unwrap();
    match ending {
        "exit" => {
            record(1_000);
            let _open = ProfileManager::profile_region("open");
            std::process::exit(7);
        }
        "leaked subscriber" => {
            tracing::subscriber::set_global_default(ProfileManager::subscriber()).unwrap();
            tracing::info_span!("step").in_scope(|| ());
            std::process::exit(0);
        }
        "another thread exits" => {
            record(10);
            let worker = std::thread::spawn(|| {
                record(20);
                std::process::exit(0);
            });
            worker.join().ok();
        }
        #[cfg(target_os = "linux")]
        "another program has the lock" => {
            record(5);
            locks::start_a_program_at_the_next();
            ProfileManager::finalize().unwrap();
            locks::assert_that_it_still_has("run.h5");
        }
        "fork" => {
            record(5);
            // SAFETY: the child calls nothing that needs the threads it does not have: it records,
            // asks for a flush and for the end of the session, and exits.
            #[allow(unsafe_code)]
            let child = unsafe { libc::fork() };
            if child == 0 {
                record(20_000);
                ProfileManager::flush().unwrap();
                ProfileManager::finalize().unwrap();
                std::process::exit(0);
            }
            let mut status = 0;
            // SAFETY: waits for the child above; `status` is ours.
            #[allow(unsafe_code)]
            unsafe {
                libc::waitpid(child, &mut status, 0)
            };
            assert_eq!(status, 0);
            record(5);
            ProfileManager::finalize().unwrap();
        }
        other => panic!("no ending {other}"),
    }
}

#[test]
fn a_program_that_exits_without_finalize_leaves_a_whole_log() {
    let directory = tempfile::tempdir().unwrap();
    let output = child("exit", directory.path());
    assert_eq!(output.status.code(), Some(7));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("scope-profiler-pproc merge"), "{told}");
    assert_eq!(merged_calls(directory.path(), "step"), 1_000);
    let reader = ProfilingH5Reader::open(directory.path().join("merged.h5")).unwrap();
    assert_eq!(reader.get_region("open").unwrap()[0].open(), 1);
}

#[test]
fn a_subscriber_that_is_never_dropped_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    child("leaked subscriber", directory.path());
    assert_eq!(merged_calls(directory.path(), "step"), 1);
}

#[test]
fn an_exit_on_another_thread_saves_the_events_of_all() {
    let directory = tempfile::tempdir().unwrap();
    child("another thread exits", directory.path());
    assert_eq!(merged_calls(directory.path(), "step"), 30);
}

#[test]
fn a_forked_child_records_nothing_into_its_parents_log() {
    let directory = tempfile::tempdir().unwrap();
    let output = child("fork", directory.path());
    assert!(output.status.success(), "{output:?}");
    let reader = ProfilingH5Reader::open(directory.path().join("run.h5")).unwrap();
    assert_eq!(reader.get_region("step").unwrap()[0].num_calls(), 10);
}
