//! Creates groups, columns and attributes, up to hundreds of thousands.
//!
//! The binding creates property lists, a type and a space for each object and checks every handle
//! several times, which takes longer than HDF5 itself. Here they are created once, and HDF5 is
//! called directly.
#![allow(unsafe_code)]

use super::handle::Open;
use super::table::{self, Record};
use super::values::{self, text};
use crate::profile::Value;
use hdf5::dataset::DatasetCreate;
use hdf5::globals::H5P_DATASET_XFER;
use hdf5::plist::GroupCreate;
use hdf5::plist::PropertyList;
use hdf5::plist::attribute_create::{AttributeCreate, CharEncoding};
use hdf5::types::VarLenUnicode;
use hdf5::{Dataspace, Datatype, Group, h5check};
use hdf5_sys::h5a::{H5Aclose, H5Acreate2, H5Awrite};
use hdf5_sys::h5d::{H5Dclose, H5Dcreate2, H5Dwrite};
use hdf5_sys::h5g::H5Gcreate2;
use hdf5_sys::h5p::{H5P_DEFAULT, H5Pcreate, H5Pset_buffer, H5Pset_est_link_info};
use hdf5_sys::h5s::H5S_ALL;
use std::ffi::{CString, c_void};
use std::ptr;

/// Texts up to this many bytes go into an attribute for certain.
const SHORT_TEXT_BYTES: usize = 1 << 12;

/// The number of columns in a group, and the bytes of the header for each. Space that is reserved for names serves
/// attributes as well: a header that is long enough from the start stays in one piece.
const COLUMNS: u32 = 3;
const COLUMN_BYTES: u32 = 60;

/// Texts are converted in so many bytes.
const CONVERTED_BYTES: usize = 1 << 14;

/// Property lists, types and spaces that objects are created with.
#[derive(Debug)]
pub(super) struct Makings {
    group: GroupCreate,
    column: DatasetCreate,
    attribute: AttributeCreate,
    transfer: PropertyList,
    single: Dataspace,
    int64: Datatype,
    float64: Datatype,
    uint32: Datatype,
    text: Datatype,
}

/// The values of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Values<'a> {
    Int64(&'a [i64]),
    Float64(&'a [f64]),
    Uint32(&'a [u32]),
}

impl<'a> Values<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Int64(values) => values.len(),
            Self::Float64(values) => values.len(),
            Self::Uint32(values) => values.len(),
        }
    }

    /// The values as they are in memory, and how many bytes each takes.
    pub(super) fn bytes(self) -> (&'a [u8], usize) {
        let (pointer, bytes): (*const u8, _) = match self {
            Self::Int64(values) => (values.as_ptr().cast(), size_of_val(values)),
            Self::Float64(values) => (values.as_ptr().cast(), size_of_val(values)),
            Self::Uint32(values) => (values.as_ptr().cast(), size_of_val(values)),
        };
        // SAFETY: the numbers take so many bytes from there on, and any byte may be seen as one.
        let all = unsafe { std::slice::from_raw_parts(pointer, bytes) };
        (all, bytes / self.len().max(1))
    }
}

impl Makings {
    pub(super) fn new() -> hdf5::Result<Self> {
        let group = GroupCreate::try_new()?;
        hdf5::sync::sync(|| {
            // SAFETY: the list is open and one for groups.
            h5check(unsafe { H5Pset_est_link_info(group.id(), COLUMNS, COLUMN_BYTES) })
        })?;
        Ok(Self {
            group,
            transfer: transfer()?,
            column: DatasetCreate::build().obj_track_times(false).finish()?,
            attribute: AttributeCreate::build()
                .char_encoding(CharEncoding::Utf8)
                .finish()?,
            single: Dataspace::try_new(())?,
            int64: Datatype::from_type::<i64>()?,
            float64: Datatype::from_type::<f64>()?,
            uint32: Datatype::from_type::<u32>()?,
            text: Datatype::from_type::<VarLenUnicode>()?,
        })
    }

    /// Makes a group, whose name must be one that a group can have.
    pub(super) fn group(&self, parent: &Group, name: &str) -> hdf5::Result<Group> {
        let name = c_string(name)?;
        hdf5::sync::sync(|| {
            // SAFETY: all handles are open and of their kind, and the name ends with a NUL.
            let id = h5check(unsafe {
                H5Gcreate2(
                    parent.id(),
                    name.as_ptr(),
                    H5P_DEFAULT,
                    self.group.id(),
                    H5P_DEFAULT,
                )
            })?;
            // SAFETY: the handle is new, and nobody else has it.
            unsafe { hdf5::from_id(id) }
        })
    }

    /// Makes a column with all its values.
    pub(super) fn column(&self, group: &Group, name: &str, values: Values) -> hdf5::Result<()> {
        match values {
            // SAFETY: so many values of that type are there.
            Values::Int64(values) => unsafe {
                self.dataset(group, name, &self.int64, values.len(), values.as_ptr().cast())
            },
            // SAFETY: as above.
            Values::Float64(values) => unsafe {
                self.dataset(group, name, &self.float64, values.len(), values.as_ptr().cast())
            },
            // SAFETY: as above.
            Values::Uint32(values) => unsafe {
                self.dataset(group, name, &self.uint32, values.len(), values.as_ptr().cast())
            },
        }
    }

    /// Makes a column of texts.
    pub(super) fn texts(&self, group: &Group, name: &str, texts: &[VarLenUnicode]) -> hdf5::Result<()> {
        // SAFETY: so many texts are there, each in memory as HDF5 has those of variable length.
        unsafe { self.dataset(group, name, &self.text, texts.len(), texts.as_ptr().cast()) }
    }

    /// Makes a table with all its rows.
    pub(super) fn table<R: Record>(&self, group: &Group, name: &str, rows: &[R]) -> hdf5::Result<()> {
        let (datatype, width) = table::datatype::<R>()?;
        let mut bytes = Vec::with_capacity(rows.len() * width);
        rows.iter().for_each(|row| row.put(&mut bytes));
        assert_eq!(bytes.len(), rows.len() * width, "the rows of the table {name}");
        // SAFETY: so many rows of that type are there, as was just checked.
        unsafe { self.dataset(group, name, &datatype, rows.len(), bytes.as_ptr().cast()) }
    }

    /// Makes a dataset with all its values.
    ///
    /// # Safety
    ///
    /// `data` points to `len` values of the type.
    unsafe fn dataset(
        &self,
        group: &Group,
        name: &str,
        datatype: &Datatype,
        len: usize,
        data: *const c_void,
    ) -> hdf5::Result<()> {
        let name = c_string(name)?;
        let space = Dataspace::try_new(len)?;
        hdf5::sync::sync(|| {
            // SAFETY: all handles are open and of their kind, and the name ends with a NUL.
            let id = h5check(unsafe {
                H5Dcreate2(
                    group.id(),
                    name.as_ptr(),
                    datatype.id(),
                    space.id(),
                    H5P_DEFAULT,
                    self.column.id(),
                    H5P_DEFAULT,
                )
            })?;
            let dataset = Open(id, H5Dclose);
            if len > 0 {
                // SAFETY: the dataset has `len` values, and the caller's pointer is to as many of that type.
                h5check(unsafe { H5Dwrite(id, datatype.id(), H5S_ALL, H5S_ALL, self.transfer.id(), data) })?;
            }
            dataset.close()
        })
    }

    /// Writes one attribute, as [`values::attribute`] does.
    pub(super) fn attribute(&self, group: &Group, key: &str, value: &Value) -> hdf5::Result<()> {
        match value {
            Value::Int(n) => self.single(group, key, &self.int64, std::ptr::from_ref(n).cast()),
            Value::Text(short) if short.len() <= SHORT_TEXT_BYTES => {
                let short: VarLenUnicode = text(short);
                self.single(group, key, &self.text, std::ptr::from_ref(&short).cast())
            }
            other => values::attribute(group, key, other),
        }
    }

    /// Writes an attribute with one value, to which `value` points.
    fn single(
        &self,
        group: &Group,
        key: &str,
        datatype: &Datatype,
        value: *const c_void,
    ) -> hdf5::Result<()> {
        let key = c_string(key)?;
        hdf5::sync::sync(|| {
            // SAFETY: all handles are open and of their kind, and the name ends with a NUL.
            let id = h5check(unsafe {
                H5Acreate2(
                    group.id(),
                    key.as_ptr(),
                    datatype.id(),
                    self.single.id(),
                    self.attribute.id(),
                    H5P_DEFAULT,
                )
            })?;
            let attribute = Open(id, H5Aclose);
            // SAFETY: the attribute has one value, and the caller's pointer is to one of that type.
            h5check(unsafe { H5Awrite(id, datatype.id(), value) })?;
            attribute.close()
        })
    }
}

/// How values are written: HDF5 clears all of the memory in which it converts texts, a megabyte unless it is told.
fn transfer() -> hdf5::Result<PropertyList> {
    hdf5::sync::sync(|| {
        // SAFETY: the class is that of such lists.
        let id = h5check(unsafe { H5Pcreate(*H5P_DATASET_XFER) })?;
        // SAFETY: the handle is new, and nobody else has it.
        let list: PropertyList = unsafe { hdf5::from_id(id) }?;
        // SAFETY: the list is open, and HDF5 makes the memory itself where it is given none.
        h5check(unsafe { H5Pset_buffer(id, CONVERTED_BYTES, ptr::null_mut(), ptr::null_mut()) })?;
        Ok(list)
    })
}

fn c_string(name: &str) -> hdf5::Result<CString> {
    CString::new(name).map_err(|_| format!("{name:?} holds a NUL").into())
}
