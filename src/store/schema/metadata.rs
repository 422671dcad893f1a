//! What a file says of the run.

use super::names;
use crate::error::Result;
use crate::profile::Metadata;
use crate::store::hdf5::{Group, Link, Members};

/// Attributes of the root and of the metadata group of the Python package.
pub(super) fn read(root: &Group, members: &Members) -> Result<Metadata> {
    let about_the_file = [names::SCHEMA, names::LAYOUT];
    let mut metadata = root.attributes(|name| !about_the_file.contains(&name))?;
    if members.get(names::METADATA) == Some(Link::Hard) && root.is_group(names::METADATA).unwrap_or(false) {
        metadata.extend(root.group(names::METADATA)?.attributes(|_| true)?);
    }
    Ok(metadata)
}
