//! The rank log: complete, cut off, or still growing.

mod counters;
mod numbers;
mod regions;
mod source;
mod ticks;

pub use source::LogSource;

use super::decoder::Decoder;
use super::issues::Issues;
use super::probe::Probe;
use crate::error::Result;
use crate::store::rank_log;

/// Opens a file that begins like a rank log.
pub(super) fn open(probe: &Probe, _issues: &mut Issues) -> Result<Option<Box<dyn Decoder>>> {
    if rank_log::begins_as_log(probe.head()) {
        Ok(Some(Box::new(LogSource::open(probe.path())?)))
    } else {
        Ok(None)
    }
}
