//! The total time of each row: stated by the file, or summed while reading.

use crate::error::Result;
use crate::profile::{Intervals, Source, each_chunk};

/// Sum of all durations of each row, ns; `None` until known.
#[derive(Clone, Debug)]
pub(crate) struct Totals(Vec<Option<i128>>);

impl Totals {
    /// What the file states.
    pub(crate) fn stated(source: &dyn Source) -> Self {
        let stated = |row: &crate::profile::Row| match (row.total_ns, row.intervals) {
            (Some(total), _) => Some(total.into()),
            (None, 0) => Some(0),
            (None, _) => None,
        };
        Totals(source.rows().iter().map(stated).collect())
    }

    pub(crate) fn is_missing(&self, row: usize) -> bool {
        self.0[row].is_none()
    }

    pub(crate) fn set(&mut self, row: usize, total: i128) {
        self.0[row] = Some(total);
    }

    /// Reads the rows that are still missing.
    pub(crate) fn read_missing(&mut self, source: &dyn Source) -> Result<()> {
        let mut buffer = Intervals::default();
        for (row, slot) in self.0.iter_mut().enumerate().filter(|(_, slot)| slot.is_none()) {
            let mut sum = 0;
            each_chunk(source, row, &mut buffer, |chunk| {
                sum += chunk.total_ns();
                Ok(())
            })?;
            *slot = Some(sum);
        }
        Ok(())
    }

    pub(crate) fn row(&self, row: usize) -> i128 {
        self.0[row].unwrap_or(0)
    }

    /// Sums over ranks, by index into [`Source::names`].
    pub(crate) fn by_name(&self, source: &dyn Source) -> Vec<i128> {
        let mut sums = vec![0; source.names().len()];
        for (index, row) in source.rows().iter().enumerate() {
            sums[row.name] += self.row(index);
        }
        sums
    }
}
