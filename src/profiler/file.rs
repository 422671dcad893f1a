//! The file that a session makes of its logs, with HDF5. `no_file` is its twin without.

use super::finalize::Ending;
use super::ranks::Ranks;
use super::together::{Gathered, NESTED_INTERVALS};
use super::written::Written;
use crate::analysis::imbalance;
use crate::analysis::selection::RegionFilter;
use crate::config::{MergeMode, Settings};
use crate::error::{Error, Result};
use crate::store::merge::{MergeOptions, merge_with, write_rank_file};
use crate::store::run_directory;
use crate::summary::Summary;
use crate::sys::fork::InLibrary;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What becomes of the logs.
pub(super) fn merge_mode(settings: &Settings) -> MergeMode {
    settings.merge
}

/// To be held while HDF5 is used. A child that was forked while another thread used it cannot use it.
fn in_hdf5() -> Result<InLibrary> {
    InLibrary::begin().ok_or_else(|| {
        Error::config(
            "this process was forked while another thread was writing a file; HDF5 cannot be used in it",
        )
    })
}

impl Ending<'_> {
    /// Makes the file of the only rank's log.
    pub(super) fn make_file(&self, ranks: &Ranks, log: &Path) -> Result<Summary> {
        let settings = &self.recording.settings;
        let unmerged = |error: Error| error.unmerged(log, None, self.output(), settings.compress);
        let _in_hdf5 = in_hdf5().map_err(unmerged)?;
        let options = MergeOptions::new()
            .mode(settings.merge)
            .compress(settings.compress)
            .into_destination(self.destination);
        let merged = merge_with(&[log], self.output(), &options).map_err(unmerged)?;
        let file = Written::open(&merged.output).map_err(unmerged)?;
        let mut summary = Summary::of(
            &file.reader,
            self.account.clone(),
            settings.label.clone(),
            Some(&merged.output),
        )
        .map_err(unmerged)?;
        summary.set_placed(self.output(), merged.replaced);
        if !settings.has_own_file && ranks.comm.size == 0 && !ranks.comm.may_be_alone {
            // Others may come, and write logs that are merged with this one.
            summary.set_advice(format!(
                "The launcher does not say how many processes there are. If there are others, merge all \
                 logs when the last process has ended:\n  {}",
                self.command_for_all(ranks, log)
            ));
        } else {
            self.remove(log);
        }
        Ok(summary)
    }

    /// Merges the logs of all ranks. Gives the summary, and the file.
    pub(super) fn make_file_of_all(
        &self,
        mode: MergeMode,
        log: &Path,
        gathered: &Gathered,
    ) -> Result<(Summary, PathBuf)> {
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
        let options = MergeOptions::new()
            .mode(mode)
            .compress(self.recording.settings.compress)
            .into_destination(self.destination);
        let merged = merge_with(&logs, self.output(), &options)?;
        let output = merged.output.as_path();
        let file = Written::open(output)?;
        let label = self.recording.settings.label.clone();
        let account = gathered.account();
        let mut summary = if file.reader.intervals_to_read() <= NESTED_INTERVALS {
            Summary::of(&file.reader, account, label, Some(output))?
        } else {
            Summary::without_tree(&file.reader, account, label, output)
        };
        summary.set_placed(self.output(), merged.replaced);
        let imbalance = imbalance::filtered(&file.reader, &RegionFilter::new(), Some(summary.call_tree()))?;
        summary.set_ranks(imbalance, gathered.missing.clone());
        Ok((summary, merged.output))
    }

    /// Makes the file of this rank, for an index of links.
    pub(super) fn make_rank_file(&self, log: &Path) -> Result<()> {
        let _in_hdf5 = in_hdf5()?;
        write_rank_file(log, self.output(), self.recording.settings.compress).map(drop)
    }
}
