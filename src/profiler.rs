//! A session: where recording, the log, the file and the summary are wired together.

use crate::clock::Timeline;
use crate::comm::Comm;
use crate::config::{ProfilingConfig, Settings};
use crate::error::{Error, Result};
use crate::output::directory_of;
use crate::profile::{Metadata, Profile, Source, Value};
use crate::record::cost;
use crate::record::names::NameId;
use crate::record::writer::Writer;
use crate::record::{OpenCall, Recording, Region, RegionGuard, ScopeLayer, ScopeSubscriber, global, lock};
use crate::store::reader::ProfilingH5Reader;
use crate::store::{self, metadata, run_directory};
use crate::summary::{Account, OpenRegion, Summary};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::NamedTempFile;

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
    pub(crate) recording: Arc<Recording>,
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
        let (open, written) = writer.finish(&metadata::at_end(cost::of_one_call(settings)));
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
        let file = Written::open(output).map_err(|error| error.unmerged(&log, output))?;
        let summary = Summary::of(&file.reader, account, settings.label.clone(), Some(output))
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
                .and_then(|_| Written::open(output))
                .and_then(|file| {
                    Summary::of(
                        &file.reader,
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
        if let Some(cost) = cost::of_one_call(&recording.settings) {
            profile = profile.call_cost_ns(cost);
        }
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

/// The file that has just been written, open for reading.
struct Written {
    reader: ProfilingH5Reader,
    /// What is read instead, while it is.
    _copy: Option<NamedTempFile>,
}

impl Written {
    /// A program that was started by another thread while HDF5 had the file open has inherited HDF5's
    /// lock on it, and keeps it for as long as it runs: then a copy is read, which nobody has locked.
    fn open(output: &Path) -> Result<Self> {
        let error = match ProfilingH5Reader::open(output) {
            Ok(reader) => return Ok(Self { reader, _copy: None }),
            Err(error) => error,
        };
        let copy = NamedTempFile::new_in(directory_of(output))
            .and_then(|copy| std::fs::copy(output, copy.path()).map(|_| copy))
            .map_err(|_| error)?;
        Ok(Self {
            reader: ProfilingH5Reader::open(copy.path())?,
            _copy: Some(copy),
        })
    }
}

/// Tells of an error where there is nobody to return it to.
pub(crate) fn warn(error: &Error) {
    use std::io::Write;
    // A closed standard error is no reason to take the program down, as eprintln! would.
    let _ = writeln!(std::io::stderr(), "scope-profiler: {error}");
}
