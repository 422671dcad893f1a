//! Files that appear under their name only when they are complete.

#[cfg(feature = "pproc")]
use crate::error::{Error, Result};
#[cfg(feature = "pproc")]
use std::io::Write;
use std::path::Path;
#[cfg(all(unix, feature = "pproc"))]
use std::{fs::Permissions, os::unix::fs::PermissionsExt};

/// The directory that `path` lies in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes `bytes` to `path`, replacing what is there only once all is written. `what` names the
/// file's content in the error.
#[cfg(feature = "pproc")]
pub(crate) fn write(path: &Path, what: &str, bytes: &[u8]) -> Result<()> {
    if path.is_dir() || path.file_name().is_none() {
        return Err(Error::config(format!(
            "{}: is a directory; give the name of a file to write",
            path.display()
        )));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".scope-profiler-").suffix(".part");
    // As any program creates files: the umask takes away what it takes away.
    #[cfg(unix)]
    builder.permissions(Permissions::from_mode(0o666));
    builder
        .tempfile_in(directory_of(path))
        .and_then(|mut file| file.write_all(bytes).map(|()| file))
        .and_then(|file| file.persist(path).map_err(|error| error.error))
        .map(drop)
        .map_err(|error| Error::io(path, format!("cannot write the {what}"), error))
}
