//! What is recorded is what happened: driven by a manual clock, read back from real files.

use scope_profiler::{ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader};
use tempfile::TempDir;

struct Run {
    directory: TempDir,
    clock: ManualClock,
    profiler: Profiler,
}

impl Run {
    fn new() -> Self {
        Self::with(|config| config)
    }

    fn with(configure: impl FnOnce(ProfilingConfig) -> ProfilingConfig) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(1_000);
        let config = ProfilingConfig::new()
            .file_path(directory.path().join("run.h5"))
            .verbose(false)
            .manual_clock(&clock);
        let profiler = Profiler::new(configure(config)).unwrap();
        Self {
            directory,
            clock,
            profiler,
        }
    }

    /// Start and end of each interval of a region, after the end of the session.
    fn intervals(&self, region: &str) -> Vec<(i64, i64)> {
        self.profiler.finalize().unwrap();
        let reader = ProfilingH5Reader::open(self.directory.path().join("run.h5")).unwrap();
        let region = reader.get_region(region).unwrap();
        let rank = &region[0];
        rank.start_times_ns()
            .iter()
            .copied()
            .zip(rank.end_times_ns().iter().copied())
            .collect()
    }
}

#[test]
fn a_guard_leaves_one_interval() {
    let run = Run::new();
    {
        let _guard = run.profiler.profile_region("step");
        run.clock.advance(500);
    }
    assert_eq!(run.intervals("step"), [(1_000, 1_500)]);
}
