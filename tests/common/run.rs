//! A session under a manual clock.

use scope_profiler::{ManualClock, Profiler, ProfilingConfig};
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) struct Run {
    // Dropped first: it writes into the directory.
    pub(crate) profiler: Profiler,
    pub(crate) directory: TempDir,
    pub(crate) clock: ManualClock,
}

/// The time that every run begins at, ns.
pub(crate) const ORIGIN: i64 = 1_000;

impl Run {
    pub(crate) fn new() -> Self {
        Self::with(|config| config)
    }

    pub(crate) fn with(configure: impl FnOnce(ProfilingConfig) -> ProfilingConfig) -> Self {
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
    pub(crate) fn region(&self, name: &str, ns: u64, inside: impl FnOnce()) {
        let _guard = self.profiler.profile_region(name);
        self.clock.advance(ns);
        inside();
        self.clock.advance(ns);
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("run.h5")
    }
}
