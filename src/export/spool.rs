//! Parts of a document that come to be at the same time, and stand in it one after the other.

use super::output::Output;
use crate::error::Result;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use tempfile::{NamedTempFile, SpooledTempFile};

/// Beyond that a part goes to a temporary file.
const IN_MEMORY: usize = 1 << 17;

/// One part: in memory while it is short, in a temporary file without a name when it grows.
#[derive(Debug)]
pub(super) struct Spool(SpooledTempFile);

impl Spool {
    pub(super) fn new() -> Self {
        Self(SpooledTempFile::new(IN_MEMORY))
    }

    /// Adds bytes.
    pub(super) fn add(&mut self, bytes: &[u8], out: &Output<'_>) -> Result<()> {
        self.0
            .write_all(bytes)
            .map_err(|error| out.error(of_temporary(error)))
    }

    /// Writes all of it.
    pub(super) fn write_to(mut self, out: &mut Output<'_>) -> Result<()> {
        self.0.rewind().map_err(|error| out.error(of_temporary(error)))?;
        copy(&mut self.0, out)
    }
}

/// Writes what `write` puts into the file whose path it is given.
pub(super) fn through_file(out: &mut Output<'_>, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let mut file = NamedTempFile::new().map_err(|error| out.error(of_temporary(error)))?;
    write(file.path())?;
    copy(&mut file, out)
}

fn copy(from: &mut impl Read, out: &mut Output<'_>) -> Result<()> {
    let mut piece = vec![0; IN_MEMORY];
    loop {
        let read = from
            .read(&mut piece)
            .map_err(|error| out.error(of_temporary(error)))?;
        if read == 0 {
            return Ok(());
        }
        out.write_all(&piece[..read])?;
    }
}

fn of_temporary(error: io::Error) -> io::Error {
    let directory = std::env::temp_dir();
    let directory = directory.display();
    io::Error::new(
        error.kind(),
        format!("a temporary file in {directory}, which TMPDIR can change: {error}"),
    )
}
