//! Makes groups, columns and attributes by the hundred thousand.
//!
//! The binding sets up property lists, a type and a space for each object and looks every handle over
//! several times, which takes longer than what HDF5 does with them. Here they are made once, and HDF5 is
//! called directly.
#![allow(unsafe_code)]

use super::values::{self, text};
use crate::profile::Value;
use hdf5::dataset::DatasetCreate;
use hdf5::plist::attribute_create::{AttributeCreate, CharEncoding};
use hdf5::types::VarLenUnicode;
use hdf5::{Dataspace, Datatype, Group, h5check};
use hdf5_sys::h5a::{H5Aclose, H5Acreate2, H5Awrite};
use hdf5_sys::h5d::{H5Dclose, H5Dcreate2, H5Dget_space, H5Dopen2, H5Dwrite};
use hdf5_sys::h5g::H5Gcreate2;
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::{H5S_ALL, H5Sclose, H5Sget_simple_extent_npoints};
use std::ffi::{CString, c_void};

/// Texts up to this many bytes go into an attribute for certain.
const SHORT_TEXT_BYTES: usize = 1 << 12;

/// What objects are made with.
#[derive(Debug)]
pub(in crate::store) struct Makings {
    column: DatasetCreate,
    attribute: AttributeCreate,
    single: Dataspace,
    int64: Datatype,
    uint32: Datatype,
    text: Datatype,
}

/// The values of a column.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Values<'a> {
    Int64(&'a [i64]),
    Uint32(&'a [u32]),
}

impl Makings {
    pub(in crate::store) fn new() -> hdf5::Result<Self> {
        Ok(Self {
            column: DatasetCreate::build().obj_track_times(false).finish()?,
            attribute: AttributeCreate::build()
                .char_encoding(CharEncoding::Utf8)
                .finish()?,
            single: Dataspace::try_new(())?,
            int64: Datatype::from_type::<i64>()?,
            uint32: Datatype::from_type::<u32>()?,
            text: Datatype::from_type::<VarLenUnicode>()?,
        })
    }

    /// Makes a group, whose name must be one that a group can have.
    pub(in crate::store) fn group(&self, parent: &Group, name: &str) -> hdf5::Result<Group> {
        let name = c_string(name)?;
        hdf5::sync::sync(|| {
            // SAFETY: `parent` is open, the name ends with a NUL, and all else is HDF5's default.
            let id = h5check(unsafe {
                H5Gcreate2(parent.id(), name.as_ptr(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)
            })?;
            // SAFETY: the handle is new, and nobody else has it.
            unsafe { hdf5::from_id(id) }
        })
    }

    /// Makes a column with all its values.
    pub(in crate::store) fn column(&self, group: &Group, name: &str, values: Values) -> hdf5::Result<()> {
        let name = c_string(name)?;
        let (datatype, len, data): (_, _, *const c_void) = match values {
            Values::Int64(values) => (&self.int64, values.len(), values.as_ptr().cast()),
            Values::Uint32(values) => (&self.uint32, values.len(), values.as_ptr().cast()),
        };
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
                // SAFETY: the dataset has `len` values, and `data` points to as many of that type.
                h5check(unsafe { H5Dwrite(id, datatype.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) })?;
            }
            dataset.close()
        })
    }

    /// Writes one attribute, as [`values::attribute`] does.
    pub(in crate::store) fn attribute(&self, group: &Group, key: &str, value: &Value) -> hdf5::Result<()> {
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

/// The number of values in the dataset at `path`, from `group` on.
pub(in crate::store) fn num_values(group: &Group, path: &str) -> hdf5::Result<u64> {
    let path = c_string(path)?;
    hdf5::sync::sync(|| {
        // SAFETY: `group` is open, and the path ends with a NUL.
        let id = h5check(unsafe { H5Dopen2(group.id(), path.as_ptr(), H5P_DEFAULT) })?;
        let dataset = Open(id, H5Dclose);
        // SAFETY: the dataset is open.
        let id = h5check(unsafe { H5Dget_space(id) })?;
        let space = Open(id, H5Sclose);
        // SAFETY: the space is open.
        let values = h5check(unsafe { H5Sget_simple_extent_npoints(id) })?;
        space.close()?;
        dataset.close()?;
        Ok(values.unsigned_abs())
    })
}

fn c_string(name: &str) -> hdf5::Result<CString> {
    CString::new(name).map_err(|_| format!("{name:?} holds a NUL").into())
}

/// A new handle, which nobody else has, and what closes it. Lives under the library's lock.
struct Open(hid_t, unsafe extern "C" fn(hid_t) -> i32);

impl Open {
    /// Closes it, which may write and fail.
    fn close(self) -> hdf5::Result<()> {
        let Self(id, close) = self;
        std::mem::forget(self);
        // SAFETY: the handle is open, and this is the function for its kind.
        h5check(unsafe { close(id) }).map(drop)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Self(id, close) = *self;
        // SAFETY: as in `close`. What goes wrong now comes after the failure that is told of.
        unsafe { close(id) };
    }
}
