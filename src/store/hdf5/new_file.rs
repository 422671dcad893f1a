//! A file that is being written. Errors name the file that it is to become.

use super::makings::{Makings, Values};
use super::packer::{self, Packer};
use super::table::Record;
use super::{file, values};
use crate::error::{Error, Result};
use crate::profile::Value;
use hdf5::plist::group_create::LinkCreationOrder;
use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, H5Type};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: hdf5::File,
    shared: Arc<Shared>,
}

/// A group that is being filled.
#[derive(Clone, Debug)]
pub(crate) struct NewGroup {
    group: hdf5::Group,
    shared: Arc<Shared>,
}

/// A column that is filled piece by piece.
#[derive(Debug)]
pub(crate) struct NewColumn {
    dataset: Dataset,
    shared: Arc<Shared>,
    /// Where the column is compressed.
    chunk: Option<Chunk>,
}

/// The chunk of a compressed column that is being filled.
#[derive(Debug)]
struct Chunk {
    values: Vec<u8>,
    /// The next row of the column, and all of its rows.
    next: usize,
    of: usize,
    /// Rows of a chunk.
    rows: usize,
}

/// What all parts of a file are made with.
#[derive(Debug)]
struct Shared {
    makings: Makings,
    output: PathBuf,
    /// Where long columns are compressed.
    packer: Option<Mutex<Packer>>,
}

impl Shared {
    #[cold]
    fn cannot_write(&self, cause: hdf5::Error) -> Error {
        cannot_write(&self.output, cause)
    }

    /// With the threads that compress, where there are any.
    fn pack(&self, with: impl FnOnce(&mut Packer) -> hdf5::Result<()>) -> Result<()> {
        let Some(packer) = &self.packer else { return Ok(()) };
        let mut packer = packer.lock().unwrap_or_else(PoisonError::into_inner);
        with(&mut packer).map_err(|error| self.cannot_write(error))
    }
}

#[cold]
fn cannot_write(output: &Path, cause: hdf5::Error) -> Error {
    Error::hdf5_access(output, "cannot write", cause)
}

impl NewFile {
    /// Creates the file at `path`, which is to become `output`. With `compress`, long columns are compressed.
    pub(crate) fn create(path: &Path, output: &Path, compress: bool) -> Result<Self> {
        let failed = |error| cannot_write(output, error);
        if compress {
            packer::check().map_err(failed)?;
        }
        Ok(Self {
            file: file::create(path, compress).map_err(failed)?,
            shared: Arc::new(Shared {
                makings: Makings::new().map_err(failed)?,
                output: output.into(),
                packer: compress.then(|| Mutex::new(Packer::start())),
            }),
        })
    }

    /// Makes a group in the root.
    pub(crate) fn create_group(&self, name: &str) -> Result<NewGroup> {
        create_group(&self.file, &self.shared, name)
    }

    /// Takes a group out of the root again.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        self.failing(self.file.unlink(name))
    }

    /// Writes an attribute of the root.
    pub(crate) fn attribute(&self, key: &str, value: &Value) -> Result<()> {
        self.failing(values::attribute(&self.file, key, value))
    }

    /// Makes a link in the root to the group of the same name in another file.
    pub(crate) fn link(&self, to: &str, name: &str) -> Result<()> {
        self.failing(self.file.link_external(to, name, name))
    }

    /// Writes all that is left. No group of the file must be in use.
    pub(crate) fn close(self) -> Result<()> {
        let Self { file, shared } = self;
        shared.pack(Packer::finish)?;
        file.close().map_err(|error| shared.cannot_write(error))
    }

    fn failing<T>(&self, result: hdf5::Result<T>) -> Result<T> {
        result.map_err(|error| self.shared.cannot_write(error))
    }
}

impl NewGroup {
    /// Makes a group in the group.
    pub(crate) fn create_group(&self, name: &str) -> Result<Self> {
        create_group(&self.group, &self.shared, name)
    }

    /// Makes a group whose members can be listed in the order in which they were made.
    pub(crate) fn create_ordered_group(&self, name: &str) -> Result<Self> {
        let group = self
            .group
            .create_group_builder()
            .with_gcpl(|group| group.link_creation_order(LinkCreationOrder::Indexed))
            .create(name);
        self.wrap(group)
    }

    /// Makes a group for the few columns of a region.
    pub(crate) fn create_region(&self, name: &str) -> Result<Self> {
        self.wrap(self.shared.makings.group(&self.group, name))
    }

    /// Writes an attribute.
    pub(crate) fn attribute(&self, key: &str, value: &Value) -> Result<()> {
        self.failing(self.shared.makings.attribute(&self.group, key, value))
    }

    /// Writes an attribute with a list of whole numbers.
    pub(crate) fn list(&self, key: &str, numbers: &[i64]) -> Result<()> {
        let attribute = self.group.new_attr_builder().with_data(numbers).create(key);
        self.failing(attribute.map(drop))
    }

    /// Makes a column with all its values.
    pub(crate) fn column(&self, name: &str, values: Values) -> Result<()> {
        let rows = values.len();
        if !self.compresses(rows) {
            return self.failing(self.shared.makings.column(&self.group, name, values));
        }
        let mut column = match values {
            Values::Int64(_) => self.new_int64s(name, rows),
            Values::Float64(_) => self.new_float64s(name, rows),
            Values::Uint32(_) => self.new_uint32s(name, rows),
        }?;
        column.write(values, 0..rows)
    }

    /// Makes a table with all its rows.
    pub(crate) fn table<R: Record>(&self, name: &str, rows: &[R]) -> Result<()> {
        self.failing(self.shared.makings.table(&self.group, name, rows))
    }

    /// Makes a dataset of numbers of any kind, which is not compressed.
    pub(crate) fn values<T: H5Type>(&self, name: &str, values: &[T]) -> Result<()> {
        let dataset = self.group.new_dataset_builder().with_data(values).create(name);
        self.failing(dataset.map(drop))
    }

    /// Makes a dataset of texts.
    pub(crate) fn texts<'a>(&self, name: &str, texts: impl Iterator<Item = &'a str>) -> Result<()> {
        let texts: Vec<VarLenUnicode> = texts.map(values::text).collect();
        self.failing(self.shared.makings.texts(&self.group, name, &texts))
    }

    /// Makes a column of so many int64, to be written piece by piece.
    pub(crate) fn new_int64s(&self, name: &str, rows: usize) -> Result<NewColumn> {
        self.new_column::<i64>(name, rows)
    }

    /// Makes a column of so many float64, to be written piece by piece.
    pub(crate) fn new_float64s(&self, name: &str, rows: usize) -> Result<NewColumn> {
        self.new_column::<f64>(name, rows)
    }

    /// Makes a column of so many uint32, to be written piece by piece.
    pub(crate) fn new_uint32s(&self, name: &str, rows: usize) -> Result<NewColumn> {
        self.new_column::<u32>(name, rows)
    }

    /// An error about the file.
    #[cold]
    pub(crate) fn cannot_write(&self, cause: &'static str) -> Error {
        self.shared.cannot_write(cause.into())
    }

    fn compresses(&self, rows: usize) -> bool {
        self.shared.packer.is_some() && packer::is_worth_it(rows)
    }

    fn new_column<T: H5Type>(&self, name: &str, rows: usize) -> Result<NewColumn> {
        let (dataset, chunk) = if self.compresses(rows) {
            let (dataset, chunk_rows) = self.failing(packer::create::<T>(&self.group, name, rows))?;
            (dataset, Some(Chunk::new(chunk_rows, rows)))
        } else {
            let dataset = self.group.new_dataset::<T>().shape(rows).create(name);
            (self.failing(dataset)?, None)
        };
        Ok(NewColumn {
            dataset,
            shared: Arc::clone(&self.shared),
            chunk,
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
    /// Writes an attribute.
    pub(crate) fn attribute(&self, key: &str, value: &Value) -> Result<()> {
        values::attribute(&self.dataset, key, value).map_err(|error| self.shared.cannot_write(error))
    }

    /// Writes the values of the next rows.
    pub(crate) fn write(&mut self, values: Values, rows: Range<usize>) -> Result<()> {
        if let Some(chunk) = &mut self.chunk {
            return self
                .shared
                .pack(|packer| chunk.fill(values, rows, &self.dataset, packer));
        }
        let written = match values {
            Values::Int64(values) => self.dataset.write_slice(values, rows),
            Values::Float64(values) => self.dataset.write_slice(values, rows),
            Values::Uint32(values) => self.dataset.write_slice(values, rows),
        };
        written.map_err(|error| self.shared.cannot_write(error))
    }
}

impl Chunk {
    fn new(rows: usize, of: usize) -> Self {
        Self {
            values: Vec::new(),
            next: 0,
            of,
            rows,
        }
    }

    /// Adds the values of the next rows; each chunk that is full goes on.
    fn fill(
        &mut self,
        values: Values,
        rows: Range<usize>,
        dataset: &Dataset,
        packer: &mut Packer,
    ) -> hdf5::Result<()> {
        if rows.start != self.next || rows.len() != values.len() || rows.end > self.of {
            return Err("the rows of a compressed column come one after the other".into());
        }
        let (mut bytes, width) = values.bytes();
        let chunk_bytes = self.rows * width;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(chunk_bytes - self.values.len()));
            bytes = later;
            if self.values.capacity() == 0 {
                self.values.reserve_exact(chunk_bytes);
            }
            self.values.extend_from_slice(now);
            self.next += now.len() / width;
            if self.next == self.of {
                // Rows behind the last one, which nobody sees: the same value takes the least room.
                let first = self.values.len() - width;
                while self.values.len() < chunk_bytes {
                    self.values.extend_from_within(first..first + width);
                }
            }
            if self.values.len() == chunk_bytes {
                let first = self.next.div_ceil(self.rows).saturating_sub(1) * self.rows;
                packer.add(dataset, first as u64, std::mem::take(&mut self.values), width)?;
            }
        }
        Ok(())
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
