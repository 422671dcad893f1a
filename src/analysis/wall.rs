//! How long a run took, and what shares of it refer to.
//!
//! A run lasts from the start of the first session to the end of the last one, where the source says when
//! those were; else from the first interval to the last. A filter changes neither. Where the clocks of the
//! ranks were never compared there is no such time: then each rank has its own.

use super::pass::{self, Observer};
use crate::error::Result;
use crate::profile::{ClockAgreement, Intervals, Source};
use std::collections::BTreeMap;

/// How long a run took.
///
/// ```
/// use scope_profiler::analysis::wall::Wall;
/// use scope_profiler::profile::{Call, Profile};
///
/// let profile = Profile::builder().session(0, 0, 100).interval(Call::new("solve", 60..90)).build();
/// let wall = Wall::of(&profile)?;
/// assert_eq!((wall.ns(), wall.is_of_run()), (100, true));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wall {
    /// First and last moment of each rank.
    ranks: BTreeMap<u32, (i64, i64)>,
    of_run: bool,
    own_clocks: bool,
}

impl Wall {
    /// Of all ranks. Intervals are read only where the source does not say when its sessions began and ended.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn of(source: &dyn Source) -> Result<Self> {
        let mut spans = Spans::unstated(source, |_| true);
        pass::run(source, &mut [&mut spans])?;
        Ok(Self::with(source, &spans))
    }

    /// As [`of`](Self::of), for who has seen the intervals that are needed.
    pub(crate) fn with(source: &dyn Source, seen: &Spans) -> Self {
        let ranks = source.ranks();
        let own_clocks = source.clocks(&ranks) == ClockAgreement::Unknown;
        let sessions = source.run().spans(&ranks);
        let of_run = sessions.is_some() && !ranks.is_empty();
        let mut spans = sessions.unwrap_or_default();
        for (&rank, &(first, last)) in &seen.ranks {
            // No interval is outside of its run, whatever the file says.
            let span = spans.entry(rank).or_insert((first, last));
            *span = (span.0.min(first), span.1.max(last));
        }
        Self {
            ranks: spans,
            of_run,
            own_clocks,
        }
    }

    /// The wall time, ns: from the first moment to the last over all ranks; where their clocks were never
    /// compared, that of the rank that took longest.
    #[must_use]
    pub fn ns(&self) -> i64 {
        if self.own_clocks {
            return self
                .ranks
                .keys()
                .map(|&rank| self.rank_ns(rank))
                .max()
                .unwrap_or(0);
        }
        self.span().map_or(0, |(first, last)| last.saturating_sub(first))
    }

    /// The first and the last moment over all ranks, ns; none without any, and none where the clocks of the
    /// ranks were never compared.
    #[must_use]
    pub fn span(&self) -> Option<(i64, i64)> {
        let first = self.ranks.values().map(|span| span.0).min()?;
        let last = self.ranks.values().map(|span| span.1).max()?;
        (!self.own_clocks).then_some((first, last))
    }

    /// The first and the last moment of a rank, ns.
    #[must_use]
    pub fn rank_span(&self, rank: u32) -> Option<(i64, i64)> {
        self.ranks.get(&rank).copied()
    }

    /// How long a rank ran, ns.
    #[must_use]
    pub fn rank_ns(&self, rank: u32) -> i64 {
        self.rank_span(rank)
            .map_or(0, |(first, last)| last.saturating_sub(first))
    }

    /// What shares of these ranks are shares of, ns: the wall time of each of them, added up.
    #[must_use]
    pub fn available_ns(&self, ranks: &[u32]) -> f64 {
        if self.own_clocks {
            return ranks.iter().map(|&rank| self.rank_ns(rank) as f64).sum();
        }
        self.ns() as f64 * ranks.len() as f64
    }

    /// Whether it is that of the run; else it is from the first interval to the last.
    #[must_use]
    pub fn is_of_run(&self) -> bool {
        self.of_run
    }

    /// Whether the clocks of the ranks were never compared, so that each has its own run time.
    #[must_use]
    pub fn has_own_clocks(&self) -> bool {
        self.own_clocks
    }
}

/// First and last moment of ranks, as far as their intervals were seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans {
    ranks: BTreeMap<u32, (i64, i64)>,
    /// The rank of each row that is read for this alone.
    rows: BTreeMap<usize, u32>,
}

impl Spans {
    /// Of the ranks that are `wanted`, where the source does not say when the run began and ended.
    pub(crate) fn unstated(source: &dyn Source, wanted: impl Fn(u32) -> bool) -> Self {
        let mut spans = Self::default();
        if source.run().spans(&source.ranks()).is_none() {
            let rows = source.rows().iter().enumerate();
            let rows = rows.filter(|(_, row)| wanted(row.rank) && row.intervals > 0);
            spans.rows = rows.map(|(index, row)| (index, row.rank)).collect();
        }
        spans
    }

    /// Takes the first and the last moment of intervals of a rank.
    pub(crate) fn see(&mut self, rank: u32, (first, last): (i64, i64)) {
        let span = self.ranks.entry(rank).or_insert((first, last));
        *span = (span.0.min(first), span.1.max(last));
    }
}

impl Observer for Spans {
    fn takes_row(&self, row: usize) -> bool {
        self.rows.contains_key(&row)
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        if let Some((&rank, span)) = self.rows.get(&row).zip(chunk.span_in_order()) {
            self.see(rank, span);
        }
        Ok(())
    }
}
