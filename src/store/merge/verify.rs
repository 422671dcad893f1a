//! Reads back what was written, before the file gets its name.

use super::super::{
    hdf5::{file as hdf5_file, native::num_values},
    names,
};
use super::totals::Totals;
use crate::error::{Error, Result};
use hdf5::{File, IndexType, IterationOrder};
use std::path::Path;
use tempfile::NamedTempFile;

/// How deep to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// The number of regions of each rank.
    Groups,
    /// Also the lengths of each region's columns.
    Columns,
}

/// Counts what is in the file at `path`, which is to become `output`.
pub(super) fn verify(path: &Path, output: &Path, ranks: &[(u32, Totals)], depth: Depth) -> Result<()> {
    let cannot = |error| Error::hdf5(output, "cannot be read back after writing", error);
    let (file, _copy) = open(path).map_err(cannot)?;
    for (rank, expected) in ranks {
        let regions = file
            .group(&format!("{}{rank}/{}", names::RANK_PREFIX, names::REGIONS))
            .map_err(cannot)?;
        let mut found = (regions.len(), expected.intervals);
        if depth == Depth::Columns {
            found.1 = intervals(&regions).map_err(cannot)?;
        }
        if found != (expected.regions, expected.intervals) {
            return Err(Error::format(
                output,
                format!(
                    "rank {rank} was written with {} regions and {} intervals, but {} and {} can be read back; \
                     the disk may be at fault",
                    expected.regions, expected.intervals, found.0, found.1
                ),
            ));
        }
    }
    Ok(())
}

fn intervals(regions: &hdf5::Group) -> hdf5::Result<u64> {
    let mut sum = 0;
    for name in regions.member_names_by(IndexType::CreationOrder, IterationOrder::Increasing)? {
        let length = |column: &str| num_values(regions, &format!("{name}/{column}"));
        let (starts, ends) = (length(names::START_TIMES)?, length(names::END_TIMES)?);
        if starts != ends {
            return Err(format!("{name} has {starts} starts but {ends} ends").into());
        }
        sum += starts;
    }
    Ok(sum)
}

/// A program that another thread started while HDF5 had the file open has inherited HDF5's lock
/// on it, and keeps it for as long as it runs: then an unlocked copy is read.
fn open(path: &Path) -> hdf5::Result<(File, Option<NamedTempFile>)> {
    let error = match hdf5_file::open(path) {
        Ok(file) => return Ok((file, None)),
        Err(error) => error,
    };
    let copy = crate::output::temporary_beside(path)
        .and_then(|copy| std::fs::copy(path, copy.path()).map(|_| copy))
        .map_err(|_| error)?;
    Ok((hdf5_file::open(copy.path())?, Some(copy)))
}
