//! A first look at a file: whether it exists, its first bytes, and its schema.

#[cfg(feature = "hdf5")]
use super::super::hdf5::{Group, Opened};
#[cfg(feature = "hdf5")]
use super::names;
#[cfg(not(feature = "hdf5"))]
use crate::error::Class;
use crate::error::{Error, Result};
#[cfg(feature = "hdf5")]
use std::cell::OnceCell;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
#[cfg(feature = "hdf5")]
use std::sync::Arc;

/// The newest schema of the Python package; no larger number exists.
#[cfg(feature = "hdf5")]
const NEWEST_SCHEMA: i64 = 3;

/// The number of bytes that tell formats apart.
const HEAD_BYTES: u64 = 64;

/// A file of a format that is not known yet.
#[derive(Debug)]
pub(super) struct Probe {
    path: PathBuf,
    len: u64,
    head: Vec<u8>,
    /// The file as HDF5, opened when it is first needed.
    #[cfg(feature = "hdf5")]
    hdf5: OnceCell<(Arc<Opened>, i64)>,
}

impl Probe {
    /// Reads the beginning of a file.
    pub(super) fn new(path: &Path) -> Result<Self> {
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
        let mut head = Vec::new();
        fs::File::open(path)
            .and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head))
            .map_err(|error| Error::io(path, "cannot be read", error))?;
        if head.is_empty() {
            return Err(Error::format(
                path,
                "the file is empty; the run was interrupted before it wrote anything",
            ));
        }
        Ok(Self {
            path: path.into(),
            len: metadata.len(),
            head,
            #[cfg(feature = "hdf5")]
            hdf5: OnceCell::new(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The length of the file, bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The first bytes of the file; fewer than 64 only in a shorter file.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The file as HDF5, and the schema that it states.
    #[cfg(feature = "hdf5")]
    pub(super) fn hdf5(&self) -> Result<&(Arc<Opened>, i64)> {
        if let Some(opened) = self.hdf5.get() {
            return Ok(opened);
        }
        let file = Arc::new(Opened::open(&self.path, self.len, &self.head)?);
        let schema = schema(&file)?;
        Ok(self.hdf5.get_or_init(|| (file, schema)))
    }

    /// The error for an unknown format.
    #[cold]
    #[cfg(feature = "hdf5")]
    pub(super) fn of_no_format(&self) -> Error {
        match self.hdf5() {
            Ok((file, schema)) => file.damaged(format!("schema {schema} is not read yet")),
            Err(error) => error,
        }
    }

    /// Nobody knows the format; it may be HDF5.
    #[cold]
    #[cfg(not(feature = "hdf5"))]
    pub(super) fn of_no_format(&self) -> Error {
        if !self.head.starts_with(b"\x89HDF") {
            return Error::format(
                &self.path,
                "is not a profile in a format that is read without HDF5",
            );
        }
        Error::of(
            Class::Unsupported,
            format!(
                "{}: HDF5 files cannot be read, since the program was built without the feature hdf5 of scope-profiler",
                self.path.display()
            ),
        )
    }
}

/// The schema number: absent means 1.
#[cfg(feature = "hdf5")]
fn schema(file: &Arc<Opened>) -> Result<i64> {
    let number = Group::root(file)?.whole_number(names::SCHEMA)?;
    match number {
        None => Ok(1),
        Some(number @ 1..=NEWEST_SCHEMA) => Ok(number),
        Some(number) if number > NEWEST_SCHEMA => Err(file.damaged(format!(
            "schema {number} is newer than schema {NEWEST_SCHEMA}, the newest known here; update scope-profiler"
        ))),
        Some(number) => Err(file.damaged(format!(
            "{} = [{number}] is not a schema; they are numbered 1 to {NEWEST_SCHEMA}",
            names::SCHEMA
        ))),
    }
}
