//! What a file keeps of a rank beside its intervals, so that tables and trees need not read them.

use super::{Sketch, Statistics};

/// Summaries of the calls of a rank: of each row, and of each path of regions in the call tree.
///
/// Only ranks whose calls nest have them: every call is inside another of its thread or beside it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StoredSummary {
    /// Of each row of the rank, in the order of [`Source::rows`](super::Source::rows).
    pub rows: Vec<RowSummary>,
    /// Of each node of the call tree; a node comes after the one above it.
    pub paths: Vec<PathSummary>,
    /// The first start and the last end of any call, ns; none without any.
    pub span_ns: Option<(i64, i64)>,
    /// For how long any of its threads was in any region, ns.
    pub busy_ns: i64,
    /// The number of threads with calls.
    pub threads: usize,
}

/// Summary of a row: all calls of a region on a rank.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RowSummary {
    /// Statistics of the durations.
    pub statistics: Statistics,
    /// [Inclusive](crate::analysis::inclusive) time, ns: of calls inside each other the outermost alone.
    pub inclusive_ns: i64,
    /// The calls' own time, ns: without that of calls inside them.
    pub exclusive_ns: i64,
    /// How many calls of the region were open at once, one inside the other: 1 without recursion.
    pub recursion_depth: u32,
    /// The first start and the last end, ns; none without calls.
    pub span_ns: Option<(i64, i64)>,
    /// How the durations are distributed; none of rows with few calls.
    pub sketch: Option<Sketch>,
}

/// Summary of the calls of a region on one path of regions.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PathSummary {
    /// The row, as an index into [`StoredSummary::rows`].
    pub row: usize,
    /// The node above, as an index into [`StoredSummary::paths`]; none at the top level.
    pub parent: Option<usize>,
    /// Statistics of the durations.
    pub statistics: Statistics,
    /// The calls' own time, and that of calls that were too deep to have nodes, ns.
    pub exclusive_ns: i64,
    /// Calls that are not inside another one of the node.
    pub outermost: u64,
    /// Calls inside that were too deep to have a node.
    pub folded: u64,
    /// The first start, ns; none without calls.
    pub first_start_ns: Option<i64>,
    /// How many calls of the region were open at once.
    pub recursion_depth: u32,
    /// The threads with calls, as indices into the rank's threads, ascending.
    pub threads: Vec<u32>,
}
