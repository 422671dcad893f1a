//! The same interface where there are no Unix signals.

use super::OnSignal;

pub(crate) fn install(_: OnSignal) -> Installed {
    Installed
}

#[derive(Debug)]
pub(crate) struct Installed;

#[derive(Debug)]
pub(crate) struct Undisturbed;

impl Undisturbed {
    pub(crate) fn begin() -> Self {
        Self
    }

    pub(crate) fn by_file_size() -> Self {
        Self
    }
}

pub(crate) fn renew() {}

pub(crate) fn prepare_this_thread() {}

/// # Safety
///
/// As where there are signals.
pub(crate) unsafe fn with_room(mut f: impl FnMut()) {
    f();
}
