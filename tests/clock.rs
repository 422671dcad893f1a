//! Times in the file are those of the system's monotonic clock.
#![cfg(all(target_os = "linux", feature = "hdf5"))]

#[path = "common/calm.rs"]
mod calm;

use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader};
use std::process::Command;
use std::time::Duration;

/// How far a time in the file may be off, ns.
const TOLERANCE: i64 = 1_000;

#[allow(unsafe_code)]
fn monotonic_ns() -> i64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a valid timespec that nobody else has.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Enters a region around each call of `read`, and flushes after each `batch` of them, which compares the
/// clocks anew; start, reading and end of each, ns.
fn regions_around(calls: impl Iterator, batch: usize, mut read: impl FnMut() -> i64) -> Vec<(i64, i64, i64)> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("clock.h5");
    let profiler = Profiler::new(ProfilingConfig::new().file_path(&file).verbose(false)).unwrap();
    let mut readings = Vec::new();
    for _ in calls {
        {
            let _guard = profiler.profile_region("reading");
            readings.push(read());
        }
        if readings.len() % batch == 0 {
            profiler.flush().unwrap();
        }
    }
    profiler.finalize().unwrap();
    let region = ProfilingH5Reader::open(&file)
        .unwrap()
        .get_region("reading")
        .unwrap();
    let (starts, ends) = (region[0].start_times_ns(), region[0].end_times_ns());
    assert_eq!(starts.len(), readings.len());
    let calls = starts.iter().zip(readings).zip(ends);
    calls
        .map(|((&start, reading), &end)| (start, reading, end))
        .collect()
}

/// Reads the system's clock in a region, so often.
fn check(calls: impl Iterator) {
    let calls = regions_around(calls, 1_000, monotonic_ns);
    for (start, reading, end) in &calls {
        assert!(
            start - TOLERANCE <= *reading && *reading <= end + TOLERANCE,
            "{reading} is not between {start} and {end}"
        );
    }
    // Where the thread was interrupted, the middle says nothing.
    let undisturbed = calls.iter().filter(|(start, _, end)| end - start < TOLERANCE);
    let mut residuals: Vec<i64> = undisturbed
        .map(|(start, reading, end)| (start + (end - start) / 2 - reading).abs())
        .collect();
    residuals.sort_unstable();
    let (count, percentile) = (residuals.len(), |n: usize| {
        residuals.get(residuals.len() * n / 100)
    });
    println!(
        "{} readings, {count} undisturbed; from the middle of these, ns: median {:?}, p99 {:?}, at most {:?}",
        calls.len(),
        percentile(50),
        percentile(99),
        residuals.last(),
    );
}

#[test]
fn the_system_clock_read_inside_a_region_is_within_it() {
    check(0..50_000);
}

#[test]
#[ignore = "two minutes"]
fn the_clock_does_not_drift_away_in_two_minutes() {
    let over = monotonic_ns() + 120_000_000_000;
    check(std::iter::from_fn(|| {
        // That time passes is what this is about.
        std::thread::sleep(Duration::from_millis(2));
        (monotonic_ns() < over).then_some(())
    }));
}

#[test]
fn pythons_perf_counter_of_another_process_is_within_the_region_around_it() {
    let python = || {
        let output = Command::new("python3")
            .args(["-c", "import time; print(time.perf_counter_ns())"])
            .output()
            .ok()?;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if python().is_none() {
        assert!(std::env::var_os("CI").is_none(), "python3 is missing");
        println!("skipped: no python3");
        return;
    }
    for (start, reading, end) in regions_around(0..3, 1, || python().expect("it ran before")) {
        assert!(
            start <= reading && reading <= end,
            "{reading} is not between {start} and {end}"
        );
    }
}
