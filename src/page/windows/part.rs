//! A part of a source: of each row a range of its intervals.

use crate::error::Result;
use crate::profile::{ClockAgreement, Intervals, Row, RunFacts, Source};
use std::collections::BTreeMap;
use std::ops::Range;

/// What is stored beside the intervals, such as summaries, is of the whole, and not passed on. Nor are further columns,
/// which may count calls from the start of a row.
pub(super) struct Part<'a> {
    source: &'a dyn Source,
    rows: Vec<Row>,
    from: Vec<u64>,
}

impl<'a> Part<'a> {
    /// Of each row of the source, a range of it.
    pub(super) fn new(source: &'a dyn Source, ranges: &[Range<u64>]) -> Self {
        let rows = source.rows().iter().zip(ranges);
        let rows = rows.map(|(row, range)| Row::new(row.rank, row.name, range.end - range.start));
        Self {
            source,
            rows: rows.collect(),
            from: ranges.iter().map(|range| range.start).collect(),
        }
    }
}

impl Source for Part<'_> {
    fn names(&self) -> &[String] {
        self.source.names()
    }

    fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let from = self.from[row];
        self.source.read(row, range.start + from..range.end + from, into)
    }

    fn title(&self) -> String {
        self.source.title()
    }

    fn clocks(&self, ranks: &[u32]) -> ClockAgreement {
        self.source.clocks(ranks)
    }

    fn ranks(&self) -> Vec<u32> {
        self.source.ranks()
    }

    fn run(&self) -> RunFacts {
        self.source.run()
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.source.thread_names(rank)
    }
}
