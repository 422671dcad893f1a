//! The sums of calls whose intervals are not in a file.

use crate::profile::{Statistics, Sums};

/// What a file says of the calls of a region on a rank; times in ns.
#[derive(Debug)]
pub(super) struct Stated {
    pub(super) count: i64,
    pub(super) total: i64,
    pub(super) minimum: i64,
    pub(super) maximum: i64,
    pub(super) exclusive: i64,
    /// The sum of squared differences from the mean.
    pub(super) m2: Option<f64>,
    /// The first start and the last end.
    pub(super) span: Option<(i64, i64)>,
}

impl Stated {
    /// The sums, or what is wrong with them.
    pub(super) fn sums(&self) -> Result<Sums, String> {
        let count = u64::try_from(self.count);
        let count = count.map_err(|_| format!("{} is not a number of calls", self.count))?;
        Ok(Sums {
            statistics: Statistics::from_sums(count, self.total, self.minimum, self.maximum, self.m2),
            exclusive_ns: if count > 0 { self.exclusive } else { 0 },
            span_ns: self.span.filter(|_| count > 0),
        })
    }
}
