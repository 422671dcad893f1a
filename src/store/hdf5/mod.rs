//! HDF5: files, groups and links, columns, attributes, and what a failure of the library means.
//!
//! The reading side of `store` knows HDF5 by these types alone. Every error names the file and the
//! place in it, and a file can neither lead its reader into other files nor make it set aside more
//! memory than the file has bytes to fill it with.

pub(super) mod attributes;
mod column;
mod failure;
pub(super) mod file;
mod group;
mod handle;
pub(super) mod makings;
pub(super) mod native;
mod opened;
pub(super) mod values;

pub(super) use column::Column;
pub(super) use group::{Group, Link, Members};
pub(super) use opened::{LastFile, Opened};
