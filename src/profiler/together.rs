//! How several ranks end a session: one file of all logs.
//!
//! This is a [`Rendezvous`] led by rank 0. In its first stage the ranks learn whether all have arrived; then
//! each completes its log, after a comparison of the clocks if all are present. In the second stage
//! they report to rank 0, which merges the logs and replies with the result.

use super::account::open_regions;
use super::finalize::{Ending, Outcome, in_hdf5};
use super::report::{Arrivals, RankReport, Verdict};
use super::written::Written;
use crate::analysis::imbalance::{self, Imbalance, RegionImbalance};
use crate::analysis::selection::RegionFilter;
use crate::comm::{Occasion, Rendezvous, Stage, Transport, World, compare_clocks};
use crate::config::MergeMode;
use crate::error::{Error, Result};
use crate::output::directory_of;
use crate::shell;
use crate::store::merge::{MergeOptions, merge_with, write_rank_file};
use crate::store::run_directory;
use crate::summary::{Account, Summary};
use crate::units::ranges;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// With more intervals than this in several ranks, the summary has no call tree: that would read the whole file
/// again, on one rank, while the others wait.
const NESTED_INTERVALS: u64 = 10_000_000;

/// What rank 0 knows when the logs are complete.
struct Gathered {
    /// From this rank and all others that have arrived.
    reports: BTreeMap<u32, RankReport>,
    /// The ranks that have not arrived.
    missing: Vec<u32>,
    size: u32,
}

impl Ending<'_> {
    pub(super) fn with_others(&self, world: &World) -> Outcome {
        let rendezvous = Rendezvous::new(world, self.recording.settings.merge_timeout);
        if rendezvous.leads() {
            self.lead(world, &rendezvous)
        } else {
            self.follow(world, &rendezvous)
        }
    }

    /// The part of any rank but 0.
    fn follow(&self, world: &World, rendezvous: &Rendezvous<'_, World>) -> Outcome {
        let log = self.writer.log_path();
        let word = rendezvous.report(Stage::Arrived, bytes_of(&log).to_le_bytes().to_vec());
        let arrivals = word.and_then(|word| Arrivals::decode(&word));
        self.complete_log(world, arrivals);
        let Some(arrivals) = arrivals else {
            return self.left_alone("rank 0", world.rank(), &log);
        };
        self.make_rank_file(rendezvous, arrivals, &log);
        let word = rendezvous.report(Stage::Sealed, self.report(&log).encode());
        match word.and_then(|word| Verdict::decode(&word)) {
            None => self.left_alone("rank 0", world.rank(), &log),
            Some(Verdict::Merged(output)) => {
                self.remove(&log);
                Outcome::of(Summary::of_rank(self.account.clone(), &output))
            }
            Some(Verdict::Kept) => Outcome::of(Summary::of_rank(self.account.clone(), &log)),
            Some(Verdict::Incomplete(output, missing)) => {
                let error = self.incomplete(&output, &missing, &log);
                Outcome {
                    summary: Some(Summary::of_rank(self.account.clone(), &output)),
                    error: Some(error),
                }
            }
            Some(Verdict::Failed(reason)) => Error::not_found(format!(
                "{}: rank 0 could not write it ({reason}); rank {} keeps {}",
                shell::shown(self.output()).display(),
                world.rank(),
                shell::shown(&log).display()
            ))
            .into(),
        }
    }

    fn lead(&self, world: &World, rendezvous: &Rendezvous<'_, World>) -> Outcome {
        let log = self.writer.log_path();
        let settings = &self.recording.settings;
        let size = world.size();
        let everybody: Vec<u32> = (1..size).collect();
        let arrived = rendezvous.collect(Stage::Arrived, &everybody);
        let bytes: u64 = bytes_of(&log)
            + arrived
                .values()
                .filter_map(|bytes| Some(u64::from_le_bytes(bytes.as_slice().try_into().ok()?)))
                .sum::<u64>();
        let mode = settings.merge.for_logs(size as usize, bytes);
        let arrivals = Arrivals {
            all: arrived.len() == everybody.len(),
            link: mode == MergeMode::Link,
        };
        rendezvous.reply(Stage::Arrived, &arrivals.encode());
        self.complete_log(world, Some(arrivals));
        self.make_rank_file(rendezvous, arrivals, &log);

        let arrived: Vec<u32> = arrived.into_keys().collect();
        let sealed = rendezvous.collect(Stage::Sealed, &arrived);
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
        let (outcome, verdict) = self.conclude(rendezvous, mode, &log, &gathered);
        rendezvous.reply(Stage::Sealed, &verdict.encode());
        if matches!(verdict, Verdict::Merged(_)) {
            self.remove(&log);
        }
        outcome
    }

    /// Rank 0: merges; gives the result here and the one to send to the others.
    fn conclude(
        &self,
        rendezvous: &Rendezvous<'_, World>,
        mode: MergeMode,
        log: &Path,
        gathered: &Gathered,
    ) -> (Outcome, Verdict) {
        let directory = directory_of(log);
        if mode == MergeMode::Keep {
            let command = self.merge_command(log);
            let mut summary = Summary::of_kept_logs(gathered.account(), directory, &command);
            summary.set_ranks(gathered.imbalance(), gathered.missing.clone());
            return match gathered.missing.is_empty() {
                true => (Outcome::of(summary), Verdict::Kept),
                false => (
                    Outcome {
                        summary: Some(summary),
                        error: Some(self.incomplete(self.output(), &gathered.missing, log)),
                    },
                    Verdict::Incomplete(self.output().into(), gathered.missing.clone()),
                ),
            };
        }
        let merged = rendezvous.with_heartbeats(|| self.merge(mode, log, gathered));
        let merged = merged.unwrap_or_else(|_| {
            Err(Error::config(
                "the merge panicked; please report it, with what was printed above",
            ))
        });
        match merged {
            Err(error) => {
                let verdict = Verdict::Failed(error.to_string());
                let run = run_directory::run_of_log(log);
                (error.unmerged(directory, run, self.output()).into(), verdict)
            }
            Ok((summary, output)) if gathered.missing.is_empty() => {
                (Outcome::of(summary), Verdict::Merged(output))
            }
            Ok((summary, output)) => (
                Outcome {
                    summary: Some(summary),
                    error: Some(self.incomplete(&output, &gathered.missing, log)),
                },
                Verdict::Incomplete(output, gathered.missing.clone()),
            ),
        }
    }

    /// The summary, and the file.
    fn merge(&self, mode: MergeMode, log: &Path, gathered: &Gathered) -> Result<(Summary, PathBuf)> {
        let _in_hdf5 = in_hdf5()?;
        // A missing rank may have a log nevertheless.
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
        let options = MergeOptions::new().mode(mode).into_destination(self.destination);
        let merged = merge_with(&logs, self.output(), &options)?;
        let output = merged.output.as_path();
        let file = Written::open(output)?;
        let label = self.recording.settings.label.clone();
        let account = gathered.account();
        let mut summary = if merged.intervals <= NESTED_INTERVALS {
            Summary::of(&file.reader, account, label, Some(output))?
        } else {
            Summary::without_tree(&file.reader, account, label, output)
        };
        summary.set_placed(self.output(), merged.replaced);
        let imbalance = imbalance::filtered(&file.reader, &RegionFilter::new(), Some(summary.call_tree()))?;
        summary.set_ranks(imbalance, gathered.missing.clone());
        Ok((summary, merged.output))
    }

    /// Writes the last blocks of the log.
    fn complete_log(&self, world: &World, arrivals: Option<Arrivals>) {
        if arrivals.is_some_and(|arrivals| arrivals.all) {
            let settings = &self.recording.settings;
            // No heartbeats are sent during the comparison, and the others wait for the whole timeout.
            let until = Instant::now() + settings.merge_timeout / 2;
            if let Some(measured) = compare_clocks(world, &settings.clock, Occasion::End, until) {
                self.writer.append(|log| log.clock(measured));
            }
        }
        self.writer.seal();
    }

    /// For an index of links every rank makes its own file, all at the same time.
    fn make_rank_file(&self, rendezvous: &Rendezvous<'_, World>, arrivals: Arrivals, log: &Path) {
        if arrivals.link {
            // If it fails, the merge tries again, and reports an error if that fails too.
            let made = rendezvous.with_heartbeats(|| {
                in_hdf5()
                    .and_then(|_in| write_rank_file(log, self.output()))
                    .is_ok()
            });
            drop(made);
        }
    }

    /// No message has come from the others.
    pub(super) fn left_alone(&self, whom: &str, rank: u32, log: &Path) -> Outcome {
        Error::incomplete(format!(
            "rank {rank} has heard nothing from {whom} for {} s; its log {} is complete: when all ranks have ended, \
             `{}` makes the file of all logs",
            self.recording.settings.merge_timeout.as_secs_f64(),
            shell::shown(log).display(),
            self.merge_command(log)
        ))
        .into()
    }

    fn incomplete(&self, output: &Path, missing: &[u32], log: &Path) -> Error {
        let settings = &self.recording.settings;
        Error::incomplete(format!(
            "{}: {} not come to finalize within {} s{}. All logs stay: when all ranks have ended, \
             `{}` makes the file of them",
            shell::shown(output).display(),
            match missing {
                [one] => format!("rank {one} has"),
                several => format!("ranks {} have", ranges(several)),
            },
            settings.merge_timeout.as_secs_f64(),
            match settings.merge {
                MergeMode::Keep => "",
                _ => "; the file has what there was in the logs by then",
            },
            shell::merge_command(directory_of(log), run_directory::run_of_log(log), output)
        ))
    }
}

impl Gathered {
    /// The sums over all ranks that have arrived.
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
