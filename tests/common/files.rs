//! Profiling files for tests, written with HDF5 directly.

use hdf5::{File, Group};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Start, end, thread.
pub type Call = (i64, i64, u32);

/// A file in a directory that goes away with it.
pub struct Profile {
    directory: TempDir,
    file: Option<File>,
}

impl Profile {
    pub fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let file = File::create(directory.path().join("run.h5")).unwrap();
        Self {
            directory,
            file: Some(file),
        }
    }

    /// Adds a region with its calls; the rank's group is made when it is new.
    pub fn region(self, rank: u32, name: &str, calls: &[Call]) -> Self {
        let group = self.region_group(rank, name);
        column(
            &group,
            "start_times",
            &calls.iter().map(|call| call.0).collect::<Vec<_>>(),
        );
        column(
            &group,
            "end_times",
            &calls.iter().map(|call| call.1).collect::<Vec<_>>(),
        );
        column(
            &group,
            "thread_ids",
            &calls.iter().map(|call| call.2).collect::<Vec<_>>(),
        );
        self
    }

    /// Changes the file by hand.
    pub fn with(self, change: impl FnOnce(&File)) -> Self {
        change(self.file.as_ref().unwrap());
        self
    }

    pub fn region_group(&self, rank: u32, name: &str) -> Group {
        let file = self.file.as_ref().unwrap();
        let path = format!("rank{rank}/regions");
        let regions = file.group(&path).or_else(|_| {
            file.create_group(&format!("rank{rank}"))?;
            file.create_group(&path)
        });
        regions.unwrap().create_group(name).unwrap()
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("run.h5")
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Closes the file, so that others can read it.
    pub fn close(mut self) -> Self {
        self.file = None;
        self
    }
}

pub fn column<T: hdf5::H5Type>(group: &Group, name: &str, values: &[T]) {
    group
        .new_dataset_builder()
        .with_data(values)
        .create(name)
        .unwrap();
}

/// The path of a file of the corpus.
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// Two ranks; the second has no `io` and calls `solve` once more. Times in µs.
pub fn sample() -> Profile {
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
