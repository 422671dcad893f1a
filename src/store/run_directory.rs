//! The directory with the logs of a run: beside the output file, with its name plus `.d`.

use super::rank_log::LogWriter;
use crate::comm::Comm;
use crate::error::{Error, Result};
use crate::output::{directory_of, what_is_wrong_with};
use crate::shell;
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

/// Creates this process's log. Its name has the run and the rank, so that runs in one directory
/// do not mix: `profiling_data.h5.d/20261121T093000Z-4711-rank00003.log`.
///
/// # Errors
///
/// When the directory of the output file does not exist or cannot be written: this shows at the start, not
/// after a day of computing.
pub(crate) fn create_log(output: &Path, comm: &Comm) -> Result<(LogWriter, String)> {
    let parent = directory_of(output);
    if !parent.is_dir() {
        let missing = || {
            format!(
                "the output directory {} does not exist; create it or set another file_path",
                shell::shown(parent).display()
            )
        };
        return Err(Error::config(format!(
            "{}: {}",
            shell::shown(output).display(),
            what_is_wrong_with(shell::shown(parent)).unwrap_or_else(missing)
        )));
    }
    let directory = log_directory(output);
    let cannot = |error| Error::io(&directory, "cannot write to the output directory", error);
    let create = || match std::fs::create_dir(&directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(cannot(error)),
        _ => check_owner(&directory, parent),
    };
    create()?;
    if !directory.is_dir() {
        return Err(Error::config(format!(
            "{}: is no directory, and the logs of {} go into a directory of this name; move it away or set \
             another file_path",
            shell::shown(&directory).display(),
            shell::shown(output).display()
        )));
    }
    let run = comm
        .job
        .clone()
        .unwrap_or_else(|| format!("{}-{}", time_in_a_name(), std::process::id()));
    let mut again = 0;
    // A further session of the same run gets a number.
    let mut session = 1;
    loop {
        let run = if session == 1 {
            run.clone()
        } else {
            format!("{run}.{session}")
        };
        let path = directory.join(log_name(&run, comm.rank));
        match LogWriter::create(&path) {
            Ok(log) => return Ok((log, run)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => session += 1,
            // Another process has removed the directory together with its last log.
            Err(error) if error.kind() == io::ErrorKind::NotFound && again < 100 => {
                again += 1;
                create()?;
            }
            Err(error) => return Err(cannot(error)),
        }
    }
}

/// The present time, for a file's name.
pub(crate) fn time_in_a_name() -> String {
    Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Where everyone may create files, another user may have made the directory, or a link to a different one:
/// nothing is written there.
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
        shell::shown(directory).display()
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

/// The rank in the name of a log.
pub(crate) fn rank_of_log(log: &Path) -> Option<u32> {
    let name = log.file_name()?.to_str()?.strip_suffix(".log")?;
    name.rsplit_once("-rank")?.1.parse().ok()
}

/// The run in the name of a log.
pub(crate) fn run_of_log(log: &Path) -> Option<&str> {
    let name = log.file_name()?.to_str()?.strip_suffix(".log")?;
    Some(name.rsplit_once("-rank")?.0)
}

/// Whether all logs of a launch share this name of a run; otherwise it is made of time and process, and
/// names one log alone.
#[cfg(feature = "hdf5")]
pub(crate) fn is_name_of_a_launch(run: &str) -> bool {
    !run.is_empty() && !run.contains('-')
}

/// The path of the log of this rank in the same run as `log`.
pub(crate) fn log_of_rank(log: &Path, run: &str, rank: u32) -> PathBuf {
    log.with_file_name(log_name(run, rank))
}

/// The logs of other ranks of the same run beside `log`.
pub(crate) fn logs_of_others(log: &Path) -> Vec<PathBuf> {
    let runs = logs_by_run(directory_of(log)).unwrap_or_default();
    let of_run = runs
        .into_iter()
        .filter(|(run, _)| run_of_log(log) == Some(run))
        .flat_map(|(_, logs)| logs);
    of_run
        .filter(|other| rank_of_log(other) != rank_of_log(log))
        .collect()
}

/// Removes a log that has been merged, and the directory when it was the last one in it.
pub(crate) fn remove_log(log: &Path) {
    // If it cannot be removed, nothing is lost.
    std::fs::remove_file(log).ok();
    if let Some(directory) = log.parent() {
        std::fs::remove_dir(directory).ok();
    }
}

/// The rank logs at `paths`: files as given, and the logs in directories, in order of
/// their names.
///
/// ```no_run
/// let logs = scope_profiler::merge::find_logs(&["profiling_data.h5.d"])?;
/// scope_profiler::merge::merge(&logs, "profiling_data.h5".as_ref())?;
/// # Ok::<(), scope_profiler::Error>(())
/// ```
///
/// # Errors
///
/// When a path does not exist, or a directory has no logs or those of several runs: then name the files
/// of one run, or choose it with [`find_logs_of_run`].
pub fn find_logs(paths: &[impl AsRef<Path>]) -> Result<Vec<PathBuf>> {
    find(paths, None)
}

/// As [`find_logs`], and of directories only the logs of the run of this name: what stands before
/// `-rank` in the names of its logs.
///
/// ```no_run
/// let logs = scope_profiler::merge::find_logs_of_run(&["profiling_data.h5.d"], "8f3a2c1d")?;
/// scope_profiler::merge::merge(&logs, "profiling_data.h5".as_ref())?;
/// # Ok::<(), scope_profiler::Error>(())
/// ```
///
/// # Errors
///
/// When a path does not exist, or a directory has no logs of this run: the message lists the runs
/// that it has.
pub fn find_logs_of_run(paths: &[impl AsRef<Path>], run: &str) -> Result<Vec<PathBuf>> {
    find(paths, Some(run))
}

fn find(paths: &[impl AsRef<Path>], run: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut logs = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        if path.is_dir() {
            logs.extend(logs_in(path, run)?);
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

fn logs_by_run(directory: &Path) -> io::Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut runs: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if let (Some(run), Some(_)) = (run_of_log(&path), rank_of_log(&path)) {
            runs.entry(run.to_owned()).or_default().push(path.clone());
        }
    }
    runs.values_mut().for_each(|logs| logs.sort());
    Ok(runs)
}

fn logs_in(directory: &Path, run: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut runs =
        logs_by_run(directory).map_err(|error| Error::io(directory, "cannot list the directory", error))?;
    if let Some(logs) = run.and_then(|run| runs.remove(run)) {
        return Ok(logs);
    }
    let shown = directory.display();
    match (run, runs.len()) {
        (_, 0) => Err(Error::not_found(format!("{shown}: there are no rank logs in it"))),
        (Some(run), _) => Err(Error::not_found(format!(
            "{shown}: there are no logs of a run {run} in it, but of {}",
            by_age(&runs).join(", ")
        ))),
        (None, 1) => Ok(runs.into_values().flatten().collect()),
        (None, several) => {
            let names = by_age(&runs);
            Err(Error::config(format!(
                "{shown}: holds the logs of {several} runs ({}; the last is the latest); choose one as with \
                 --run {}, or name its files",
                names.join(", "),
                names[names.len() - 1]
            )))
        }
    }
}

/// The names of the runs, with the latest last.
fn by_age(runs: &BTreeMap<String, Vec<PathBuf>>) -> Vec<&str> {
    let written = |log: &PathBuf| log.metadata().and_then(|log| log.modified()).ok();
    let mut names: Vec<_> = runs
        .iter()
        .map(|(run, logs)| (logs.iter().filter_map(written).max(), run.as_str()))
        .collect();
    names.sort();
    names.into_iter().map(|(_, run)| run).collect()
}
