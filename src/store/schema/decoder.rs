//! The interface of every format.

use super::catalog::Catalog;
use crate::error::Result;
use crate::profile::Intervals;
use std::fmt;
use std::ops::Range;

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

    /// The place of a row in the file, for messages.
    fn place(&self, row: usize) -> String;
}
