//! HDF5: files, groups and links, columns, attributes, and failures of the library.
//!
//! `store` uses HDF5 through these types alone, and exporters write it through the same. Every error names the file
//! and the place in it. A file can neither make its reader open other files nor make it allocate more
//! memory than the file has bytes for.

pub(super) mod attributes;
mod column;
mod failure;
mod file;
mod group;
mod handle;
mod header;
mod links;
mod makings;
mod native;
mod new_file;
mod number_column;
mod opened;
mod packer;
mod plain;
mod summary;
mod table;
mod values;

pub(super) use column::Column;
pub(super) use group::{Group, Members};
pub(crate) use hdf5::types::TypeDescriptor as FieldType;
pub(super) use links::{Link, Member};
pub(crate) use makings::Values;
pub(crate) use new_file::{NewColumn, NewFile, NewGroup};
pub(super) use number_column::NumberColumn;
pub(super) use opened::{LastFile, Opened};
pub(super) use plain::PlainGroup;
pub(crate) use summary::Summary;
pub(crate) use table::{Number, Record, record};
