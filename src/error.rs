//! One opaque error type; the kinds inside are free to grow.

use crate::shell;
use crate::text::printable;
#[cfg(feature = "hdf5")]
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in words for the person who ran the program: which file or value, what is
/// wrong with it, and what to do.
///
/// [`Display`](std::fmt::Display) prints one line without control characters, whatever the name of a file or a
/// region, which includes the underlying cause; so
/// [`source`](std::error::Error::source) is none, and a report that walks the chain says nothing twice. The
/// predicates tell the classes apart. Each error is of exactly one:
///
/// | predicate | who can act |
/// |---|---|
/// | [`is_config`](Self::is_config) | the caller: a setting, a pattern or a rank that cannot be used |
/// | [`is_not_found`](Self::is_not_found) | the caller: a file, region or rank that is not there |
/// | [`is_format`](Self::is_format) | whoever wrote the file: damaged, truncated, or not ours |
/// | [`is_not_nested`](Self::is_not_nested) | the program that was measured: calls that overlap but do not nest |
/// | [`is_io`](Self::is_io) | the system: permissions, a full disk, a locked file |
/// | [`is_incomplete`](Self::is_incomplete) | the other ranks: they died, or have not come to `finalize` |
/// | [`is_plot`](Self::is_plot) | the caller: a picture that cannot be drawn as it was asked for |
/// | [`is_unsupported`](Self::is_unsupported) | whoever built the program: a feature of this crate is off |
/// | [`is_internal`](Self::is_internal) | the authors of this crate: please report it |
///
/// ```
/// let error = scope_profiler::ProfilingH5Reader::open("no/such/file.h5").unwrap_err();
/// assert!(error.is_not_found());
/// assert!(error.to_string().contains("no/such/file.h5"));
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", printable(&self.0.to_string()))]
pub struct Error(Arc<Kind>);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("{message}")]
    Plain { class: Class, message: String },
    #[error("{path}: {message}", path = shell::shown(.path).display())]
    Format { path: PathBuf, message: String },
    #[error("{path}: {message}: {cause}", path = shell::shown(.path).display())]
    Io {
        path: PathBuf,
        message: String,
        cause: io::Error,
    },
    #[cfg(feature = "hdf5")]
    #[error("{path}: {message}: {cause}", path = shell::shown(.path).display(), cause = first_line(.cause))]
    Hdf5 {
        path: PathBuf,
        message: String,
        /// HDF5's stack of causes, one on each line.
        cause: String,
        class: Class,
    },
    #[error("{cause}; everything recorded is in {log}: make the file with `{command}`", log = shell::shown(.log).display())]
    Unmerged {
        log: PathBuf,
        command: String,
        cause: Error,
    },
}

/// Who can do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Config,
    NotFound,
    Format,
    NotNested,
    Io,
    Incomplete,
    Plot,
    Unsupported,
    Internal,
}

impl Class {
    const ALL: [Self; 9] = [
        Self::Config,
        Self::NotFound,
        Self::Format,
        Self::NotNested,
        Self::Io,
        Self::Incomplete,
        Self::Plot,
        Self::Unsupported,
        Self::Internal,
    ];

    /// The class as a byte, for another rank.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// The class with this number; [`Internal`](Self::Internal) where there is none.
    pub(crate) fn from_number(number: u8) -> Self {
        let known = Self::ALL.into_iter().find(|class| class.number() == number);
        known.unwrap_or(Self::Internal)
    }
}

#[cfg(feature = "hdf5")]
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("HDF5 gave no reason")
}

impl Error {
    /// An error of a class, with the whole text.
    #[cold]
    pub(crate) fn of(class: Class, message: impl Into<String>) -> Self {
        let message = message.into();
        Kind::Plain { class, message }.into()
    }

    #[cold]
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::of(Class::Config, message)
    }

    #[cold]
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::of(Class::NotFound, message)
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
    pub(crate) fn io(path: &Path, message: impl Into<String>, cause: io::Error) -> Self {
        Kind::Io {
            path: path.into(),
            message: message.into(),
            cause,
        }
        .into()
    }

    /// HDF5 cannot read a file as what it claims to be.
    #[cold]
    #[cfg(feature = "hdf5")]
    pub(crate) fn hdf5(path: &Path, message: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self::of_hdf5(Class::Format, path, message, &cause)
    }

    /// HDF5 cannot get at a file: it is locked, or the disk takes no more.
    #[cold]
    #[cfg(feature = "hdf5")]
    pub(crate) fn hdf5_access(path: &Path, message: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self::of_hdf5(Class::Io, path, message, &cause)
    }

    #[cfg(feature = "hdf5")]
    fn of_hdf5(class: Class, path: &Path, message: impl Into<String>, cause: &dyn fmt::Display) -> Self {
        Kind::Hdf5 {
            path: path.into(),
            message: message.into(),
            cause: cause.to_string(),
            class,
        }
        .into()
    }

    #[cold]
    pub(crate) fn not_nested(message: impl Into<String>) -> Self {
        Self::of(Class::NotNested, message)
    }

    #[cold]
    pub(crate) fn plot(message: impl Into<String>) -> Self {
        Self::of(Class::Plot, message)
    }

    #[cold]
    pub(crate) fn incomplete(message: impl Into<String>) -> Self {
        Self::of(Class::Incomplete, message)
    }

    /// The file could not be made, but its log is there; or those of `run`, in the directory `log`.
    #[cold]
    pub(crate) fn unmerged(self, log: &Path, run: Option<&str>, output: &Path, compress: bool) -> Self {
        Kind::Unmerged {
            log: log.into(),
            command: shell::merge_command(log, run, output, compress),
            cause: self,
        }
        .into()
    }

    /// The text without the file's name, for a list of what is wrong with one file.
    pub(crate) fn without_path(&self) -> String {
        match self.kind() {
            Kind::Format { message, .. } => message.clone(),
            Kind::Io { message, cause, .. } => format!("{message}: {cause}"),
            #[cfg(feature = "hdf5")]
            Kind::Hdf5 { message, cause, .. } => format!("{message}: {}", first_line(cause)),
            _ => self.to_string(),
        }
    }

    /// The error itself, whatever it led to.
    fn kind(&self) -> &Kind {
        match &*self.0 {
            Kind::Unmerged { cause, .. } => cause.kind(),
            kind => kind,
        }
    }

    pub(crate) fn class(&self) -> Class {
        match &*self.0 {
            Kind::Plain { class, .. } => *class,
            #[cfg(feature = "hdf5")]
            Kind::Hdf5 { class, .. } => *class,
            Kind::Io { .. } => Class::Io,
            Kind::Format { .. } => Class::Format,
            Kind::Unmerged { cause, .. } => cause.class(),
        }
    }

    /// A setting, pattern or rank specification that cannot be used.
    #[must_use]
    pub fn is_config(&self) -> bool {
        self.class() == Class::Config
    }

    /// A file, region or rank that is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.class() == Class::NotFound
    }

    /// A file that is damaged, truncated, or not in a format this crate reads.
    #[must_use]
    pub fn is_format(&self) -> bool {
        self.class() == Class::Format
    }

    /// Calls of one thread that partly overlap, so that times by nesting are undefined.
    #[must_use]
    pub fn is_not_nested(&self) -> bool {
        self.class() == Class::NotNested
    }

    /// Ranks are missing from the end of a run: what there is of them is in the file or in logs.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.class() == Class::Incomplete
    }

    /// The operating system refused: permissions, a full disk, a directory that is missing, a locked file. On
    /// other ranks than 0 it may be rank 0's system.
    #[must_use]
    pub fn is_io(&self) -> bool {
        self.class() == Class::Io
    }

    /// Of an [`is_io`](Self::is_io) error the kind that the operating system gave, where it is known.
    ///
    /// ```
    /// use scope_profiler::Error;
    ///
    /// fn is_disk_full(error: &Error) -> bool {
    ///     error.io_kind() == Some(std::io::ErrorKind::StorageFull)
    /// }
    /// ```
    #[must_use]
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match self.kind() {
            Kind::Io { cause, .. } => Some(cause.kind()),
            _ => None,
        }
    }

    /// A picture that cannot be drawn: it would be too large, or there is nothing to draw.
    #[must_use]
    pub fn is_plot(&self) -> bool {
        self.class() == Class::Plot
    }

    /// Something that this build of the crate cannot do, because a feature of the crate is off.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.class() == Class::Unsupported
    }

    /// A fault of this crate: part of it panicked.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.class() == Class::Internal
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
    use std::error::Error as _;

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn an_error_names_the_file_and_its_cause_once() {
        let cause = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = Error::io(Path::new("out/run.h5"), "cannot write", cause);
        assert_eq!(error.to_string(), "out/run.h5: cannot write: permission denied");
        assert!(error.source().is_none());
        assert_eq!(error.io_kind(), Some(io::ErrorKind::PermissionDenied));

        let unmerged = error.unmerged(Path::new("run.log"), None, Path::new("out/run.h5"), false);
        assert!(unmerged.is_io() && unmerged.source().is_none());
        assert_eq!(unmerged.to_string().matches("permission denied").count(), 1);
    }

    #[test]
    fn every_class_has_its_predicate_and_no_other() {
        let predicates = [
            Error::is_config,
            Error::is_not_found,
            Error::is_format,
            Error::is_not_nested,
            Error::is_io,
            Error::is_incomplete,
            Error::is_plot,
            Error::is_unsupported,
            Error::is_internal,
        ];
        for (at, class) in Class::ALL.into_iter().enumerate() {
            let error = Error::of(Class::from_number(class.number()), "x");
            let holds: Vec<usize> = (0..predicates.len()).filter(|&n| predicates[n](&error)).collect();
            assert_eq!(holds, [at], "{class:?}");
        }
        assert_eq!(Class::from_number(99), Class::Internal);
    }
}
