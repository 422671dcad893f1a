//! The end of a session without HDF5: the logs stay, and the summary is of what they hold.

use super::finalize::Ending;
use super::ranks::Ranks;
use super::together::{Gathered, NESTED_INTERVALS};
use crate::analysis::imbalance::Imbalance;
use crate::config::{MergeMode, Settings};
use crate::error::{Class, Error, Result};
use crate::shell;
use crate::store::schema::LogSource;
use crate::summary::Summary;
use std::path::{Path, PathBuf};

/// What becomes of the logs: nothing, whatever the settings say.
pub(super) fn merge_mode(_: &Settings) -> MergeMode {
    MergeMode::Keep
}

fn unsupported() -> Error {
    Error::of(
        Class::Unsupported,
        "this program was built without the feature hdf5 of scope-profiler and cannot write the file",
    )
}

impl Ending<'_> {
    /// The summary of the only rank's log, which stays.
    pub(super) fn make_file(&self, ranks: &Ranks, log: &Path) -> Result<Summary> {
        let account = self.account.clone();
        let mut summary = if account.kept <= NESTED_INTERVALS {
            let label = self.recording.settings.label.clone();
            Summary::of(&LogSource::open(log)?, account, label, Some(log))?
        } else {
            let mut summary = Summary::of_rank(account, log);
            let mut regions = Imbalance::default();
            for region in self.report(log).regions {
                regions.add(&region.name, ranks.comm.rank, region.calls, region.ns);
            }
            summary.set_ranks(regions.over(1), Vec::new());
            summary
        };
        let may_have_others =
            !self.recording.settings.has_own_file && ranks.comm.size == 0 && !ranks.comm.may_be_alone;
        let command = if may_have_others {
            self.command_for_all(ranks, log)
        } else {
            // Logs of earlier runs may lie beside it.
            shell::merge_command(log, None, self.output(), self.recording.settings.compress)
        };
        summary.set_advice(format!(
            "This program was built without HDF5. To make the file of the log:\n  {command}"
        ));
        Ok(summary)
    }

    pub(super) fn make_file_of_all(
        &self,
        _: MergeMode,
        _: &Path,
        _: &Gathered,
    ) -> Result<(Summary, PathBuf)> {
        Err(unsupported())
    }

    pub(super) fn make_rank_file(&self, _: &Path) -> Result<()> {
        Err(unsupported())
    }
}
