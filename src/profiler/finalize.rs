//! The end of a session: one file of the logs of all ranks, and a summary.
//!
//! With several ranks that can talk to each other this is a [`Meeting`] led by rank 0. In its first
//! stage the ranks learn whether all have come; then each completes its log, which takes the others'
//! clocks where all are there. In the second stage they report to rank 0, which merges the logs and
//! says what became of them. Whatever happens to MPI or to other ranks, a rank's own log is complete
//! on the disk before it depends on anybody.

use super::ranks::Ranks;
use super::report::{Arrivals, RankReport, RegionTime, Verdict};
use crate::analysis::imbalance::{self, Imbalance, RegionImbalance};
use crate::clock::Timeline;
use crate::comm::{Meeting, Post, Stage, World};
use crate::error::{Error, Result};
use crate::output::directory_of;
use crate::profile::{Metadata, Profile, Source, Value};
use crate::record::cost;
use crate::record::writer::{Recorded, Writer};
use crate::record::{OpenCall, Recording};
use crate::store::merge::{Merge, MergeOptions, merge_with, write_rank_file};
use crate::store::reader::ProfilingH5Reader;
use crate::store::{metadata, run_directory};
use crate::summary::{Account, OpenRegion, Summary};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::NamedTempFile;

/// Of several ranks with more intervals than this the calls are not nested for the summary: that
/// would read the whole file again, on one rank, while the others wait.
const NESTED_INTERVALS: u64 = 10_000_000;

/// How a session ended. There can be both: a summary of what there is, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) summary: Option<Summary>,
    error: Option<Error>,
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
        return in_memory(recording, ranks.comm.rank).into();
    };
    let recorded = writer.finish(&metadata::at_end(cost::of_one_call(settings)));
    settle_rank(writer, ranks, Instant::now() + settings.merge_timeout);
    let ending = Ending {
        recording,
        writer,
        output,
        account: account(recording, &recorded.open, recorded.intervals),
        recorded,
    };
    if ranks.comm.size == 1 {
        writer.seal();
        return ending.alone().into();
    }
    let outcome = match ranks.others() {
        Some(world) => ending.with_others(world),
        None => {
            writer.seal();
            let log = writer.log_path();
            Outcome::of(Summary::of_log(ending.account.clone(), &log, output, &ranks.comm))
        }
    };
    // All that had to be said has been said.
    ranks.world = None;
    outcome
}

/// Where MPI came up after the start of the session, the log learns its rank.
fn settle_rank(writer: &Writer, ranks: &mut Ranks, until: Instant) {
    if !ranks.provisional {
        return;
    }
    let changed = ranks.resolve(until, |key| std::env::var(key).ok());
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
struct Ending<'a> {
    recording: &'a Recording,
    writer: &'a Writer,
    output: &'a Path,
    account: Account,
    recorded: Recorded,
}

/// What rank 0 knows when the logs are complete.
struct Gathered {
    /// Of this rank and all others that have come.
    reports: BTreeMap<u32, RankReport>,
    /// The ranks that have not.
    missing: Vec<u32>,
    size: u32,
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

    fn with_others(&self, world: &World) -> Outcome {
        let meeting = Meeting::new(world, self.recording.settings.merge_timeout);
        if meeting.leads() {
            self.lead(world, &meeting)
        } else {
            self.follow(world, &meeting)
        }
    }

    /// Any rank but 0.
    fn follow(&self, world: &World, meeting: &Meeting<'_, World>) -> Outcome {
        let log = self.writer.log_path();
        let word = meeting.report(Stage::Arrived, bytes_of(&log).to_le_bytes().to_vec());
        let arrivals = word.and_then(|word| Arrivals::decode(&word));
        self.complete_log(world, arrivals);
        let Some(arrivals) = arrivals else {
            return self.left_alone(world, &log);
        };
        if arrivals.link {
            // Should it fail, rank 0 makes the file; and tells when that fails too.
            meeting
                .while_at_work(|| write_rank_file(&log, self.output).ok())
                .ok();
        }
        let word = meeting.report(Stage::Sealed, self.report(&log).encode());
        let output = self.output;
        match word.and_then(|word| Verdict::decode(&word)) {
            None => self.left_alone(world, &log),
            Some(Verdict::Merged) => {
                self.remove(&log);
                Outcome::of(Summary::of_rank(self.account.clone(), output))
            }
            Some(Verdict::Kept) => Outcome::of(Summary::of_rank(self.account.clone(), &log)),
            Some(Verdict::Incomplete(missing)) => {
                let error = self.incomplete(&missing, &log);
                Outcome {
                    summary: Some(Summary::of_rank(self.account.clone(), output)),
                    error: Some(error),
                }
            }
            Some(Verdict::Failed(reason)) => Error::not_found(format!(
                "{}: rank 0 could not write it ({reason}); rank {} keeps {}",
                output.display(),
                world.rank(),
                log.display()
            ))
            .into(),
        }
    }

    fn lead(&self, world: &World, meeting: &Meeting<'_, World>) -> Outcome {
        let log = self.writer.log_path();
        let settings = &self.recording.settings;
        let size = world.size();
        let everybody: Vec<u32> = (1..size).collect();
        let arrived = meeting.collect(Stage::Arrived, &everybody);
        let bytes: u64 = bytes_of(&log)
            + arrived
                .values()
                .filter_map(|bytes| Some(u64::from_le_bytes(bytes.as_slice().try_into().ok()?)))
                .sum::<u64>();
        let mode = settings.merge.for_logs(size as usize, bytes);
        let arrivals = Arrivals {
            all: arrived.len() == everybody.len(),
            link: mode == Merge::Link,
        };
        meeting.answer(Stage::Arrived, &arrivals.encode());
        self.complete_log(world, Some(arrivals));

        let arrived: Vec<u32> = arrived.into_keys().collect();
        let sealed = meeting.collect(Stage::Sealed, &arrived);
        let mut reports: BTreeMap<u32, RankReport> = sealed
            .into_iter()
            .filter_map(|(rank, report)| Some((rank, RankReport::decode(&report)?)))
            .collect();
        reports.insert(0, self.report(&log));
        let gathered = Gathered {
            missing: (0..size).filter(|rank| !reports.contains_key(rank)).collect(),
            reports,
            size,
        };
        let (outcome, verdict) = self.conclude(meeting, mode, &log, &gathered);
        meeting.answer(Stage::Sealed, &verdict.encode());
        if verdict == Verdict::Merged {
            self.remove(&log);
        }
        outcome
    }

    /// Rank 0: merges, and says what came of it.
    fn conclude(
        &self,
        meeting: &Meeting<'_, World>,
        mode: Merge,
        log: &Path,
        gathered: &Gathered,
    ) -> (Outcome, Verdict) {
        let directory = directory_of(log);
        if mode == Merge::Keep {
            let mut summary = Summary::of_kept_logs(gathered.account(), directory, self.output);
            summary.set_ranks(gathered.imbalance(), gathered.missing.clone(), Vec::new());
            return match gathered.missing.is_empty() {
                true => (Outcome::of(summary), Verdict::Kept),
                false => (
                    Outcome {
                        summary: Some(summary),
                        error: Some(self.incomplete(&gathered.missing, log)),
                    },
                    Verdict::Incomplete(gathered.missing.clone()),
                ),
            };
        }
        let merged = meeting.while_at_work(|| self.merge(mode, log, gathered));
        let merged = merged.unwrap_or_else(|_| {
            Err(Error::config(
                "the merge panicked; please report it, with what was printed above",
            ))
        });
        match merged {
            Err(error) => {
                let verdict = Verdict::Failed(error.to_string());
                (error.unmerged(directory, self.output).into(), verdict)
            }
            Ok(summary) if gathered.missing.is_empty() => (Outcome::of(summary), Verdict::Merged),
            Ok(summary) => (
                Outcome {
                    summary: Some(summary),
                    error: Some(self.incomplete(&gathered.missing, log)),
                },
                Verdict::Incomplete(gathered.missing.clone()),
            ),
        }
    }

    fn merge(&self, mode: Merge, log: &Path, gathered: &Gathered) -> Result<Summary> {
        // Of a rank that has not come there may be a log all the same.
        let of_missing = gathered.missing.iter().filter_map(|&rank| {
            let run = run_directory::run_of_log(log)?;
            Some(run_directory::log_of_rank(log, run, rank))
        });
        let logs: BTreeSet<PathBuf> = gathered
            .reports
            .values()
            .map(|report| report.log.clone())
            .chain(of_missing.filter(|log| log.is_file()))
            .collect();
        let logs: Vec<PathBuf> = logs.into_iter().collect();
        let merged = merge_with(&logs, self.output, &MergeOptions::new().mode(mode))?;
        let file = Written::open(self.output)?;
        let label = self.recording.settings.label.clone();
        let account = gathered.account();
        let mut summary = if merged.intervals <= NESTED_INTERVALS {
            Summary::of(&file.reader, account, label, Some(self.output))?
        } else {
            Summary::without_tree(account, label, self.output)
        };
        let imbalance = if gathered.missing.is_empty() {
            gathered.imbalance()
        } else {
            let rows: Vec<usize> = (0..file.reader.rows().len()).collect();
            imbalance::of(&file.reader, &rows, file.reader.ranks().len())?
        };
        let partly: Vec<u32> = gathered
            .missing
            .iter()
            .copied()
            .filter(|rank| merged.ranks.contains(rank))
            .collect();
        summary.set_ranks(imbalance, gathered.missing.clone(), partly);
        Ok(summary)
    }

    /// Writes the last blocks of the log.
    fn complete_log(&self, _world: &World, _arrivals: Option<Arrivals>) {
        self.writer.seal();
    }

    /// Nothing is heard of rank 0.
    fn left_alone(&self, world: &World, log: &Path) -> Outcome {
        Error::incomplete(format!(
            "rank {} has heard nothing of rank 0 for {} s; its log {} is complete: when all ranks have ended, \
             `scope-profiler-pproc merge {} -o {}` makes the file of all logs",
            world.rank(),
            self.recording.settings.merge_timeout.as_secs_f64(),
            log.display(),
            directory_of(log).display(),
            self.output.display()
        ))
        .into()
    }

    fn incomplete(&self, missing: &[u32], log: &Path) -> Error {
        Error::incomplete(format!(
            "{}: {} not come to finalize within {} s; the file has what {} logs held by then. All logs stay: when all \
             ranks have ended, `scope-profiler-pproc merge {} -o {}` makes it anew",
            self.output.display(),
            match missing {
                [one] => format!("rank {one} has"),
                several => format!("ranks {} have", crate::units::ranges(several)),
            },
            self.recording.settings.merge_timeout.as_secs_f64(),
            if missing.len() == 1 { "its" } else { "their" },
            directory_of(log).display(),
            self.output.display()
        ))
    }

    /// Removes the log once it is in the file, unless it shall stay.
    fn remove(&self, log: &Path) {
        if !self.recording.settings.keep_logs {
            run_directory::remove_log(log);
        }
    }

    fn report(&self, log: &Path) -> RankReport {
        let ns_of_ticks = self.recording.ns_of_ticks();
        let regions = self.recording.registry.ids().into_iter().map(|id| {
            let written = self.recorded.ticks.get(id.index()).copied().unwrap_or(0);
            let ticks = written.saturating_add(self.recording.throttled(id).1);
            RegionTime {
                name: id.name().to_owned(),
                calls: self.recording.num_calls(id),
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

impl Gathered {
    /// What became of the intervals of all ranks that have come.
    fn account(&self) -> Account {
        let mut open: BTreeMap<&str, u64> = BTreeMap::new();
        let mut account = Account::default();
        for report in self.reports.values() {
            account.kept += report.account.kept;
            account.dropped += report.account.dropped;
            for region in &report.account.open {
                *open.entry(&region.name).or_default() += region.calls;
            }
        }
        account.open = open_regions(open);
        account
    }

    fn imbalance(&self) -> Vec<RegionImbalance> {
        let mut regions = Imbalance::default();
        for (&rank, report) in &self.reports {
            for region in &report.regions {
                regions.add(&region.name, rank, region.calls, region.ns);
            }
        }
        regions.over(self.size as usize - self.missing.len())
    }
}

fn bytes_of(log: &Path) -> u64 {
    std::fs::metadata(log).map_or(0, |log| log.len())
}

fn account(recording: &Recording, open: &[OpenCall], kept: u64) -> Account {
    let regions = recording.registry.ids();
    let mut calls: BTreeMap<&str, u64> = BTreeMap::new();
    for call in open {
        *calls.entry(call.region.name()).or_default() += 1;
    }
    Account {
        kept,
        dropped: regions.into_iter().map(|id| recording.num_dropped(id)).sum(),
        open: open_regions(calls),
    }
}

fn open_regions(calls: BTreeMap<&str, u64>) -> Vec<OpenRegion> {
    let region = |(name, calls): (&str, u64)| OpenRegion {
        name: name.to_owned(),
        calls,
    };
    calls.into_iter().map(region).collect()
}

/// A session without a file.
fn in_memory(recording: &Recording, rank: u32) -> Result<Summary> {
    let profile = in_memory_profile(recording, rank);
    let kept = profile.rows().iter().map(|row| row.intervals).sum();
    let account = account(recording, &recording.open_calls(), kept);
    Summary::of(&profile, account, recording.settings.label.clone(), None)
}

fn in_memory_profile(recording: &Recording, rank: u32) -> Profile {
    let timeline = Timeline::new(vec![recording.began, recording.settings.clock.anchor()]);
    let mut clock = timeline.converter();
    let mut profile = Profile::builder();
    if let Some(cost) = cost::of_one_call(&recording.settings) {
        profile = profile.call_cost_ns(cost);
    }
    recording.for_each_undrained(|lane, event| {
        profile.push(
            rank,
            event.region.name(),
            lane.index,
            clock.ns(event.start),
            clock.ns(event.end),
        );
    });
    for id in recording.registry.ids() {
        profile = profile.calls(rank, id.name(), recording.num_calls(id));
    }
    profile.build()
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
