//! Where the logs of a run lie: beside the output file, in a directory of its name plus `.d`.

use super::merge::directory_of;
use super::rank_log::LogWriter;
use crate::comm::Comm;
use crate::error::{Error, Result};
use jiff::Timestamp;
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
        _ => {}
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
        let path = directory.join(format!("{run}-rank{:05}.log", comm.rank));
        match LogWriter::create(&path) {
            Ok(log) => return Ok((log, run)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(cannot(error)),
        }
    }
    unreachable!("the numbers do not end")
}

/// Removes a log that has been merged, and the directory when it was the last one in it.
pub(crate) fn remove_log(log: &Path) {
    // What cannot be removed stays: it is no loss.
    std::fs::remove_file(log).ok();
    if let Some(directory) = log.parent() {
        std::fs::remove_dir(directory).ok();
    }
}
