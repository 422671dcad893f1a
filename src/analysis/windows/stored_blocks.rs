//! A profile in memory that hands out blocks, as a file does.

use super::growing::{BlockLengths, GrowingBlocks};
use crate::error::Result;
use crate::profile::{Intervals, Profile, Row, RowBlocks, RunFacts, Source};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

/// With blocks of so many calls; counts the intervals that are read.
pub(crate) struct Stored<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) block: u64,
    pub(crate) read: Cell<u64>,
}

impl Source for Stored<'_> {
    fn names(&self) -> &[String] {
        self.profile.names()
    }

    fn rows(&self) -> &[Row] {
        self.profile.rows()
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        self.read.set(self.read.get() + range.end - range.start);
        self.profile.read(row, range, into)
    }

    fn run(&self) -> RunFacts {
        self.profile.run()
    }

    fn blocks(&self, rank: u32) -> Result<BTreeMap<usize, RowBlocks>> {
        let rows = self.rows().iter().enumerate();
        let rows = rows.filter(|(_, row)| row.rank == rank);
        let blocks = rows.map(|(index, row)| {
            let mut growing = GrowingBlocks::of_length(BlockLengths {
                calls: self.block,
                fewest: 1,
            })
            .with_bars(row.intervals);
            let mut all = Intervals::new();
            self.profile.read(index, 0..row.intervals, &mut all)?;
            growing.push(&all);
            Ok((index, growing.finish()))
        });
        blocks.collect()
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.profile.thread_names(rank)
    }
}
