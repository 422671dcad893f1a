//! How to merge.

use crate::config::MergeMode;
use crate::error::Result;
use crate::output::{Destination, Placed, directory_to_write_to, file_to_write, replace};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempPath;

/// The progress of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MergeProgress {
    /// Ranks done.
    pub ranks: usize,
    /// All ranks.
    pub of_ranks: usize,
    /// Bytes of logs done.
    pub bytes: u64,
    /// Bytes of all logs.
    pub of_bytes: u64,
}

/// How to merge.
///
/// | option | default |
/// |---|---|
/// | [`mode`](Self::mode) | [`MergeMode::Auto`] |
/// | [`compress`](Self::compress) | `false` |
/// | [`on_progress`](Self::on_progress) | nothing |
#[derive(Clone, Default)]
pub struct MergeOptions {
    pub(super) mode: MergeMode,
    pub(super) compress: bool,
    progress: Option<Arc<dyn Fn(MergeProgress) + Send + Sync>>,
    destination: Option<Arc<Destination>>,
}

impl MergeOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether everything is copied into one file. Defaults to [`MergeMode::Auto`].
    #[must_use]
    pub fn mode(mut self, mode: MergeMode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets whether the file is compressed: about 4 bytes an interval instead of 16, for about twice the processor
    /// time, on all cores. Every reader of HDF5 reads it. Defaults to `false`.
    #[must_use]
    pub fn compress(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// Sets a function that is called with the progress after each rank. Defaults to none.
    #[must_use]
    pub fn on_progress(mut self, tell: impl Fn(MergeProgress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(tell));
        self
    }

    /// Does not replace what another process has written there meanwhile.
    pub(crate) fn into_destination(mut self, destination: &Arc<Destination>) -> Self {
        self.destination = Some(Arc::clone(destination));
        self
    }

    /// Refuses an output before any work is done.
    pub(super) fn check(&self, output: &Path) -> Result<()> {
        match &self.destination {
            // If it has become impossible since, another name is used.
            Some(_) => directory_to_write_to(output),
            None => file_to_write(output),
        }
    }

    /// Gives a finished file its name.
    pub(super) fn place(&self, file: TempPath, output: &Path) -> io::Result<Placed> {
        match &self.destination {
            Some(destination) => destination.place(file),
            None => replace(file, output).map(|replaced| Placed {
                path: output.into(),
                replaced,
            }),
        }
    }

    pub(super) fn tell(&self, progress: MergeProgress) {
        if let Some(tell) = &self.progress {
            tell(progress);
        }
    }
}

impl fmt::Debug for MergeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MergeOptions")
            .field("mode", &self.mode)
            .field("compress", &self.compress)
            .finish_non_exhaustive()
    }
}
