//! An open profile, and whether there is another one in its place by now.

use crate::error::Result;
use crate::profile::Source;
use crate::store::reader::ProfilingH5Reader;
use crate::store::schema::LogSource;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A profile, or the log of a rank that still grows.
#[derive(Debug)]
enum Kind {
    Profile(ProfilingH5Reader),
    Log(Box<LogSource>),
}

/// A profile as it was opened or read on last.
#[derive(Debug)]
pub(super) struct Opened {
    path: PathBuf,
    kind: Kind,
    print: Option<Print>,
    /// Rises whenever there is something else in it.
    version: u64,
}

/// What has become of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Same,
    /// It is a log, and longer.
    Grown,
    /// There is something else.
    Changed,
    Removed,
}

/// What tells a file from another one in its place, and from itself with more in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Print {
    length: u64,
    modified: Option<SystemTime>,
    number: u64,
}

impl Print {
    /// Of the file that is there now; none where there is none.
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let number = 0;
        Some(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            number,
        })
    }
}

impl Opened {
    pub(super) fn new(reader: ProfilingH5Reader) -> Self {
        let path = reader.path().to_owned();
        Self {
            print: Print::of(&path),
            kind: Self::kind(reader),
            path,
            version: 1,
        }
    }

    /// The reader has a log as it was; one that still grows is read on instead.
    fn kind(reader: ProfilingH5Reader) -> Kind {
        match LogSource::open(reader.path()) {
            Ok(log) if !log.is_complete() => Kind::Log(Box::new(log)),
            _ => Kind::Profile(reader),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn source(&self) -> &dyn Source {
        match &self.kind {
            Kind::Profile(reader) => reader,
            Kind::Log(log) => &**log,
        }
    }

    /// What is there, where it does not grow.
    pub(super) fn profile(&self) -> Option<&ProfilingH5Reader> {
        match &self.kind {
            Kind::Profile(reader) => Some(reader),
            Kind::Log(_) => None,
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Whether more is to be expected in it.
    pub(super) fn follows(&self) -> bool {
        matches!(&self.kind, Kind::Log(log) if !log.is_complete())
    }

    pub(super) fn state(&self) -> State {
        let now = Print::of(&self.path);
        match (&now, &self.print) {
            (None, _) => State::Removed,
            (now, print) if now == print => State::Same,
            (Some(now), Some(print)) if self.follows() && now.number == print.number => {
                if now.length > print.length {
                    State::Grown
                } else {
                    State::Same
                }
            }
            _ => State::Changed,
        }
    }

    /// Reads on, or opens what is there now. Whether there is something else in it than before.
    pub(super) fn renew(&mut self) -> Result<bool> {
        let state = self.state();
        if state == State::Same {
            return Ok(false);
        }
        let print = Print::of(&self.path);
        match &mut self.kind {
            Kind::Log(log) if state == State::Grown => {
                if !log.refresh()? {
                    return Ok(false);
                }
            }
            Kind::Profile(reader) => self.kind = Self::kind(reader.reopen()?),
            Kind::Log(_) => self.kind = Self::kind(ProfilingH5Reader::open(&self.path)?),
        }
        self.print = print;
        self.version += 1;
        Ok(true)
    }
}
