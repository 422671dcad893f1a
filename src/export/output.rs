//! Where an exporter writes to.

use crate::error::{Error, Result};
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

/// Takes the bytes of an exporter. Its own methods, [`write_fmt`](Self::write_fmt) of `write!` among them, fail with
/// an [`Error`] that names the file; for crates that want a [`Write`] it is one.
///
/// It does not buffer: write large pieces.
pub struct Output<'a> {
    inner: &'a mut dyn Write,
    path: &'a Path,
}

impl<'a> Output<'a> {
    pub(super) fn new(inner: &'a mut dyn Write, path: &'a Path) -> Self {
        Self { inner, path }
    }

    /// Writes all of these bytes.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        self.inner.write_all(bytes).map_err(|error| self.error(error))
    }

    /// Writes formatted text, for `write!` and `writeln!`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> Result<()> {
        self.inner.write_fmt(text).map_err(|error| self.error(error))
    }

    /// What to return when writing has failed with this.
    #[must_use]
    pub fn error(&self, error: io::Error) -> Error {
        Error::io(self.path, "cannot write the export", error)
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
