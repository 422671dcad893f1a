//! What to record, how much memory it may take, and where it goes.

mod fields;
mod file_name;
mod merge_mode;
mod naming;
mod settings;

pub(crate) use fields::{ALLOCATED, CPU_NS, MOST_IN_ALL, RecordedField, usual_unit};
pub(crate) use file_name::{FileName, Process};
pub use merge_mode::MergeMode;
pub use naming::RegionNaming;
pub(crate) use naming::{Naming, Part};
pub(crate) use settings::Settings;

use crate::clock::ManualClock;
use crate::comm::World;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The capacity of a thread's block, in events: it fits into the second-level cache, and a thread that records
/// little does not tie up much memory.
pub(crate) const BLOCK_EVENTS: usize = 4096;

/// What happens when intervals are produced faster than the disk takes them and
/// [`memory_limit`](ProfilingConfig::memory_limit) is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// The recording thread waits for the writer: every interval is kept, the program runs slower.
    #[default]
    Block,
    /// The interval is dropped and counted for its region: the program does not wait.
    Drop,
}

/// The settings of a profiling session.
///
/// | setting | default | environment |
/// |---|---|---|
/// | [`profiling_activated`](Self::profiling_activated) | `true` | `SCOPE_PROFILER_ACTIVATED` |
/// | [`time_trace`](Self::time_trace) | `true` | |
/// | [`flush_to_disk`](Self::flush_to_disk) | `true` | |
/// | [`file_path`](Self::file_path) | `profiling_data.h5` | `SCOPE_PROFILER_FILE` |
/// | [`label`](Self::label) | none | `SCOPE_PROFILER_LABEL` |
/// | [`verbose`](Self::verbose) | `true` | `SCOPE_PROFILER_VERBOSE` |
/// | [`buffer_limit`](Self::buffer_limit) | 100 000 intervals per thread | |
/// | [`flush_interval`](Self::flush_interval) | 1 s | |
/// | [`memory_limit`](Self::memory_limit) | 256 MiB | |
/// | [`overflow`](Self::overflow) | [`Overflow::Block`] | |
/// | [`include`](Self::include), [`exclude`](Self::exclude) | every region | |
/// | [`region_naming`](Self::region_naming) | [`RegionNaming::Name`] | |
/// | [`fields`](Self::fields) | none | `SCOPE_PROFILER_FIELDS`: names, with commas |
/// | [`record_arguments`](Self::record_arguments) | `false` | |
/// | [`throttle`](Self::throttle) | off | |
/// | [`cpu_time`](Self::cpu_time) | `false` | `SCOPE_PROFILER_CPU_TIME` |
/// | [`allocations`](Self::allocations) | `false` | `SCOPE_PROFILER_ALLOCATIONS` |
/// | [`crash_handler`](Self::crash_handler) | `true` | `SCOPE_PROFILER_CRASH_HANDLER` |
/// | [`merge`](Self::merge) | [`MergeMode::Auto`] | `SCOPE_PROFILER_MERGE`: `auto`, `copy`, `link` or `keep` |
/// | [`merge_timeout`](Self::merge_timeout) | 60 s | `SCOPE_PROFILER_MERGE_TIMEOUT`: seconds |
/// | [`keep_logs`](Self::keep_logs) | `false` | `SCOPE_PROFILER_KEEP_LOGS` |
/// | [`compress`](Self::compress) | `false` | `SCOPE_PROFILER_COMPRESS` |
/// | `communicator` (feature `mpi`) | `MPI_COMM_WORLD` | `SCOPE_PROFILER_MPI=0`: ignores MPI |
/// | the clock: the CPU's counter where the kernel keeps time by it, else `CLOCK_MONOTONIC` | `auto` | `SCOPE_PROFILER_CLOCK`: `auto` or `monotonic` |
///
/// An environment variable that is set and not empty takes precedence over the program, so that a batch script
/// can switch profiling off or name the file without a rebuild. All settings are checked when a session
/// starts, before the program computes for a day.
///
/// ```
/// use scope_profiler::{ProfilingConfig, Overflow};
/// use std::time::Duration;
///
/// let config = ProfilingConfig::new()
///     .file_path("results/run42.h5")
///     .label("run 42, 256^3 cells")
///     .flush_interval(Duration::from_millis(200))
///     .overflow(Overflow::Drop)
///     .exclude(["debug::"]);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ProfilingConfig {
    activated: bool,
    time_trace: bool,
    flush_to_disk: bool,
    file_path: PathBuf,
    label: Option<String>,
    verbose: bool,
    buffer_limit: usize,
    flush_interval: Duration,
    memory_limit: usize,
    overflow: Overflow,
    include: Vec<String>,
    exclude: Vec<String>,
    region_naming: RegionNaming,
    fields: Vec<String>,
    record_arguments: bool,
    throttle: Option<(u64, Duration)>,
    cpu_time: bool,
    allocations: bool,
    crash_handler: bool,
    merge: MergeMode,
    merge_timeout: Duration,
    keep_logs: bool,
    compress: bool,
    communicator: Option<Arc<World>>,
    clock: Option<ManualClock>,
}

impl Default for ProfilingConfig {
    fn default() -> Self {
        Self {
            activated: true,
            time_trace: true,
            flush_to_disk: true,
            file_path: PathBuf::from("profiling_data.h5"),
            label: None,
            verbose: true,
            buffer_limit: 100_000,
            flush_interval: Duration::from_secs(1),
            memory_limit: 256 << 20,
            overflow: Overflow::Block,
            include: Vec::new(),
            exclude: Vec::new(),
            region_naming: RegionNaming::Name,
            fields: Vec::new(),
            record_arguments: false,
            throttle: None,
            cpu_time: false,
            allocations: false,
            crash_handler: true,
            merge: MergeMode::Auto,
            merge_timeout: Duration::from_secs(60),
            keep_logs: false,
            compress: false,
            communicator: None,
            clock: None,
        }
    }
}

impl ProfilingConfig {
    /// The defaults, as in the table above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Switches the whole profiler on or off. Off, every call is a no-op and no file is written.
    ///
    /// Defaults to `true`; `SCOPE_PROFILER_ACTIVATED` overrides.
    pub fn profiling_activated(mut self, activated: bool) -> Self {
        self.activated = activated;
        self
    }

    /// Records an interval for each call. With `false` calls are only counted, which costs less
    /// and takes no memory.
    ///
    /// Defaults to `true`.
    pub fn time_trace(mut self, time_trace: bool) -> Self {
        self.time_trace = time_trace;
        self
    }

    /// Writes intervals to disk while the program runs. With `false` everything stays in memory,
    /// no file is written, and intervals beyond [`memory_limit`](Self::memory_limit) are dropped and counted.
    ///
    /// Defaults to `true`.
    pub fn flush_to_disk(mut self, flush_to_disk: bool) -> Self {
        self.flush_to_disk = flush_to_disk;
        self
    }

    /// The HDF5 file that a session ends with. Its directory has to exist and be writable. An older file
    /// is replaced; one that another process has written since this session began is not, and this session's
    /// file then gets a name of its own, such as `run-host-4711.h5`. Only files are replaced: devices,
    /// pipes, sockets and directories are refused. `/dev/null` is no file: everything stays in memory,
    /// as with [`flush_to_disk(false)`](Self::flush_to_disk).
    ///
    /// A `%` starts a placeholder for what differs from run to run:
    ///
    /// | | |
    /// |---|---|
    /// | `%p` | the process's number |
    /// | `%r` | its rank: as MPI says, else as the launcher says, else 0 |
    /// | `%h` | the name of the host |
    /// | `%t` | when the session began, in UTC, as in `20261121T093000Z` |
    /// | `%j` | the batch job (Slurm, PBS, LSF, Flux, Grid Engine and others), else 0 |
    /// | `%%` | a `%` |
    ///
    /// With `%p` or `%r` each of several ranks writes a file of its own, and nothing is merged. With `%j`
    /// they share one; with `%h` and `%t` too if MPI connects them, and then rank 0's host and time
    /// count for all.
    ///
    /// Defaults to `profiling_data.h5` in the working directory; `SCOPE_PROFILER_FILE` overrides.
    /// A relative path is relative to the working directory when the session begins.
    pub fn file_path(mut self, path: impl AsRef<Path>) -> Self {
        self.file_path = path.as_ref().to_path_buf();
        self
    }

    /// A name for the run, shown on every table and chart.
    ///
    /// Defaults to none; `SCOPE_PROFILER_LABEL` overrides.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Prints the summary to standard error when the session is finalized.
    ///
    /// Defaults to `true`; `SCOPE_PROFILER_VERBOSE` overrides.
    pub fn verbose(mut self, verbose: bool) -> Self {
        self.verbose = verbose;
        self
    }

    /// How many intervals a thread collects before the writer is woken, at least 1.
    ///
    /// Defaults to 100 000.
    pub fn buffer_limit(mut self, intervals: usize) -> Self {
        self.buffer_limit = intervals;
        self
    }

    /// How long an interval stays in memory at most before it is written to the log: this much a
    /// killed program can lose.
    ///
    /// Defaults to one second.
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.flush_interval = interval;
        self
    }

    /// How many bytes of intervals may be in memory, over all threads. Each thread has one block
    /// (at most 96 KiB) beyond that.
    ///
    /// Region names of all sessions of the process together may take as much again, and at least 4 MiB. Beyond
    /// that a warning is printed to standard error; at four times the limit calls under new names are recorded as
    /// one region, `(other names)`.
    ///
    /// Defaults to 256 MiB.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// What happens when the memory limit is reached.
    ///
    /// Defaults to [`Overflow::Block`].
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Records only regions whose name matches one of these regular expressions, each anchored at
    /// the start of the name.
    ///
    /// Defaults to every region.
    pub fn include(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.include.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Does not record regions whose name matches one of these regular expressions, whatever
    /// [`include`](Self::include) says.
    ///
    /// Defaults to none.
    pub fn exclude(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.exclude.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// How the name of a region follows from a span. Regions of guards have the name that they are given.
    ///
    /// Defaults to [`RegionNaming::Name`].
    pub fn region_naming(mut self, naming: RegionNaming) -> Self {
        self.region_naming = naming;
        self
    }

    /// Records these numbers of calls, beside their intervals: those that guards are given, as in
    /// [`profile_region!`](crate::profile_region)`("axpy", bytes = 24 * n)` and
    /// [`RegionGuard::record`](crate::RegionGuard::record), and numeric fields of spans. At most 64 fields.
    ///
    /// A unit may follow the name, as in `"energy:J"`. `bytes`, `flops` and names that end in `_bytes`, `_flops` or
    /// `_ns` have one already. Without intervals, with [`time_trace(false)`](Self::time_trace), there are no numbers.
    ///
    /// Defaults to none; `SCOPE_PROFILER_FIELDS` overrides, with names separated by commas.
    ///
    /// ```
    /// use scope_profiler::{Profiler, ProfilingConfig};
    ///
    /// let config = ProfilingConfig::new().fields(["bytes", "residual"]);
    /// let profiler = Profiler::new(config.flush_to_disk(false).verbose(false))?;
    /// {
    ///     let axpy = profiler.profile_region("axpy");
    ///     axpy.record("bytes", 24 * 1000);
    /// }
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    pub fn fields(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fields.extend(names.into_iter().map(Into::into));
        self
    }

    /// Stores the program's arguments in full. Otherwise only the names of its options are kept
    /// (`solver --steps … --input …`), because values may be private.
    ///
    /// Defaults to `false`.
    pub fn record_arguments(mut self, whole: bool) -> Self {
        self.record_arguments = whole;
        self
    }

    /// Stops keeping intervals of a region once a thread has called it `calls` times or more with a mean
    /// below `mean`: from then on its calls are counted and their time is summed up. For regions that
    /// turn out to be too short and too frequent; the table and the file say which these are.
    ///
    /// Defaults to off.
    pub fn throttle(mut self, calls: u64, mean: Duration) -> Self {
        self.throttle = Some((calls, mean));
        self
    }

    /// Records the processor time of each interval beside its duration, in the field `cpu_ns`, so that waiting and
    /// working can be told apart. Intervals that are too short for it have none.
    ///
    /// The system's clock of a thread is read so rarely that it takes at most a hundredth of the time: readings of a
    /// thread are at least a hundred times as far apart as one takes, and intervals of at least ten times that distance
    /// have a value, which is off by at most that distance.
    ///
    /// Defaults to `false`; `SCOPE_PROFILER_CPU_TIME` overrides.
    ///
    /// ```
    /// use scope_profiler::{ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader};
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let file = directory.path().join("run.h5");
    /// let clock = ManualClock::new(0);
    /// let config = ProfilingConfig::new().file_path(&file).verbose(false).manual_clock(&clock);
    /// let profiler = Profiler::new(config.cpu_time(true))?;
    /// profiler.profile("exchange", || {
    ///     clock.advance(200);
    ///     clock.wait(800);
    /// });
    /// profiler.finalize()?;
    ///
    /// let reader = ProfilingH5Reader::open(&file)?;
    /// let cpu = reader.get_region("exchange")?[0].field("cpu_ns").and_then(|values| values.get(0));
    /// assert_eq!(cpu, Some(200.into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cpu_time(mut self, on: bool) -> Self {
        self.cpu_time = on;
        self
    }

    /// Records what each interval allocates on its thread: in the fields `alloc_bytes` and `allocs` all of it, in
    /// `self_alloc_bytes` and `self_allocs` without what is allocated in the intervals inside it. The program's
    /// allocator has to be a `ScopeAllocator` (feature `alloc`), which says what counts; otherwise a warning is
    /// printed.
    ///
    /// Defaults to `false`; `SCOPE_PROFILER_ALLOCATIONS` overrides.
    pub fn allocations(mut self, on: bool) -> Self {
        self.allocations = on;
        self
    }

    /// Saves what is in memory when a signal is about to end the process: a fault (`SIGSEGV`, `SIGBUS`,
    /// `SIGILL`, `SIGFPE`, `SIGABRT`, `SIGSYS`) or a request (`SIGTERM`, `SIGINT`, `SIGHUP`, `SIGQUIT`,
    /// `SIGXCPU`, `SIGUSR1`, `SIGUSR2`, `SIGALRM`). Handlers of the application are called as before, signals
    /// that it handles or ignores stay its own, and the process ends as it would have.
    ///
    /// Defaults to `true`; `SCOPE_PROFILER_CRASH_HANDLER` overrides.
    pub fn crash_handler(mut self, on: bool) -> Self {
        self.crash_handler = on;
        self
    }

    /// What is made of the logs when the session is finalized: one file, an index of files, or nothing
    /// yet.
    ///
    /// Defaults to [`MergeMode::Auto`]; `SCOPE_PROFILER_MERGE` overrides.
    pub fn merge(mut self, merge: MergeMode) -> Self {
        self.merge = merge;
        self
    }

    /// How long `finalize` waits for a rank that sends no heartbeat. It then merges the logs that there are,
    /// and returns an error that [says so](crate::Error::is_incomplete).
    ///
    /// Defaults to 60 seconds; `SCOPE_PROFILER_MERGE_TIMEOUT` overrides, in seconds.
    pub fn merge_timeout(mut self, timeout: Duration) -> Self {
        self.merge_timeout = timeout;
        self
    }

    /// Keeps the logs after they have been merged. Otherwise they are removed once the file has been written and
    /// checked.
    ///
    /// Defaults to `false`; `SCOPE_PROFILER_KEEP_LOGS` overrides.
    pub fn keep_logs(mut self, keep: bool) -> Self {
        self.keep_logs = keep;
        self
    }

    /// Compresses the file: about 4 bytes an interval instead of 16. That is done when the session is finalized, on
    /// all cores that the process may use, and takes about twice the processor time of only writing the file. While
    /// the program runs it costs nothing. Every program that reads HDF5 reads the file. Of [logs that are
    /// kept](MergeMode::Keep), `merge --compress` makes a compressed file later.
    ///
    /// Defaults to `false`; `SCOPE_PROFILER_COMPRESS` overrides.
    pub fn compress(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// The ranks that share the session's file: those of `communicator`, by their ranks in it. The
    /// profiler uses a duplicate, so that its messages never mix with the program's. Collective over
    /// `communicator`.
    ///
    /// Sessions of different communicators need different [files](Self::file_path). This does nothing where MPI is
    /// already finalized, or the calling thread may not use it.
    ///
    /// Defaults to `MPI_COMM_WORLD`.
    ///
    /// ```no_run
    /// use mpi::traits::Communicator;
    /// use scope_profiler::{ProfileManager, ProfilingConfig};
    ///
    /// let universe = mpi::initialize().expect("MPI is not initialized yet");
    /// let world = universe.world();
    /// // Every other process computes; the rest does the output and is not profiled.
    /// let color = mpi::topology::Color::with_value(world.rank() % 2);
    /// let group = world.split_by_color(color).expect("every rank has a color");
    /// if world.rank() % 2 == 0 {
    ///     ProfileManager::setup(ProfilingConfig::new().communicator(&group))?;
    /// }
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[cfg(feature = "mpi")]
    pub fn communicator(mut self, communicator: &impl mpi::traits::Communicator) -> Self {
        self.communicator = World::of(communicator, None).map(Arc::new);
        self
    }

    /// Takes the time from `clock` instead of the system. For tests.
    pub fn manual_clock(mut self, clock: &ManualClock) -> Self {
        self.clock = Some(clock.clone());
        self
    }
}

/// Refuses an environment variable of the profiler that is not UTF-8: it would count as not set.
pub(crate) fn check_environment() -> Result<()> {
    for (key, value) in std::env::vars_os() {
        let is_ours = key.as_encoded_bytes().starts_with(b"SCOPE_PROFILER_");
        if is_ours && (key.to_str().is_none() || value.to_str().is_none()) {
            return Err(Error::config(format!(
                "the environment variable {} is not UTF-8: {value:?}; set it to text, or unset it",
                key.to_string_lossy()
            )));
        }
    }
    Ok(())
}
