//! Sessions: where recording, the log, the file and the summary are wired together.

use crate::clock::Timeline;
use crate::comm::Comm;
use crate::config::{ProfilingConfig, Settings};
use crate::error::{Error, Result};
use crate::output::directory_of;
use crate::profile::{Metadata, Profile, Source, Value};
use crate::record::names::NameId;
use crate::record::writer::Writer;
use crate::record::{OpenCall, Recording, Region, RegionGuard, ScopeLayer, ScopeSubscriber, global, lock};
use crate::store::reader::ProfilingH5Reader;
use crate::store::{self, metadata, run_directory};
use crate::summary::{Account, OpenRegion, Summary};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

/// One profiling session as a value, without globals. Several can live at once.
///
/// Dropping it finalizes it, and prints a warning should that fail.
///
/// ```
/// use scope_profiler::{Profiler, ProfilingConfig};
///
/// let directory = tempfile::tempdir()?;
/// let file = directory.path().join("run.h5");
/// let profiler = Profiler::new(ProfilingConfig::new().file_path(&file).verbose(false))?;
/// profiler.profile("assemble", || { /* work */ });
/// let summary = profiler.finalize()?;
/// assert_eq!(summary.path(), Some(file.as_path()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Profiler {
    recording: Arc<Recording>,
    comm: Comm,
    writer: Option<Arc<Writer>>,
    finished: Mutex<Option<Summary>>,
}

impl Profiler {
    /// Starts a session.
    ///
    /// With the feature `mpi`, and once MPI is initialized, this and [`finalize`](Self::finalize)
    /// are collective: every rank of `MPI_COMM_WORLD` has to call them.
    ///
    /// # Errors
    ///
    /// When a setting cannot be used (see [`ProfilingConfig`]), or the output directory does not
    /// exist or cannot be written.
    pub fn new(config: ProfilingConfig) -> Result<Self> {
        let environment = |key: &str| std::env::var(key).ok();
        let settings = config.resolve(environment)?;
        let comm = Comm::of_process(environment);
        let recording = Recording::new(settings);
        let writer = start_writer(&recording, &comm)?;
        tracing_core::callsite::rebuild_interest_cache();
        Ok(Self {
            recording,
            comm,
            writer,
            finished: Mutex::new(None),
        })
    }

    /// Enters a region; it is left when the guard is dropped.
    #[inline]
    pub fn profile_region(&self, name: &str) -> RegionGuard {
        RegionGuard::enter_in(&self.recording, NameId::cached(name))
    }

    /// Runs `f` inside a region.
    #[inline]
    pub fn profile<R>(&self, name: &str, f: impl FnOnce() -> R) -> R {
        let _guard = self.profile_region(name);
        f()
    }

    /// A region that has been entered in this session.
    #[must_use]
    pub fn get_region(&self, name: &str) -> Option<Region> {
        let id = NameId::existing(name)?;
        self.recording
            .registry
            .contains(id)
            .then(|| Region::new(&self.recording, id))
    }

    /// All regions that have been entered in this session, by name.
    #[must_use]
    pub fn get_all_regions(&self) -> BTreeMap<String, Region> {
        let ids = self.recording.registry.ids();
        ids.into_iter()
            .map(|id| (id.name().to_owned(), Region::new(&self.recording, id)))
            .collect()
    }

    /// A layer that records spans into this session.
    #[must_use]
    pub fn layer(&self) -> ScopeLayer {
        ScopeLayer::of(&self.recording)
    }

    /// A whole subscriber that records spans into this session, for programs that only profile.
    #[must_use]
    pub fn subscriber(&self) -> ScopeSubscriber {
        ScopeSubscriber::of(&self.recording)
    }

    /// Writes everything recorded up to now to the log.
    ///
    /// # Errors
    ///
    /// When the log cannot be written; what could not be written is then counted as dropped.
    pub fn flush(&self) -> Result<()> {
        match &self.writer {
            Some(writer) if !self.recording.is_closed() && !self.recording.is_forked() => writer
                .flush()
                .map_err(|error| Error::io(&writer.log_path(), "cannot write the rank log", error)),
            _ => Ok(()),
        }
    }

    /// Ends the session: makes the HDF5 file of the log and gives the summary, which is printed
    /// when the session is `verbose`. Other threads may go on; what they record from now on is no
    /// part of the session. Calling it again gives the same summary.
    ///
    /// # Errors
    ///
    /// When the file cannot be written. The log then stays, and the message says how to make the
    /// file of it.
    pub fn finalize(&self) -> Result<Summary> {
        let mut finished = lock(&self.finished);
        if let Some(summary) = &*finished {
            return Ok(summary.clone());
        }
        // A forked child has a copy of the session, but the log is its parent's.
        let was_open = !self.recording.is_closed() && !self.recording.is_forked();
        self.recording.close();
        global::clear(self.recording.id);
        tracing_core::callsite::rebuild_interest_cache();
        let summary = if was_open {
            self.summarize()?
        } else {
            Summary::default()
        };
        if was_open && self.recording.settings.verbose && self.comm.rank == 0 {
            summary.print();
        }
        *finished = Some(summary.clone());
        Ok(summary)
    }

    fn summarize(&self) -> Result<Summary> {
        let settings = &self.recording.settings;
        let (Some(writer), Some(output)) = (&self.writer, &settings.file_path) else {
            let profile = self.in_memory_profile();
            let account = self.account(&self.recording.open_calls(), profile_intervals(&profile));
            return Summary::of(&profile, account, settings.label.clone(), None);
        };
        let (open, written) = writer.finish(&metadata::at_end());
        let account = self.account(&open, written);
        let log = writer.log_path();
        if self.comm.size > 1 {
            return if self.comm.is_connected() {
                self.merge_ranks(account, &log, output)
            } else {
                Ok(Summary::of_log(account, &log, output, &self.comm))
            };
        }
        store::merge::merge(&[&log], output).map_err(|error| error.unmerged(&log, output))?;
        let file = ProfilingH5Reader::open(output).map_err(|error| error.unmerged(&log, output))?;
        let summary = Summary::of(&file, account, settings.label.clone(), Some(output))
            .map_err(|error| error.unmerged(&log, output))?;
        run_directory::remove_log(&log);
        Ok(summary)
    }

    /// Rank 0 makes one file of the logs of all ranks, which lie in the same directory. Collective.
    fn merge_ranks(&self, account: Account, log: &Path, output: &Path) -> Result<Summary> {
        // Every log is complete from here on.
        self.comm.barrier();
        let merged = if self.comm.rank == 0 {
            let logs = run_directory::logs_of_ranks(log, self.comm.size);
            store::merge::merge(&logs, output)
                .and_then(|_| ProfilingH5Reader::open(output))
                .and_then(|file| {
                    Summary::of(
                        &file,
                        account,
                        self.recording.settings.label.clone(),
                        Some(output),
                    )
                })
        } else {
            Ok(Summary::of_rank(account, output))
        };
        if self.comm.broadcast(merged.is_ok().into()) == 1 {
            run_directory::remove_log(log);
            return merged;
        }
        let directory = directory_of(log);
        match merged {
            Err(error) => Err(error.unmerged(directory, output)),
            Ok(_) => Err(Error::not_found(format!(
                "{}: rank 0 could not write it; rank {} keeps {}",
                output.display(),
                self.comm.rank,
                log.display()
            ))),
        }
    }

    fn account(&self, open: &[OpenCall], kept: u64) -> Account {
        let regions = self.recording.registry.ids();
        let dropped = regions.into_iter().map(|id| self.recording.num_dropped(id)).sum();
        let mut calls: BTreeMap<&str, u64> = BTreeMap::new();
        for call in open {
            *calls.entry(call.region.name()).or_default() += 1;
        }
        let open = calls
            .into_iter()
            .map(|(name, calls)| OpenRegion {
                name: name.to_owned(),
                calls,
            })
            .collect();
        Account { kept, dropped, open }
    }

    fn in_memory_profile(&self) -> Profile {
        let recording = &self.recording;
        let timeline = Timeline::new(vec![recording.began, recording.settings.clock.anchor()]);
        let mut clock = timeline.converter();
        let mut profile = Profile::builder();
        recording.for_each_undrained(|lane, event| {
            profile.push(
                self.comm.rank,
                event.region.name(),
                lane.index,
                clock.ns(event.start),
                clock.ns(event.end),
            );
        });
        for id in recording.registry.ids() {
            profile = profile.calls(self.comm.rank, id.name(), recording.num_calls(id));
        }
        profile.build()
    }
}

fn profile_intervals(profile: &Profile) -> u64 {
    profile.rows().iter().map(|row| row.intervals).sum()
}

fn start_writer(recording: &Arc<Recording>, comm: &Comm) -> Result<Option<Arc<Writer>>> {
    let Settings {
        activated: true,
        file_path: Some(output),
        ..
    } = &recording.settings
    else {
        return Ok(None);
    };
    let (log, run) = run_directory::create_log(output, comm)?;
    let path = log.path().to_path_buf();
    let mut facts: Metadata = metadata::at_start(&recording.settings, comm.rank, comm.size);
    facts.insert("run".into(), Value::Text(run));
    Writer::start(recording, log, &facts)
        .map(Some)
        .map_err(|error| Error::io(&path, "cannot start writing the rank log", error))
}

impl Drop for Profiler {
    fn drop(&mut self) {
        if let Err(error) = self.finalize() {
            warn(&error);
        }
    }
}

fn warn(error: &Error) {
    use std::io::Write;
    // A closed standard error is no reason to take the program down, as eprintln! would.
    let _ = writeln!(std::io::stderr(), "scope-profiler: {error}");
}

static GLOBAL: RwLock<Option<Arc<Profiler>>> = RwLock::new(None);

fn current() -> Option<Arc<Profiler>> {
    GLOBAL
        .read()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
        .clone()
}

/// The global facade: one session for the whole program.
///
/// Before the first [`setup`](Self::setup), and after [`finalize`](Self::finalize), entering a
/// region does nothing.
///
/// ```
/// use scope_profiler::{ProfileManager, ProfilingConfig, profile_region};
///
/// # let directory = tempfile::tempdir()?;
/// # let file = directory.path().join("run.h5");
/// ProfileManager::setup(ProfilingConfig::new().file_path(&file))?;
/// for _ in 0..3 {
///     let _step = profile_region!("time_step");
///     ProfileManager::profile("solve", || { /* work */ });
/// }
/// let summary = ProfileManager::finalize()?;
/// println!("{summary}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ProfileManager;

impl ProfileManager {
    /// Starts the global session. A session that is running is finalized first; the new one has no
    /// regions.
    ///
    /// # Errors
    ///
    /// As [`Profiler::new`]; and when the running session cannot be finalized. In both cases no
    /// session is running afterwards.
    pub fn setup(config: ProfilingConfig) -> Result<()> {
        Self::start(config).map(drop)
    }

    /// Starts the global session and gives a guard that finalizes it when dropped.
    ///
    /// # Errors
    ///
    /// As [`setup`](Self::setup).
    pub fn session(config: ProfilingConfig) -> Result<Session> {
        Self::start(config).map(|profiler| Session { profiler })
    }

    fn start(config: ProfilingConfig) -> Result<Arc<Profiler>> {
        // Taken out first: finalizing takes its time, and regions may be asked for meanwhile.
        let previous = GLOBAL
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .take();
        if let Some(previous) = previous {
            previous.finalize()?;
        }
        let profiler = Arc::new(Profiler::new(config)?);
        global::set(Arc::clone(&profiler.recording));
        *GLOBAL.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(Arc::clone(&profiler));
        tracing_core::callsite::rebuild_interest_cache();
        Ok(profiler)
    }

    /// Enters a region; it is left when the guard is dropped. Where the name is a literal,
    /// [`profile_region!`](crate::profile_region) is cheaper.
    #[inline]
    pub fn profile_region(name: &str) -> RegionGuard {
        RegionGuard::enter_global(|| NameId::cached(name))
    }

    /// Runs `f` inside a region.
    #[inline]
    pub fn profile<R>(name: &str, f: impl FnOnce() -> R) -> R {
        let _guard = Self::profile_region(name);
        f()
    }

    /// A region that has been entered in this session, also after it was finalized.
    #[must_use]
    pub fn get_region(name: &str) -> Option<Region> {
        current()?.get_region(name)
    }

    /// All regions that have been entered in this session, by name.
    #[must_use]
    pub fn get_all_regions() -> BTreeMap<String, Region> {
        current()
            .map(|profiler| profiler.get_all_regions())
            .unwrap_or_default()
    }

    /// A layer that records spans into whichever global session is running.
    #[must_use]
    pub fn layer() -> ScopeLayer {
        ScopeLayer::global()
    }

    /// A whole subscriber that records spans into whichever global session is running, for programs
    /// that only profile.
    #[must_use]
    pub fn subscriber() -> ScopeSubscriber {
        ScopeSubscriber::global()
    }

    /// Writes everything recorded up to now to the log. Does nothing without a session.
    ///
    /// # Errors
    ///
    /// As [`Profiler::flush`].
    pub fn flush() -> Result<()> {
        current().map_or(Ok(()), |profiler| profiler.flush())
    }

    /// Ends the global session, as [`Profiler::finalize`] does. Without a session the summary is
    /// empty.
    ///
    /// # Errors
    ///
    /// As [`Profiler::finalize`].
    pub fn finalize() -> Result<Summary> {
        current().map_or_else(|| Ok(Summary::default()), |profiler| profiler.finalize())
    }
}

/// Finalizes the global session when dropped; see [`ProfileManager::session`].
///
/// ```
/// use scope_profiler::{ProfileManager, ProfilingConfig};
///
/// let config = ProfilingConfig::new().flush_to_disk(false).verbose(false);
/// let session = ProfileManager::session(config)?;
/// ProfileManager::profile("work", || {});
/// let summary = session.finalize()?;
/// assert_eq!(summary.recorded(), 1);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the session ends as soon as it is dropped; bind it: `let _session = ...`"]
pub struct Session {
    profiler: Arc<Profiler>,
}

impl Session {
    /// Ends the session and gives its summary, or the error that dropping could only print.
    ///
    /// # Errors
    ///
    /// As [`Profiler::finalize`].
    pub fn finalize(self) -> Result<Summary> {
        self.profiler.finalize()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Err(error) = self.profiler.finalize() {
            warn(&error);
        }
    }
}

/// Enters a region of the global session; the name is looked up once for each call site. Gives a
/// [`RegionGuard`].
///
/// The name has to be a constant.
///
/// ```
/// use scope_profiler::profile_region;
///
/// fn assemble() {
///     let _guard = profile_region!("assemble");
/// }
/// ```
#[macro_export]
macro_rules! profile_region {
    ($name:expr) => {{
        static SITE: $crate::RegionSite = $crate::RegionSite::new($name, ::core::file!(), ::core::line!());
        SITE.enter()
    }};
}
