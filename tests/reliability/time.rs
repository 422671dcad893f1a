//! Clocks that jump, run backwards, or go on for an hour; threads that wander between processors.

use super::{Contents, directory, skip};
use scope_profiler::{ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader};
use std::path::PathBuf;
use tempfile::TempDir;

const ORIGIN: u64 = 1_000_000;

fn session(clock: &ManualClock) -> (TempDir, PathBuf, Profiler) {
    let directory = directory();
    let file = directory.path().join("run.h5");
    let config = ProfilingConfig::new().file_path(&file).verbose(false);
    let profiler = Profiler::new(config.manual_clock(clock)).unwrap();
    (directory, file, profiler)
}

#[test]
fn a_clock_that_runs_backwards_is_set_right_and_counted() {
    let clock = ManualClock::new(ORIGIN);
    let (_directory, file, profiler) = session(&clock);
    for round in 0..10 {
        let _guard = profiler.profile_region("step");
        if round % 5 == 4 {
            // As where the next processor's counter is behind.
            clock.set(clock.now() - 300);
        } else {
            clock.advance(1_000);
        }
    }
    let region = profiler.get_region("step").unwrap();
    assert!(region.durations_ns().iter().all(|&ns| ns == 0 || ns == 1_000));
    let summary = profiler.finalize().unwrap();
    assert_eq!((summary.recorded(), summary.dropped()), (10, 0));
    let contents = Contents::unordered(&file);
    let step = &contents.regions["step"][0];
    assert_eq!(step.clamped(), 2);
    assert_eq!(step.durations_ns().iter().filter(|&&ns| ns == 0).count(), 2);
    assert_eq!(step.total_duration_ns(), 8_000);
}

#[test]
fn a_clock_that_jumps_forward_keeps_every_interval() {
    let clock = ManualClock::new(ORIGIN);
    let (_directory, file, profiler) = session(&clock);
    let year = 365 * 24 * 3_600 * 1_000_000_000;
    for _ in 0..5 {
        profiler.profile("step", || clock.advance(7));
        profiler.flush().unwrap();
        clock.advance(year);
    }
    profiler.finalize().unwrap();
    let contents = Contents::unordered(&file);
    let step = &contents.regions["step"][0];
    assert_eq!(step.durations_ns(), [7; 5]);
    assert_eq!(step.clamped(), 0);
}

/// A hundred steps a second, in each of which there is some work of four kinds.
#[test]
fn an_hour_is_as_exact_as_a_second() {
    let clock = ManualClock::new(ORIGIN);
    let (_directory, file, profiler) = session(&clock);
    const SECONDS: u64 = 3_600;
    const STEPS: u64 = 20;
    let work = ["assemble", "solve", "exchange", "write"];
    let hour = profiler.profile_region("hour");
    for second in 0..SECONDS {
        for step in 0..STEPS {
            let _step = profiler.profile_region("step");
            let kind = (second + step) as usize % work.len();
            profiler.profile(work[kind], || clock.advance(1_000_000_000 / STEPS));
        }
        if second % 60 == 0 {
            profiler.flush().unwrap();
        }
    }
    drop(hour);
    let summary = profiler.finalize().unwrap();
    let calls = 2 * SECONDS * STEPS + 1;
    assert_eq!((summary.recorded(), summary.kept()), (calls, calls));
    let contents = Contents::unordered(&file);
    let length = (SECONDS * 1_000_000_000) as i64;
    assert_eq!(contents.regions["hour"][0].durations_ns(), [length]);
    assert_eq!(contents.regions["step"][0].total_duration_ns(), length);
    let total: i64 = work
        .iter()
        .map(|kind| contents.regions[*kind][0].total_duration_ns())
        .sum();
    assert_eq!(total, length);
    let step = &contents.regions["step"][0];
    assert_eq!(step.first_start_ns(), Some(ORIGIN as i64));
    assert_eq!(step.last_end_ns(), Some(ORIGIN as i64 + length));
}

/// Moves this thread to one processor; false where that is not allowed.
#[cfg(target_os = "linux")]
fn run_on(processor: usize) -> bool {
    // SAFETY: the set is zeroed, which is the empty one, and is read by the call only.
    #[allow(unsafe_code)]
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) == 0
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_wanders_between_processors_never_ends_before_it_starts() {
    let processors: Vec<usize> = (0..64).filter(|&processor| run_on(processor)).collect();
    if processors.len() < 2 {
        return skip("threads that wander: there is one processor here");
    }
    let directory = directory();
    let file = directory.path().join("run.h5");
    let config = ProfilingConfig::new().file_path(&file).verbose(false);
    let profiler = Profiler::new(config).unwrap();
    for round in 0..2_000 {
        let _guard = profiler.profile_region("wander");
        run_on(processors[round % processors.len()]);
    }
    profiler.finalize().unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let wander = reader.get_region("wander").unwrap();
    let times = wander[0].start_times_ns().iter().zip(wander[0].end_times_ns());
    let mut last = i64::MIN;
    for (&start, &end) in times {
        assert!(last <= start && start <= end);
        last = end;
    }
    assert_eq!((wander[0].num_calls(), wander[0].clamped()), (2_000, 0));
}
