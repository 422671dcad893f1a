//! Reads int64, which most values are, without the binding, which checks types and conversions for each.
#![allow(unsafe_code)]

use super::handle::Open;
use hdf5::{Attribute, Dataset, h5check};
use hdf5_sys::h5a::{H5Aget_space, H5Aget_type, H5Aread};
use hdf5_sys::h5d::{H5Dclose, H5Dget_space, H5Dget_type, H5Dopen2, H5Dread};
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::{
    H5S_ALL, H5S_class_t, H5Sclose, H5Sget_simple_extent_npoints, H5Sget_simple_extent_type,
};
use hdf5_sys::h5t::{H5T_NATIVE_INT64, H5Tclose, H5Tequal, H5Tget_size};
use std::ffi::CString;

/// A number that any bytes are.
pub(super) trait Plain: Copy + Default {
    /// The bytes of some numbers.
    fn bytes(numbers: &mut [Self]) -> &mut [u8];
}

macro_rules! plain {
    ($($number:ty),*) => {$(
        impl Plain for $number {
            fn bytes(numbers: &mut [Self]) -> &mut [u8] {
                let length = size_of_val(numbers);
                // SAFETY: the numbers take so many bytes, and any bytes are numbers.
                unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), length) }
            }
        }
    )*};
}
plain!(i64, u32);

/// The number of values in the dataset at `path`, from `group` on.
pub(super) fn num_values(group: &hdf5::Group, path: &str) -> hdf5::Result<u64> {
    let path = CString::new(path).map_err(|_| format!("{path:?} holds a NUL"))?;
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

/// All values of a dataset of integers, of which there are `len`.
pub(super) fn int64s(dataset: &Dataset, len: usize) -> hdf5::Result<Vec<i64>> {
    let mut values = vec![0_i64; len];
    if dataset.size() != len {
        return Err(format!("{} values instead of {len}", dataset.size()).into());
    }
    hdf5::sync::sync(|| {
        // SAFETY: the dataset is open and has as many values as there is room for; HDF5 converts each to the
        // type of that room, or fails.
        h5check(unsafe {
            H5Dread(
                dataset.id(),
                *H5T_NATIVE_INT64,
                H5S_ALL,
                H5S_ALL,
                H5P_DEFAULT,
                values.as_mut_ptr().cast(),
            )
        })
    })?;
    Ok(values)
}

/// The texts of a dataset whose strings all take `width` bytes, of which NULs at the end are none; `most` bytes in all.
pub(super) fn fixed_texts(dataset: &Dataset, width: usize, most: u64) -> hdf5::Result<Vec<String>> {
    let shape = dataset.get_shape()?;
    let mut extents = shape.iter().copied();
    let bytes = extents.try_fold(width, usize::checked_mul);
    let Some(bytes) = bytes.filter(|&bytes| bytes as u64 <= most) else {
        return Err(format!("{shape:?} strings of {width} bytes are more than this can be").into());
    };
    if bytes == 0 {
        return Ok(Vec::new());
    }
    let mut buffer = vec![0_u8; bytes];
    hdf5::sync::sync(|| {
        // SAFETY: the dataset is open.
        let datatype = Open(h5check(unsafe { H5Dget_type(dataset.id()) })?, H5Tclose);
        // SAFETY: the type is open.
        if unsafe { H5Tget_size(datatype.0) } != width {
            return Err("the strings have another length".into());
        }
        // SAFETY: the dataset is open, and has as many strings of this type, which is its own, as there is room for.
        h5check(unsafe {
            H5Dread(
                dataset.id(),
                datatype.0,
                H5S_ALL,
                H5S_ALL,
                H5P_DEFAULT,
                buffer.as_mut_ptr().cast(),
            )
        })
    })?;
    let text = |bytes: &[u8]| {
        let end = bytes
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |last| last + 1);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    Ok(buffer.chunks_exact(width).map(text).collect())
}

/// The value of an attribute that is a single int64.
pub(super) fn single_int64(attribute: &Attribute) -> hdf5::Result<Option<i64>> {
    let id = attribute.id();
    hdf5::sync::sync(|| {
        // SAFETY: the attribute is open.
        let datatype = Open(h5check(unsafe { H5Aget_type(id) })?, H5Tclose);
        // SAFETY: both are types, and open.
        let is_int64 = h5check(unsafe { H5Tequal(datatype.0, *H5T_NATIVE_INT64) })? > 0;
        if !is_int64 {
            return Ok(None);
        }
        // SAFETY: the attribute is open.
        let space = Open(h5check(unsafe { H5Aget_space(id) })?, H5Sclose);
        // SAFETY: the space is open.
        let class = unsafe { H5Sget_simple_extent_type(space.0) };
        if class != H5S_class_t::H5S_SCALAR {
            return Ok(None);
        }
        let mut value = 0_i64;
        // SAFETY: the attribute has one value of just this type.
        h5check(unsafe { H5Aread(id, datatype.0, std::ptr::from_mut(&mut value).cast()) })?;
        Ok(Some(value))
    })
}
