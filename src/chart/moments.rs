//! The run that a chart is a part of: how long it took, and where each rank's time begins.

use crate::analysis::wall::{Spans, Wall};
use crate::error::Result;
use crate::profile::{ClockAgreement, Source};

/// The run before and while its intervals are read.
#[derive(Debug)]
pub(super) struct Moments {
    /// As far as it is known without reading what is read anyway.
    before: Option<Wall>,
    /// First start and last end of each rank, as they were read.
    seen: Spans,
    /// Whether the rows that are read are all there are.
    reads_all: bool,
}

impl Moments {
    /// For a chart of these rows. Others are read where the source does not say when the run began and ended: what is
    /// left out of a chart changes neither wall time nor axis.
    pub(super) fn new(source: &dyn Source, rows: &[usize]) -> Result<Self> {
        let ranks = source.ranks();
        let reads_all = rows.len() == source.rows().len();
        let is_stated = source.run().spans(&ranks).is_some();
        let own_clocks = source.clocks(&ranks) == ClockAgreement::Unknown;
        let before = (is_stated || own_clocks || !reads_all).then(|| Wall::of(source));
        Ok(Moments {
            before: before.transpose()?,
            seen: Spans::default(),
            reads_all,
        })
    }

    /// The first and the last moment of the axis, as far as they are known yet.
    pub(super) fn axis(&self) -> Option<(i64, i64)> {
        let wall = self.before.as_ref()?;
        if wall.has_own_clocks() {
            return Some((0, wall.ns()));
        }
        wall.span()
    }

    /// What to take from the times of a rank: its start, where it cannot be compared with others.
    pub(super) fn shift(&self, rank: u32) -> i64 {
        let wall = self.before.as_ref().filter(|wall| wall.has_own_clocks());
        wall.and_then(|wall| wall.rank_span(rank))
            .map_or(0, |span| span.0)
    }

    /// Takes the first start and the last end of a row.
    pub(super) fn see(&mut self, rank: u32, first: i64, last: i64) {
        self.seen.see(rank, (first, last));
    }

    /// The run, now that all rows of the chart are read.
    pub(super) fn wall(self, source: &dyn Source) -> Result<Wall> {
        match self.before {
            Some(wall) if !self.reads_all => Ok(wall),
            _ => Ok(Wall::with(source, &self.seen)),
        }
    }
}
