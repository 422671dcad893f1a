//! The name of the file, in which `%p`, `%r` and so on stand for what differs from run to run.

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a `%` may be followed by.
const KNOWN: &str = "%p (process), %r (rank), %h (host), %t (time), %j (batch job) and %% (a percent sign)";

/// A path with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileName {
    parts: Vec<Part>,
    /// The path, where it has no placeholders.
    fixed: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(OsString),
    Process,
    Rank,
    Host,
    Time,
    Job,
}

/// What the placeholders stand for.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) id: u32,
    pub(crate) rank: u32,
    pub(crate) is_one_of_several: bool,
    /// Whether host and time are those of rank 0 on all ranks.
    pub(crate) is_agreed: bool,
    pub(crate) host: String,
    pub(crate) time: String,
    pub(crate) job: Option<String>,
}

impl FileName {
    /// # Errors
    ///
    /// When a `%` is followed by something unknown.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let mut rest = path.as_os_str().as_encoded_bytes();
        let mut parts = Vec::new();
        let mut text = Vec::new();
        while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
            text.extend_from_slice(&rest[..at]);
            let part = match rest.get(at + 1) {
                Some(b'%') => None,
                Some(b'p') => Some(Part::Process),
                Some(b'r') => Some(Part::Rank),
                Some(b'h') => Some(Part::Host),
                Some(b't') => Some(Part::Time),
                Some(b'j') => Some(Part::Job),
                _ => return Err(unknown(path, &rest[at + 1..])),
            };
            match part {
                Some(part) => parts.extend([text_of(std::mem::take(&mut text)), part]),
                None => text.push(b'%'),
            }
            rest = &rest[at + 2..];
        }
        text.extend_from_slice(rest);
        let text = text_of(text);
        let fixed = match (&text, parts.is_empty()) {
            (Part::Text(path), true) => Some(path.into()),
            _ => None,
        };
        parts.push(text);
        Ok(Self { parts, fixed })
    }

    /// The path, where it is the same for every process.
    pub(crate) fn fixed(&self) -> Option<&Path> {
        self.fixed.as_deref()
    }

    pub(crate) fn path(&self, process: &Process) -> PathBuf {
        let mut path = OsString::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => path.push(text),
                Part::Process => path.push(process.id.to_string()),
                Part::Rank => path.push(process.rank.to_string()),
                Part::Host => path.push(in_a_name(&process.host)),
                Part::Time => path.push(&process.time),
                Part::Job => path.push(in_a_name(process.job.as_deref().unwrap_or("0"))),
            }
        }
        path.into()
    }

    /// Whether the processes of one run have different paths.
    pub(crate) fn is_own(&self, process: &Process) -> bool {
        let differs = |part: &Part| match part {
            Part::Text(_) | Part::Job => false,
            Part::Host | Part::Time => !process.is_agreed,
            Part::Process | Part::Rank => true,
        };
        process.is_one_of_several && self.parts.iter().any(differs)
    }

    /// Whether ranks have the same path only if they agree on host and time.
    pub(crate) fn is_to_be_agreed_on(&self) -> bool {
        let among = |these: &[Part]| self.parts.iter().any(|part| these.contains(part));
        among(&[Part::Host, Part::Time]) && !among(&[Part::Process, Part::Rank])
    }
}

/// A part of an argument in the encoding of the operating system.
fn text_of(bytes: Vec<u8>) -> Part {
    // Split only at ASCII characters.
    #[cfg(unix)]
    let text = std::os::unix::ffi::OsStringExt::from_vec(bytes);
    #[cfg(not(unix))]
    let text = String::from_utf8_lossy(&bytes).into_owned().into();
    Part::Text(text)
}

/// As one part of a path.
fn in_a_name(text: &str) -> String {
    text.replace(std::path::is_separator, "_")
}

fn unknown(path: &Path, rest: &[u8]) -> Error {
    let rest = String::from_utf8_lossy(rest);
    let what = match rest.chars().next() {
        Some(c) => format!("%{} is unknown", c.escape_default()),
        None => "it ends in %".to_owned(),
    };
    Error::config(format!("{}: {what}; there are {KNOWN}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process() -> Process {
        Process {
            id: 4711,
            rank: 3,
            is_one_of_several: true,
            is_agreed: false,
            host: "node/7".into(),
            time: "20261121T093000Z".into(),
            job: None,
        }
    }

    fn path(name: &str) -> String {
        let name = FileName::of(Path::new(name)).unwrap();
        name.path(&process()).into_os_string().into_string().unwrap()
    }

    #[test]
    fn placeholders_stand_for_what_differs() {
        assert_eq!(path("a/run.h5"), "a/run.h5");
        assert_eq!(path("%j/run-%h-%p.%r.h5"), "0/run-node_7-4711.3.h5");
        assert_eq!(path("%t.h5"), "20261121T093000Z.h5");
        assert_eq!(path("100%%/%%p%%%p"), "100%/%p%4711");
        let in_a_job = Process {
            job: Some("12[3].pbs".into()),
            ..process()
        };
        let name = FileName::of(Path::new("%j.h5")).unwrap();
        assert_eq!(name.path(&in_a_job), Path::new("12[3].pbs.h5"));
    }

    #[test]
    fn a_path_that_is_no_text_keeps_its_bytes() {
        #[cfg(unix)]
        {
            use std::ffi::OsStr;
            use std::os::unix::ffi::OsStrExt;
            let bytes = OsStr::from_bytes(b"\xff%%\xfe-%r.h5");
            let name = FileName::of(Path::new(bytes)).unwrap();
            let expected = OsStr::from_bytes(b"\xff%\xfe-3.h5");
            assert_eq!(name.path(&process()), Path::new(expected));
        }
    }

    #[test]
    fn others_are_refused_with_a_list_of_those_that_there_are() {
        for (name, what) in [
            ("run-%d.h5", "%d is unknown"),
            ("run%", "ends in %"),
            ("%\u{1b}", "%\\u{1b} is"),
        ] {
            let error = FileName::of(Path::new(name)).unwrap_err();
            assert!(error.is_config());
            let text = error.to_string();
            assert!(text.contains(what) && text.contains("%r (rank)"), "{text}");
        }
    }

    #[test]
    fn what_differs_among_ranks_makes_a_file_of_each() {
        for (name, own) in [
            ("run.h5", false),
            ("%%r.h5", false),
            ("%j.h5", false),
            ("%r.h5", true),
            ("%p.h5", true),
            ("%h.h5", true),
            ("%t.h5", true),
        ] {
            let name = FileName::of(Path::new(name)).unwrap();
            assert_eq!(name.is_own(&process()), own, "{name:?}");
            let agreed = Process {
                is_agreed: true,
                ..process()
            };
            assert_eq!(name.is_own(&agreed), own && !name.is_to_be_agreed_on());
            let alone = Process {
                is_one_of_several: false,
                ..process()
            };
            assert!(!name.is_own(&alone));
        }
    }
}
