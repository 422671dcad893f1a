//! `kill -9` at random moments.

use super::{Contents, Random, Running, directory, pattern, runs, until};
use scope_profiler::merge::find_logs;
use std::path::Path;
use std::time::Duration;

/// Kills a victim at a random moment and gives the lines that it finished.
fn kill_at_random(directory: &Path, ending: &str, environment: &[(&str, &str)], after: u64) -> Vec<String> {
    let running = Running::start(directory, ending, environment);
    std::thread::sleep(Duration::from_micros(after));
    running.signal(libc::SIGKILL);
    let ended = running.wait();
    ended.by(libc::SIGKILL);
    let (whole, _) = ended.said.rsplit_once('\n').unwrap_or_default();
    whole.lines().map(str::to_owned).collect()
}

#[test]
fn what_was_flushed_is_there_after_a_kill_while_threads_record() {
    let mut random = Random(1);
    let (mut sure, mut there) = (0, 0);
    for run in 0..runs(1) {
        let directory = directory();
        let threads = 1 + run % 3;
        let environment = [("VICTIM_THREADS", &*threads.to_string())];
        let lines = kill_at_random(directory.path(), "steady", &environment, random.below(300_000));
        let flushed: Vec<u64> = lines.last().map_or(Vec::new(), |line| {
            line.split(' ').map(|n| n.parse().unwrap()).collect()
        });
        if flushed.is_empty() && find_logs(&[directory.path().join("run.h5.d")]).is_err() {
            continue; // Killed before there was a log.
        }
        if flushed.is_empty() && has_no_header(directory.path()) {
            continue;
        }
        let contents = Contents::of_logs(directory.path());
        assert_eq!(contents.ended_by(), None);
        for (thread, &calls) in flushed.iter().enumerate() {
            let found = contents.calls_of(thread);
            assert!(
                found >= calls,
                "run {run}: {found} of {calls} calls of thread {thread}"
            );
            sure += calls;
            there += found;
        }
    }
    println!("{sure} calls were acknowledged, {there} were there");
}

#[test]
fn a_signal_at_any_moment_saves_every_call_that_was_over() {
    let mut random = Random(7);
    let mut there = 0;
    for run in 0..runs(1) {
        let (signal, name) = [
            (libc::SIGTERM, "SIGTERM"),
            (libc::SIGABRT, "SIGABRT"),
            (libc::SIGINT, "SIGINT"),
        ][run as usize % 3];
        let directory = directory();
        let threads = 1 + run % 3;
        let environment = [("VICTIM_THREADS", &*threads.to_string())];
        let running = Running::start(directory.path(), "steady", &environment);
        let done = || std::fs::read(directory.path().join("done")).unwrap_or_default();
        until(|| done().iter().any(|&byte| byte > 0));
        std::thread::sleep(Duration::from_micros(random.below(150_000)));
        let over: Vec<u64> = done()
            .chunks_exact(8)
            .map(|bytes| u64::from_ne_bytes(bytes.try_into().unwrap()))
            .collect();
        running.signal(signal);
        running.wait().by(signal);
        let contents = Contents::of_logs(directory.path());
        assert_eq!(contents.ended_by(), Some(name), "run {run}");
        for (thread, &calls) in over.iter().enumerate() {
            let found = contents.calls_of(thread);
            assert!(
                found >= calls,
                "run {run}: {found} of {calls} calls of thread {thread}"
            );
            there += found;
            assert!(contents.open(&pattern::outer(thread)) <= 1, "run {run}");
        }
    }
    println!("{there} calls were there");
}

/// Whether the log was just being begun.
fn has_no_header(directory: &Path) -> bool {
    let logs = find_logs(&[directory.join("run.h5.d")]).unwrap();
    logs.iter().all(|log| log.metadata().unwrap().len() < 16)
}

/// Sessions of 20 000 calls with 1250 around them.
fn is_whole(file: &Path) -> bool {
    let contents = Contents::of(file);
    contents.calls_of(0) == 20_000 && contents.fact("written_intervals") == 21_250
}

#[test]
fn a_kill_while_the_file_is_made_leaves_the_old_one_or_the_new_one_and_the_log() {
    let mut random = Random(2);
    for run in 0..runs(1) {
        let directory = directory();
        let lines = kill_at_random(directory.path(), "sessions", &[], random.below(400_000));
        let file = directory.path().join("run.h5");
        let finished = lines.iter().any(|line| line.starts_with("finalized"));
        assert!(!finished || file.exists(), "run {run}: {lines:?}");
        if file.exists() {
            assert!(is_whole(&file), "run {run}: {lines:?}");
        }
        let begun = lines.last().is_some_and(|line| line.starts_with("finalizing"));
        let logs = find_logs(&[directory.path().join("run.h5.d")]);
        assert!(!begun || logs.is_ok() || file.exists(), "run {run}: {lines:?}");
        if logs.is_ok() && !has_no_header(directory.path()) {
            Contents::of_logs(directory.path());
        }
    }
}

#[cfg(feature = "cli")]
#[test]
fn a_kill_while_logs_are_merged_harms_neither_the_logs_nor_the_old_file() {
    let directory = directory();
    let path = directory.path();
    Running::start(path, "exit", &[("VICTIM_CALLS", "100000")]).wait();
    let logs = find_logs(&[path.join("run.h5.d")]).unwrap();
    let before = std::fs::read(&logs[0]).unwrap();
    let whole = Contents::of_logs(path).fact("written_intervals");
    let old = path.join("old.h5");
    std::fs::write(&old, "the result of another run").unwrap();

    let merge = || {
        let mut command = super::usual_child::command(env!("CARGO_BIN_EXE_scope-profiler-pproc"));
        command.args(["merge", "run.h5.d", "-o", "out.h5"]);
        Running::spawn(path, command)
    };
    let started = std::time::Instant::now();
    assert!(merge().wait().status.success());
    let takes = started.elapsed().as_micros() as u64;
    let mut random = Random(3);
    let out = path.join("out.h5");
    let mut replaced = 0;
    for run in 0..runs(1) {
        std::fs::copy(&old, &out).unwrap();
        let running = merge();
        std::thread::sleep(Duration::from_micros(random.below(takes * 5 / 4)));
        running.signal(libc::SIGKILL);
        running.wait();
        if std::fs::read(&out).unwrap() != std::fs::read(&old).unwrap() {
            let reader = scope_profiler::ProfilingH5Reader::open(&out).unwrap();
            drop(reader);
            assert_eq!(Contents::of(&out).fact("written_intervals"), whole, "run {run}");
            replaced += 1;
        }
        assert!(std::fs::read(&logs[0]).unwrap() == before, "run {run}");
    }
    println!("the file was replaced {replaced} times");
    assert!(merge().wait().status.success());
    assert_eq!(Contents::of(&out).fact("written_intervals"), whole);
}
