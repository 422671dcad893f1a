//! Failures of the library, told apart by the numbers of its error stack, because its texts differ between versions.

use hdf5::{Error, MinorErrorCode};

/// Kinds of failures, by what the user can do about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The file does not have the signature of HDF5.
    NotHdf5,
    /// The file is shorter than it says.
    Truncated,
    /// Another process has locked the file, or the file system has no locks.
    Locked,
    /// Anything else: the file is damaged.
    Other,
}

impl Failure {
    /// The kind of `error`.
    pub(super) fn of(error: &Error) -> Self {
        let Some(stack) = error.stack() else {
            return Self::Other;
        };
        let has = |code| stack.contains_minor(code);
        if has(MinorErrorCode::NotHdf5) {
            Self::NotHdf5
        } else if has(MinorErrorCode::Truncated) {
            Self::Truncated
        } else if has(MinorErrorCode::CantLockFile) || has(MinorErrorCode::CantLock) {
            Self::Locked
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;
    use std::fs;
    use std::path::Path;

    fn failure(path: &Path) -> Failure {
        Failure::of(&file::open(path).expect_err("a file that cannot be opened"))
    }

    #[test]
    fn failures_are_told_apart_by_their_numbers() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.h5");
        fs::write(&path, "no HDF5 whatever the first bytes say").unwrap();
        assert_eq!(failure(&path), Failure::NotHdf5);

        let whole = file::create(&path, false).unwrap();
        whole.new_dataset::<i64>().shape(100).create("column").unwrap();
        whole.close().unwrap();

        let mut bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(failure(&path), Failure::Truncated);

        // The version of the superblock.
        bytes[8] = 77;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(failure(&path), Failure::Other);
        assert_eq!(Failure::of(&"no stack at all".into()), Failure::Other);
    }
}
