//! Rank logs into one HDF5 file, which appears under its name only when it is complete.

use super::rank_file::LogContents;
use super::{SCHEMA_VERSION, hdf5_values as values, names};
use crate::error::{Error, Result};
use crate::output::{directory_of, file_to_write, temporary_beside};
use crate::profile::{Metadata, Value};
use crate::sys;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What went into a merged file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merged {
    /// The ranks that are in the file.
    pub ranks: Vec<u32>,
    /// Intervals written.
    pub intervals: u64,
    /// Intervals that were dropped while recording.
    pub dropped: u64,
    /// Calls that were open when recording ended.
    pub open: u64,
    /// Logs that did not come to an orderly end: everything up to their last whole block is in the
    /// file.
    pub incomplete: Vec<PathBuf>,
}

/// Merges rank logs into the HDF5 file `output`, one `rank<N>` group for each. The logs stay.
///
/// # Errors
///
/// When a log cannot be read, two logs are of the same rank, `output` is one of the logs, or the
/// file cannot be written. A file that was there before is then untouched.
pub fn merge(logs: &[impl AsRef<Path>], output: &Path) -> Result<Merged> {
    file_to_write(output)?;
    let _undisturbed = sys::signals::Undisturbed::by_file_size();
    let mut ranks: BTreeMap<u32, LogContents> = BTreeMap::new();
    for path in logs {
        if is_same_file(path.as_ref(), output) {
            return Err(Error::config(format!(
                "{}: is one of the logs; give another name for the file to write",
                output.display()
            )));
        }
        let contents = LogContents::scan(path.as_ref())?;
        let rank = contents.rank();
        if let Some(other) = ranks.insert(rank, contents) {
            return Err(Error::config(format!(
                "{} and {} are both of rank {rank}; merge the logs of one run at a time",
                other.path.display(),
                path.as_ref().display()
            )));
        }
    }
    if ranks.is_empty() {
        return Err(Error::not_found(format!(
            "{}: there are no rank logs to merge into it",
            output.display()
        )));
    }
    let temporary = temporary_beside(output)
        .map_err(|error| Error::io(output, "cannot write", error))?
        .into_temp_path();
    write(&ranks, &temporary, output, directory_of(output))?;
    temporary
        .persist(output)
        .map_err(|error| Error::io(output, "cannot write", error.error))?;
    Ok(Merged {
        ranks: ranks.keys().copied().collect(),
        intervals: ranks.values().map(|log| log.intervals).sum(),
        dropped: ranks.values().map(LogContents::dropped).sum(),
        open: ranks.values().map(LogContents::open).sum(),
        incomplete: ranks
            .values()
            .filter(|log| !log.complete)
            .map(|log| log.path.clone())
            .collect(),
    })
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Writes the file at `path`, which is to become `output`.
fn write(ranks: &BTreeMap<u32, LogContents>, path: &Path, output: &Path, scratch: &Path) -> Result<()> {
    let failed = |error| Error::hdf5(output, "cannot write", error);
    let file = hdf5::File::create(path).map_err(failed)?;
    for (key, value) in root_attributes(ranks) {
        values::attribute(&file, &key, &value).map_err(failed)?;
    }
    for (rank, log) in ranks {
        let group = file
            .create_group(&format!("{}{rank}", names::RANK_PREFIX))
            .map_err(failed)?;
        log.write(&group, output, scratch)?;
    }
    file.close().map_err(failed)
}

/// Facts about the run, from the lowest rank.
fn root_attributes(ranks: &BTreeMap<u32, LogContents>) -> Metadata {
    let mut facts = ranks
        .values()
        .next()
        .map(|log| log.run.clone())
        .unwrap_or_default();
    facts.remove("rank");
    facts.insert(names::SCHEMA.into(), Value::Int(SCHEMA_VERSION));
    for (key, n) in [
        (
            "written_intervals",
            ranks.values().map(|log| log.intervals).sum::<u64>(),
        ),
        (
            "dropped_intervals",
            ranks.values().map(LogContents::dropped).sum(),
        ),
        ("open_calls", ranks.values().map(LogContents::open).sum()),
    ] {
        facts.insert(key.into(), Value::Int(i64::try_from(n).unwrap_or(i64::MAX)));
    }
    facts
}
