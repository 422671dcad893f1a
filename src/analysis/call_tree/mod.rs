//! The call tree: calls summed up by the path of regions that led to them.

mod builder;
mod callers;
mod flat;
mod growing;
mod numbers;
pub(super) mod paths;
mod projection;
mod stored;

use super::distributions::{Distribution, Effort};
use super::lifetimes::RegionLifetimes;
use super::metrics::FieldStatistics;
use super::notes::Note;
use super::selection::RegionFilter;
pub use super::selection::TreeBy;
use super::wall::Wall;
use crate::error::Result;
use crate::profile::{Source, Statistics, saturate};
pub use growing::GrowingTree;
use std::collections::{BTreeMap, BTreeSet};

/// Calls by path, summed over threads and ranks.
///
/// What holds of every node: its [inclusive](CallNode::inclusive_ns) time is its
/// [exclusive](CallNode::exclusive_ns) time and the inclusive times of the nodes below it, unless a filter hides
/// some of those; and no thread is ever busy with more than one node's exclusive time. So:
///
/// - A region that calls itself is one node: its inclusive time has the outermost calls alone.
/// - A region that is open already further up (a in b in a) is a node of its own below, and
///   [recursive](CallNode::is_recursive).
/// - Calls deeper than a tree can be read, or on too many paths, leave their time in the node that they were
///   called from, and are counted in [`folded`](Self::folded).
/// - Of two calls of one thread that overlap without being inside each other, the time while both are open is
///   the later one's.
///
/// Siblings are in order of their first start.
///
/// ```
/// use scope_profiler::analysis::call_tree::CallTree;
/// use scope_profiler::{ProfilingH5Reader, RegionFilter};
///
/// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
/// let tree = CallTree::filtered(&reader, &RegionFilter::new())?;
/// let paths: Vec<String> = tree.walk().map(|(depth, node)| "  ".repeat(depth) + node.name()).collect();
/// assert_eq!(
///     paths,
///     ["main", "  setup", "  time_step", "    rhs_evaluation", "    solver: cg", "    io.write_checkpoint"]
/// );
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallTree {
    nodes: Vec<CallNode>,
    roots: Vec<usize>,
    /// The ranks that are shown.
    ranks: Vec<u32>,
    intervals: u64,
    /// Whether every call has an interval, as far as is known.
    all_timed: bool,
    rank_times: BTreeMap<u32, RankTimes>,
    rows: BTreeMap<usize, RowTimes>,
    wall: Wall,
    filter: Option<String>,
    overlaps: u64,
    reversed: u64,
    folded: u64,
    call_cost_ns: Option<f64>,
    notes: Vec<Note>,
    lifetimes: Vec<RegionLifetimes>,
    /// By region.
    distributions: BTreeMap<String, Distribution>,
}

/// One region below one path of regions.
#[derive(Clone, Debug)]
pub struct CallNode {
    name: String,
    calls: u64,
    statistics: Statistics,
    exclusive: i128,
    inclusive: i128,
    first_start_ns: Option<i64>,
    threads: u64,
    recursion_depth: u32,
    is_recursive: bool,
    /// Timed calls that are not inside another one of the node.
    outermost: u64,
    /// All others inside those.
    calls_inside: u64,
    parent: Option<usize>,
    children: Vec<usize>,
    /// Of each field that was asked for; empty where no call has one.
    numbers: Vec<FieldStatistics>,
}

/// What the calls of a rank say of it together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RankTimes {
    /// Threads with intervals.
    pub threads: usize,
    /// Intervals.
    pub intervals: u64,
    /// The first start and the last end of any interval, ns; none without any.
    pub intervals_span_ns: Option<(i64, i64)>,
    /// For how long any of its threads was in any region, ns.
    pub busy_ns: i64,
    /// Calls that partly overlap others, or end before they start.
    pub not_nested: u64,
}

/// The times of one row, of all its calls wherever they are in the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowTimes {
    /// [Inclusive](super::inclusive) time, ns.
    pub inclusive_ns: i64,
    /// The calls' own time, ns.
    pub exclusive_ns: i64,
    /// How many calls of the region were open at once, one inside the other: 1 without recursion.
    pub recursion_depth: u32,
}

impl CallTree {
    /// The call tree of the chosen regions and ranks: of a rank with a [stored summary](Source::summary) from that,
    /// of others from all of their intervals, read once in one stream. What is left out is measured all the same: a
    /// region whose caller is not shown stands below the nearest one that is.
    ///
    /// # Errors
    ///
    /// When a chosen rank is not there, no region is left, or intervals cannot be read.
    pub fn filtered(source: &dyn Source, filter: &RegionFilter) -> Result<Self> {
        GrowingTree::new(source, filter)?.run()
    }

    /// As [`filtered`](Self::filtered), with the [distributions](Self::distribution) of durations.
    ///
    /// # Errors
    ///
    /// As [`filtered`](Self::filtered).
    pub fn with_distributions(source: &dyn Source, filter: &RegionFilter, effort: Effort) -> Result<Self> {
        GrowingTree::with_distributions(source, filter, effort)?.run()
    }

    /// The call tree that shows the regions and the ranks of the given rows, which are indices into
    /// [`Source::rows`]. [`filtered`](Self::filtered) knows ranks without any of the regions, too.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn of(source: &dyn Source, rows: &[usize]) -> Result<Self> {
        let mut shown = vec![false; source.names().len()];
        let mut ranks = BTreeSet::new();
        for row in rows.iter().map(|&row| &source.rows()[row]) {
            shown[row.name] = true;
            ranks.insert(row.rank);
        }
        GrowingTree::of(source, shown, ranks, &RegionFilter::new(), None, None)?.run()
    }

    /// The nodes at the top level, in order of their first start.
    pub fn roots(&self) -> impl Iterator<Item = &CallNode> {
        self.roots.iter().map(|&index| &self.nodes[index])
    }

    /// The nodes below `node`, in order of their first start.
    pub fn children<'a>(&'a self, node: &'a CallNode) -> impl Iterator<Item = &'a CallNode> {
        node.children.iter().map(|&index| &self.nodes[index])
    }

    /// All nodes with their depth (0 at the top level), each before its children.
    pub fn walk(&self) -> impl Iterator<Item = (usize, &CallNode)> {
        self.walk_indices()
            .map(|(depth, index)| (depth, &self.nodes[index]))
    }

    /// As [`walk`](Self::walk), with the node's number.
    pub(crate) fn walk_indices(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let mut open: Vec<(usize, usize)> = self.roots.iter().rev().map(|&index| (0, index)).collect();
        std::iter::from_fn(move || {
            let (depth, index) = open.pop()?;
            let children = self.nodes[index].children.iter().rev();
            open.extend(children.map(|&child| (depth + 1, child)));
            Some((depth, index))
        })
    }

    pub(crate) fn node(&self, index: usize) -> &CallNode {
        &self.nodes[index]
    }

    /// The number of ranks that are shown.
    #[must_use]
    pub fn ranks(&self) -> usize {
        self.ranks.len()
    }

    /// The number of threads with intervals, over the ranks that are shown.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.rank_times.values().map(|rank| rank.threads).sum()
    }

    /// The number of intervals, over the ranks that are shown: of all regions, as is the time that they took.
    #[must_use]
    pub fn intervals(&self) -> u64 {
        self.intervals
    }

    /// What is shown, where that is not everything: `3 of 20 regions, ranks 0-1 of 4`.
    #[must_use]
    pub fn filter(&self) -> Option<&str> {
        self.filter.as_deref()
    }

    /// How long the spans of regions lived that were entered several times, in the order of the source.
    #[must_use]
    pub fn lifetimes(&self) -> &[RegionLifetimes] {
        &self.lifetimes
    }

    /// How the durations of a region's calls are distributed, whoever called it; none without intervals, and where
    /// [nobody asked](Self::with_distributions).
    #[must_use]
    pub fn distribution(&self, region: &str) -> Option<&Distribution> {
        self.distributions.get(region)
    }

    /// Whether there are [distributions](Self::distribution).
    pub(crate) fn has_distributions(&self) -> bool {
        !self.distributions.is_empty()
    }

    /// What to know beside the numbers, [as the source says it](super::notes::of) and as it was found when the
    /// calls were nested.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How long the run took, whatever is shown of it.
    #[must_use]
    pub fn wall(&self) -> &Wall {
        &self.wall
    }

    /// The [wall time](Self::wall), ns.
    #[must_use]
    pub fn wall_ns(&self) -> i64 {
        self.wall.ns()
    }

    /// What shares are shares of, ns: the wall time of each rank that is shown, added up.
    #[must_use]
    pub fn available_ns(&self) -> f64 {
        self.wall.available_ns(&self.ranks)
    }

    /// The time of the run that a rank spent outside any region, ns: when none of its threads was in one.
    #[must_use]
    pub fn outside_of_rank_ns(&self, rank: u32) -> i64 {
        let busy = self.rank_times.get(&rank).map_or(0, |times| times.busy_ns);
        self.wall.rank_ns(rank).saturating_sub(busy)
    }

    /// [The time outside any region](Self::outside_of_rank_ns), over the ranks that are shown, ns.
    #[must_use]
    pub fn outside_ns(&self) -> i64 {
        let ranks = self.ranks.iter().map(|&rank| self.outside_of_rank_ns(rank));
        ranks.fold(0, i64::saturating_add)
    }

    /// Whether [the time outside any region](Self::outside_ns) is that and no less: calls without intervals
    /// (dropped, throttled, only counted, still open, or lost with a process that was killed) are in none.
    #[must_use]
    pub fn outside_is_exact(&self) -> bool {
        self.all_timed
    }

    /// What the calls of each shown rank say of it.
    pub fn rank_times(&self) -> impl Iterator<Item = (u32, &RankTimes)> {
        self.rank_times.iter().map(|(&rank, times)| (rank, times))
    }

    /// The times of a row, which is an index into [`Source::rows`]; none where its rank is not shown.
    #[must_use]
    pub fn row_times(&self, row: usize) -> Option<&RowTimes> {
        self.rows.get(&row)
    }

    /// Whether every call of a rank is inside another of its thread or beside it, and ends after it starts.
    #[must_use]
    pub fn rank_nests(&self, rank: u32) -> bool {
        self.rank_times
            .get(&rank)
            .is_none_or(|times| times.not_nested == 0)
    }

    /// Calls that partly overlap an earlier one of their thread.
    #[must_use]
    pub fn overlaps(&self) -> u64 {
        self.overlaps
    }

    /// Calls that end before they start; their durations are negative.
    #[must_use]
    pub fn reversed(&self) -> u64 {
        self.reversed
    }

    /// Calls that have no node, since they are too deep or on too many paths: their time is exclusive time of
    /// the node that they were called from.
    #[must_use]
    pub fn folded(&self) -> u64 {
        self.folded
    }

    /// The share of the wall time of the shown ranks during which a node's region was open: 1 when it was
    /// open all the time on every rank. Several threads of a rank add up, so that it is never more than the
    /// node's [threads](CallNode::threads) for each rank. `None` without timed calls.
    #[must_use]
    pub fn share(&self, node: &CallNode) -> Option<f64> {
        let available = self.available_ns();
        (node.statistics.count() > 0 && available > 0.0).then(|| node.inclusive as f64 / available)
    }

    /// The share of the wall time of the node's [threads](CallNode::threads) alone: never more than 1. `None`
    /// without timed calls.
    #[must_use]
    pub fn share_of_threads(&self, node: &CallNode) -> Option<f64> {
        let ranks = self.ranks.len().max(1) as f64;
        Some(self.share(node)? * ranks / node.threads.max(1) as f64)
    }

    /// [The time outside any region](Self::outside_ns) as a share of the wall time of the shown ranks.
    #[must_use]
    pub fn outside_share(&self) -> Option<f64> {
        let available = self.available_ns();
        (available > 0.0).then(|| self.outside_ns() as f64 / available)
    }

    /// What one call of a region cost the program, ns, where the profile says so.
    #[must_use]
    pub fn call_cost_ns(&self) -> Option<f64> {
        self.call_cost_ns
    }

    /// An estimate of the share of a node's time that went into recording, where the cost of a call
    /// is known: the calls inside it in full, its own by half, as half of what a call costs lies
    /// before its start or after its end. Guards cost that much; spans cost more.
    #[must_use]
    pub fn instrumentation(&self, node: &CallNode) -> Option<f64> {
        let calls = node.calls_inside as f64 + node.outermost as f64 / 2.0;
        Some((self.call_cost_ns? * calls / node.inclusive as f64).min(1.0)).filter(|_| node.inclusive > 0)
    }
}

impl CallNode {
    /// The region's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of calls, timed or only counted.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Statistics of the durations of the timed calls. Their sum counts the time of a call inside another of
    /// the same region twice, as the Python package's total does; [`inclusive_ns`](Self::inclusive_ns) does not.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// For how long the region was open on this path, summed over threads, ns: exclusive time and the
    /// inclusive time of all nodes below.
    #[must_use]
    pub fn inclusive_ns(&self) -> i64 {
        saturate(self.inclusive)
    }

    /// The time in which the region was the innermost open one, ns.
    #[must_use]
    pub fn exclusive_ns(&self) -> i64 {
        saturate(self.exclusive)
    }

    /// The earliest start, ns; `None` without timed calls. Where the clocks of the ranks were never compared it
    /// is that of the lowest rank.
    #[must_use]
    pub fn first_start_ns(&self) -> Option<i64> {
        self.first_start_ns
    }

    /// Threads that ran it, over all ranks.
    #[must_use]
    pub fn threads(&self) -> u64 {
        self.threads
    }

    /// How many calls of the region were open at once on a thread, one inside the other, through others too: 1
    /// without recursion, 0 without timed calls.
    #[must_use]
    pub fn recursion_depth(&self) -> u32 {
        self.recursion_depth
    }

    /// Whether a call of the region was inside another: the region called itself, or it is open already
    /// further up in the tree.
    #[must_use]
    pub fn is_recursive(&self) -> bool {
        self.is_recursive || self.recursion_depth > 1
    }

    /// The numbers of these calls, of the field at this place of those that the tree was [asked
    /// for](GrowingTree::with_metrics); none where no call has one. Those of spans that were entered several times,
    /// and of ranks with more than 1024 regions, are in the [metrics](super::metrics::Metrics) of the region alone.
    #[must_use]
    pub fn numbers(&self, field: usize) -> Option<&FieldStatistics> {
        self.numbers.get(field).filter(|of| of.calls() > 0)
    }

    /// The number of the node above.
    pub(crate) fn parent(&self) -> Option<usize> {
        self.parent
    }
}
