//! A session in a forked child: session and log belong to the parent.
//!
//! Locks that the session holds for long may be held forever in the child, by a thread that it does not have: they
//! are only tried.

use super::{Profiler, warn};
use crate::error::{Error, Result};
use crate::record::{global, writer};
use crate::summary::Summary;
use crate::sys::{self, fork};

/// Whether a session can begin in this process.
pub(super) fn check() -> Result<()> {
    if fork::is_unusable() {
        return Err(Error::config(
            "this process was forked while the profiler was busy, and cannot be profiled; \
             fork it before the first session begins",
        ));
    }
    Ok(())
}

impl Profiler {
    /// The result of the parent's session, if it had ended when the child was forked.
    pub(super) fn outcome_in_child(&self) -> Option<Result<Summary>> {
        let outcome = self.outcome.try_lock().ok()?;
        outcome.as_ref().map(super::Outcome::as_result)
    }

    pub(super) fn finalize_in_child(&self) -> Result<Summary> {
        if let Some(outcome) = self.outcome_in_child() {
            return outcome;
        }
        match self.leave_in_child() {
            Some(error) if self.is_orphaned() => Err(error),
            Some(error) => {
                warn(&error);
                Ok(Summary::default())
            }
            None => Ok(Summary::default()),
        }
    }

    /// The session ends without a call of `finalize`: reported only where something is lost.
    pub(super) fn drop_in_child(&self) {
        if self.outcome_in_child().is_none() {
            if let Some(error) = self.leave_in_child().filter(|_| self.is_orphaned()) {
                warn(&error);
            }
        }
    }

    /// Releases the session, so that another can begin; gives what is to be reported, once.
    pub(crate) fn leave_in_child(&self) -> Option<Error> {
        if fork::is_unusable() || self.recording.is_closed() {
            return None;
        }
        self.recording.close();
        global::clear(self.recording.id);
        self.writer.as_ref()?.leave_in_child();
        Some(Error::config(writer::orphaned(self.recording.process)))
    }

    /// Whether the process that began the session is gone.
    fn is_orphaned(&self) -> bool {
        !sys::is_process(self.recording.process)
    }
}
