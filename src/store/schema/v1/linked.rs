//! The files of ranks that an index refers to.
//!
//! The links of HDF5 are never followed, because they could lead anywhere. An attribute of the index has the
//! names of the ranks' files, all of one run and in one directory beside it.

use super::super::probe::Probe;
use crate::error::Result;
use crate::output::directory_of;
use crate::profile::{Metadata, Value};
use crate::store::hdf5::{Group, LastFile, Opened};
use crate::store::names;
use crate::store::schema::attributes::text;
use std::path::{Component, Path};
use std::sync::Arc;

/// The rank files of an index.
#[derive(Debug)]
pub(super) struct RankFiles {
    prefix: Option<String>,
    run: Option<String>,
    last: LastFile,
}

impl RankFiles {
    /// Of the file with this `metadata`.
    pub(super) fn new(metadata: &Metadata) -> Self {
        let prefix = match metadata.get(names::RANK_FILES) {
            Some(Value::Text(prefix)) if is_beside(prefix) => Some(prefix.clone()),
            _ => None,
        };
        Self {
            prefix,
            run: text(metadata, names::RUN),
            last: LastFile::default(),
        }
    }

    /// Opens the file of a rank that `index` refers to.
    pub(super) fn open(&self, index: &Opened, rank: u32) -> Result<Arc<Opened>> {
        let group = format!("{}{rank}", names::RANK_PREFIX);
        let Some(prefix) = &self.prefix else {
            return Err(index.damaged(format!(
                "{group} is a link into another file, which is not followed: the attribute {} does not say \
                 that it is a rank of this run",
                names::RANK_FILES
            )));
        };
        let name = names::rank_file(prefix, rank);
        let path = directory_of(index.path()).join(&name);
        if !path.exists() {
            return Err(index.damaged(format!(
                "{group} is in {name}, which is not there; move the file and the directory of its ranks together"
            )));
        }
        if !is_plain(directory_of(index.path()), &name) {
            return Err(index.damaged(format!(
                "{group} is in {name}, which is a link out of the directory or no regular file, and not followed"
            )));
        }
        let probe = Probe::new(&path)?;
        let file = Arc::new(Opened::open_shared(&path, probe.len(), probe.head(), &self.last)?);
        if self.run != run_of(&file)? {
            return Err(index.damaged(format!("{group} is in {name}, which is of another run")));
        }
        Ok(file)
    }
}

/// The run that a rank's file states.
fn run_of(file: &Arc<Opened>) -> Result<Option<String>> {
    let facts = Group::root(file)?.attributes(|name| name == names::RUN)?;
    Ok(text(&facts, names::RUN))
}

/// Whether a name that [`is_beside`] leads to a regular file without symbolic links.
fn is_plain(directory: &Path, name: &str) -> bool {
    let mut path = directory.to_owned();
    let mut is_file = false;
    for part in Path::new(name).components() {
        path.push(part);
        match path.symlink_metadata() {
            Ok(found) if !found.is_symlink() => is_file = found.is_file(),
            _ => return false,
        }
    }
    is_file
}

/// Whether a path stays in the directory of the index or in a subdirectory of it.
fn is_beside(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    name.len() < 4096 && parts.clone().count() <= 2 && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_files_are_beside_their_index() {
        for good in ["run.h5.d/a-rank", "a-rank"] {
            assert!(is_beside(good), "{good}");
        }
        for bad in ["/tmp/a-rank", "../a-rank", "a/b/c-rank", "a/../../b"] {
            assert!(!is_beside(bad), "{bad}");
        }
    }
}
