//! A file that is open for reading.

use super::failure::Failure;
use super::file;
use super::header::RawFile;
use crate::error::{Error, Result};
use hdf5::{Dataset, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The first bytes of an HDF5 file without a user block.
const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Bytes at the beginning of a file that say how it is laid out.
const HEAD_BYTES: usize = 64;

/// The most datasets that stay open; each takes about ten kilobytes.
const KEPT_OPEN: usize = 1 << 10;

/// The file that was used last. Any number of ranks is read with one file open at a time.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct LastFile(Arc<Mutex<Option<(PathBuf, File)>>>);

impl LastFile {
    /// The file at `path`, open.
    fn get(&self, path: &Path) -> hdf5::Result<File> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = last.as_ref().filter(|(open, _)| open == path) {
            return Ok(file.clone());
        }
        let file = file::open(path)?;
        *last = Some((path.into(), file.clone()));
        Ok(file)
    }
}

/// An HDF5 file that is open for reading.
#[derive(Debug)]
pub(in crate::store) struct Opened {
    path: PathBuf,
    access: Access,
    /// The same file for what is read without the library.
    raw: Option<RawFile>,
    len: u64,
    /// Whether there is no user block, so that addresses are positions in the file.
    starts_at_0: bool,
    /// The number of datasets that stay open, up to a limit.
    kept_open: AtomicUsize,
}

/// How the file is kept open.
#[derive(Debug)]
enum Access {
    Open(File),
    /// One of many, opened when needed.
    Shared(LastFile),
}

impl Opened {
    /// Opens the file at `path`, `len` bytes long, which begins with `head`.
    pub(in crate::store) fn open(path: &Path, len: u64, head: &[u8]) -> Result<Self> {
        let file = file::open(path).map_err(|error| refusal(path, error))?;
        Ok(Self {
            raw: RawFile::open(path, len, head),
            ..Self::new(path, len, head, Access::Open(file), 0)
        })
    }

    /// Opens a file that we have written ourselves.
    pub(in crate::store) fn open_own(path: &Path) -> Result<Self> {
        let len = path.metadata().map_or(0, |file| file.len());
        let mut head = [0; HEAD_BYTES];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
        Self::open(path, len, if read.is_ok() { &head } else { SIGNATURE })
    }

    /// Opens a file like [`open`](Self::open), as one of many of which only the last used one stays open.
    pub(in crate::store) fn open_shared(path: &Path, len: u64, head: &[u8], last: &LastFile) -> Result<Self> {
        last.get(path).map_err(|error| refusal(path, error))?;
        // A dataset that stays open would keep its file open.
        Ok(Self::new(
            path,
            len,
            head,
            Access::Shared(last.clone()),
            KEPT_OPEN,
        ))
    }

    fn new(path: &Path, len: u64, head: &[u8], access: Access, kept_open: usize) -> Self {
        Self {
            path: path.into(),
            access,
            raw: None,
            len,
            starts_at_0: head.starts_with(SIGNATURE),
            kept_open: AtomicUsize::new(kept_open),
        }
    }

    pub(in crate::store) fn path(&self) -> &Path {
        &self.path
    }

    /// The length of the file, bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The file, if parts of it can be read without the library.
    pub(super) fn raw(&self) -> Option<&RawFile> {
        self.raw.as_ref()
    }

    pub(super) fn file(&self) -> hdf5::Result<File> {
        match &self.access {
            Access::Open(file) => Ok(file.clone()),
            Access::Shared(last) => last.get(&self.path),
        }
    }

    /// The position of the dataset's values, where they are in a single place of this file.
    pub(super) fn place_of(&self, dataset: &Dataset) -> Option<u64> {
        // With a user block, the library adds its length even to the address that means none.
        dataset.offset().filter(|_| self.starts_at_0)
    }

    /// Whether one more dataset may stay open.
    pub(super) fn keeps_one_more_open(&self) -> bool {
        self.kept_open.fetch_add(1, Ordering::Relaxed) < KEPT_OPEN
    }

    /// An error about this file.
    #[cold]
    pub(in crate::store) fn damaged(&self, message: impl Into<String>) -> Error {
        Error::format(&self.path, message)
    }

    #[cold]
    pub(super) fn hdf5(&self, message: impl Into<String>, source: hdf5::Error) -> Error {
        Error::hdf5(&self.path, message, source)
    }
}

/// Says why a file was not opened, and what to do about it.
#[cold]
fn refusal(path: &Path, error: hdf5::Error) -> Error {
    match Failure::of(&error) {
        Failure::NotHdf5 => Error::format(path, "not an HDF5 file"),
        Failure::Truncated => Error::format(
            path,
            "the file is truncated: the run that wrote it was interrupted, or a copy is incomplete",
        ),
        Failure::Locked => Error::hdf5_access(
            path,
            "the file is locked: another program is writing it, or the file system has no locks \
             (HDF5_USE_FILE_LOCKING=FALSE does without)",
            error,
        ),
        Failure::Other => Error::hdf5(path, "cannot be opened as an HDF5 file; it is damaged", error),
    }
}
