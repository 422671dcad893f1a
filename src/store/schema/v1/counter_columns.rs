//! The columns of a counter of a rank.

use crate::error::Result;
use crate::store::hdf5::{Column, NumberColumn};
use crate::store::schema::decoder::RawSamples;
use std::ops::Range;

/// The columns of one counter of a rank.
#[derive(Debug)]
pub(super) struct CounterColumns {
    pub(super) path: String,
    pub(super) times: Column,
    pub(super) values: NumberColumn,
    pub(super) threads: Option<Column>,
}

impl CounterColumns {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Reads samples as they are; whether their times ascend is not looked at.
    pub(super) fn read(&self, range: Range<u64>) -> Result<RawSamples> {
        let times = self.times.read(range.clone())?;
        let values = self.values.read(range.clone())?;
        let threads = match &self.threads {
            Some(threads) => threads.read_threads(range)?,
            None => vec![0; times.len()],
        };
        Ok(RawSamples {
            times,
            values,
            threads,
        })
    }
}
