//! The columns of a region of calls of spans that were open at the end.

use super::hdf5::{NewGroup, Values};
use super::names;
use crate::error::Result;
use crate::profile::OpenSpan;

/// Writes them, if there are any.
pub(crate) fn write(region: &NewGroup, open: &[OpenSpan]) -> Result<()> {
    if open.is_empty() {
        return Ok(());
    }
    let starts: Vec<i64> = open.iter().map(|open| open.start_ns).collect();
    let threads: Vec<u32> = open.iter().map(|open| open.thread).collect();
    let spans: Vec<u32> = open.iter().map(|open| open.span).collect();
    region.column(names::OPEN_STARTS, Values::Int64(&starts))?;
    region.column(names::OPEN_THREADS, Values::Uint32(&threads))?;
    region.column(names::OPEN_SPANS, Values::Uint32(&spans))
}
