//! The end of a session: its log becomes a file, and there is a summary.
//!
//! A rank's own log is complete on disk before the rank depends on MPI or on other ranks; how ranks end together is
//! in `together`.

use super::account::account;
use super::in_memory;
use super::ranks::Ranks;
use super::report::{RankReport, RegionTime};
use crate::config::MergeMode;
use crate::error::{Error, Result};
use crate::output::{Destination, directory_of};
use crate::profile::{Metadata, Value};
use crate::record::Recording;
use crate::record::cost;
use crate::record::writer::{Recorded, Writer};
use crate::shell;
use crate::store::{metadata, run_directory};
use crate::summary::{Account, Summary};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How a session ended. It may have both: a summary, and an error that says what is missing.
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
pub(super) fn end(
    recording: &Recording,
    output: Option<(&Writer, &Arc<Destination>)>,
    ranks: &mut Ranks,
) -> Outcome {
    let settings = &recording.settings;
    let Some((writer, destination)) = output else {
        return in_memory::summary(recording, ranks.comm.rank).into();
    };
    let recorded = writer.finish(&metadata::at_end(cost::of_one_call(settings)));
    settle_rank(writer, ranks, settings.has_own_file, settings.merge_timeout);
    let ending = Ending {
        recording,
        writer,
        destination,
        account: account(recording, &recorded.open, recorded.intervals),
        recorded,
    };
    let outcome = match ranks.others() {
        _ if settings.has_own_file || is_alone(ranks, writer) => {
            writer.seal();
            ending.alone(ranks).into()
        }
        // A rank that panics does not wait for others: the launcher or the other ranks deal with it.
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

/// Whether there are no other ranks; where the launcher does not say, whether there is no log of another.
fn is_alone(ranks: &Ranks, writer: &Writer) -> bool {
    let comm = &ranks.comm;
    match comm.size {
        1 => true,
        0 => comm.rank == 0 && run_directory::logs_of_others(&writer.log_path()).is_empty(),
        _ => false,
    }
}

/// Writes the rank to the log, where MPI was initialized after the session began.
fn settle_rank(writer: &Writer, ranks: &mut Ranks, has_own_file: bool, timeout: Duration) {
    if !ranks.provisional {
        return;
    }
    let changed = ranks.resolve(timeout, |key| std::env::var(key).ok());
    if let Some(disagreement) = ranks.disagreement.take() {
        super::warn(disagreement);
    }
    let comm = &ranks.comm;
    writer.append(|log| {
        if let (true, Some(job)) = (changed, &comm.job) {
            // A log that cannot be renamed is still found: rank 0 gets its name.
            log.rename(&run_directory::log_of_rank(log.path(), job, comm.rank))
                .ok();
        }
        let mut facts = Metadata::from([("rank".into(), Value::Int(comm.rank.into()))]);
        if comm.size > 0 && !has_own_file {
            facts.insert("size".into(), Value::Int(comm.size.into()));
        }
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
    pub(super) destination: &'a Arc<Destination>,
    pub(super) account: Account,
    recorded: Recorded,
}

impl Ending<'_> {
    /// The file that was asked for.
    pub(super) fn output(&self) -> &Path {
        self.destination.path()
    }

    /// The command that merges the logs of this run, and of no other.
    pub(super) fn merge_command(&self, log: &Path) -> String {
        self.merge_command_for(log, self.output())
    }

    /// The command that merges them into `output`.
    pub(super) fn merge_command_for(&self, log: &Path, output: &Path) -> String {
        let compress = self.recording.settings.compress;
        shell::merge_command(
            directory_of(log),
            run_directory::run_of_log(log),
            output,
            compress,
        )
    }

    /// The command that merges the logs of ranks that cannot talk to each other.
    pub(super) fn command_for_all(&self, ranks: &Ranks, log: &Path) -> String {
        match &ranks.comm.job {
            Some(_) => self.merge_command(log),
            // Each log has a run of its own. Only the user knows which logs belong together.
            None => format!(
                "scope-profiler-pproc merge {}/*.log -o {}{}",
                shell::quote(directory_of(log)),
                shell::quote(self.output()),
                shell::compress_option(self.recording.settings.compress)
            ),
        }
    }

    /// The only rank, or one with a file of its own.
    fn alone(&self, ranks: &Ranks) -> Result<Summary> {
        let log = self.writer.log_path();
        if self.recording.settings.merge == MergeMode::Keep {
            return Ok(Summary::of_kept_logs(
                self.account.clone(),
                directory_of(&log),
                &self.merge_command(&log),
            ));
        }
        self.make_file(ranks, &log)
    }

    /// One of several ranks that cannot talk to each other.
    fn by_itself(&self, ranks: &Ranks) -> Outcome {
        let log = self.writer.log_path();
        if ranks.gave_up {
            return self.left_alone("the other ranks", ranks.comm.rank, &log);
        }
        let command = self.command_for_all(ranks, &log);
        Outcome::of(Summary::of_log(self.account.clone(), &log, &command, &ranks.comm))
    }

    /// Removes the log once it is in the file, unless logs are kept.
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
