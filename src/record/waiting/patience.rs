//! Waiting for a thread that is just reading or writing.

use crate::record::sync::let_go_on;
use crate::sys::fork;

/// How often somebody has looked whether the other thread is done. Not for ever, should that never be: after a second
/// or two the numbers are left where they are.
#[derive(Default)]
pub(super) struct Patience(u32);

impl Patience {
    const MOST: u32 = 2_000;

    /// Waits a little; false where it has been long enough.
    pub(super) fn wait(&mut self) -> bool {
        // An allocator of the program may come here from where this thread itself reads or writes.
        if fork::is_inside() {
            return false;
        }
        self.0 += 1;
        let_go_on(self.0);
        // Whoever the model checker stops goes on.
        cfg!(scope_profiler_model) || self.0 < Self::MOST
    }
}
