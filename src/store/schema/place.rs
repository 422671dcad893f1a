//! Where a group is that is opened later.

use crate::error::Result;
use crate::store::hdf5::{Group, Opened};
use std::sync::Arc;

/// The place of a group.
#[derive(Debug)]
pub(super) struct Place {
    file: Arc<Opened>,
    path: String,
}

impl Place {
    pub(super) fn of(group: &Group) -> Self {
        Self {
            file: Arc::clone(group.file()),
            path: group.path().to_owned(),
        }
    }

    /// The place of a group that is not open.
    pub(super) fn at(file: &Arc<Opened>, path: &str) -> Self {
        Self {
            file: Arc::clone(file),
            path: path.to_owned(),
        }
    }

    /// The group there.
    pub(super) fn open(&self) -> Result<Group> {
        Group::root(&self.file)?.group(&self.path)
    }
}
