//! Merges rank logs into one profile, which appears under its name when it is complete.

mod copy;
mod inputs;
mod link;
mod options;
mod totals;
mod verify;

pub use inputs::UnreadableLog;
pub(crate) use link::write_rank_file;
pub use options::{MergeOptions, MergeProgress};

use crate::config::MergeMode;
use crate::error::{Error, Result};
use crate::sys;
use inputs::Inputs;
use std::path::{Path, PathBuf};

/// What is in a merged file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merged {
    /// How it was made: [`MergeMode::Copy`] or [`MergeMode::Link`].
    pub mode: MergeMode,
    /// The ranks that are in the file, ascending.
    pub ranks: Vec<u32>,
    /// The ranks of the run that are not in the file, ascending.
    pub missing: Vec<u32>,
    /// Intervals written.
    pub intervals: u64,
    /// Intervals that were dropped while recording.
    pub dropped: u64,
    /// Calls that were open when recording ended.
    pub open: u64,
    /// Logs without an end mark: everything up to their last whole block is in the
    /// file.
    pub incomplete: Vec<PathBuf>,
    /// Logs that could not be read, and are not in the file.
    pub unreadable: Vec<UnreadableLog>,
    /// The files that the merged file refers to, by rank: as many as there are ranks after
    /// [`MergeMode::Link`], none after [`MergeMode::Copy`].
    pub rank_files: Vec<PathBuf>,
    /// The ranks whose file existed already, from a merge that was interrupted or from the rank
    /// itself.
    pub reused: Vec<u32>,
    /// The file that was written.
    pub output: PathBuf,
    /// Whether it replaced an older one.
    pub replaced: bool,
}

/// Merges rank logs into the HDF5 file `output`, with a group `rank<N>` for each: [`merge_with`] and
/// the default options. The logs stay.
///
/// # Errors
///
/// As [`merge_with`].
pub fn merge(logs: &[impl AsRef<Path>], output: &Path) -> Result<Merged> {
    merge_with(logs, output, &MergeOptions::new())
}

/// Merges rank logs into the HDF5 file `output`. The logs stay.
///
/// A log that cannot be read is left out: [`Merged`] says which, and the file lists the ranks
/// that it lacks. The file is read back and counted before this returns.
///
/// ```no_run
/// use scope_profiler::merge::{MergeMode, MergeOptions, find_logs, merge_with};
///
/// let logs = find_logs(&["run.h5.d"])?;
/// let merged = merge_with(&logs, "run.h5".as_ref(), &MergeOptions::new().mode(MergeMode::Copy))?;
/// for log in &merged.unreadable {
///     eprintln!("{}: {}", log.path.display(), log.reason);
/// }
/// # Ok::<(), scope_profiler::Error>(())
/// ```
///
/// # Errors
///
/// When no log can be read, two logs are of the same rank, `output` is one of the logs, the mode is
/// [`MergeMode::Keep`], or the file cannot be written. An existing file is then left unchanged. Only
/// files are replaced: a directory, device, pipe or socket at `output` is an error.
pub fn merge_with(logs: &[impl AsRef<Path>], output: &Path, options: &MergeOptions) -> Result<Merged> {
    options.check(output)?;
    let _undisturbed = sys::signals::Undisturbed::by_file_size();
    let inputs = Inputs::look_at(logs, output)?;
    match options.mode.for_logs(inputs.ranks.len(), inputs.bytes()) {
        MergeMode::Copy => copy::merge(inputs, output, options),
        MergeMode::Link => link::merge(inputs, output, options),
        MergeMode::Keep | MergeMode::Auto => Err(Error::config(format!(
            "{}: MergeMode::Keep leaves the logs as they are; merge them with Auto, Copy or Link",
            output.display()
        ))),
    }
}
