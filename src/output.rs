//! Files that appear under their name only when they are complete.

use crate::error::{Error, Result};
use std::io;
#[cfg(feature = "pproc")]
use std::io::Write;
use std::path::Path;
#[cfg(unix)]
use std::{fs::Permissions, os::unix::fs::PermissionsExt};
use tempfile::NamedTempFile;

/// The directory that `path` lies in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Refuses a path that no file can be written to, before any work is done for it.
pub(crate) fn file_to_write(path: &Path) -> Result<()> {
    if path.is_dir() || path.file_name().is_none() {
        return Err(Error::config(format!(
            "{}: is a directory; give the name of a file to write",
            path.display()
        )));
    }
    let directory = directory_of(path);
    if !directory.is_dir() {
        let cause = format!("there is no directory {}; create it first", directory.display());
        return Err(Error::io(
            path,
            "cannot write",
            io::Error::new(io::ErrorKind::NotFound, cause),
        ));
    }
    Ok(())
}

/// Writes `bytes` to `path`, replacing what is there only once all is written. `what` names the
/// file's content in the error.
#[cfg(feature = "pproc")]
pub(crate) fn write(path: &Path, what: &str, bytes: &[u8]) -> Result<()> {
    file_to_write(path)?;
    temporary_beside(path)
        .and_then(|mut file| file.write_all(bytes).map(|()| file))
        .and_then(|file| file.persist(path).map_err(|error| error.error))
        .map(drop)
        .map_err(|error| Error::io(path, format!("cannot write the {what}"), error))
}

/// An empty file in the directory of `path`, to be renamed to it. It is removed when that does not
/// come to pass.
pub(crate) fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".scope-profiler-").suffix(".part");
    // As any program creates files: the umask takes away what it takes away.
    #[cfg(unix)]
    builder.permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(directory_of(path))
}
