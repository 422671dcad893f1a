//! Reading back the file that a session has just written.

use crate::error::Result;
use crate::output::directory_of;
use crate::store::reader::ProfilingH5Reader;
use std::path::Path;
use tempfile::NamedTempFile;

/// The file that has just been written, open for reading.
pub(super) struct Written {
    pub(super) reader: ProfilingH5Reader,
    /// The copy that is read instead, if there is one.
    _copy: Option<NamedTempFile>,
}

impl Written {
    /// A program that another thread started while HDF5 had the file open has inherited HDF5's
    /// lock on it, and keeps it for as long as it runs: then an unlocked copy is read.
    pub(super) fn open(output: &Path) -> Result<Self> {
        let error = match ProfilingH5Reader::open(output) {
            Ok(reader) => return Ok(Self { reader, _copy: None }),
            Err(error) => error,
        };
        let copy = NamedTempFile::new_in(directory_of(output))
            .and_then(|copy| std::fs::copy(output, copy.path()).map(|_| copy))
            .map_err(|_| error)?;
        Ok(Self {
            reader: ProfilingH5Reader::open(copy.path())?,
            _copy: Some(copy),
        })
    }
}
