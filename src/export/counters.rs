//! The counters of what was selected. Filters of regions leave them alone: they belong to no region.

use super::Selected;
use crate::error::Result;
use crate::profile::{Counter, CounterRow, Samples, each_samples};
use std::collections::BTreeMap;

impl<'a> Selected<'a> {
    /// The rows of counters on the selected ranks, as indices into [`Source::counter_rows`], in its order.
    ///
    /// [`Source::counter_rows`]: crate::profile::Source::counter_rows
    #[must_use]
    pub fn counter_rows(&self) -> Vec<usize> {
        let rows = self.source().counter_rows().iter().enumerate();
        let is_selected = |row: &CounterRow| self.ranks().binary_search(&row.rank).is_ok();
        rows.filter(|(_, row)| is_selected(row))
            .map(|(index, _)| index)
            .collect()
    }

    /// The selected rows and those of counters of each rank that has any, by rank.
    pub(super) fn rows_and_counters_by_rank(&self) -> BTreeMap<u32, (Vec<usize>, Vec<usize>)> {
        let rows = self.rows_by_rank().into_iter();
        let mut ranks: BTreeMap<_, _> = rows.map(|(rank, rows)| (rank, (rows, Vec::new()))).collect();
        for row in self.counter_rows() {
            let rank = self.source().counter_rows()[row].rank;
            ranks.entry(rank).or_default().1.push(row);
        }
        ranks
    }

    /// The counter of such a row.
    #[must_use]
    pub fn counter(&self, row: usize) -> &'a Counter {
        &self.source().counters()[self.source().counter_rows()[row].counter]
    }

    /// Calls `each` with the samples of such a row that are in the window, in order of time.
    ///
    /// # Errors
    ///
    /// When samples cannot be read, and those of `each`.
    pub fn each_samples(&self, row: usize, mut each: impl FnMut(&Samples) -> Result<()>) -> Result<()> {
        let window = self.window_of(self.source().counter_rows()[row].rank);
        each_samples(self.source(), row, |samples| {
            let Some(window) = window else {
                return each(samples);
            };
            let place = |moment: i64| samples.times().partition_point(|&time| time < moment);
            let (from, until) = (place(window.from_ns()), place(window.until_ns()));
            if from >= until {
                return Ok(());
            }
            let mut part = Samples::new();
            part.copy_from(samples, from..until);
            each(&part)
        })
    }
}
