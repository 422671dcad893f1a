//! How to merge.

use crate::error::Result;
use crate::output::{Destination, Placed, directory_to_write_to, file_to_write, replace};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempPath;

/// More ranks than this are linked rather than copied by [`Merge::Auto`].
const COPY_RANKS: usize = 256;
/// More bytes of logs than this are linked rather than copied by [`Merge::Auto`].
const COPY_BYTES: u64 = 4 << 30;

/// How the logs of several ranks become one profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Merge {
    /// [`Copy`](Self::Copy) up to 256 ranks and 4 GiB of logs, which takes some ten seconds;
    /// [`Link`](Self::Link) beyond.
    #[default]
    Auto,
    /// One file that holds everything.
    Copy,
    /// An index that refers to a file for each rank, with links that HDF5 follows by itself. The
    /// files of the ranks lie beside it in a directory of its name plus `.d`, and have to be moved
    /// together with it.
    Link,
    /// No profile: the logs stay as they are and can be merged later.
    Keep,
}

impl Merge {
    /// What is done with this many logs of so many bytes.
    pub(crate) fn for_logs(self, ranks: usize, bytes: u64) -> Self {
        match self {
            Self::Auto if ranks <= COPY_RANKS && bytes <= COPY_BYTES => Self::Copy,
            Self::Auto => Self::Link,
            chosen => chosen,
        }
    }
}

/// How far a merge has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MergeProgress {
    /// Ranks that are done.
    pub ranks: usize,
    /// All ranks.
    pub of_ranks: usize,
    /// Bytes of the logs that are done.
    pub bytes: u64,
    /// All bytes of the logs.
    pub of_bytes: u64,
}

/// How to merge.
///
/// | option | default |
/// |---|---|
/// | [`mode`](Self::mode) | [`Merge::Auto`] |
/// | [`on_progress`](Self::on_progress) | nothing |
#[derive(Clone, Default)]
pub struct MergeOptions {
    pub(super) mode: Merge,
    progress: Option<Arc<dyn Fn(MergeProgress) + Send + Sync>>,
    destination: Option<Arc<Destination>>,
}

impl MergeOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether everything is copied into one file. Defaults to [`Merge::Auto`].
    #[must_use]
    pub fn mode(mut self, mode: Merge) -> Self {
        self.mode = mode;
        self
    }

    /// Sets what is told after each rank how far the merge has come. Defaults to nothing.
    #[must_use]
    pub fn on_progress(mut self, tell: impl Fn(MergeProgress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(tell));
        self
    }

    /// Leaves alone what another process has written there meanwhile.
    pub(crate) fn into_destination(mut self, destination: &Arc<Destination>) -> Self {
        self.destination = Some(Arc::clone(destination));
        self
    }

    /// Refuses an output before any work is done for it.
    pub(super) fn check(&self, output: &Path) -> Result<()> {
        match &self.destination {
            // Another name is found where it has become impossible meanwhile.
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
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ranks_and_large_logs_are_linked() {
        assert_eq!(Merge::Auto.for_logs(4, 1 << 20), Merge::Copy);
        assert_eq!(Merge::Auto.for_logs(COPY_RANKS + 1, 1 << 20), Merge::Link);
        assert_eq!(Merge::Auto.for_logs(4, COPY_BYTES + 1), Merge::Link);
        assert_eq!(Merge::Copy.for_logs(1 << 20, u64::MAX), Merge::Copy);
    }
}
