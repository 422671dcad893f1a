//! The total time of each row: stated by the file, or summed in a pass.

use crate::analysis::pass::Observer;
use crate::error::Result;
use crate::profile::{Intervals, Row, Source};

/// Sum of all durations of each row, ns.
#[derive(Clone, Debug)]
pub(crate) struct Totals {
    known: Vec<Option<i128>>,
    /// Sums so far of those that are not known.
    sums: Vec<i128>,
}

impl Totals {
    /// What the file states.
    pub(crate) fn stated(source: &dyn Source) -> Self {
        let stated = |row: &Row| match (row.total_ns, row.intervals) {
            (Some(total), _) => Some(total.into()),
            (None, 0) => Some(0),
            (None, _) => None,
        };
        let known: Vec<Option<i128>> = source.rows().iter().map(stated).collect();
        Totals {
            sums: vec![0; known.len()],
            known,
        }
    }

    /// Whether the file states them all.
    pub(crate) fn are_known(&self) -> bool {
        self.known.iter().all(Option::is_some)
    }

    /// That of a row, once it is known.
    pub(crate) fn of_row(&self, row: usize) -> Option<i128> {
        self.known[row]
    }

    /// Sums over ranks, by index into [`Source::names`], when the pass is over.
    pub(crate) fn by_name(&self, source: &dyn Source) -> Vec<i128> {
        let mut sums = vec![0; source.names().len()];
        for (row, (known, sum)) in source.rows().iter().zip(self.known.iter().zip(&self.sums)) {
            sums[row.name] += known.unwrap_or(*sum);
        }
        sums
    }
}

impl Observer for Totals {
    fn takes_row(&self, row: usize) -> bool {
        self.known[row].is_none()
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        self.sums[row] += chunk.total_ns();
        Ok(())
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        self.known[row] = Some(self.sums[row]);
        Ok(())
    }
}
