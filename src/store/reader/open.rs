//! Opening a file: is it there, is it HDF5, which schema.

use super::attributes;
use crate::error::{Error, Result};
use crate::store::{hdf5_file, names};
use hdf5::{Dataset, File};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// How many datasets stay open; each takes some ten kilobytes.
pub(super) const KEPT_OPEN: usize = 1 << 10;

/// The file that was used last. Any number of ranks is read with one file open at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct LastFile(Arc<Mutex<Option<(PathBuf, File)>>>);

impl LastFile {
    /// The file at `path`, open.
    pub(super) fn get(&self, path: &Path) -> hdf5::Result<File> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = last.as_ref().filter(|(open, _)| open == path) {
            return Ok(file.clone());
        }
        let file = hdf5_file::open(path)?;
        *last = Some((path.into(), file.clone()));
        Ok(file)
    }
}

/// The newest schema of the Python package; numbers beyond it are unknown to everyone.
const NEWEST_SCHEMA: i64 = 3;

/// The first bytes of an HDF5 file without a user block.
const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// An HDF5 file that is open for reading, and what messages about it need.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) path: PathBuf,
    access: Access,
    pub(super) len: u64,
    /// Whether there is no user block: addresses are places in the file.
    starts_at_0: bool,
    /// How many datasets were opened, and stay so up to a limit.
    pub(super) kept_open: AtomicUsize,
}

/// How to get at the file.
#[derive(Debug)]
enum Access {
    Open(File),
    /// One of many that are opened as they are needed.
    Shared(LastFile),
}

impl Opened {
    pub(super) fn file(&self) -> hdf5::Result<File> {
        match &self.access {
            Access::Open(file) => Ok(file.clone()),
            Access::Shared(last) => last.get(&self.path),
        }
    }

    /// Where the dataset's values are, where that is a single place in this file.
    pub(super) fn place_of(&self, dataset: &Dataset) -> Option<u64> {
        // With a user block the library adds its length also to the address that stands for none.
        dataset.offset().filter(|_| self.starts_at_0)
    }

    #[cold]
    pub(super) fn damaged(&self, message: impl Into<String>) -> Error {
        Error::format(&self.path, message)
    }

    #[cold]
    pub(super) fn hdf5(&self, message: impl Into<String>, source: hdf5::Error) -> Error {
        Error::hdf5(&self.path, message, source)
    }
}

/// Opens `path`, if it is an HDF5 file.
pub(super) fn open(path: &Path) -> Result<Opened> {
    open_with(path, |path| Ok(Access::Open(hdf5_file::open(path)?)), 0)
}

/// Opens `path` as one of many files, of which the last that was used stays open.
pub(super) fn open_linked(path: &Path, last: LastFile) -> Result<Opened> {
    let shared = |path: &Path| {
        last.get(path)?;
        Ok(Access::Shared(last.clone()))
    };
    // A dataset that stays open would keep its file open.
    open_with(path, shared, KEPT_OPEN)
}

fn open_with(
    path: &Path,
    access: impl FnOnce(&Path) -> hdf5::Result<Access>,
    kept_open: usize,
) -> Result<Opened> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(format!("{}: there is no such file", path.display())),
        _ => Error::io(path, "cannot be opened", error),
    })?;
    if metadata.is_dir() {
        let hint = "this is a directory; name the HDF5 file in it, profiling_data.h5 by default";
        return Err(Error::format(path, hint));
    }
    if !metadata.is_file() {
        return Err(Error::format(path, "this is not a regular file"));
    }
    // Also tells a file without read permission from one that HDF5 refuses.
    let mut start = [0; SIGNATURE.len()];
    let read = fs::File::open(path)
        .and_then(|mut file| file.read(&mut start))
        .map_err(|error| Error::io(path, "cannot be read", error))?;
    if read == 0 {
        return Err(Error::format(
            path,
            "the file is empty; the run was interrupted before it wrote anything",
        ));
    }
    let access = access(path).map_err(|error| {
        let text = error.to_string();
        if start != SIGNATURE && text.contains("signature") {
            Error::format(path, "not an HDF5 file")
        } else if text.contains("truncated") {
            let cause =
                "the file is truncated: the run that wrote it was interrupted, or a copy is incomplete";
            Error::format(path, cause)
        } else if text.contains("unable to lock file") {
            let cause = "the file is locked: another program is writing it, or the file system has no locks \
                         (HDF5_USE_FILE_LOCKING=FALSE does without)";
            Error::hdf5(path, cause, error)
        } else {
            Error::hdf5(path, "cannot be opened as an HDF5 file; it is damaged", error)
        }
    })?;
    Ok(Opened {
        path: path.to_owned(),
        access,
        len: metadata.len(),
        starts_at_0: start == SIGNATURE,
        kept_open: AtomicUsize::new(kept_open),
    })
}

/// The schema number: absent means 1.
pub(super) fn schema(opened: &Opened) -> Result<i64> {
    let cannot = |error| opened.hdf5(format!("the attribute {} cannot be read", names::SCHEMA), error);
    let file = opened.file().map_err(cannot)?;
    let Some(attribute) = attributes::find(&file, names::SCHEMA).map_err(cannot)? else {
        return Ok(1);
    };
    let descriptor = attribute
        .dtype()
        .and_then(|dtype| dtype.to_descriptor())
        .map_err(cannot)?;
    let values: Option<usize> = attribute
        .get_shape()
        .map_err(cannot)?
        .into_iter()
        .try_fold(1, usize::checked_mul);
    if attributes::integer(&descriptor).is_none() || values != Some(1) {
        return Err(opened.damaged(format!(
            "the attribute {} must be an integer; it is of type {descriptor} with {} value(s)",
            names::SCHEMA,
            values.map_or("too many".into(), |values| values.to_string())
        )));
    }
    match attributes::numbers::<i64>(&attribute).map_err(cannot)?[..] {
        [number @ 1..=NEWEST_SCHEMA] => Ok(number),
        [number] if number > NEWEST_SCHEMA => Err(opened.damaged(format!(
            "schema {number} is newer than schema {NEWEST_SCHEMA}, the newest known here; update scope-profiler"
        ))),
        ref other => Err(opened.damaged(format!(
            "{} = {other:?} is not a schema; they are numbered 1 to {NEWEST_SCHEMA}",
            names::SCHEMA
        ))),
    }
}
