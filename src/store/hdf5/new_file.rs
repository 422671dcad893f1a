//! A file that is being written. Errors name the file that it is to become.

use super::makings::{Makings, Values};
use super::{file, values};
use crate::error::{Error, Result};
use crate::profile::Value;
use hdf5::Dataset;
use hdf5::plist::group_create::LinkCreationOrder;
use hdf5::types::VarLenUnicode;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is being written.
#[derive(Debug)]
pub(in crate::store) struct NewFile {
    file: hdf5::File,
    shared: Arc<Shared>,
}

/// A group that is being filled.
#[derive(Clone, Debug)]
pub(in crate::store) struct NewGroup {
    group: hdf5::Group,
    shared: Arc<Shared>,
}

/// A column that is filled piece by piece.
#[derive(Debug)]
pub(in crate::store) struct NewColumn {
    dataset: Dataset,
    shared: Arc<Shared>,
}

/// What all parts of a file are made with.
#[derive(Debug)]
struct Shared {
    makings: Makings,
    output: PathBuf,
}

impl Shared {
    #[cold]
    fn cannot_write(&self, cause: hdf5::Error) -> Error {
        cannot_write(&self.output, cause)
    }
}

#[cold]
fn cannot_write(output: &Path, cause: hdf5::Error) -> Error {
    Error::hdf5_access(output, "cannot write", cause)
}

impl NewFile {
    /// Creates the file at `path`, which is to become `output`.
    pub(in crate::store) fn create(path: &Path, output: &Path) -> Result<Self> {
        let failed = |error| cannot_write(output, error);
        Ok(Self {
            file: file::create(path).map_err(failed)?,
            shared: Arc::new(Shared {
                makings: Makings::new().map_err(failed)?,
                output: output.into(),
            }),
        })
    }

    /// Makes a group in the root.
    pub(in crate::store) fn create_group(&self, name: &str) -> Result<NewGroup> {
        create_group(&self.file, &self.shared, name)
    }

    /// Takes a group out of the root again.
    pub(in crate::store) fn remove(&self, name: &str) -> Result<()> {
        self.failing(self.file.unlink(name))
    }

    /// Writes an attribute of the root.
    pub(in crate::store) fn attribute(&self, key: &str, value: &Value) -> Result<()> {
        self.failing(values::attribute(&self.file, key, value))
    }

    /// Makes a link in the root to the group of the same name in another file.
    pub(in crate::store) fn link(&self, to: &str, name: &str) -> Result<()> {
        self.failing(self.file.link_external(to, name, name))
    }

    /// Writes all that is left. No group of the file must be in use.
    pub(in crate::store) fn close(self) -> Result<()> {
        let Self { file, shared } = self;
        file.close().map_err(|error| shared.cannot_write(error))
    }

    fn failing<T>(&self, result: hdf5::Result<T>) -> Result<T> {
        result.map_err(|error| self.shared.cannot_write(error))
    }
}

impl NewGroup {
    /// Makes a group in the group.
    pub(in crate::store) fn create_group(&self, name: &str) -> Result<Self> {
        create_group(&self.group, &self.shared, name)
    }

    /// Makes a group whose members can be listed in the order in which they were made.
    pub(in crate::store) fn create_ordered_group(&self, name: &str) -> Result<Self> {
        let group = self
            .group
            .create_group_builder()
            .with_gcpl(|group| group.link_creation_order(LinkCreationOrder::Indexed))
            .create(name);
        self.wrap(group)
    }

    /// Makes a group for the few columns of a region.
    pub(in crate::store) fn create_region(&self, name: &str) -> Result<Self> {
        self.wrap(self.shared.makings.group(&self.group, name))
    }

    /// Writes an attribute.
    pub(in crate::store) fn attribute(&self, key: &str, value: &Value) -> Result<()> {
        self.failing(self.shared.makings.attribute(&self.group, key, value))
    }

    /// Writes an attribute with a list of whole numbers.
    pub(in crate::store) fn list(&self, key: &str, numbers: &[i64]) -> Result<()> {
        let attribute = self.group.new_attr_builder().with_data(numbers).create(key);
        self.failing(attribute.map(drop))
    }

    /// Makes a column with all its values.
    pub(in crate::store) fn column(&self, name: &str, values: Values) -> Result<()> {
        self.failing(self.shared.makings.column(&self.group, name, values))
    }

    /// Makes a dataset of texts.
    pub(in crate::store) fn texts<'a>(&self, name: &str, texts: impl Iterator<Item = &'a str>) -> Result<()> {
        let texts: Vec<VarLenUnicode> = texts.map(values::text).collect();
        let dataset = self.group.new_dataset_builder().with_data(&texts).create(name);
        self.failing(dataset.map(drop))
    }

    /// Makes a column of so many int64, to be written piece by piece.
    pub(in crate::store) fn new_int64s(&self, name: &str, rows: usize) -> Result<NewColumn> {
        self.new_column(self.group.new_dataset::<i64>().shape(rows).create(name))
    }

    /// Makes a column of so many uint32, to be written piece by piece.
    pub(in crate::store) fn new_uint32s(&self, name: &str, rows: usize) -> Result<NewColumn> {
        self.new_column(self.group.new_dataset::<u32>().shape(rows).create(name))
    }

    /// An error about the file.
    #[cold]
    pub(in crate::store) fn cannot_write(&self, cause: &'static str) -> Error {
        self.shared.cannot_write(cause.into())
    }

    fn new_column(&self, dataset: hdf5::Result<Dataset>) -> Result<NewColumn> {
        Ok(NewColumn {
            dataset: self.failing(dataset)?,
            shared: Arc::clone(&self.shared),
        })
    }

    fn wrap(&self, group: hdf5::Result<hdf5::Group>) -> Result<Self> {
        Ok(Self {
            group: self.failing(group)?,
            shared: Arc::clone(&self.shared),
        })
    }

    fn failing<T>(&self, result: hdf5::Result<T>) -> Result<T> {
        result.map_err(|error| self.shared.cannot_write(error))
    }
}

impl NewColumn {
    /// Writes the values of some rows.
    pub(in crate::store) fn write(&self, values: Values, rows: Range<usize>) -> Result<()> {
        let written = match values {
            Values::Int64(values) => self.dataset.write_slice(values, rows),
            Values::Uint32(values) => self.dataset.write_slice(values, rows),
        };
        written.map_err(|error| self.shared.cannot_write(error))
    }
}

fn create_group(parent: &hdf5::Group, shared: &Arc<Shared>, name: &str) -> Result<NewGroup> {
    Ok(NewGroup {
        group: parent
            .create_group(name)
            .map_err(|error| shared.cannot_write(error))?,
        shared: Arc::clone(shared),
    })
}
