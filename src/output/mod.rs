//! Files that appear under their name only when they are complete, and take the place of nothing but
//! files.

#[cfg_attr(
    not(feature = "hdf5"),
    allow(dead_code, reason = "without a file there is nothing to place")
)]
mod destination;

pub(crate) use destination::Destination;
#[cfg(feature = "hdf5")]
pub(crate) use destination::Placed;

use crate::error::{Error, Result};
use std::fs::Metadata;
use std::io;
#[cfg(feature = "plot")]
use std::io::Write;
use std::path::Path;
#[cfg(unix)]
use std::{fs::Permissions, os::unix::fs::PermissionsExt};
use tempfile::{NamedTempFile, TempPath};

/// The directory that `path` lies in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Refuses a path that no file can be written to, before any work is done for it.
pub(crate) fn file_to_write(path: &Path) -> Result<()> {
    name_of_a_file(path)?;
    directory_to_write_to(path)
}

/// Refuses a path in a directory that is none.
pub(crate) fn directory_to_write_to(path: &Path) -> Result<()> {
    let directory = directory_of(path);
    if !directory.is_dir() {
        let missing = || format!("there is no directory {}; create it first", directory.display());
        let cause = what_is_wrong_with(directory).unwrap_or_else(missing);
        return Err(Error::io(
            path,
            "cannot write",
            io::Error::new(io::ErrorKind::NotFound, cause),
        ));
    }
    Ok(())
}

/// Refuses what is there and is no file, and what cannot be the name of one. A symbolic link may be
/// replaced, as a file may, unless it leads to one of these.
pub(crate) fn name_of_a_file(path: &Path) -> Result<()> {
    let problem = if path.as_os_str().is_empty() {
        Some("the name of the file is empty")
    } else if ends_like_a_directory(path) {
        Some("is the name of a directory; add the name of a file, as in profiling_data.h5")
    } else if is_of_the_system(path) {
        Some("is in a directory for devices and processes; choose another directory")
    } else if let Ok(metadata) = path.metadata() {
        not_a_file(&metadata)
    } else {
        None
    };
    match problem {
        Some(problem) => Err(Error::config(format!("{}: {problem}", path.display()))),
        None => Ok(()),
    }
}

fn ends_like_a_directory(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let is_separator = |byte: &u8| std::path::is_separator(char::from(*byte));
    path.file_name().is_none()
        || bytes.last().is_some_and(is_separator)
        || bytes
            .strip_suffix(b".")
            .is_some_and(|rest| rest.last().is_some_and(is_separator))
}

/// Whether it is `/dev/stdout` or one of its like: a link that may lead to a file, but is not to be
/// replaced. What is mounted below `/dev`, as `/dev/shm` is, has files.
fn is_of_the_system(path: &Path) -> bool {
    let directory = directory_of(path).canonicalize();
    directory.is_ok_and(|directory| {
        directory == Path::new("/dev") || ["/proc", "/sys"].iter().any(|of| directory.starts_with(of))
    })
}

/// What something is, if it is not a regular file.
fn not_a_file(metadata: &Metadata) -> Option<&'static str> {
    if metadata.is_dir() {
        return Some("is a directory; give the name of a file in it, as in profiling_data.h5");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_block_device() || kind.is_char_device() {
            return Some("is a device, and only regular files can be replaced; give another name");
        }
        if kind.is_fifo() {
            return Some("is a pipe, and only regular files can be replaced; give another name");
        }
        if kind.is_socket() {
            return Some("is a socket, and only regular files can be replaced; give another name");
        }
    }
    None
}

/// Whether it swallows what is written to it.
pub(crate) fn is_null_device(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let device = |path: &Path| {
            let metadata = path.metadata().ok()?;
            metadata.file_type().is_char_device().then(|| metadata.rdev())
        };
        device(path).is_some_and(|this| device(Path::new("/dev/null")) == Some(this))
    }
    #[cfg(not(unix))]
    {
        path.as_os_str().eq_ignore_ascii_case("nul")
    }
}

/// Why nothing can be written into `directory`, which is none; nothing where it is simply not there.
pub(crate) fn what_is_wrong_with(directory: &Path) -> Option<String> {
    let shown = directory.display();
    // A file on the way to it.
    let is_blocked = directory
        .ancestors()
        .any(|part| part.metadata().is_ok_and(|part| !part.is_dir()));
    if is_blocked {
        return Some(format!("{shown} is not a directory"));
    }
    let first = directory.components().next();
    let is_home = first.is_some_and(|first| first.as_os_str().as_encoded_bytes().starts_with(b"~"));
    is_home.then(|| {
        format!(
            "there is no directory {shown}; only a shell replaces ~ by a home directory, and not within quotes: \
             write $HOME there, or the whole path"
        )
    })
}

/// Gives a finished file its name, replacing what is there if that is a file; true when
/// there was one.
pub(crate) fn replace(file: TempPath, path: &Path) -> io::Result<bool> {
    // Looked at again: the work may have taken hours.
    if let Some(problem) = path.metadata().ok().as_ref().and_then(not_a_file) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, problem));
    }
    let replaced = path.symlink_metadata().is_ok();
    file.persist(path).map_err(|error| error.error)?;
    Ok(replaced)
}

/// Writes `bytes` to `path`, replacing what is there only once all is written. `what` names the
/// file's content in the error.
#[cfg(feature = "plot")]
pub(crate) fn write(path: &Path, what: &str, bytes: &[u8]) -> Result<()> {
    file_to_write(path)?;
    temporary_beside(path)
        .and_then(|mut file| file.write_all(bytes).map(|()| file))
        .and_then(|file| replace(file.into_temp_path(), path))
        .map(drop)
        .map_err(|error| Error::io(path, format!("cannot write the {what}"), error))
}

/// An empty file in the directory of `path`, to be renamed to it. It is removed when it is not
/// renamed.
pub(crate) fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".scope-profiler-").suffix(".part");
    // As any program creates files: the umask takes away what it takes away.
    #[cfg(unix)]
    builder.permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(directory_of(path))
}
