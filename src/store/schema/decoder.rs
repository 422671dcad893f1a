//! The interface of every format.

use super::catalog::Catalog;
use crate::error::Result;
use crate::profile::{CHUNK, Intervals, Numbers, RowBlocks, SpanFacts, StoredSummary};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// Samples of a counter as they are in a file: three columns of the same length.
#[derive(Debug)]
pub(crate) struct RawSamples {
    /// They should ascend.
    pub(crate) times: Vec<i64>,
    pub(crate) values: Numbers,
    pub(crate) threads: Vec<u32>,
}

/// One format's view of an open file.
pub(crate) trait Decoder: fmt::Debug + Send + Sync {
    /// What is in the file.
    fn catalog(&self) -> &Catalog;

    /// Replaces `into` with intervals of a row, in the order of the file.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()>;

    /// As [`Source::worth_reading`](crate::profile::Source::worth_reading).
    fn worth_reading(&self, _row: usize) -> u64 {
        CHUNK
    }

    /// Summaries of the calls of a rank, where the file has them and they are of the intervals that it has.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn summary(&self, _rank: u32) -> Result<Option<StoredSummary>> {
        Ok(None)
    }

    /// What is known of the spans of a rank beside their entries.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn span_facts(&self, _rank: u32) -> Result<Vec<SpanFacts>> {
        Ok(Vec::new())
    }

    /// Whether the file has summaries of a rank, right or wrong, in a layout that is known.
    fn has_summary(&self, _rank: u32) -> bool {
        false
    }

    /// The blocks of a rank's calls by row, where the file has them and they are of the intervals that it has.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn blocks(&self, _rank: u32) -> Result<Option<BTreeMap<usize, RowBlocks>>> {
        Ok(None)
    }

    /// Whether the file has blocks of a rank, right or wrong, in a layout that is known.
    fn has_blocks(&self, _rank: u32) -> bool {
        false
    }

    /// Samples of number `row` of the catalog's counter rows.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn read_samples(&self, row: usize, _range: Range<u64>) -> Result<RawSamples> {
        unreachable!("there is no row {row} of a counter in a file of this format")
    }

    /// The place of a counter's row in the file, for messages.
    fn counter_place(&self, row: usize) -> String {
        let catalog = self.catalog();
        let row = &catalog.counter_rows[row];
        format!("counter {}", catalog.counters[row.counter].name())
    }

    /// The place of a row in the file, for messages.
    fn place(&self, row: usize) -> String;
}
