//! The end of a session: its log becomes a file, and there is a summary.
//!
//! Whatever happens to MPI or to other ranks, a rank's own log is complete on the disk before it depends
//! on anybody; how ranks end together is in `together`.

use super::account::account;
use super::in_memory;
use super::ranks::Ranks;
use super::report::{RankReport, RegionTime};
use super::written::Written;
use crate::error::{Error, Result};
use crate::output::directory_of;
use crate::profile::{Metadata, Value};
use crate::record::Recording;
use crate::record::cost;
use crate::record::writer::{Recorded, Writer};
use crate::store::merge::{Merge, MergeOptions, merge_with};
use crate::store::{metadata, run_directory};
use crate::summary::{Account, Summary};
use crate::sys::fork::InLibrary;
use std::path::Path;
use std::time::Duration;

/// How a session ended. There can be both: a summary of what there is, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) summary: Option<Summary>,
    pub(super) error: Option<Error>,
}

impl Outcome {
    pub(super) fn of(summary: Summary) -> Self {
        Self {
            summary: Some(summary),
            error: None,
        }
    }

    pub(super) fn as_result(&self) -> Result<Summary> {
        match (&self.error, &self.summary) {
            (Some(error), _) => Err(error.clone()),
            (None, summary) => Ok(summary.clone().unwrap_or_default()),
        }
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self {
            summary: None,
            error: Some(error),
        }
    }
}

impl From<Result<Summary>> for Outcome {
    fn from(result: Result<Summary>) -> Self {
        result.map_or_else(Self::from, Self::of)
    }
}

/// Ends a session whose recording is closed.
pub(super) fn end(recording: &Recording, writer: Option<&Writer>, ranks: &mut Ranks) -> Outcome {
    let settings = &recording.settings;
    let (Some(writer), Some(output)) = (writer, &settings.file_path) else {
        return in_memory::summary(recording, ranks.comm.rank).into();
    };
    let recorded = writer.finish(&metadata::at_end(cost::of_one_call(settings)));
    settle_rank(writer, ranks, settings.merge_timeout);
    let ending = Ending {
        recording,
        writer,
        output,
        account: account(recording, &recorded.open, recorded.intervals),
        recorded,
    };
    let outcome = match ranks.others() {
        _ if ranks.comm.size == 1 => {
            writer.seal();
            ending.alone().into()
        }
        // Who panics leaves at once: the launcher, or the others, deal with what that means.
        Some(world) if !std::thread::panicking() => ending.with_others(world),
        _ => {
            writer.seal();
            ending.by_itself(ranks)
        }
    };
    if outcome.error.is_some() {
        ranks.abandon();
    }
    ranks.world = None;
    outcome
}

/// To be held while HDF5 is used: it is not for a child that was forked while another thread used it.
pub(super) fn in_hdf5() -> Result<InLibrary> {
    InLibrary::begin().ok_or_else(|| {
        Error::config(
            "this process was forked while another thread made a file, and HDF5 cannot be used in it",
        )
    })
}

/// Where MPI came up after the start of the session, the log learns its rank.
fn settle_rank(writer: &Writer, ranks: &mut Ranks, patience: Duration) {
    if !ranks.provisional {
        return;
    }
    let changed = ranks.resolve(patience, |key| std::env::var(key).ok());
    let comm = &ranks.comm;
    writer.append(|log| {
        if let (true, Some(job)) = (changed, &comm.job) {
            // One that cannot be renamed is found all the same: rank 0 is told its name.
            log.rename(&run_directory::log_of_rank(log.path(), job, comm.rank))
                .ok();
        }
        let mut facts = Metadata::from([
            ("rank".into(), Value::Int(comm.rank.into())),
            ("size".into(), Value::Int(comm.size.into())),
        ]);
        if let Some(run) = run_directory::run_of_log(log.path()) {
            facts.insert("run".into(), Value::Text(run.to_owned()));
        }
        log.run(&facts)
    });
}

/// A session that is about to end, with its log.
pub(super) struct Ending<'a> {
    pub(super) recording: &'a Recording,
    pub(super) writer: &'a Writer,
    pub(super) output: &'a Path,
    pub(super) account: Account,
    recorded: Recorded,
}

impl Ending<'_> {
    /// The only rank: makes the file of its log.
    fn alone(&self) -> Result<Summary> {
        let settings = &self.recording.settings;
        let log = self.writer.log_path();
        let output = self.output;
        if settings.merge == Merge::Keep {
            return Ok(Summary::of_kept_logs(
                self.account.clone(),
                directory_of(&log),
                output,
            ));
        }
        let unmerged = |error: Error| error.unmerged(&log, output);
        let _in_hdf5 = in_hdf5().map_err(unmerged)?;
        merge_with(&[&log], output, &MergeOptions::new().mode(settings.merge)).map_err(unmerged)?;
        let file = Written::open(output).map_err(unmerged)?;
        let summary = Summary::of(
            &file.reader,
            self.account.clone(),
            settings.label.clone(),
            Some(output),
        )
        .map_err(unmerged)?;
        self.remove(&log);
        Ok(summary)
    }

    /// One of several ranks that cannot talk to each other.
    fn by_itself(&self, ranks: &Ranks) -> Outcome {
        let log = self.writer.log_path();
        if ranks.gave_up {
            return self.left_alone("the other ranks", ranks.comm.rank, &log);
        }
        Outcome::of(Summary::of_log(
            self.account.clone(),
            &log,
            self.output,
            &ranks.comm,
        ))
    }

    /// Removes the log once it is in the file, unless it shall stay.
    pub(super) fn remove(&self, log: &Path) {
        if !self.recording.settings.keep_logs {
            run_directory::remove_log(log);
        }
    }

    pub(super) fn report(&self, log: &Path) -> RankReport {
        let ns_of_ticks = self.recording.ns_of_ticks();
        let counts = self.recording.counts();
        let regions = self.recording.calls().into_iter().map(|(id, calls)| {
            let written = self.recorded.ticks.get(id.index()).copied().unwrap_or(0);
            let throttled = counts.get(&id).map_or(0, |counts| counts.throttled_ticks);
            let ticks = written.saturating_add(throttled);
            RegionTime {
                name: id.name().to_owned(),
                calls,
                ns: (ticks as f64 * ns_of_ticks).round() as i64,
            }
        });
        RankReport {
            log: log.into(),
            account: self.account.clone(),
            regions: regions.collect(),
        }
    }
}
