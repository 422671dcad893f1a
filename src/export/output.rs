//! Where an exporter writes to.

use super::spool;
use crate::error::{Error, Result};
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

/// Takes the bytes of an exporter. Its own methods, [`write_fmt`](Self::write_fmt) of `write!` among them, fail with
/// an [`Error`] that names the file; for crates that want a [`Write`] it is one, and for those that want a file there
/// is [`as_file`](Self::as_file).
///
/// It does not buffer: write large pieces.
pub struct Output<'a> {
    inner: &'a mut dyn Write,
    path: &'a Path,
    /// The file that `inner` writes to as it is.
    file: Option<&'a Path>,
}

impl<'a> Output<'a> {
    /// To a stream that is called `path`.
    pub(super) fn new(inner: &'a mut dyn Write, path: &'a Path) -> Self {
        Self {
            inner,
            path,
            file: None,
        }
    }

    /// To a new file that is to become `path`.
    pub(super) fn to_file(inner: &'a mut dyn Write, path: &'a Path, file: &'a Path) -> Self {
        Self {
            inner,
            path,
            file: Some(file),
        }
    }

    /// What the output is called, for messages. It may not be there yet, or be no file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.path
    }

    /// For what is not written from front to back: calls `write` with the path of an empty file, whose content
    /// becomes the output, the whole of it.
    ///
    /// It is the file of the export itself, or a temporary one that is copied, where the output is a pipe or
    /// compressed.
    ///
    /// ```
    /// # use scope_profiler::export::{Export, ExportOptions, Exporter, Output, Selected};
    /// # use scope_profiler::profile::Profile;
    /// # struct Backwards;
    /// # impl Exporter for Backwards {
    /// #     fn name(&self) -> &'static str { "backwards" }
    /// #     fn about(&self) -> &'static str { "written from the end" }
    /// #     fn extensions(&self) -> &'static [&'static str] { &[".backwards"] }
    /// #     fn write(&self, _: &Selected<'_>, _: &ExportOptions, out: &mut Output<'_>) -> scope_profiler::Result<()> {
    /// use std::fs::File;
    /// use std::os::unix::fs::FileExt;
    ///
    /// let mut failed = None;
    /// out.as_file(|path| {
    ///     let written = File::create(path).and_then(|file| {
    ///         file.write_all_at(b"end", 5)?;
    ///         file.write_all_at(b"start", 0)
    ///     });
    ///     failed = written.err();
    ///     Ok(())
    /// })?;
    /// failed.map_or(Ok(()), |error| Err(out.error(error)))
    /// #     }
    /// # }
    /// # let profile = Profile::builder().build();
    /// # let mut stream = Vec::new();
    /// # Export::new(&profile, &Backwards).write(&mut stream)?;
    /// # assert_eq!(stream, b"startend");
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("file");
    /// # Export::new(&profile, &Backwards).save(&path)?;
    /// # assert_eq!(std::fs::read(path)?, b"startend");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `write`, and when there is no room for a temporary file.
    pub fn as_file(&mut self, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        match self.file {
            Some(file) => write(file),
            None => spool::through_file(self, write),
        }
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
