//! A file for each rank, and an index of links to them.

use super::super::hdf5::{Group, NewFile, Opened};
use super::super::rank_file::{LogFailure, LogsAhead};
use super::super::{names, run_directory};
use super::copy::add_rank;
use super::inputs::{Inputs, LogHead};
use super::totals::{self, Gathered, Lacking, RankSummary, Totals};
use super::verify::{Depth, verify};
use super::{MergeMode, MergeOptions, Merged};
use crate::error::{Error, Result};
use crate::output::{directory_of, replace, temporary_beside};
use crate::profile::Value;
use crate::sys;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempPath;

/// Makes the file of one rank that [`MergeMode::Link`] refers to: `<output>.d/<run>-rank<number>.h5`.
/// When every rank has made its own, only the index is left to write.
///
/// # Errors
///
/// When the log cannot be read or the file cannot be written.
pub(crate) fn write_rank_file(log: &Path, output: &Path, compress: bool) -> Result<PathBuf> {
    let _undisturbed = sys::signals::Undisturbed::by_file_size();
    let head = LogHead::read(log)?;
    let files = RankFiles::new(output, &head.run)?;
    files.create_directory()?;
    let path = files.path(head.rank);
    match convert(head.rank, log, &path, compress) {
        Ok(_) => Ok(path),
        Err(LogFailure::Log(error) | LogFailure::Output(error)) => Err(error),
    }
}

/// Makes the files of the ranks that have none yet, and the index.
pub(super) fn merge(inputs: Inputs, output: &Path, options: &MergeOptions) -> Result<Merged> {
    let files = RankFiles::new(output, &inputs.run)?;
    files.create_directory()?;
    let mut gathered = Gathered::new(MergeMode::Link);
    let (mut rank_files, mut reused) = (Vec::new(), Vec::new());
    options.tell(inputs.progress(0));
    for (done, (&rank, input)) in inputs.ranks.iter().enumerate() {
        let path = files.path(rank);
        let there = already_made(&path, rank, input.bytes, options.compress);
        if there.is_some() {
            reused.push(rank);
        }
        let outcome = there.map_or_else(|| convert(rank, &input.path, &path, options.compress), Ok);
        if gathered.add(rank, &input.path, outcome)? {
            rank_files.push(path);
        }
        options.tell(inputs.progress(done + 1));
    }
    let index = write_index(&files, &mut gathered, inputs, output)?;
    let placed = options
        .place(index, output)
        .map_err(|error| Error::io(output, "cannot write", error))?;
    Ok(Merged {
        output: placed.path,
        replaced: placed.replaced,
        rank_files,
        reused,
        ..gathered.into_merged()
    })
}

/// Writes the index, which has no name yet.
fn write_index(
    files: &RankFiles,
    gathered: &mut Gathered,
    inputs: Inputs,
    output: &Path,
) -> Result<TempPath> {
    let temporary = temporary_beside(output)
        .map_err(|error| Error::io(output, "cannot write", error))?
        .into_temp_path();
    // Links are all that it has.
    let file = NewFile::create(&temporary, output, false)?;
    gathered.finish(inputs, &file)?;
    file.attribute(names::RANK_FILES, &Value::Text(files.prefix.clone()))?;
    for (rank, _) in &gathered.ranks {
        let group = format!("{}{rank}", names::RANK_PREFIX);
        file.link(&files.link(*rank), &group)?;
    }
    file.close()?;
    verify(&temporary, output, &gathered.ranks, Depth::Groups)?;
    Ok(temporary)
}

/// Writes the file of a rank: a profile of its own with this rank alone.
fn convert(rank: u32, log: &Path, path: &Path, compress: bool) -> Result<RankSummary, LogFailure> {
    let failed = LogFailure::Output;
    let cannot = |error| LogFailure::Output(Error::io(path, "cannot write", error));
    // Taken before the log is read: if the log grows meanwhile, the file is made again.
    let bytes = std::fs::metadata(log).map_or(0, |log| log.len());
    let temporary = temporary_beside(path).map_err(cannot)?.into_temp_path();
    let file = NewFile::create(&temporary, path, compress).map_err(failed)?;
    let mut logs = LogsAhead::new([log.to_path_buf()].into_iter());
    let mut summary = add_rank(&file, rank, &mut logs, path)?;
    file.attribute(names::LOG_BYTES, &totals::int(bytes))
        .map_err(failed)?;
    if compress {
        file.attribute(names::COMPRESSED, &Value::Int(1))
            .map_err(failed)?;
    }
    totals::write_attributes(&file, summary.run.clone(), summary.totals, &Lacking::default())
        .map_err(failed)?;
    file.close().map_err(failed)?;
    verify(&temporary, path, &[(rank, summary.totals)], Depth::Columns).map_err(LogFailure::Output)?;
    replace(temporary, path).map_err(cannot)?;
    summary.run.remove("rank");
    Ok(summary)
}

/// The file at `path`, if it exists and was made from a log of so many bytes, and is compressed where it is to be.
fn already_made(path: &Path, rank: u32, log_bytes: u64, compress: bool) -> Option<RankSummary> {
    if !path.is_file() {
        return None;
    }
    let root = Group::root(&Arc::new(Opened::open_own(path).ok()?)).ok()?;
    let mut run = root.attributes(|_| true).ok()?;
    let is_compressed = run.remove(names::COMPRESSED) == Some(Value::Int(1));
    let mut take = |key: &str| match run.remove(key) {
        Some(Value::Int(n)) => u64::try_from(n).ok(),
        _ => None,
    };
    let made_of = take(names::LOG_BYTES)?;
    let group = root.group(&format!("{}{rank}", names::RANK_PREFIX)).ok()?;
    let complete = group.attributes(|name| name == names::COMPLETE).ok()?;
    let totals = Totals {
        regions: group.group(names::REGIONS).ok()?.num_members(),
        intervals: take(names::WRITTEN_INTERVALS)?,
        dropped: take(names::DROPPED_INTERVALS)?,
        open: take(names::OPEN_CALLS)?,
    };
    (made_of == log_bytes && (is_compressed || !compress)).then_some(RankSummary {
        totals,
        complete: complete.get(names::COMPLETE) == Some(&Value::Int(1)),
        run,
    })
}

/// The directory and the names of the ranks' files.
#[derive(Debug)]
struct RankFiles {
    /// The directory of the index.
    directory: PathBuf,
    /// The beginning of their names, relative to it.
    prefix: String,
}

impl RankFiles {
    fn new(output: &Path, run: &str) -> Result<Self> {
        let directory = run_directory::log_directory(output);
        let Some(name) = directory.file_name().and_then(|name| name.to_str()) else {
            return Err(Error::config(format!(
                "{}: HDF5 links need a file name in UTF-8; choose another one, or MergeMode::Copy",
                output.display()
            )));
        };
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || ".-_".contains(c) {
                c
            } else {
                '_'
            }
        };
        let run: String = run.chars().map(plain).collect();
        Ok(Self {
            directory: directory_of(output).into(),
            prefix: format!("{name}/{run}-rank"),
        })
    }

    /// The name of a rank's file in the index.
    fn link(&self, rank: u32) -> String {
        names::rank_file(&self.prefix, rank)
    }

    fn path(&self, rank: u32) -> PathBuf {
        self.directory.join(self.link(rank))
    }

    fn create_directory(&self) -> Result<()> {
        let path = self.path(0);
        let directory = directory_of(&path);
        match std::fs::create_dir(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(Error::io(directory, "cannot be created", error))
            }
            _ => Ok(()),
        }
    }
}
