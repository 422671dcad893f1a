//! A session: where recording, the log, the file and the summary are wired together.

mod account;
mod child;
#[cfg(feature = "hdf5")]
mod file;
#[cfg(not(feature = "hdf5"))]
#[path = "no_file.rs"]
mod file;
mod finalize;
mod hints;
mod in_memory;
#[cfg(feature = "mpi")]
mod mpi_abort;
mod ranks;
mod report;
mod start;
mod together;
#[cfg(feature = "hdf5")]
mod written;

use crate::config::{self, ProfilingConfig};
use crate::error::{Error, Result};
use crate::output::Destination;
use crate::profile::Number;
use crate::record::allocated::Exempt;
use crate::record::names::NameId;
use crate::record::writer::Writer;
use crate::record::{
    Mutex, Recording, Region, RegionGuard, ScopeLayer, ScopeSubscriber, global, hold, samples,
};
use crate::summary::Summary;
use crate::sys;
use finalize::Outcome;
use ranks::Ranks;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One profiling session as a value, without globals. Several can live at once.
///
/// Dropping it finalizes it, and prints a warning if that fails.
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
    ranks: Mutex<Ranks>,
    writer: Option<Arc<Writer>>,
    /// None for a session that writes no file.
    destination: Option<Arc<Destination>>,
    outcome: Mutex<Option<Outcome>>,
}

impl Profiler {
    /// Starts a session.
    ///
    /// With the feature `mpi`, and once MPI is initialized, this is collective over the session's
    /// [communicator](ProfilingConfig#method.communicator), `MPI_COMM_WORLD` by default: every rank
    /// of it has to call it. Before MPI is initialized, it is not collective.
    ///
    /// # Errors
    ///
    /// When a setting cannot be used (see [`ProfilingConfig`]), an environment variable of the
    /// profiler's is not UTF-8, or the output directory does not exist or cannot be written.
    pub fn new(config: ProfilingConfig) -> Result<Self> {
        child::check()?;
        #[cfg(feature = "mpi")]
        mpi_abort::keep();
        let environment = |key: &str| std::env::var(key).ok();
        config::check_environment()?;
        let mut settings = config.resolve(environment)?;
        let mut ranks = Ranks::at_start(&settings, environment);
        if settings.activated {
            let missing = start::leave_out_unmeasurable(&mut settings);
            missing
                .into_iter()
                .filter(|_| ranks.comm.rank == 0)
                .for_each(warn);
        }
        let process = start::process(&settings, &ranks);
        settings.settle_file(&process).inspect_err(|_| ranks.abandon())?;
        let destination = settings.file_path.clone().map(Destination::at_start);
        let recording = Recording::new(settings);
        let writer = start::writer(&recording, &ranks).inspect_err(|_| ranks.abandon())?;
        if let Some(disagreement) = ranks.disagreement.take() {
            warn(disagreement);
        }
        Ok(Self {
            recording,
            ranks: Mutex::new(ranks),
            writer,
            destination: destination.map(Arc::new),
            outcome: Mutex::new(None),
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

    /// Records the value of a counter now, as [`ProfileManager::counter`](crate::ProfileManager::counter) does.
    #[inline]
    pub fn counter(&self, name: &str, value: impl Into<Number>) {
        samples::sample_in(&self.recording, || NameId::cached(name), value.into());
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

    /// A complete subscriber that records spans into this session, for programs that only profile.
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
        let _exempt = Exempt::begin();
        match &self.writer {
            Some(writer) if !self.recording.is_closed() && !self.recording.is_forked() => writer
                .flush()
                .map_err(|error| Error::io(&writer.log_path(), "cannot write the rank log", error)),
            _ => Ok(()),
        }
    }

    /// Ends the session: makes the HDF5 file from the log and returns the summary, which is printed
    /// when the session is `verbose`. Other threads may go on; what they record from now on is not
    /// part of the session. Further calls return the same result.
    ///
    /// With the feature `mpi` this is collective, as [`new`](Self::new) is, also when the session
    /// began before MPI was initialized: the ranks wait for each other, and rank 0 writes one file. They
    /// stop waiting for a rank that sends no heartbeat for [`merge_timeout`](ProfilingConfig::merge_timeout).
    ///
    /// # Errors
    ///
    /// When the file cannot be written: the log then stays, and the message says how to make the
    /// file from it. And when ranks are missing ([`Error::is_incomplete`]): the file then has the ranks that there
    /// are, and [`summary`](Self::summary) gives their summary.
    ///
    /// A forked child has no part in a session of its parent: there this only prints a message to standard error,
    /// and is an error where the parent is gone, as that of a daemon is.
    pub fn finalize(&self) -> Result<Summary> {
        if self.recording.is_forked() {
            return self.finalize_in_child();
        }
        let mut outcome = hold(&self.outcome);
        outcome.get_or_insert_with(|| self.end()).as_result()
    }

    /// The summary that [`finalize`](Self::finalize) returned, or would have returned if no rank were missing. None
    /// before that, and where no file could be written.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        if self.recording.is_forked() {
            return self.outcome_in_child()?.ok();
        }
        hold(&self.outcome).as_ref()?.summary.clone()
    }

    /// Finalizes a session that has not been; an error is printed.
    pub(crate) fn finalize_unless_done(&self) {
        if self.recording.is_forked() {
            return self.drop_in_child();
        }
        if hold(&self.outcome).is_some() {
            return;
        }
        if let Err(error) = self.finalize() {
            warn(error);
        }
    }

    fn end(&self) -> Outcome {
        let was_open = !self.recording.is_closed();
        self.recording.close();
        global::clear(self.recording.id);
        let mut ranks = hold(&self.ranks);
        let settings = &self.recording.settings;
        let output = self.writer.as_deref().zip(self.destination.as_ref());
        let mut outcome = if was_open {
            finalize::end(&self.recording, output, &mut ranks)
        } else {
            Outcome::of(Summary::default())
        };
        // A program that switched profiling off knows that; a variable may have been set for another program.
        let is_news = settings.activated || settings.switched_off_by.is_some();
        if let Some(summary) = &mut outcome.summary {
            if was_open || !settings.activated {
                let rank = (ranks.comm.size > 1).then_some(ranks.comm.rank);
                summary.set_hints(hints::hints(&self.recording, rank));
            }
            if settings.verbose && is_news && ranks.comm.rank == 0 {
                summary.print();
            } else {
                // Otherwise nobody would look for the file under another name.
                summary.note_on_other_name().into_iter().for_each(warn);
            }
        }
        outcome
    }
}

impl Drop for Profiler {
    fn drop(&mut self) {
        self.finalize_unless_done();
    }
}

/// Prints an error that cannot be returned.
fn warn(error: impl std::fmt::Display) {
    sys::say(&format!("scope-profiler: {error}\n"));
}
