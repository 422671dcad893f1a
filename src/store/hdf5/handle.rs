//! Handles of HDF5 that the binding does not manage.
#![allow(unsafe_code)]

use hdf5::h5check;
use hdf5_sys::h5i::hid_t;

/// An owned handle, and the function that closes it. Used under the library's lock.
pub(super) struct Open(pub(super) hid_t, pub(super) unsafe extern "C" fn(hid_t) -> i32);

impl Open {
    /// Closes it, which may write and fail.
    pub(super) fn close(self) -> hdf5::Result<()> {
        let Self(id, close) = self;
        std::mem::forget(self);
        // SAFETY: the handle is open, and this is the function for its kind.
        h5check(unsafe { close(id) }).map(drop)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Self(id, close) = *self;
        // SAFETY: as in `close`. An error here follows one that is reported already.
        unsafe { close(id) };
    }
}
