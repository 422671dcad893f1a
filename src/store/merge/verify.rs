//! Reads back what was written, before the file gets its name.

use super::super::hdf5::{Group, Member, Opened};
use super::super::names;
use super::totals::Totals;
use crate::error::{Error, Result};
use std::path::Path;
use std::sync::Arc;
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
    let cannot = |error: Error| {
        let cause = error.without_path();
        Error::format(output, format!("cannot be read back after writing: {cause}"))
    };
    let (file, _copy) = open(path).map_err(cannot)?;
    let root = Group::root(&Arc::new(file)).map_err(cannot)?;
    for (rank, expected) in ranks {
        let regions = root
            .group(&format!("{}{rank}/{}", names::RANK_PREFIX, names::REGIONS))
            .map_err(cannot)?;
        let mut found = (regions.num_members(), expected.intervals);
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

fn intervals(regions: &Group) -> Result<u64> {
    let mut sum = 0;
    for member in regions.members_as_made()?.unwrap_or_default() {
        let name = &member.name;
        let (starts, ends) = lengths(regions, &member)?;
        if starts != ends {
            return Err(regions.damaged(format!("{name} has {starts} starts but {ends} ends")));
        }
        sum += starts;
    }
    Ok(sum)
}

/// How many starts and ends a region has.
fn lengths(regions: &Group, Member { name, address, .. }: &Member) -> Result<(u64, u64)> {
    let columns = [
        names::START_TIMES,
        names::END_TIMES,
        names::THREAD_IDS,
        names::SPAN_IDS,
    ];
    if let Some(mut region) = regions.plain(name, *address, &columns, &[]) {
        let mut length = |column: &str| region.take(column).map_or(0, |column| column.len());
        return Ok((length(names::START_TIMES), length(names::END_TIMES)));
    }
    let length = |column: &str| regions.num_values(&format!("{name}/{column}"));
    Ok((length(names::START_TIMES)?, length(names::END_TIMES)?))
}

/// A program that another thread started while HDF5 had the file open has inherited HDF5's lock
/// on it, and keeps it for as long as it runs: then an unlocked copy is read.
fn open(path: &Path) -> Result<(Opened, Option<NamedTempFile>)> {
    let error = match Opened::open_own(path) {
        Ok(file) => return Ok((file, None)),
        Err(error) => error,
    };
    let copy = crate::output::temporary_beside(path)
        .and_then(|copy| std::fs::copy(path, copy.path()).map(|_| copy))
        .map_err(|_| error)?;
    Ok((Opened::open_own(copy.path())?, Some(copy)))
}
