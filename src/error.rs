//! One opaque error type; the kinds inside are free to grow.

use crate::shell;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in words for the person who ran the program: which file or value, what is
/// wrong with it, and what to do.
///
/// [`Display`](fmt::Display) prints one line. The underlying cause, where there is one, is the
/// [`source`](std::error::Error::source) and is already part of that line. The predicates tell the
/// classes apart:
///
/// | predicate | who can act |
/// |---|---|
/// | [`is_config`](Self::is_config) | the caller: a setting, a pattern or a rank that cannot be used |
/// | [`is_not_found`](Self::is_not_found) | the caller: a file, region or rank that is not there |
/// | [`is_format`](Self::is_format) | whoever wrote the file: damaged, truncated, or not ours |
/// | [`is_not_nested`](Self::is_not_nested) | the program that was measured: calls that overlap but do not nest |
/// | [`is_io`](Self::is_io) | the system: permissions, a full disk |
/// | [`is_incomplete`](Self::is_incomplete) | the other ranks: they died, or have not come to `finalize` |
///
/// ```
/// let error = scope_profiler::ProfilingH5Reader::open("no/such/file.h5").unwrap_err();
/// assert!(error.is_not_found());
/// assert!(error.to_string().contains("no/such/file.h5"));
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Arc<Kind>);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("{0}")]
    Config(String),
    #[error("{0}")]
    NotFound(String),
    #[error("{path}: {message}", path = shell::shown(.path).display())]
    Format { path: PathBuf, message: String },
    #[error("{path}: {message}: {source}", path = shell::shown(.path).display())]
    Io {
        path: PathBuf,
        message: String,
        source: io::Error,
    },
    #[error("{path}: {message}: {cause}", path = shell::shown(.path).display(), cause = OneLine(source))]
    Hdf5 {
        path: PathBuf,
        message: String,
        source: hdf5::Error,
    },
    #[error("{0}")]
    NotNested(String),
    #[error("{cause}; everything recorded is in {log}: make the file with `{command}`", log = shell::shown(.log).display())]
    Unmerged {
        log: PathBuf,
        command: String,
        #[source]
        cause: Error,
    },
    #[error("{0}")]
    Plot(String),
    #[error("{0}")]
    Incomplete(String),
}

/// HDF5 reports a stack of causes over several lines; a user's message has one.
struct OneLine<'a>(&'a hdf5::Error);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(text.lines().next().unwrap_or("HDF5 gave no reason"))
    }
}

impl Error {
    #[cold]
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Kind::Config(message.into()).into()
    }

    #[cold]
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Kind::NotFound(message.into()).into()
    }

    #[cold]
    pub(crate) fn format(path: &Path, message: impl Into<String>) -> Self {
        Kind::Format {
            path: path.into(),
            message: message.into(),
        }
        .into()
    }

    #[cold]
    pub(crate) fn io(path: &Path, message: impl Into<String>, source: io::Error) -> Self {
        Kind::Io {
            path: path.into(),
            message: message.into(),
            source,
        }
        .into()
    }

    #[cold]
    pub(crate) fn hdf5(path: &Path, message: impl Into<String>, source: hdf5::Error) -> Self {
        Kind::Hdf5 {
            path: path.into(),
            message: message.into(),
            source,
        }
        .into()
    }

    #[cold]
    pub(crate) fn not_nested(message: impl Into<String>) -> Self {
        Kind::NotNested(message.into()).into()
    }

    #[cold]
    #[cfg_attr(not(feature = "pproc"), allow(dead_code))]
    pub(crate) fn plot(message: impl Into<String>) -> Self {
        Kind::Plot(message.into()).into()
    }

    #[cold]
    pub(crate) fn incomplete(message: impl Into<String>) -> Self {
        Kind::Incomplete(message.into()).into()
    }

    /// The file could not be made, but its log is there; or those of `run`, in the directory `log`.
    #[cold]
    pub(crate) fn unmerged(self, log: &Path, run: Option<&str>, output: &Path) -> Self {
        Kind::Unmerged {
            log: log.into(),
            command: shell::merge_command(log, run, output),
            cause: self,
        }
        .into()
    }

    /// The text without the file's name, for a list of what is wrong with one file.
    pub(crate) fn without_path(&self) -> String {
        match self.kind() {
            Kind::Format { message, .. } => message.clone(),
            Kind::Io { message, source, .. } => format!("{message}: {source}"),
            Kind::Hdf5 { message, source, .. } => format!("{message}: {}", OneLine(source)),
            _ => self.to_string(),
        }
    }

    /// The class of the error, whatever it led to.
    fn kind(&self) -> &Kind {
        match &*self.0 {
            Kind::Unmerged { cause, .. } => cause.kind(),
            kind => kind,
        }
    }

    /// A setting, pattern or rank specification that cannot be used.
    #[must_use]
    pub fn is_config(&self) -> bool {
        matches!(self.kind(), Kind::Config(_))
    }

    /// A file, region or rank that is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind(), Kind::NotFound(_))
    }

    /// A file that is damaged, truncated, or not in a format this crate reads.
    #[must_use]
    pub fn is_format(&self) -> bool {
        matches!(self.kind(), Kind::Format { .. } | Kind::Hdf5 { .. })
    }

    /// Calls of one thread that partly overlap, so that times by nesting are undefined.
    #[must_use]
    pub fn is_not_nested(&self) -> bool {
        matches!(self.kind(), Kind::NotNested(_))
    }

    /// Ranks are missing from the end of a run: what there is of them is in the file or in logs.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        matches!(self.kind(), Kind::Incomplete(_))
    }

    /// The operating system refused: permissions, a full disk, a directory that is missing.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(self.kind(), Kind::Io { .. })
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Error(Arc::new(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn an_error_names_the_file_and_carries_its_cause() {
        let cause = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = Error::io(Path::new("out/run.h5"), "cannot write", cause);
        assert_eq!(error.to_string(), "out/run.h5: cannot write: permission denied");
        assert!(std::error::Error::source(&error).is_some());
    }
}
