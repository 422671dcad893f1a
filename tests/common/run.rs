//! A session under a manual clock, and what its file says afterwards.

use scope_profiler::{ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader};
use std::path::PathBuf;
use tempfile::TempDir;

pub struct Run {
    // Dropped first: it writes into the directory.
    pub profiler: Profiler,
    pub directory: TempDir,
    pub clock: ManualClock,
}

/// The time that every run begins at, ns.
pub const ORIGIN: i64 = 1_000;

impl Run {
    pub fn new() -> Self {
        Self::with(|config| config)
    }

    pub fn with(configure: impl FnOnce(ProfilingConfig) -> ProfilingConfig) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(ORIGIN as u64);
        let config = ProfilingConfig::new()
            .file_path(directory.path().join("run.h5"))
            .verbose(false)
            .manual_clock(&clock);
        let profiler = Profiler::new(configure(config)).unwrap();
        Self {
            profiler,
            directory,
            clock,
        }
    }

    /// A region that takes `ns` before and after what happens inside it.
    pub fn region(&self, name: &str, ns: u64, inside: impl FnOnce()) {
        let _guard = self.profiler.profile_region(name);
        self.clock.advance(ns);
        inside();
        self.clock.advance(ns);
    }

    pub fn file(&self) -> PathBuf {
        self.directory.path().join("run.h5")
    }

    /// Ends the session and opens its file.
    pub fn read(&self) -> ProfilingH5Reader {
        self.profiler.finalize().unwrap();
        ProfilingH5Reader::open(self.file()).unwrap()
    }

    /// Ends the session; start and end of each interval of a region, ns after the origin.
    pub fn intervals(&self, region: &str) -> Vec<(i64, i64)> {
        intervals(&self.read(), region)
    }
}

pub fn intervals(reader: &ProfilingH5Reader, region: &str) -> Vec<(i64, i64)> {
    let region = reader.get_region(region).unwrap();
    let times = region[0].start_times_ns().iter().zip(region[0].end_times_ns());
    times.map(|(start, end)| (start - ORIGIN, end - ORIGIN)).collect()
}
