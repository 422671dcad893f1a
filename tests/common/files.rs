//! Profiling files for tests, written with HDF5 directly.

use hdf5::{File, Group};
use std::path::PathBuf;
use tempfile::TempDir;

/// Start, end, thread.
pub(crate) type Call = (i64, i64, u32);

/// A file in a directory that goes away with it.
pub(crate) struct Profile {
    pub(super) directory: TempDir,
    file: Option<File>,
}

impl Profile {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let file = File::create(directory.path().join("run.h5")).unwrap();
        Self {
            directory,
            file: Some(file),
        }
    }

    /// Adds a region with its calls; the rank's group is made when it is new.
    pub(crate) fn region(self, rank: u32, name: &str, calls: &[Call]) -> Self {
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
    pub(crate) fn with(self, change: impl FnOnce(&File)) -> Self {
        change(self.file.as_ref().unwrap());
        self
    }

    pub(crate) fn region_group(&self, rank: u32, name: &str) -> Group {
        let file = self.file.as_ref().unwrap();
        let path = format!("rank{rank}/regions");
        let regions = file.group(&path).or_else(|_| {
            file.create_group(&format!("rank{rank}"))?;
            file.create_group(&path)
        });
        regions.unwrap().create_group(name).unwrap()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("run.h5")
    }

    /// Closes the file, so that others can read it.
    pub(crate) fn close(mut self) -> Self {
        self.file = None;
        self
    }
}

pub(crate) fn column<T: hdf5::H5Type>(group: &Group, name: &str, values: &[T]) {
    group
        .new_dataset_builder()
        .with_data(values)
        .create(name)
        .unwrap();
}
