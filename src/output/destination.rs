//! Where the file of a session goes: never over what another process has written since it began.

use super::{directory_of, replace};
use crate::sys;
use rustc_hash::FxBuildHasher;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::hash::BuildHasher;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::TempPath;

/// The file of a session, and what stood in its place when the session began.
///
/// A file that was there then may be replaced, by one process: the one that first claims it, by making
/// a file that others find. All who come later, and all who find a file that was not there, give theirs
/// a name of its own.
#[derive(Debug)]
pub(crate) struct Destination {
    path: PathBuf,
    before: Option<Found>,
}

#[derive(Debug)]
struct Found {
    identity: Identity,
    /// The claim to make. One that was there when the session began is of a process that was killed.
    claim: PathBuf,
}

/// What tells a file from others that have had its name; the same for all hosts that see it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Identity {
    #[cfg(unix)]
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
}

/// Where a file has gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) path: PathBuf,
    /// Whether there was an older file.
    pub(crate) replaced: bool,
}

impl Destination {
    /// Takes note of what is there now.
    pub(crate) fn at_start(path: PathBuf) -> Self {
        let before = Identity::of(&path).map(|identity| Found {
            claim: (0..)
                .map(|number| claim(&path, &identity, number))
                .find(|claim| claim.symlink_metadata().is_err())
                .expect("the numbers do not end"),
            identity,
        });
        Self { path, before }
    }

    /// The name that was asked for.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives a finished file its name, or one of its own where another process was first.
    pub(crate) fn place(&self, file: TempPath) -> io::Result<Placed> {
        let Some(before) = &self.before else {
            return self.place_new(file);
        };
        let Some(_claim) = Claim::make(&before.claim)? else {
            return self.place_beside(file);
        };
        match Identity::of(&self.path) {
            Some(now) if now == before.identity => replace(file, &self.path).map(|replaced| Placed {
                path: self.path.clone(),
                replaced,
            }),
            Some(_) => self.place_beside(file),
            None => self.place_new(file),
        }
    }

    fn place_new(&self, file: TempPath) -> io::Result<Placed> {
        match place_without_replacing(file, &self.path)? {
            Ok(()) => Ok(Placed {
                path: self.path.clone(),
                replaced: false,
            }),
            Err(file) => self.place_beside(file),
        }
    }

    fn place_beside(&self, mut file: TempPath) -> io::Result<Placed> {
        for number in 1.. {
            let path = self.beside(number);
            match place_without_replacing(file, &path)? {
                Ok(()) => {
                    return Ok(Placed {
                        path,
                        replaced: false,
                    });
                }
                Err(again) => file = again,
            }
        }
        unreachable!("the numbers do not end")
    }

    /// `run.h5` of process 7 on the host `a` is `run-a-7.h5`, and then `run-a-7.2.h5`.
    fn beside(&self, number: u32) -> PathBuf {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || ".-_".contains(c) {
                c
            } else {
                '_'
            }
        };
        let host: String = sys::host_name().chars().map(plain).collect();
        let mut name = OsString::from(self.path.file_stem().unwrap_or_default());
        name.push(format!("-{host}-{}", std::process::id()));
        if number > 1 {
            name.push(format!(".{number}"));
        }
        if let Some(extension) = self.path.extension() {
            name.push(".");
            name.push(extension);
        }
        self.path.with_file_name(name)
    }
}

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.symlink_metadata().ok()?;
        Some(Self {
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt;
                metadata.ino()
            },
            length: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

fn claim(path: &Path, identity: &Identity, number: u32) -> PathBuf {
    let id = FxBuildHasher.hash_one((path.file_name(), identity));
    directory_of(path).join(format!(".scope-profiler-{id:016x}.{number}.claim"))
}

/// The right to replace a file, for as long as it lives.
struct Claim<'a>(&'a Path);

impl<'a> Claim<'a> {
    /// None when another process has it.
    fn make(path: &'a Path) -> io::Result<Option<Self>> {
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(_) => Ok(Some(Self(path))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        std::fs::remove_file(self.0).ok();
    }
}

/// Gives a file the name `path`; the file back where that is taken.
fn place_without_replacing(file: TempPath, path: &Path) -> io::Result<Result<(), TempPath>> {
    let failed = match file.persist_noclobber(path) {
        Ok(()) => return Ok(Ok(())),
        Err(failed) => failed,
    };
    if failed.error.kind() == io::ErrorKind::AlreadyExists {
        return Ok(Err(failed.path));
    }
    // Some file systems can neither link nor rename so: an empty file holds the place there.
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Err(failed.path)),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    failed.path.persist(path).map(Ok).map_err(|failed| {
        std::fs::remove_file(path).ok();
        failed.error
    })
}

#[cfg(test)]
mod tests {
    use super::super::temporary_beside;
    use super::*;
    use std::fs;
    use std::io::Write;

    fn file_of(path: &Path, content: &str) -> TempPath {
        let mut file = temporary_beside(path).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.into_temp_path()
    }

    fn place(destination: &Destination, content: &str) -> Placed {
        destination.place(file_of(destination.path(), content)).unwrap()
    }

    fn contents(directory: &Path) -> Vec<String> {
        let mut all: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        all.sort();
        all
    }

    #[test]
    fn of_sessions_that_overlap_none_replaces_another() {
        for older in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("run.h5");
            if older {
                fs::write(&path, "older").unwrap();
            }
            let all: Vec<Destination> = (0..3).map(|_| Destination::at_start(path.clone())).collect();
            let placed: Vec<Placed> = all
                .iter()
                .zip(["0", "1", "2"])
                .map(|(destination, content)| place(destination, content))
                .collect();
            assert_eq!(
                placed[0],
                Placed {
                    path,
                    replaced: older
                }
            );
            assert!(placed[1].path != placed[2].path && !placed[1].replaced);
            assert_eq!(contents(directory.path()), ["0", "1", "2"]);
        }
    }

    #[test]
    fn of_many_that_end_at_the_same_moment_one_gets_the_name() {
        for older in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("run.h5");
            if older {
                fs::write(&path, "older").unwrap();
            }
            let all: Vec<Destination> = (0..16).map(|_| Destination::at_start(path.clone())).collect();
            let barrier = std::sync::Barrier::new(all.len());
            let got_it = std::thread::scope(|scope| {
                let threads: Vec<_> = all
                    .iter()
                    .enumerate()
                    .map(|(n, destination)| {
                        let (barrier, path) = (&barrier, &path);
                        scope.spawn(move || {
                            let file = file_of(path, &n.to_string());
                            barrier.wait();
                            destination.place(file).unwrap().path == *path
                        })
                    })
                    .collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap())
                    .filter(|&got_it| got_it)
                    .count()
            });
            assert_eq!(got_it, 1, "older: {older}");
            let mut expected: Vec<String> = (0..16).map(|n| n.to_string()).collect();
            expected.sort();
            assert_eq!(contents(directory.path()), expected);
        }
    }

    #[test]
    fn the_claim_of_a_process_that_was_killed_holds_up_no_later_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.h5");
        fs::write(&path, "older").unwrap();
        let killed = Destination::at_start(path.clone());
        fs::write(&killed.before.unwrap().claim, "").unwrap();
        let placed = place(&Destination::at_start(path.clone()), "newer");
        assert_eq!(placed, Placed { path, replaced: true });
    }
}
