//! Regions without their callers.

use super::numbers::merge;
use super::{CallNode, CallTree};
use crate::analysis::metrics::FieldStatistics;
use crate::profile::Source;
use std::collections::BTreeMap;

impl CallTree {
    /// The same regions without their callers: a tree of one node for each region of `source`, of which this tree is,
    /// in order of first start. Its inclusive time is that of the region, of whose calls inside each other only the
    /// outermost count, on whatever path.
    ///
    /// ```
    /// use scope_profiler::RegionFilter;
    /// use scope_profiler::analysis::call_tree::CallTree;
    /// use scope_profiler::profile::{Call, Profile};
    ///
    /// let profile = Profile::builder()
    ///     .interval(Call::new("solve", 0..60))
    ///     .interval(Call::new("dot", 10..20))
    ///     .interval(Call::new("check", 60..90))
    ///     .interval(Call::new("dot", 70..75))
    ///     .build();
    /// let flat = CallTree::filtered(&profile, &RegionFilter::new())?.flat(&profile);
    /// let rows: Vec<_> = flat.walk().map(|(depth, node)| (depth, node.name(), node.calls(), node.inclusive_ns())).collect();
    /// assert_eq!(rows, [(0, "solve", 1, 60), (0, "dot", 2, 15), (0, "check", 1, 30)]);
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn flat(&self, source: &dyn Source) -> CallTree {
        let mut inclusive: BTreeMap<&str, i128> = BTreeMap::new();
        for (&row, times) in &self.rows {
            let name = source.names()[source.rows()[row].name].as_str();
            *inclusive.entry(name).or_default() += i128::from(times.inclusive_ns);
        }
        let mut nodes: Vec<CallNode> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, node) in self.walk() {
            let place = *places.entry(node.name()).or_insert(nodes.len());
            if place == nodes.len() {
                nodes.push(CallNode {
                    parent: None,
                    children: Vec::new(),
                    ..node.clone()
                });
            } else {
                nodes[place].add(node, self.threads());
            }
        }
        for node in &mut nodes {
            node.numbers.iter_mut().for_each(FieldStatistics::sort);
            if let Some(&ns) = inclusive.get(node.name.as_str()) {
                node.inclusive = ns;
            }
        }
        let mut roots: Vec<usize> = (0..nodes.len()).collect();
        roots.sort_by_key(|&node| (nodes[node].first_start_ns.is_none(), nodes[node].first_start_ns));
        CallTree {
            nodes,
            roots,
            ..self.clone()
        }
    }
}

impl CallNode {
    /// Adds the calls of the same region on another path; there are no more threads than these.
    fn add(&mut self, other: &Self, threads: usize) {
        self.calls = self.calls.saturating_add(other.calls);
        self.statistics.merge(&other.statistics);
        self.exclusive += other.exclusive;
        self.inclusive += other.inclusive;
        self.first_start_ns = match (self.first_start_ns, other.first_start_ns) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.threads = (self.threads + other.threads).min(threads as u64);
        self.recursion_depth = self.recursion_depth.max(other.recursion_depth);
        self.is_recursive |= other.is_recursive;
        self.outermost = self.outermost.saturating_add(other.outermost);
        self.calls_inside = self.calls_inside.saturating_add(other.calls_inside);
        merge(&mut self.numbers, &other.numbers);
    }
}
