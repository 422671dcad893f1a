//! A profile in memory.

use crate::error::Result;
use crate::profile::{ClockAgreement, Intervals, Row, Source};
use std::collections::BTreeMap;
use std::ops::Range;

#[derive(Default)]
pub(super) struct Memory {
    names: Vec<String>,
    rows: Vec<Row>,
    intervals: Vec<Intervals>,
    clocks: ClockAgreement,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds calls as start, end and thread.
    pub(super) fn region(mut self, rank: u32, name: &str, calls: &[(i64, i64, u32)]) -> Self {
        let mut intervals = Intervals::new();
        for &(start, end, thread) in calls {
            intervals.push(start, end, thread);
        }
        intervals.sort();
        self.add(rank, name, calls.len() as u64, calls.len() as u64);
        self.intervals.push(intervals);
        self
    }

    /// Adds a region whose calls were only counted.
    pub(super) fn counted(mut self, rank: u32, name: &str, calls: u64) -> Self {
        self.add(rank, name, 0, calls);
        self.intervals.push(Intervals::default());
        self
    }

    /// The clocks of its ranks were never compared.
    pub(super) fn unknown_clocks(mut self) -> Self {
        self.clocks = ClockAgreement::Unknown;
        self
    }

    fn add(&mut self, rank: u32, name: &str, intervals: u64, calls: u64) {
        let name = self
            .names
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                self.names.push(name.into());
                self.names.len() - 1
            });
        let mut row = Row::new(rank, name, intervals);
        row.calls = calls;
        self.rows.push(row);
    }
}

impl Source for Memory {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        into.copy_from(&self.intervals[row], range.start as usize..range.end as usize);
        Ok(())
    }

    fn clocks(&self, _: &[u32]) -> ClockAgreement {
        self.clocks
    }

    fn thread_names(&self, _: u32) -> Result<BTreeMap<u32, String>> {
        Ok(BTreeMap::new())
    }
}
