//! Where the logs of a run lie: beside the output file, in a directory of its name plus `.d`.

use super::rank_log::LogWriter;
use crate::comm::Comm;
use crate::error::{Error, Result};
use crate::output::directory_of;
#[cfg(unix)]
use crate::sys;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The directory of the logs of all runs that write `output`.
pub(crate) fn log_directory(output: &Path) -> PathBuf {
    let mut name = OsString::from(output.as_os_str());
    name.push(".d");
    name.into()
}

/// Begins this process's log. The name carries the run and the rank, so that runs in one directory
/// do not mix: `profiling_data.h5.d/20261121T093000Z-4711-rank00003.log`.
///
/// # Errors
///
/// When the directory of the output file does not exist or cannot be written: better now than
/// after a day of computing.
pub(crate) fn create_log(output: &Path, comm: &Comm) -> Result<(LogWriter, String)> {
    let parent = directory_of(output);
    if !parent.is_dir() {
        return Err(Error::config(format!(
            "{}: the output directory {} does not exist; create it or set another file_path",
            output.display(),
            parent.display()
        )));
    }
    let directory = log_directory(output);
    let cannot = |error| Error::io(&directory, "cannot write to the output directory", error);
    match std::fs::create_dir(&directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(cannot(error)),
        _ => check_owner(&directory, parent)?,
    }
    let run = comm.job.clone().unwrap_or_else(|| {
        format!(
            "{}-{}",
            Timestamp::now().strftime("%Y%m%dT%H%M%SZ"),
            std::process::id()
        )
    });
    // A second session of the same run gets a number of its own.
    for session in 1.. {
        let run = if session == 1 {
            run.clone()
        } else {
            format!("{run}.{session}")
        };
        let path = directory.join(log_name(&run, comm.rank));
        match LogWriter::create(&path) {
            Ok(log) => return Ok((log, run)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(cannot(error)),
        }
    }
    unreachable!("the numbers do not end")
}

/// Where everyone may create files, somebody else may have made the directory, or a link that leads to
/// one of another name: nothing is written there.
#[cfg(unix)]
fn check_owner(directory: &Path, parent: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    const WRITABLE_BY_ALL: u32 = 0o002;
    let cannot = |error| Error::io(directory, "cannot write to the output directory", error);
    if parent.metadata().map_err(cannot)?.mode() & WRITABLE_BY_ALL == 0 {
        return Ok(());
    }
    let found = directory.symlink_metadata().map_err(cannot)?;
    if found.is_dir() && found.uid() == sys::user_id() {
        return Ok(());
    }
    Err(Error::config(format!(
        "{}: is there already and is a link or another user's, in a directory that everyone may write to; \
         remove it or set another file_path",
        directory.display()
    )))
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &Path) -> Result<()> {
    Ok(())
}

/// The name of a rank's log.
fn log_name(run: &str, rank: u32) -> String {
    format!("{run}-rank{rank:05}.log")
}

/// The rank that the name of a log says it is of.
pub(crate) fn rank_of_log(log: &Path) -> Option<u32> {
    let name = log.file_name()?.to_str()?.strip_suffix(".log")?;
    name.rsplit_once("-rank")?.1.parse().ok()
}

/// The run that the name of a log says it is of.
pub(crate) fn run_of_log(log: &Path) -> Option<&str> {
    let name = log.file_name()?.to_str()?.strip_suffix(".log")?;
    Some(name.rsplit_once("-rank")?.0)
}

/// Where the log of this run and rank would lie beside `log`.
pub(crate) fn log_of_rank(log: &Path, run: &str, rank: u32) -> PathBuf {
    log.with_file_name(log_name(run, rank))
}

/// Removes a log that has been merged, and the directory when it was the last one in it.
pub(crate) fn remove_log(log: &Path) {
    // What cannot be removed stays: it is no loss.
    std::fs::remove_file(log).ok();
    if let Some(directory) = log.parent() {
        std::fs::remove_dir(directory).ok();
    }
}

/// The rank logs that `paths` name: files as they are, and the logs in directories, in order of
/// their names.
///
/// ```no_run
/// let logs = scope_profiler::find_logs(&["profiling_data.h5.d"])?;
/// scope_profiler::merge(&logs, "profiling_data.h5".as_ref())?;
/// # Ok::<(), scope_profiler::Error>(())
/// ```
///
/// # Errors
///
/// When a path is not there, a directory holds no logs, or those of several runs: name the files
/// of one of them then.
pub fn find_logs(paths: &[impl AsRef<Path>]) -> Result<Vec<PathBuf>> {
    let mut logs = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        if path.is_dir() {
            logs.extend(logs_in(path)?);
        } else if path.exists() {
            logs.push(path.to_path_buf());
        } else {
            return Err(Error::not_found(format!(
                "{}: there is no such file or directory",
                path.display()
            )));
        }
    }
    Ok(logs)
}

fn logs_in(directory: &Path) -> Result<Vec<PathBuf>> {
    let cannot = |error| Error::io(directory, "cannot list the directory", error);
    let mut runs: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(directory).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some((run, _)) = name
            .strip_suffix(".log")
            .and_then(|name| name.rsplit_once("-rank"))
        {
            runs.entry(run.to_owned()).or_default().push(path.clone());
        }
    }
    if runs.len() > 1 {
        let names: Vec<&str> = runs.keys().map(String::as_str).collect();
        return Err(Error::config(format!(
            "{}: holds the logs of {} runs ({}); name the files of one, as in {}",
            directory.display(),
            names.len(),
            names.join(", "),
            directory
                .join(format!("{}-rank*.log", names[names.len() - 1]))
                .display()
        )));
    }
    let (_, mut logs) = runs
        .pop_first()
        .ok_or_else(|| Error::not_found(format!("{}: there are no rank logs in it", directory.display())))?;
    logs.sort();
    Ok(logs)
}
