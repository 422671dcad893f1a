//! The error number of a thread.

use libc::c_int;

/// The calling thread's error number, which a handler must restore.
pub(super) struct Errno(c_int);

impl Errno {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn place() -> *mut c_int {
        #[cfg(target_os = "linux")]
        // SAFETY: always a valid place, of this thread.
        return unsafe { libc::__errno_location() };
        #[cfg(target_os = "android")]
        // SAFETY: as above.
        return unsafe { libc::__errno() };
    }

    #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
    fn place() -> *mut c_int {
        // SAFETY: always a valid place, of this thread.
        unsafe { libc::__error() }
    }

    #[cfg(not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "macos",
        target_os = "ios",
        target_os = "freebsd"
    )))]
    fn place() -> *mut c_int {
        std::ptr::null_mut()
    }

    pub(super) fn save() -> Self {
        let place = Self::place();
        // SAFETY: not null, so a valid place of this thread.
        Self(if place.is_null() { 0 } else { unsafe { *place } })
    }

    pub(super) fn restore(&self) {
        let place = Self::place();
        if !place.is_null() {
            // SAFETY: as in `save`.
            unsafe { *place = self.0 };
        }
    }
}
