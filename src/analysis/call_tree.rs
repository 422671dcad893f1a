//! The call tree: calls summed up by the path of regions that led to them.

use super::merge::Call;
use super::nesting::{self, Visitor};
use crate::error::Result;
use crate::profile::{Source, Statistics, saturate};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Paths beyond which further ones are added up by region at the top level: a tree that large is
/// not read by anyone, and must not fill the memory.
const MAX_NODES: usize = 1 << 16;

/// Calls by path, summed over threads and ranks.
///
/// A region that is already on the path to a call does not open a deeper level: the call is added
/// to the node of the region that is open (recursion, direct or through others), so that the tree
/// is finite. Siblings are in order of their first start.
///
/// ```
/// use scope_profiler::analysis::call_tree::CallTree;
/// use scope_profiler::{ProfilingH5Reader, RegionFilter};
///
/// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
/// let tree = CallTree::of(&reader, &RegionFilter::new().rows(&reader)?)?;
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
    ranks: usize,
    threads: usize,
    intervals: u64,
    wall_ns: i64,
    overlaps: u64,
    reversed: u64,
    folded: u64,
    reentered: Vec<(String, u64, u64)>,
    throttled: Vec<(String, u64, i64)>,
    call_cost_ns: Option<f64>,
}

/// One region below one path of regions.
#[derive(Clone, Debug)]
pub struct CallNode {
    name: String,
    calls: u64,
    statistics: Statistics,
    exclusive: i128,
    outermost: i128,
    first_start_ns: Option<i64>,
    /// Timed calls in all nodes below.
    calls_below: u64,
    children: Vec<usize>,
}

fn reentered(source: &dyn Source, rows: &[usize]) -> Vec<(String, u64, u64)> {
    let mut regions: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in rows.iter().map(|&row| &source.rows()[row]) {
        if let Some(spans) = row.spans {
            let (all_spans, calls) = regions.entry(&source.names()[row.name]).or_default();
            *all_spans = all_spans.saturating_add(spans);
            *calls = calls.saturating_add(row.calls);
        }
    }
    regions.retain(|_, (spans, calls)| spans != calls);
    let regions = regions.into_iter();
    regions
        .map(|(name, (spans, calls))| (name.to_owned(), spans, calls))
        .collect()
}

fn throttled(source: &dyn Source, rows: &[usize]) -> Vec<(String, u64, i64)> {
    let mut regions: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
    for row in rows.iter().map(|&row| &source.rows()[row]) {
        if row.throttled > 0 {
            let (calls, ns) = regions.entry(&source.names()[row.name]).or_default();
            *calls = calls.saturating_add(row.throttled);
            *ns = ns.saturating_add(row.throttled_ns);
        }
    }
    let regions = regions.into_iter();
    regions
        .map(|(name, (calls, ns))| (name.to_owned(), calls, ns))
        .collect()
}

impl CallTree {
    /// The call tree of the given rows, which are indices into [`Source::rows`]; all intervals are
    /// read once, in one stream.
    ///
    /// Regions that are not among the rows do not show: what they called moves up to their callers.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn of(source: &dyn Source, rows: &[usize]) -> Result<Self> {
        let mut by_rank: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for &row in rows {
            by_rank.entry(source.rows()[row].rank).or_default().push(row);
        }
        let mut builder = Builder::default();
        for rows in by_rank.values() {
            builder.regions = rows.iter().map(|&row| source.rows()[row].name).collect();
            builder.recent = vec![
                (
                    usize::MAX,
                    Tag {
                        node: 0,
                        inner: false,
                        folded: false
                    }
                );
                rows.len()
            ];
            builder.threads.clear();
            nesting::visit(source, rows, &mut builder)?;
            builder.thread_count += builder.threads.len();
        }
        builder.count_untimed(source, rows);
        let mut tree = builder.finish(source, by_rank.len());
        tree.reentered = reentered(source, rows);
        tree.throttled = throttled(source, rows);
        tree.call_cost_ns = source.call_cost_ns();
        Ok(tree)
    }

    /// Regions whose spans were entered more or less often than once each: name, spans and calls, in
    /// order of name.
    pub fn reentered(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        let regions = self.reentered.iter();
        regions.map(|(name, spans, calls)| (name.as_str(), *spans, *calls))
    }

    /// Regions that were throttled: name, calls that left no interval, and their time in ns, which is no
    /// part of the statistics; in order of name.
    pub fn throttled(&self) -> impl Iterator<Item = (&str, u64, i64)> {
        let regions = self.throttled.iter();
        regions.map(|(name, calls, ns)| (name.as_str(), *calls, *ns))
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
        let mut open: Vec<(usize, usize)> = self.roots.iter().rev().map(|&index| (0, index)).collect();
        std::iter::from_fn(move || {
            let (depth, index) = open.pop()?;
            let node = &self.nodes[index];
            open.extend(node.children.iter().rev().map(|&child| (depth + 1, child)));
            Some((depth, node))
        })
    }

    /// The number of ranks.
    #[must_use]
    pub fn ranks(&self) -> usize {
        self.ranks
    }

    /// The number of threads with intervals, over all ranks.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The number of intervals.
    #[must_use]
    pub fn intervals(&self) -> u64 {
        self.intervals
    }

    /// From the first start to the last end over all ranks, ns.
    #[must_use]
    pub fn wall_ns(&self) -> i64 {
        self.wall_ns
    }

    /// Calls that overlap an earlier one of their thread only in part, and so stand beside it.
    #[must_use]
    pub fn overlaps(&self) -> u64 {
        self.overlaps
    }

    /// Calls that end before they start; their durations are negative.
    #[must_use]
    pub fn reversed(&self) -> u64 {
        self.reversed
    }

    /// Calls that were added to a node at the top level because there are too many paths.
    #[must_use]
    pub fn folded(&self) -> u64 {
        self.folded
    }

    /// The share of the wall time of all ranks during which a node's region was open: 1 when it was
    /// open all the time on every rank, more when several threads ran it. A call inside another of
    /// the same region counts once. `None` without timed calls.
    #[must_use]
    pub fn share(&self, node: &CallNode) -> Option<f64> {
        let available = self.wall_ns as f64 * self.ranks as f64;
        (node.statistics.count() > 0 && available > 0.0).then(|| node.outermost as f64 / available)
    }

    /// What one call of a region cost the program, ns, where the profile says so.
    #[must_use]
    pub fn call_cost_ns(&self) -> Option<f64> {
        self.call_cost_ns
    }

    /// An estimate of the share of a node's time that went into recording, where the cost of a call
    /// is known: the calls below it in full, its own by half, as half of what a call costs lies
    /// before its start or after its end. Guards cost that much; spans cost more.
    #[must_use]
    pub fn instrumentation(&self, node: &CallNode) -> Option<f64> {
        let total = node.statistics.total_ns();
        let calls = node.calls_below as f64 + node.statistics.count() as f64 / 2.0;
        Some((self.call_cost_ns? * calls / total as f64).min(1.0)).filter(|_| total > 0)
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

    /// Statistics of the durations of the timed calls.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Sum of the durations without that of the calls inside, ns.
    #[must_use]
    pub fn exclusive_ns(&self) -> i64 {
        saturate(self.exclusive)
    }

    /// Sum of the durations of the calls that are not inside a call of the same node, ns.
    #[must_use]
    pub fn outermost_ns(&self) -> i64 {
        saturate(self.outermost)
    }

    /// The earliest start, ns; `None` without timed calls.
    #[must_use]
    pub fn first_start_ns(&self) -> Option<i64> {
        self.first_start_ns
    }
}

/// A node while the tree grows.
#[derive(Debug, Default)]
struct Growing {
    region: usize,
    parent: usize,
    untimed: u64,
    statistics: Statistics,
    exclusive: i128,
    outermost: i128,
    first_start: Option<i64>,
}

#[derive(Debug)]
struct Builder {
    /// The first is above the top level.
    nodes: Vec<Growing>,
    /// By node and region: the child, or the ancestor that recursion leads back to.
    links: FxHashMap<(usize, usize), usize>,
    /// Row of the rank at hand to region.
    regions: Vec<usize>,
    /// Row to the node above its last call and that call's tag: mostly those of its next call too.
    recent: Vec<(usize, Tag)>,
    threads: BTreeSet<u32>,
    thread_count: usize,
    last_thread: Option<u32>,
    span: Option<(i64, i64)>,
    overlaps: u64,
    reversed: u64,
    folded: u64,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            nodes: vec![Growing::default()],
            links: FxHashMap::default(),
            regions: Vec::new(),
            recent: Vec::new(),
            threads: BTreeSet::new(),
            thread_count: 0,
            last_thread: None,
            span: None,
            overlaps: 0,
            reversed: 0,
            folded: 0,
        }
    }
}

/// An open call's node, and whether another call of the node is open around it.
#[derive(Clone, Copy, Debug)]
struct Tag {
    node: usize,
    inner: bool,
    /// The node is at the top level only for want of room.
    folded: bool,
}

impl Builder {
    #[inline]
    fn node_below(&mut self, parent: usize, region: usize) -> Tag {
        let Some(&node) = self.links.get(&(parent, region)) else {
            return self.link(parent, region);
        };
        // A child has `parent` above it; an ancestor that recursion leads back to does not, and is
        // open as all nodes above an open one are.
        Tag {
            node,
            inner: self.nodes[node].parent != parent,
            folded: false,
        }
    }

    #[cold]
    fn link(&mut self, parent: usize, region: usize) -> Tag {
        let mut ancestor = parent;
        while ancestor != 0 && self.nodes[ancestor].region != region {
            ancestor = self.nodes[ancestor].parent;
        }
        let inner = ancestor != 0;
        let node = if inner {
            ancestor
        } else if self.nodes.len() <= MAX_NODES || parent == 0 {
            self.nodes.push(Growing {
                region,
                parent,
                ..Growing::default()
            });
            self.nodes.len() - 1
        } else {
            let Tag { node, .. } = self.node_below(0, region);
            return Tag {
                node,
                inner: true,
                folded: true,
            };
        };
        self.links.insert((parent, region), node);
        Tag {
            node,
            inner,
            folded: false,
        }
    }

    /// Calls without intervals belong to the first node of their region, at the top level if it has
    /// none; a region without any calls gets a node too.
    fn count_untimed(&mut self, source: &dyn Source, rows: &[usize]) {
        let mut first: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate().skip(1) {
            first.entry(node.region).or_insert(index);
        }
        for &row in rows {
            let row = &source.rows()[row];
            let node = *first
                .entry(row.name)
                .or_insert_with(|| self.node_below(0, row.name).node);
            let untimed = &mut self.nodes[node].untimed;
            *untimed = untimed.saturating_add(row.calls.saturating_sub(row.intervals));
        }
    }

    fn finish(self, source: &dyn Source, ranks: usize) -> CallTree {
        let mut children = vec![Vec::new(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().skip(1) {
            children[node.parent].push(index - 1);
        }
        // A node comes after its parent, so from the end every node is complete when it is added.
        let mut below = vec![0u64; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().skip(1).rev() {
            let calls = below[index].saturating_add(node.statistics.count());
            below[node.parent] = below[node.parent].saturating_add(calls);
        }
        let order = |index: &usize| {
            let node = &self.nodes[index + 1];
            (node.first_start.is_none(), node.first_start, node.region)
        };
        for siblings in &mut children {
            siblings.sort_by_key(order);
        }
        let mut children = children.into_iter();
        let roots = children.next().unwrap_or_default();
        let (first, last) = self.span.unwrap_or_default();
        CallTree {
            reentered: Vec::new(),
            throttled: Vec::new(),
            call_cost_ns: None,
            intervals: self.nodes.iter().map(|node| node.statistics.count()).sum(),
            nodes: self.nodes[1..]
                .iter()
                .zip(children)
                .zip(&below[1..])
                .map(|((node, children), &calls_below)| CallNode {
                    name: source.names()[node.region].clone(),
                    calls: node.statistics.count().saturating_add(node.untimed),
                    statistics: node.statistics,
                    exclusive: node.exclusive,
                    outermost: node.outermost,
                    first_start_ns: node.first_start,
                    calls_below,
                    children,
                })
                .collect(),
            roots,
            ranks,
            threads: self.thread_count,
            wall_ns: last.saturating_sub(first),
            overlaps: self.overlaps,
            reversed: self.reversed,
            folded: self.folded,
        }
    }
}

impl Visitor for Builder {
    type Tag = Tag;

    #[inline]
    fn enter(&mut self, parent: Option<Tag>, call: &Call) -> Tag {
        let parent = parent.map_or(0, |tag| tag.node);
        let tag = match self.recent[call.row] {
            (above, tag) if above == parent => tag,
            _ => {
                let tag = self.node_below(parent, self.regions[call.row]);
                self.recent[call.row] = (parent, tag);
                tag
            }
        };
        self.folded += u64::from(tag.folded);
        let node = &mut self.nodes[tag.node];
        node.statistics.add(call.duration());
        node.first_start = Some(node.first_start.map_or(call.start, |first| first.min(call.start)));
        self.span = Some(match self.span {
            None => (call.start, call.end.max(call.start)),
            Some((first, last)) => (first.min(call.start), last.max(call.end)),
        });
        if self.last_thread != Some(call.thread) || self.threads.is_empty() {
            self.last_thread = Some(call.thread);
            self.threads.insert(call.thread);
        }
        tag
    }

    #[inline]
    fn leave(&mut self, tag: Tag, call: &Call, own_ns: i128) {
        let node = &mut self.nodes[tag.node];
        node.exclusive += own_ns;
        if !tag.inner {
            node.outermost += i128::from(call.duration());
        }
    }

    fn overlap(&mut self, _: &Call, _: &Call) -> Result<()> {
        self.overlaps += 1;
        Ok(())
    }

    fn reversed(&mut self, _: &Call) -> Result<()> {
        self.reversed += 1;
        Ok(())
    }
}
