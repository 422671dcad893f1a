//! In place of the package's `sys`: nobody forks here.

pub(crate) mod fork {
    pub(crate) struct Inside;

    pub(crate) fn enter() -> Inside {
        Inside
    }

    pub(crate) fn is_inside() -> bool {
        false
    }
}
