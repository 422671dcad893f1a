//! How several ranks end a session: one file of all logs.
//!
//! This is a [`Rendezvous`] led by rank 0. In its first stage the ranks learn whether all have arrived; then
//! each completes its log, after a comparison of the clocks if all are present. In the second stage
//! they report to rank 0, which merges the logs and replies with the result.

use super::account::open_regions;
use super::file::merge_mode;
use super::finalize::{Ending, Outcome};
use super::report::{Arrivals, RankReport, Verdict};
use crate::analysis::imbalance::{Imbalance, RegionImbalance};
use crate::comm::{Occasion, Rendezvous, Stage, Transport, World, compare_clocks};
use crate::config::MergeMode;
use crate::error::{Class, Error};
use crate::output::directory_of;
use crate::shell;
use crate::store::run_directory;
use crate::summary::{Account, Summary};
use crate::units::ranges;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// With more intervals than this in ranks of which the file has no summary, what is printed has no call tree: that
/// would read them again, on one rank, while the others wait.
pub(super) const NESTED_INTERVALS: u64 = 10_000_000;

/// What rank 0 knows when the logs are complete.
pub(super) struct Gathered {
    /// From this rank and all others that have arrived.
    pub(super) reports: BTreeMap<u32, RankReport>,
    /// The ranks that have not arrived.
    pub(super) missing: Vec<u32>,
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
        self.prepare_link(rendezvous, arrivals, &log);
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
            Some(Verdict::Failed(class, reason)) => Error::of(
                class,
                format!(
                    "{}: rank 0 could not write it ({reason}); rank {} keeps {}",
                    shell::shown(self.output()).display(),
                    world.rank(),
                    shell::shown(&log).display()
                ),
            )
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
        let mode = merge_mode(settings).for_logs(size as usize, bytes);
        let arrivals = Arrivals {
            all: arrived.len() == everybody.len(),
            link: mode == MergeMode::Link,
        };
        rendezvous.reply(Stage::Arrived, &arrivals.encode());
        self.complete_log(world, Some(arrivals));
        self.prepare_link(rendezvous, arrivals, &log);

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
        let merged = rendezvous.with_heartbeats(|| self.make_file_of_all(mode, log, gathered));
        let merged = merged.unwrap_or_else(|_| {
            Err(Error::of(
                Class::Internal,
                "the merge panicked; please report it, with what was printed above",
            ))
        });
        match merged {
            Err(error) => {
                let verdict = Verdict::Failed(error.class(), error.to_string());
                let run = run_directory::run_of_log(log);
                let compress = self.recording.settings.compress;
                let error = error.unmerged(directory, run, self.output(), compress);
                (error.into(), verdict)
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
    fn prepare_link(&self, rendezvous: &Rendezvous<'_, World>, arrivals: Arrivals, log: &Path) {
        if arrivals.link {
            // If it fails, the merge tries again, and reports an error if that fails too.
            let made = rendezvous.with_heartbeats(|| self.make_rank_file(log).is_ok());
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
            match merge_mode(settings) {
                MergeMode::Keep => "",
                _ => "; the file has what there was in the logs by then",
            },
            self.merge_command_for(log, output)
        ))
    }
}

impl Gathered {
    /// The sums over all ranks that have arrived.
    pub(super) fn account(&self) -> Account {
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
