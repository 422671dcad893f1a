//! Files that appear under their name only when they are complete.

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells temporary files of one process apart.
static ATTEMPTS: AtomicU64 = AtomicU64::new(0);

/// Writes `bytes` to `path`, replacing what is there only once all is written.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let Some(name) = path.file_name() else {
        return Err(Error::config(format!(
            "{}: not the name of a file to write",
            path.display()
        )));
    };
    if path.is_dir() {
        return Err(Error::config(format!(
            "{}: is a directory; give the name of a file to write",
            path.display()
        )));
    }
    let mut hidden = OsString::from(".");
    hidden.push(name);
    let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
    hidden.push(format!(".{}-{attempt}.tmp", std::process::id()));
    let temporary = path.with_file_name(hidden);

    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // It may never have been made; the error that matters is the first.
        let _ = fs::remove_file(&temporary);
        Error::io(path, "the picture cannot be written", error)
    })
}
