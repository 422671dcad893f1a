//! One column of integers in the file: checked by its header when the file is opened, read in
//! slices later.

use super::header::Integers;
use super::native::Plain;
use super::opened::Opened;
use super::{attributes, native};
use crate::error::{Error, Result};
use hdf5::dataset::{DatasetCreate, FillValue, Layout};
use hdf5::types::{IntSize, TypeDescriptor};
use hdf5::{Dataset, Group, H5Type};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// The most that deflate can shrink data (1032 to 1), rounded up: the stored size limits the declared one.
pub(super) const MAX_COMPRESSION: u64 = 1100;
/// Filters that shrink data no more than that: deflate, shuffle, checksums, szip, lzf.
const SIMPLE_FILTERS: [i32; 5] = [1, 2, 3, 4, 32_000];
/// The most that other filters can shrink data: a block of equal bytes in zstd.
const MAX_RATIO: u64 = 1 << 15;

/// Filters that profiles are written with, by their registered numbers.
const KNOWN_FILTERS: [(i32, &str); 8] = [
    (1, "gzip"),
    (4, "szip"),
    (32_000, "lzf"),
    (32_001, "blosc"),
    (32_004, "lz4"),
    (32_008, "bitshuffle"),
    (32_015, "zstd"),
    (32_026, "blosc2"),
];

/// HDF5 reads a compressed chunk as a whole: larger ones are refused.
const MAX_CHUNK_BYTES: u64 = 256 << 20;

/// A one-dimensional dataset of integers.
#[derive(Clone, Debug)]
pub(in crate::store) struct Column {
    from: Arc<Opened>,
    /// The path of its group, shared by the columns of a region.
    group: Arc<str>,
    name: Cow<'static, str>,
    len: u64,
    of: Of,
    kept: Kept,
}

/// Integers or floating-point numbers.
pub(super) const NUMBERS: &str = "numbers";

/// What a column is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Of {
    Integers {
        size: IntSize,
        signed: bool,
    },
    /// Those of fields alone.
    Floats,
}

/// What is kept of a column between opening the file and reading it: opening a dataset again costs more
/// than reading a short one.
#[derive(Clone, Debug)]
enum Kept {
    /// The open dataset, where there are few columns.
    Open(Dataset),
    /// All values of a short column, where there are many.
    Values(Box<[i64]>),
    /// Their position in the file, of values that are read without the library.
    At(u64),
    Nothing,
}

/// The most values of a short column: an open dataset takes hundreds of times as much memory.
const SHORT: u64 = 4;

impl Column {
    /// Checks the dataset `name` of `group` without reading values. It may be filled up to as many values as others
    /// have `beside` it.
    pub(super) fn open(
        from: &Arc<Opened>,
        group: &Group,
        group_path: &Arc<str>,
        name: &'static str,
        beside: u64,
    ) -> Result<Self> {
        Self::open_any(from, group, group_path, name.into(), beside, "integers")
    }

    /// As [`open`](Self::open), also of floating-point numbers where it is to be of [`NUMBERS`].
    pub(super) fn open_any(
        from: &Arc<Opened>,
        group: &Group,
        group_path: &Arc<str>,
        name: Cow<'static, str>,
        beside: u64,
        what: &str,
    ) -> Result<Self> {
        let path = format!("{group_path}/{name}");
        let cannot = |error| from.hdf5(format!("{path} cannot be opened"), error);
        let dataset = group.dataset(&name).map_err(cannot)?;
        // Before its extent: to find that of a virtual dataset, HDF5 opens the files that it names.
        check_place(from, &path, &dataset)?;
        let shape = dataset.get_shape().map_err(cannot)?;
        let &[len] = shape.as_slice() else {
            return Err(from.damaged(format!("{path} has {} dimensions instead of one", shape.len())));
        };
        let descriptor = dataset
            .dtype()
            .and_then(|dtype| dtype.to_descriptor())
            .map_err(cannot)?;
        let (of, width) = match (attributes::integer(&descriptor), &descriptor) {
            (Some((size, signed)), _) => (Of::Integers { size, signed }, size as u64),
            (None, TypeDescriptor::Float(size)) if what == NUMBERS => (Of::Floats, *size as u64),
            _ => return Err(from.damaged(format!("{path} holds {descriptor} values instead of {what}"))),
        };
        let len = len as u64;
        let storage = Storage { len, width, beside };
        storage.check(from, &path, &dataset)?;
        let kept = if from.keeps_one_more_open() {
            Kept::Open(dataset)
        } else if len <= SHORT && of != Of::Floats {
            // An error is reported when the values are read.
            native::int64s(&dataset, len as usize).map_or(Kept::Nothing, |values| Kept::Values(values.into()))
        } else {
            Kept::Nothing
        };
        Ok(Self {
            from: Arc::clone(from),
            group: Arc::clone(group_path),
            name,
            len,
            of,
            kept,
        })
    }

    /// An error about what the column holds.
    #[cold]
    pub(super) fn damaged(&self, what: impl std::fmt::Display) -> Error {
        self.from.damaged(format!("{} {what}", self.path()))
    }

    pub(super) fn of(&self) -> Of {
        self.of
    }

    /// The dataset `name` of the group at a path, as its header describes it; none of numbers that are not those that
    /// this crate writes.
    pub(super) fn at(
        from: &Arc<Opened>,
        group_path: &Arc<str>,
        name: &'static str,
        integers: Integers,
    ) -> Option<Self> {
        let Integers {
            position,
            len,
            size,
            signed,
        } = integers;
        let is_known = matches!((size, signed), (IntSize::U8, true) | (IntSize::U4, false));
        is_known.then(|| Self {
            from: Arc::clone(from),
            group: Arc::clone(group_path),
            name: name.into(),
            len,
            of: Of::Integers { size, signed },
            kept: Kept::At(position),
        })
    }

    /// Whether the values are times as this crate writes them.
    pub(in crate::store) fn has_times(&self) -> bool {
        self.of
            == Of::Integers {
                size: IntSize::U8,
                signed: true,
            }
    }

    /// Replaces `values` by those at `range`, whose first is at a position of the file. They are of the type `T`.
    fn at_position<T: Plain>(&self, position: u64, range: Range<u64>, values: &mut Vec<T>) -> Result<()> {
        values.resize((range.end - range.start) as usize, T::default());
        let start = position + range.start * size_of::<T>() as u64;
        let read = self.from.raw().map(|raw| raw.read_at(start, T::bytes(values)));
        match read {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(Error::io(self.from.path(), "cannot be read", error)),
            None => Err(self.from.damaged("the file is not open")),
        }
    }

    /// Whether the dataset `name` of `group` is what can be a column.
    pub(super) fn is_of_integers(group: &Group, name: &str) -> bool {
        let descriptor = group
            .dataset(name)
            .and_then(|dataset| dataset.dtype()?.to_descriptor());
        descriptor.is_ok_and(|descriptor| attributes::integer(&descriptor).is_some())
    }

    /// Whether values are read without the library.
    pub(in crate::store) fn is_plain(&self) -> bool {
        matches!(self.kept, Kept::At(_))
    }

    /// The path of the group that the column is in.
    pub(in crate::store) fn group_path(&self) -> &str {
        &self.group
    }

    fn path(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }

    /// The number of values.
    pub(in crate::store) fn len(&self) -> u64 {
        self.len
    }

    /// The values at `range` as i64.
    pub(in crate::store) fn read(&self, range: Range<u64>) -> Result<Vec<i64>> {
        let values: Vec<i64> = match &self.kept {
            Kept::Values(values) => values[range.start as usize..range.end as usize].into(),
            Kept::At(position) if self.has_times() => {
                let mut values = Vec::new();
                return self.at_position(*position, range, &mut values).map(|()| values);
            }
            Kept::At(position) => {
                let mut values: Vec<u32> = Vec::new();
                self.at_position(*position, range, &mut values)?;
                return Ok(values.into_iter().map(i64::from).collect());
            }
            _ => self.slice(range)?,
        };
        // HDF5 converts values that do not fit to the limit.
        if self.are_unsigned(IntSize::U8) && values.contains(&i64::MAX) {
            return Err(self
                .from
                .damaged(format!("{} holds values beyond the largest int64", self.path())));
        }
        Ok(values)
    }

    /// As [`read`](Self::read), in the place of other values, whose memory is used again.
    pub(in crate::store) fn read_into(&self, range: Range<u64>, values: &mut Vec<i64>) -> Result<()> {
        match self.kept {
            Kept::At(position) if self.has_times() => self.at_position(position, range, values),
            _ => {
                *values = self.read(range)?;
                Ok(())
            }
        }
    }

    /// All values, where they are bytes and no more than can be had at once.
    pub(super) fn bytes(&self) -> Result<Option<Vec<u8>>> {
        let are_bytes = self.are_unsigned(IntSize::U1) && self.len <= MAX_CHUNK_BYTES;
        are_bytes.then(|| self.slice(0..self.len)).transpose()
    }

    /// The values at `range` as thread numbers; negative ones, "unknown", share the largest number.
    pub(in crate::store) fn read_threads(&self, range: Range<u64>) -> Result<Vec<u32>> {
        if let Kept::At(position) = self.kept {
            if self.are_unsigned(IntSize::U4) {
                let mut threads = Vec::new();
                return self.at_position(position, range, &mut threads).map(|()| threads);
            }
        }
        let are_small = [IntSize::U1, IntSize::U2, IntSize::U4].map(|size| self.are_unsigned(size));
        if are_small.contains(&true) && !matches!(self.kept, Kept::Values(_)) {
            return self.slice(range);
        }
        self.read(range)?
            .into_iter()
            .map(|id| match u32::try_from(id) {
                Ok(id) => Ok(id),
                Err(_) if id < 0 => Ok(u32::MAX),
                Err(_) => Err(self.from.damaged(format!(
                    "{} holds {id}, which is not a thread number",
                    self.path()
                ))),
            })
            .collect()
    }

    /// As [`read_threads`](Self::read_threads), in the place of others, whose memory is used again.
    pub(in crate::store) fn read_threads_into(
        &self,
        range: Range<u64>,
        threads: &mut Vec<u32>,
    ) -> Result<()> {
        match self.kept {
            Kept::At(position) if self.are_unsigned(IntSize::U4) => {
                self.at_position(position, range, threads)
            }
            _ => {
                *threads = self.read_threads(range)?;
                Ok(())
            }
        }
    }

    fn are_unsigned(&self, of_size: IntSize) -> bool {
        matches!(self.of, Of::Integers { size, signed: false } if size == of_size)
    }

    pub(super) fn slice<T: H5Type>(&self, range: Range<u64>) -> Result<Vec<T>> {
        let selection = range.start as usize..range.end as usize;
        let cannot = |error| {
            let message = format!("{} cannot be read; it is damaged", self.path());
            self.from.hdf5(message, error)
        };
        let dataset = match &self.kept {
            Kept::Open(dataset) => dataset.clone(),
            _ => {
                let opened = self.from.file().and_then(|file| file.dataset(&self.path()));
                opened.map_err(cannot)?
            }
        };
        match dataset.read_slice_1d::<T, _>(selection) {
            Ok(array) => Ok(array.into_raw_vec_and_offset().0),
            Err(error) => Err(match missing_filter(&dataset) {
                Some(filter) => self.from.damaged(format!(
                    "{} is compressed with {filter}, which is not installed here; `pip install hdf5plugin` brings it: set \
                     HDF5_PLUGIN_PATH to the directory `plugins` of that package, or write the file with gzip",
                    self.path()
                )),
                None => cannot(error),
            }),
        }
    }
}

/// The first filter of the dataset that this library does not have.
#[cold]
fn missing_filter(dataset: &Dataset) -> Option<String> {
    let filters = dataset.filters();
    let missing = filters.iter().find(|filter| !filter.is_available())?;
    let id = missing.id();
    let name = KNOWN_FILTERS.iter().find(|(known, _)| *known == id);
    Some(match name {
        Some((_, name)) => format!("{name} (HDF5 filter {id})"),
        None => format!("HDF5 filter {id}"),
    })
}

/// Refuses datasets whose values are in other files.
pub(super) fn check_place(from: &Opened, path: &str, dataset: &Dataset) -> Result<()> {
    if from.place_of(dataset).is_some() {
        // Asking for more takes longer than all the rest of opening it.
        return Ok(());
    }
    let cannot = |error| from.hdf5(format!("{path} cannot be opened"), error);
    let creation = creation(from, path, dataset)?;
    let layout = creation.get_layout().map_err(cannot)?;
    if layout == Layout::Virtual || !creation.get_external().map_err(cannot)?.is_empty() {
        return Err(from.damaged(format!(
            "{path} keeps its values in other files, which are not followed"
        )));
    }
    Ok(())
}

fn creation(from: &Opened, path: &str, dataset: &Dataset) -> Result<DatasetCreate> {
    dataset
        .dcpl()
        .map_err(|error| from.hdf5(format!("{path} cannot be opened"), error))
}

/// What a dataset declares.
pub(super) struct Storage {
    len: u64,
    /// Bytes of a value.
    width: u64,
    /// Values of the columns beside it, which are all there.
    beside: u64,
}

impl Storage {
    /// So many values of at least so many bytes each.
    pub(super) fn of(len: u64, width: u64) -> Self {
        Self {
            len,
            width,
            beside: 0,
        }
    }

    /// Refuses datasets that declare more values than the file can hold, before memory is allocated for
    /// them, and chunks that are too large to be read one at a time.
    pub(super) fn check(&self, from: &Opened, path: &str, dataset: &Dataset) -> Result<()> {
        let &Self { len, width, .. } = self;
        let declared = len.saturating_mul(width);
        if len == 0 {
            return Ok(());
        }
        if let Some(offset) = dataset.offset() {
            return if offset.saturating_add(declared) <= from.len() {
                Ok(())
            } else {
                Err(from.damaged(format!(
                    "{path} reaches past the end of the file, which is cut off or damaged"
                )))
            };
        }
        // Not in a single place of the file: chunked, inside the header, or never written.
        let creation = creation(from, path, dataset)?;
        let chunk = creation.chunk().unwrap_or_default();
        let chunk_bytes = chunk
            .iter()
            .fold(width, |bytes, &extent| bytes.saturating_mul(extent as u64));
        if chunk_bytes > MAX_CHUNK_BYTES {
            return Err(from.damaged(format!(
                "{path} is stored in chunks of {chunk_bytes} bytes; more than {MAX_CHUNK_BYTES} are not read"
            )));
        }
        // What the index of the chunks claims can be more than there is.
        let stored = dataset.storage_size().min(from.len());
        if declared > stored.saturating_mul(ratio(&creation)) && !self.may_be_filled(&creation) {
            return Err(from.damaged(format!(
                "{path} declares {len} values but only {stored} bytes of them were written; \
             the run was interrupted while writing, or the file is damaged"
            )));
        }
        Ok(())
    }

    /// Whether values that were never written may stand for themselves: the Python package adds a column for the
    /// first rank that has it, and fills it up for those before. A filter may also make less of equal values than of
    /// any others.
    fn may_be_filled(&self, creation: &DatasetCreate) -> bool {
        self.len <= self.beside
            && (creation.has_filters() || creation.fill_value_defined() == FillValue::UserDefined)
    }
}

/// How much more than is stored there can be.
fn ratio(creation: &DatasetCreate) -> u64 {
    let filters = creation.filters();
    if filters.is_empty() {
        1
    } else if filters.iter().all(|filter| SIMPLE_FILTERS.contains(&filter.id())) {
        MAX_COMPRESSION
    } else {
        MAX_RATIO
    }
}
