//! Programs that fork while a session runs: no child hangs, and none loses data without a word.
//!
//! Each test runs this program again as a program that forks. `SCOPE_PROFILER_TEST_FORKS` says how many
//! children those have that fork many.
#![cfg(all(unix, feature = "hdf5"))]
#![allow(unsafe_code)]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;

use scope_profiler::{
    ProfileManager, ProfilingConfig, ProfilingH5Reader,
    merge::{MergeMode, find_logs, merge},
    profile::{Numbers, Samples, Source},
    profile_counter, profile_region,
};
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longer than any child needs on the busiest machine: only one that hangs is ended.
const PATIENCE: Duration = Duration::from_secs(1_800);

fn run(program: &str, directory: &Path) -> Output {
    again(program).current_dir(directory).output().unwrap()
}

again::programs!(fork_as);

fn fork_as(program: &str) {
    match program {
        "busy" => busy(),
        "starting" => starting(),
        "finalizing" => finalizing(),
        "daemon" => daemon(false, End::Finalize),
        "daemon that sets up" => daemon(true, End::Finalize),
        "daemon that exits" => daemon(false, End::Exit),
        "daemon that is ended" => daemon(false, End::Signal),
        "child" => child_of_a_living_parent(),
        "counters" => counters(),
        other => panic!("no program {other}"),
    }
}

fn config(file: &str) -> ProfilingConfig {
    ProfilingConfig::new().file_path(file).verbose(false)
}

/// A child that runs `part` and exits; its process number.
fn fork(part: impl FnOnce()) -> i32 {
    // SAFETY: the child has one thread, and takes no lock that another thread of the parent may hold but
    // the profiler's, which is what is tried.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no process is to be had");
    if child == 0 {
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(part));
        // SAFETY: ends the child, whatever the parent would have done at its end.
        unsafe { libc::_exit(i32::from(done.is_err())) };
    }
    child
}

/// Its exit status; a child that hangs is a failure, and is ended.
fn wait_for(child: i32, what: &str) -> i32 {
    let started = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: asks for the end of a child of this process; `status` is ours.
        let ended = unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) };
        if ended == child {
            return status;
        }
        if started.elapsed() > PATIENCE {
            // SAFETY: ends a child of this process.
            unsafe { libc::kill(child, libc::SIGKILL) };
            panic!("{what} hangs");
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

const BLOCK: usize = 16;

/// Threads that keep every lock of the profiler in use until `done`.
fn keep_busy(done: &AtomicBool) {
    let every_call = |thread: usize| {
        for n in 0.. {
            // A block for the writer.
            for _ in 0..BLOCK {
                let _call = profile_region!("call");
            }
            // So that there is not much to write.
            std::thread::sleep(Duration::from_micros(100));
            ProfileManager::profile(&format!("thread {thread} name {}", n % 100), || ());
            ProfileManager::counter(&format!("counter {}", n % 100), n);
            match thread {
                0 => drop(ProfileManager::flush()),
                1 => drop(ProfileManager::get_region("call").map(|region| region.num_calls())),
                2 => drop(ProfileManager::get_all_regions()),
                _ => std::thread::spawn(|| ProfileManager::profile("short", || ()))
                    .join()
                    .unwrap(),
            }
            if done.load(Ordering::Relaxed) {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || every_call(thread));
        }
    });
}

fn children(usual: u32) -> u32 {
    std::env::var("SCOPE_PROFILER_TEST_FORKS").map_or(usual, |n| n.parse().unwrap())
}

fn busy() {
    let busy = config("run.h5")
        .buffer_limit(BLOCK)
        .flush_interval(Duration::from_millis(1))
        .merge(MergeMode::Keep);
    let session = ProfileManager::session(busy).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let done = &done;
        scope.spawn(|| keep_busy(done));
        let try_all = std::panic::catch_unwind(|| {
            for n in 0..children(300) {
                let child = fork(|| in_child(n));
                assert_eq!(wait_for(child, &format!("child {n}")), 0, "child {n}");
            }
        });
        done.store(true, Ordering::Relaxed);
        try_all.unwrap();
    });
    session.finalize().unwrap();
}

/// Children that are forked while other threads begin and end, and hold locks of the standard library for it.
fn starting() {
    ProfileManager::setup(config("run.h5")).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let done = &done;
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::thread::spawn(|| ()).join().unwrap();
                }
            });
        }
        let try_all = std::panic::catch_unwind(|| {
            for n in 0..children(100) {
                let child = fork(|| {
                    // With a second thread for the summary, and others that compress.
                    let compressed = config("child.h5").compress(true);
                    ProfileManager::setup(compressed).unwrap();
                    for _ in 0..9_000 {
                        let _call = profile_region!("call");
                    }
                    assert_eq!(ProfileManager::finalize().unwrap().recorded(), 9_000);
                });
                assert_eq!(wait_for(child, &format!("child {n}")), 0, "child {n}");
            }
        });
        done.store(true, Ordering::Relaxed);
        try_all.unwrap();
    });
    ProfileManager::finalize().unwrap();
}

fn in_child(n: u32) {
    let record = || {
        for name in 0..20 {
            ProfileManager::profile(&format!("child {n} {name}"), || ());
            ProfileManager::counter(&format!("child {n} {name}"), name);
        }
    };
    match n % 4 {
        0 => {}
        1 => {
            // Several blocks.
            for _ in 0..9_000 {
                let _call = profile_region!("call");
            }
            record();
            ProfileManager::flush().unwrap();
        }
        2 => {
            let _open = profile_region!("call");
            ProfileManager::get_region("call").map(|region| region.num_calls());
            drop(ProfileManager::get_all_regions());
            ProfileManager::finalize().unwrap();
            assert!(ProfileManager::summary().is_none());
        }
        _ => drop(ProfileManager::layer()),
    }
    let file = format!("child{n}.h5");
    ProfileManager::setup(config(&file)).unwrap();
    record();
    let _call = profile_region!("call");
    drop(_call);
    assert_eq!(ProfileManager::finalize().unwrap().recorded(), 21);
    std::fs::remove_file(&file).unwrap();
}

/// Children that are forked while another thread makes a file.
fn finalizing() {
    ProfileManager::setup(config("first.h5")).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let done = &done;
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                ProfileManager::setup(config("run.h5")).unwrap();
                ProfileManager::profile("step", || ());
                ProfileManager::finalize().unwrap();
            }
        });
        let try_all = std::panic::catch_unwind(|| {
            for n in 0..children(100) {
                let child = fork(|| {
                    ProfileManager::finalize().ok();
                    ProfileManager::setup(config("child.h5")).unwrap();
                    ProfileManager::profile("in child", || ());
                    // HDF5 itself may be left in the middle of something: then the log stays.
                    match ProfileManager::finalize() {
                        Ok(summary) => assert_eq!(summary.recorded(), 1),
                        Err(error) => assert!(error.to_string().contains("pproc merge"), "{error}"),
                    }
                });
                assert_eq!(wait_for(child, &format!("child {n}")), 0, "child {n}");
            }
        });
        done.store(true, Ordering::Relaxed);
        try_all.unwrap();
    });
}

enum End {
    Finalize,
    Exit,
    Signal,
}

/// As `daemon(3)` does it: the parent leaves at once.
fn daemon(sets_up: bool, end: End) {
    ProfileManager::setup(config("run.h5")).unwrap();
    ProfileManager::profile("before", || ());
    // SAFETY: takes no arguments, cannot fail.
    let parent = unsafe { libc::getpid() };
    // SAFETY: the child goes on with this thread alone, and the parent leaves without a word.
    unsafe {
        match libc::fork() {
            0 => assert!(libc::setsid() > 0),
            _ => libc::_exit(0),
        }
    }
    let started = Instant::now();
    // SAFETY: takes no arguments, cannot fail.
    while unsafe { libc::getppid() } == parent {
        assert!(started.elapsed() < PATIENCE, "the parent stays");
        std::thread::sleep(Duration::from_millis(1));
    }
    if sets_up {
        ProfileManager::setup(config("daemon.h5")).unwrap();
    }
    ProfileManager::profile("in the daemon", || ());
    match end {
        End::Finalize => {
            let told = match ProfileManager::finalize() {
                Ok(summary) => format!("recorded {}", summary.recorded()),
                Err(error) => format!("error {error}"),
            };
            // Under its name when it is complete.
            std::fs::write("told.tmp", told).unwrap();
            std::fs::rename("told.tmp", "told").unwrap();
        }
        End::Exit => {}
        // SAFETY: ends this process.
        End::Signal => unsafe {
            libc::raise(libc::SIGTERM);
        },
    }
    std::process::exit(0);
}

fn child_of_a_living_parent() {
    ProfileManager::setup(config("run.h5")).unwrap();
    let child = fork(|| {
        ProfileManager::profile("in the child", || ());
        assert_eq!(ProfileManager::finalize().unwrap().recorded(), 0);
        // Once is enough.
        ProfileManager::finalize().unwrap();
    });
    assert_eq!(wait_for(child, "the child"), 0);
    ProfileManager::profile("in the parent", || ());
    ProfileManager::finalize().unwrap();
}

fn counters() {
    ProfileManager::setup(config("run.h5")).unwrap();
    let given = |n| profile_counter!("n", n);
    given(1);
    let child = fork(|| {
        // Of the session of the parent.
        given(10);
        ProfileManager::counter("in the child", 11);
        ProfileManager::setup(config("child.h5")).unwrap();
        (0..10_000).for_each(given);
        ProfileManager::counter("energy:J", 0.5);
        ProfileManager::finalize().unwrap();
    });
    assert_eq!(wait_for(child, "the child"), 0);
    given(2);
    ProfileManager::finalize().unwrap();
}

#[test]
fn a_child_has_its_own_counters_and_its_parent_keeps_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let output = run("counters", directory.path());
    assert!(output.status.success(), "{output:?}");
    let expected = [
        ("run.h5", vec![("n", vec![1, 2])]),
        ("child.h5", {
            vec![("energy", Vec::new()), ("n", (0..10_000).collect())]
        }),
    ];
    for (file, counters) in expected {
        let path = directory.path().join(file);
        let reader = ProfilingH5Reader::open(&path).unwrap();
        let names: Vec<&str> = reader.counters().iter().map(|counter| counter.name()).collect();
        assert_eq!(names, counters.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for (index, (name, values)) in counters.iter().enumerate() {
            let mut samples = Samples::new();
            let row = reader.counter_rows()[index];
            reader.read_counter(index, 0..row.samples, &mut samples).unwrap();
            match samples.values() {
                Numbers::Int(found) => assert_eq!(found, values, "{name}"),
                found => assert_eq!(*found, Numbers::Float(vec![0.5]), "{name}"),
            }
        }
        let report = scope_profiler::check::check(&path).unwrap();
        assert!(report.is_ok(), "{report}");
    }
}

#[test]
fn no_child_hangs_that_is_forked_while_other_threads_record() {
    let directory = tempfile::tempdir().unwrap();
    let output = run("busy", directory.path());
    assert!(output.status.success(), "{output:?}");
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    assert_eq!(logs.len(), 1);
    let report = scope_profiler::check::check(&logs[0]).unwrap();
    assert!(report.is_ok(), "{report}");
}

#[test]
fn no_child_hangs_that_is_forked_while_other_threads_begin_and_end() {
    let directory = tempfile::tempdir().unwrap();
    let output = run("starting", directory.path());
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn no_child_hangs_that_is_forked_while_another_thread_makes_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let output = run("finalizing", directory.path());
    assert!(output.status.success(), "{output:?}");
}

/// What the daemon told, which nobody can wait for: its output is open until it has ended.
fn told(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("told")).unwrap()
}

#[test]
fn a_daemon_is_told_that_it_has_to_set_up() {
    let directory = tempfile::tempdir().unwrap();
    let output = run("daemon", directory.path());
    let told = told(directory.path());
    assert!(
        told.starts_with("error") && told.contains("Call setup"),
        "{told} {output:?}"
    );
    assert!(!directory.path().join("run.h5").exists());
}

#[test]
fn a_daemon_that_sets_up_has_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let output = run("daemon that sets up", directory.path());
    assert_eq!(told(directory.path()), "recorded 1", "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("scope-profiler"), "{stderr}");
    let reader = ProfilingH5Reader::open(directory.path().join("daemon.h5")).unwrap();
    assert!(reader.get_region("in the daemon").is_ok());
    assert!(reader.get_region("before").is_err());
    // What the parent had is its own.
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    merge(&logs, &directory.path().join("parent.h5")).unwrap();
}

#[test]
fn a_daemon_that_ends_without_finalize_says_what_it_has_lost() {
    for part in ["daemon that exits", "daemon that is ended"] {
        let directory = tempfile::tempdir().unwrap();
        let output = run(part, directory.path());
        let stderr = String::from_utf8_lossy(&output.stderr);
        let told = stderr.to_lowercase();
        assert!(
            told.contains("in no file") && told.contains("call setup"),
            "{part}: {stderr}"
        );
    }
}

#[test]
fn a_child_is_told_once_that_the_session_is_its_parents() {
    let directory = tempfile::tempdir().unwrap();
    let output = run("child", directory.path());
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr.matches("which began the session").count(), 1, "{stderr}");
    let reader = ProfilingH5Reader::open(directory.path().join("run.h5")).unwrap();
    assert!(reader.get_region("in the parent").is_ok());
    assert!(reader.get_region("in the child").is_err());
}
