//! What is known of a run beside its intervals: when it began and ended, and what is not there.

use super::RankClock;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// What a source says of the run as a whole.
///
/// ```
/// use scope_profiler::ProfilingH5Reader;
/// use scope_profiler::profile::Source;
///
/// let run = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?.run();
/// assert!(run.missing.is_empty());
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunFacts {
    /// Ranks of the run of which there is nothing, ascending.
    pub missing: Vec<RangeInclusive<u32>>,
    /// Incomplete ranks: their logs have no end mark. Ascending.
    pub incomplete: Vec<RangeInclusive<u32>>,
    /// For how long the machine was suspended meanwhile, ns: no clock moved then.
    pub suspended_ns: i64,
    /// Whether there are sums of calls alone, and no intervals: then there is no timeline.
    pub sums_only: bool,
    /// What is known of each rank; a rank of which nothing is known need not be there.
    pub ranks: BTreeMap<u32, RankRun>,
}

/// What is known of the run of one rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RankRun {
    /// When its session began and ended, ns, on the clock of its intervals. Of a rank that was killed the
    /// end is the last moment that is known.
    pub span_ns: Option<(i64, i64)>,
    /// The signal that ended it, where one did.
    pub ended_by: Option<String>,
    /// Calls that were to leave an interval, as counted while it ran: those that did, those that were dropped, and
    /// those that were open at the end. Not known of a rank that was killed, nor where the file does not say.
    pub recorded_calls: Option<u64>,
    /// Numbers that the program recorded of calls and spans that left no interval.
    pub lost_numbers: u64,
    /// What is known of its clock.
    pub clock: Option<RankClock>,
}

impl RunFacts {
    /// Session start and end of every one of these ranks, where they are known of all.
    pub(crate) fn spans(&self, ranks: &[u32]) -> Option<BTreeMap<u32, (i64, i64)>> {
        let span = |rank: &u32| Some((*rank, self.ranks.get(rank)?.span_ns?));
        ranks.iter().map(span).collect()
    }
}
