//! All ranks in one file.

use super::super::hdf5::NewFile;
use super::super::names;
use super::super::rank_file::{LogFailure, LogsAhead};
use super::inputs::Inputs;
use super::totals::{Gathered, RankSummary};
use super::verify::{Depth, verify};
use super::{MergeMode, MergeOptions, Merged};
use crate::error::{Error, Result};
use crate::output::{directory_of, temporary_beside};
use std::path::{Path, PathBuf};

/// Copies the ranks one after the other, so that memory does not grow with their number.
pub(super) fn merge(inputs: Inputs, output: &Path, options: &MergeOptions) -> Result<Merged> {
    let temporary = temporary_beside(output)
        .map_err(|error| Error::io(output, "cannot write", error))?
        .into_temp_path();
    let file = NewFile::create(&temporary, output, options.compress)?;
    let mut gathered = Gathered::new(MergeMode::Copy);
    options.tell(inputs.progress(0));
    let mut logs = LogsAhead::new(inputs.ranks.values().map(|input| input.path.clone()));
    for (done, (&rank, input)) in inputs.ranks.iter().enumerate() {
        let outcome = add_rank(&file, rank, &mut logs, output);
        gathered.add(rank, &input.path, outcome)?;
        options.tell(inputs.progress(done + 1));
    }
    gathered.finish(inputs, &file)?;
    file.close()?;
    verify(&temporary, output, &gathered.ranks, Depth::Columns)?;
    let placed = options
        .place(temporary, output)
        .map_err(|error| Error::io(output, "cannot write", error))?;
    Ok(Merged {
        output: placed.path,
        replaced: placed.replaced,
        ..gathered.into_merged()
    })
}

/// Writes the group of a rank, whose log is the next one; nothing when it cannot be read.
pub(super) fn add_rank(
    file: &NewFile,
    rank: u32,
    logs: &mut LogsAhead<impl Iterator<Item = PathBuf>>,
    output: &Path,
) -> Result<RankSummary, LogFailure> {
    let contents = logs.next().unwrap_or_else(|| unreachable!("each rank has a log"));
    let contents = contents.map_err(LogFailure::Log)?;
    let name = format!("{}{rank}", names::RANK_PREFIX);
    let group = file.create_group(&name).map_err(LogFailure::Output)?;
    let times = logs.times();
    let written = contents.write(&group, directory_of(output), times, || logs.summary());
    if let Err(LogFailure::Log(_)) = &written {
        // It could be read before, and no longer can.
        file.remove(&name).map_err(LogFailure::Output)?;
    }
    written.map(|()| RankSummary::from(&*contents))
}
