//! Threads that record at full speed while others look on, flush and finalize: every call is
//! accounted for, exactly.
//!
//! Takes a second; `STRESS_SECONDS` makes each test go on for longer. `scripts/safety` runs it under
//! valgrind, and as part of a program (`tests/safety/src/bin/stress.rs`) under ThreadSanitizer. All threads
//! are joined by name, which is what the sanitizer sees.
#![cfg(feature = "hdf5")]

#[cfg(test)]
#[path = "common/calm.rs"]
mod calm;

use scope_profiler::{
    Overflow, ProfileManager, Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter, RegionGuard,
    Summary, profile_region,
};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tracing::{Dispatch, dispatcher, info_span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

/// Threads that record at the same time: `STRESS_THREADS`, 4 by default.
static WORKERS: LazyLock<usize> = LazyLock::new(|| {
    std::env::var("STRESS_THREADS").map_or(4, |threads| threads.parse().expect("STRESS_THREADS is a number"))
});

/// How long a test of several sessions goes on.
fn seconds() -> f64 {
    std::env::var("STRESS_SECONDS").map_or(0.5, |seconds| {
        seconds.parse().expect("STRESS_SECONDS is a number")
    })
}

/// The calls of one region, as the threads that make them count them.
#[derive(Default)]
struct Calls {
    begun: AtomicU64,
    done: AtomicU64,
}

/// The regions that the threads enter.
const REGIONS: [&str; 6] = ["guard", "deep", "left", "right", "span", "brief"];

#[derive(Default)]
struct Tally([Calls; REGIONS.len()]);

impl Tally {
    fn of(&self, region: &str) -> &Calls {
        let index = REGIONS.iter().position(|&name| name == region);
        &self.0[index.expect("one of REGIONS")]
    }

    fn begun(&self) -> u64 {
        self.0
            .iter()
            .map(|calls| calls.begun.load(Ordering::SeqCst))
            .sum()
    }
}

/// A call that is counted before it begins and after it is over.
struct Call<'a> {
    guard: Option<RegionGuard>,
    calls: &'a Calls,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        drop(self.guard.take());
        self.calls.done.fetch_add(1, Ordering::SeqCst);
    }
}

/// Tells the threads to stop, also when a check has failed.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What all threads of a test share.
struct Stage {
    profiler: Profiler,
    tally: Tally,
    /// Calls that begin from now on are no part of the session.
    ending: AtomicBool,
    over: AtomicBool,
    directory: TempDir,
}

impl Stage {
    /// Blocks are small and few, so that threads hand them over, and wait for them, all the time.
    fn new(overflow: Overflow) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = ProfilingConfig::new()
            .file_path(directory.path().join("stress.h5"))
            .buffer_limit(32)
            .memory_limit(32 << 10)
            .flush_interval(Duration::from_millis(1))
            .overflow(overflow)
            .verbose(false);
        Self {
            profiler: Profiler::new(config).unwrap(),
            tally: Tally::default(),
            ending: AtomicBool::new(false),
            over: AtomicBool::new(false),
            directory,
        }
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn enter(&self, region: &str) -> Call<'_> {
        let calls = self.tally.of(region);
        calls.begun.fetch_add(1, Ordering::SeqCst);
        Call {
            guard: Some(self.profiler.profile_region(region)),
            calls,
        }
    }

    fn span(&self) {
        let calls = self.tally.of("span");
        calls.begun.fetch_add(1, Ordering::SeqCst);
        info_span!("span").in_scope(|| ());
        calls.done.fetch_add(1, Ordering::SeqCst);
    }

    fn deep(&self, depth: usize) {
        let _call = self.enter("deep");
        if depth > 1 {
            self.deep(depth - 1);
        }
    }

    /// One round of everything that a thread may do to a session.
    fn round(&self, number: u64) {
        {
            let _outer = self.enter("guard");
            self.span();
            let left = self.enter("left");
            let right = self.enter("right");
            drop(left);
            self.span();
            drop(right);
        }
        if number % 16 == 0 {
            // More than the open stack begins with.
            self.deep(100);
        }
        if number % 64 == 0 {
            thread::scope(|scope| {
                scope.spawn(|| drop(self.enter("brief"))).join().unwrap();
            });
        }
    }

    /// A thread that records until `done` says so, its spans through this subscriber.
    fn work(&self, subscriber: &Dispatch, done: impl Fn(u64) -> bool) {
        dispatcher::with_default(subscriber, || {
            let mut number = 0;
            while !done(number) {
                self.round(number);
                number += 1;
            }
        });
    }

    fn subscribers(&self) -> [Dispatch; 4] {
        let over = |level: LevelFilter| {
            let other = tracing_subscriber::registry().with(level);
            Dispatch::new(self.profiler.subscriber().over(other))
        };
        [
            Dispatch::new(self.profiler.subscriber()),
            Dispatch::new(tracing_subscriber::registry().with(self.profiler.layer())),
            over(LevelFilter::TRACE),
            over(LevelFilter::OFF),
        ]
    }

    /// A thread that asks for what has been recorded while it is being recorded.
    fn look_on(&self) {
        let mut last = [0; REGIONS.len()];
        while !self.is_over() {
            for (name, last) in REGIONS.iter().zip(&mut last) {
                let calls = self.tally.of(name);
                let at_least = calls.done.load(Ordering::SeqCst);
                let Some(region) = self.profiler.get_region(name) else {
                    assert_eq!(at_least, 0, "{name} has been entered");
                    continue;
                };
                let counted = region.num_calls();
                // Read afterwards: as long as it is not set, all that was done counted.
                let at_least = if self.ending.load(Ordering::SeqCst) {
                    0
                } else {
                    at_least
                };
                let at_most = calls.begun.load(Ordering::SeqCst);
                assert!(
                    at_least <= counted && *last <= counted && counted <= at_most,
                    "{name}: {counted} calls, with {at_least} to {at_most} made and {last} before"
                );
                *last = counted;
                assert!(region.durations_ns().iter().all(|&ns| ns >= 0), "{name}");
            }
        }
    }

    fn flush(&self) {
        while !self.is_over() {
            self.profiler.flush().unwrap();
        }
    }

    /// Runs the workers with others that look on; `f` runs beside them, and they stop after it.
    fn run(&self, rounds: u64, f: impl FnOnce()) {
        let subscribers = self.subscribers();
        thread::scope(|scope| {
            let stop = Stop(&self.over);
            let others = [scope.spawn(|| self.look_on()), scope.spawn(|| self.flush())];
            let mut workers: Vec<_> = (0..*WORKERS)
                .map(|worker| {
                    let subscriber = &subscribers[worker % subscribers.len()];
                    scope.spawn(move || self.work(subscriber, |number| self.is_over() || number == rounds))
                })
                .collect();
            f();
            if rounds < u64::MAX {
                join(workers.drain(..));
            }
            drop(stop);
            join(workers.into_iter().chain(others));
        });
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("stress.h5")
    }
}

/// The number of intervals of each region in a file, which all have to make sense.
fn intervals_in(file: &Path) -> Vec<(String, u64)> {
    let reader = ProfilingH5Reader::open(file).unwrap();
    let regions = reader.get_regions(&RegionFilter::default()).unwrap();
    let regions = regions.iter().map(|region| {
        let of_rank = &region[0];
        let (starts, ends) = (of_rank.start_times_ns(), of_rank.end_times_ns());
        assert!(
            starts.iter().zip(ends).all(|(start, end)| start <= end),
            "{}",
            region.name()
        );
        (region.name().to_owned(), starts.len() as u64)
    });
    regions.collect()
}

fn join<'scope>(threads: impl Iterator<Item = ScopedJoinHandle<'scope, ()>>) {
    threads.for_each(|thread| thread.join().unwrap());
}

fn until_time_is_up(mut session: impl FnMut()) {
    let started = Instant::now();
    loop {
        session();
        if started.elapsed().as_secs_f64() > seconds() {
            return;
        }
    }
}

#[cfg_attr(test, test)]
pub(crate) fn every_call_is_in_the_file_however_many_look_on() {
    until_time_is_up(|| {
        let stage = Stage::new(Overflow::Block);
        stage.run(100, || ());
        let summary = stage.profiler.finalize().unwrap();
        assert_eq!((summary.dropped(), summary.open_regions()), (0, &[][..]));
        for (name, intervals) in intervals_in(&stage.file()) {
            assert_eq!(
                intervals,
                stage.tally.of(&name).done.load(Ordering::SeqCst),
                "{name}"
            );
        }
        assert_eq!(summary.recorded(), stage.tally.begun());
    });
}

#[cfg_attr(test, test)]
pub(crate) fn calls_that_find_no_room_are_counted_to_the_last() {
    until_time_is_up(|| {
        let stage = Stage::new(Overflow::Drop);
        stage.run(100, || ());
        let summary = stage.profiler.finalize().unwrap();
        assert_eq!(summary.recorded(), stage.tally.begun());
        assert_eq!(summary.kept() + summary.dropped(), summary.recorded());
        let kept: u64 = intervals_in(&stage.file())
            .iter()
            .map(|(_, intervals)| intervals)
            .sum();
        assert_eq!(kept, summary.kept());
        for name in REGIONS {
            let region = stage.profiler.get_region(name).unwrap();
            assert_eq!(
                region.num_calls(),
                stage.tally.of(name).done.load(Ordering::SeqCst),
                "{name}"
            );
        }
    });
}

fn open_calls(summary: &Summary) -> u64 {
    summary.open_regions().iter().map(|region| region.calls).sum()
}

#[cfg_attr(test, test)]
pub(crate) fn a_session_may_end_while_threads_record() {
    until_time_is_up(|| {
        let stage = Stage::new(Overflow::Block);
        let mut before = 0;
        let mut ended = None;
        stage.run(u64::MAX, || {
            while stage.tally.begun() < 2_000 {
                thread::yield_now();
            }
            before = stage.tally.begun();
            stage.ending.store(true, Ordering::SeqCst);
            ended = Some(stage.profiler.finalize().unwrap());
        });
        let summary = ended.unwrap();
        let kept: u64 = intervals_in(&stage.file())
            .iter()
            .map(|(_, intervals)| intervals)
            .sum();
        assert_eq!(kept, summary.kept());
        assert!(summary.recorded() <= stage.tally.begun());
        // What was begun before the end was over by then or is among the open; each thread may
        // have counted one that it had not entered yet.
        let known = summary.recorded() + open_calls(&summary);
        assert!(
            known + 2 * *WORKERS as u64 >= before,
            "{known} of {before} are known"
        );
    });
}

#[cfg_attr(test, test)]
pub(crate) fn sessions_may_come_and_go_while_threads_record() {
    let directory = tempfile::tempdir().unwrap();
    let (over, begun) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let stop = Stop(&over);
        let work = || {
            while !over.load(Ordering::Relaxed) {
                begun.fetch_add(1, Ordering::SeqCst);
                let _outer = profile_region!("outer");
                drop(ProfileManager::profile_region("inner"));
            }
        };
        let workers: Vec<_> = (0..*WORKERS).map(|_| scope.spawn(work)).collect();
        let mut sessions = 0;
        until_time_is_up(|| {
            let file = directory.path().join(format!("{sessions}.h5"));
            sessions += 1;
            let before = begun.load(Ordering::SeqCst);
            let config = ProfilingConfig::new()
                .file_path(&file)
                .buffer_limit(32)
                .memory_limit(32 << 10);
            ProfileManager::setup(config.verbose(false)).unwrap();
            let enough = begun.load(Ordering::SeqCst) + 2_000;
            while begun.load(Ordering::SeqCst) < enough {
                thread::yield_now();
            }
            let summary = ProfileManager::finalize().unwrap();
            let most = 2 * (begun.load(Ordering::SeqCst) - before + *WORKERS as u64);
            assert!(summary.recorded() > 0 && summary.recorded() <= most, "{summary}");
            let kept: u64 = intervals_in(&file).iter().map(|(_, intervals)| intervals).sum();
            assert_eq!(kept, summary.kept());
        });
        drop(stop);
        join(workers.into_iter());
    });
}
