//! From the tree of all regions to that of those that are shown.

use super::builder::{Builder, Growing};
use super::numbers::{Numbered, OfNodes, merge};
use super::{CallNode, CallTree};
use crate::analysis::metrics::FieldStatistics;
use crate::profile::Sums;
use rustc_hash::FxHashMap;

/// A node that is shown, made of one or several of all.
#[derive(Debug, Default)]
struct Shown {
    growing: Growing,
    inclusive: i128,
    untimed: u64,
    is_recursive: bool,
    calls_inside: u64,
    /// Of each field that is asked for; empty where no call has one.
    numbers: Vec<FieldStatistics>,
    children: Vec<usize>,
}

impl Builder<'_> {
    /// The tree of the regions that are `shown`. A node whose caller is not shown hangs below the nearest one
    /// that is; times stay what they are.
    pub(super) fn finish(self, shown: &[bool]) -> CallTree {
        let Self {
            source,
            nodes,
            mut rows,
            ranks,
            overlaps,
            reversed,
            folded,
            numbers,
            ..
        } = self;
        let mut numbers = numbers.map_or_else(OfNodes::default, Numbered::into_nodes);
        // A node comes after its parent, so from the end every node is complete when it is added.
        let mut inclusive: Vec<i128> = nodes.iter().map(|node| node.exclusive).collect();
        let mut calls: Vec<u64> = nodes
            .iter()
            .map(|node| node.statistics.count().saturating_add(node.folded))
            .collect();
        for (index, node) in nodes.iter().enumerate().skip(1).rev() {
            inclusive[node.parent] += inclusive[index];
            calls[node.parent] = calls[node.parent].saturating_add(calls[index]);
        }
        let mut projection = Projection::new();
        // Where the children of each node hang.
        let mut place = vec![0_usize; nodes.len()];
        for (index, node) in nodes.into_iter().enumerate().skip(1) {
            let above = place[node.parent];
            if !shown[node.region] {
                place[index] = above;
                continue;
            }
            let at = projection.add(above, node, inclusive[index], calls[index]);
            if let Some(numbers) = numbers.remove(&index) {
                merge(&mut projection.nodes[at].numbers, &numbers);
            }
            place[index] = at;
        }
        let mut intervals = 0_u64;
        for (index, row) in source.rows().iter().enumerate() {
            let Some(times) = rows.get_mut(&index) else {
                continue;
            };
            intervals = intervals.saturating_add(row.intervals);
            let sums = source.row_facts(index).sums;
            if let Some(sums) = &sums {
                times.inclusive_ns = sums.statistics.total_ns();
                times.exclusive_ns = sums.exclusive_ns;
            }
            match sums {
                _ if !shown[row.name] => {}
                Some(sums) => projection.add_sums(row.name, &sums),
                None => projection.count_untimed(row.name, row.calls.saturating_sub(row.intervals)),
            }
        }
        CallTree {
            intervals,
            rank_times: ranks,
            rows,
            overlaps,
            reversed,
            folded,
            ..projection.into_tree(source.names())
        }
    }
}

struct Projection {
    /// The first is above the top level.
    nodes: Vec<Shown>,
    /// Node and region to the node of that region below it.
    below: FxHashMap<(usize, usize), usize>,
    /// Region to its first node.
    first: FxHashMap<usize, usize>,
}

impl Projection {
    fn new() -> Self {
        Self {
            nodes: vec![Shown::default()],
            below: FxHashMap::default(),
            first: FxHashMap::default(),
        }
    }

    /// Adds a node below `above`; gives where it went.
    fn add(&mut self, above: usize, node: Growing, inclusive: i128, calls: u64) -> usize {
        // What was between the two is not shown, and makes no difference to the time.
        let is_inside_itself = above != 0 && self.nodes[above].growing.region == node.region;
        let at = if is_inside_itself {
            above
        } else {
            self.node_below(above, node.region)
        };
        let shown = &mut self.nodes[at];
        if !is_inside_itself {
            shown.inclusive += inclusive;
            shown.growing.outermost = shown.growing.outermost.saturating_add(node.outermost);
            shown.calls_inside = shown
                .calls_inside
                .saturating_add(calls.saturating_sub(node.outermost));
        }
        let of = &mut shown.growing;
        of.statistics.merge(&node.statistics);
        of.exclusive += node.exclusive;
        of.recursion_depth = of.recursion_depth.max(node.recursion_depth);
        of.first_start = [of.first_start, node.first_start].into_iter().flatten().min();
        of.threads.merge(node.threads);
        at
    }

    fn node_below(&mut self, above: usize, region: usize) -> usize {
        if let Some(&at) = self.below.get(&(above, region)) {
            return at;
        }
        let at = self.nodes.len();
        let mut ancestor = above;
        while ancestor != 0 && self.nodes[ancestor].growing.region != region {
            ancestor = self.nodes[ancestor].growing.parent;
        }
        self.nodes.push(Shown {
            is_recursive: ancestor != 0,
            growing: Growing {
                region,
                parent: above,
                ..Growing::default()
            },
            ..Shown::default()
        });
        self.below.insert((above, region), at);
        self.first.entry(region).or_insert(at);
        at
    }

    /// Calls of which only the sums are known are at the top level: who called them is not.
    fn add_sums(&mut self, region: usize, sums: &Sums) {
        let at = self.node_below(0, region);
        let shown = &mut self.nodes[at];
        shown.inclusive += i128::from(sums.statistics.total_ns());
        let of = &mut shown.growing;
        of.statistics.merge(&sums.statistics);
        of.exclusive += i128::from(sums.exclusive_ns);
        of.outermost = of.outermost.saturating_add(sums.statistics.count());
    }

    /// Calls without intervals belong to the first node of their region, at the top level if it has
    /// none; a region without any calls gets a node too.
    fn count_untimed(&mut self, region: usize, calls: u64) {
        let at = match self.first.get(&region) {
            Some(&at) => at,
            None => self.node_below(0, region),
        };
        let untimed = &mut self.nodes[at].untimed;
        *untimed = untimed.saturating_add(calls);
    }

    fn into_tree(mut self, names: &[String]) -> CallTree {
        for index in 1..self.nodes.len() {
            let parent = self.nodes[index].growing.parent;
            self.nodes[parent].children.push(index);
        }
        let order: Vec<_> = self
            .nodes
            .iter()
            .map(|Shown { growing, .. }| (growing.first_start.is_none(), growing.first_start, growing.region))
            .collect();
        for node in &mut self.nodes {
            node.children.sort_by_key(|&index| order[index]);
            node.children.iter_mut().for_each(|index| *index -= 1);
        }
        let mut nodes = self.nodes.into_iter();
        let roots = nodes.next().map_or_else(Vec::new, |top| top.children);
        CallTree {
            roots,
            nodes: nodes.map(|node| node.into_node(names)).collect(),
            ..CallTree::default()
        }
    }
}

impl Shown {
    fn into_node(mut self, names: &[String]) -> CallNode {
        self.numbers.iter_mut().for_each(FieldStatistics::sort);
        let of = self.growing;
        CallNode {
            name: names[of.region].clone(),
            calls: of.statistics.count().saturating_add(self.untimed),
            statistics: of.statistics,
            exclusive: of.exclusive,
            inclusive: self.inclusive,
            first_start_ns: of.first_start.map(|(_, start)| start),
            threads: of.threads.number,
            recursion_depth: of.recursion_depth,
            is_recursive: self.is_recursive,
            outermost: of.outermost,
            calls_inside: self.calls_inside,
            parent: of.parent.checked_sub(1),
            numbers: self.numbers,
            children: self.children,
        }
    }
}
