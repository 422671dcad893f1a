//! Handles of HDF5 that the binding has not met.
#![allow(unsafe_code)]

use hdf5::h5check;
use hdf5_sys::h5i::hid_t;

/// A new handle, which nobody else has, and what closes it. Lives under the library's lock.
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
        // SAFETY: as in `close`. What goes wrong now comes after the failure that is told of.
        unsafe { close(id) };
    }
}
