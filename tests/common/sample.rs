//! A small profile, in a directory that others may write to.

use super::Profile;
use std::path::Path;

impl Profile {
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }
}

/// Two ranks; the second has no `io` and calls `solve` once more. Times in µs.
pub(crate) fn sample() -> Profile {
    let us = |calls: &[(i64, i64)]| {
        calls
            .iter()
            .map(|&(s, e)| (s * 1000, e * 1000, 0))
            .collect::<Vec<_>>()
    };
    Profile::new()
        .region(0, "main", &us(&[(1000, 2000)]))
        .region(0, "solve", &us(&[(1100, 1400), (1500, 1900)]))
        .region(0, "io", &us(&[(1200, 1250)]))
        .region(1, "main", &us(&[(1000, 2000)]))
        .region(1, "solve", &us(&[(1100, 1200), (1300, 1400), (1500, 1900)]))
        .close()
}
