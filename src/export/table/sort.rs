//! In which order regions of one caller come.

use crate::analysis::call_tree::{CallNode, CallTree};
use std::cmp::Ordering;

/// In which order the regions of one caller come in a table, and of long tables which of them are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sort {
    /// By first start; shown are those with the most inclusive time.
    #[default]
    Start,
    /// The most inclusive time first.
    Total,
    /// The most exclusive time first.
    Exclusive,
    /// The most calls first.
    Calls,
    /// The longest calls on average first.
    Average,
    /// The longest single call first.
    Max,
    /// By name; shown are those with the most inclusive time.
    Name,
}

impl Sort {
    /// Which of two comes first among those of one caller.
    pub(super) fn order(self, a: &CallNode, b: &CallNode) -> Ordering {
        match self {
            // Sorting is stable, and that is how they are.
            Self::Start => Ordering::Equal,
            Self::Name => a.name().cmp(b.name()),
            _ => self.wanted(a, b),
        }
    }

    /// Which of two is to be shown rather than the other.
    pub(super) fn wanted(self, a: &CallNode, b: &CallNode) -> Ordering {
        let most = match self {
            Self::Start | Self::Total | Self::Name => Ordering::Equal,
            Self::Exclusive => b.exclusive_ns().cmp(&a.exclusive_ns()),
            Self::Calls => b.calls().cmp(&a.calls()),
            Self::Average => b.statistics().mean_ns().total_cmp(&a.statistics().mean_ns()),
            Self::Max => b.statistics().max_ns().cmp(&a.statistics().max_ns()),
        };
        let time = |node: &CallNode| (node.inclusive_ns(), node.calls());
        most.then_with(|| time(b).cmp(&time(a)))
    }

    /// All nodes of a tree in this order, each with its depth.
    pub(super) fn walk(self, tree: &CallTree) -> Vec<(usize, usize)> {
        let all: Vec<(usize, usize)> = tree.walk_indices().collect();
        if self == Self::Start {
            return all;
        }
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
        let mut roots = Vec::new();
        for &(_, node) in &all {
            match tree.node(node).parent() {
                Some(parent) => children[parent].push(node),
                None => roots.push(node),
            }
        }
        let sort = |nodes: &mut Vec<usize>| nodes.sort_by(|&a, &b| self.order(tree.node(a), tree.node(b)));
        sort(&mut roots);
        children.iter_mut().for_each(sort);
        let mut open: Vec<(usize, usize)> = roots.iter().rev().map(|&node| (0, node)).collect();
        let mut sorted = Vec::with_capacity(all.len());
        while let Some((depth, node)) = open.pop() {
            sorted.push((depth, node));
            open.extend(children[node].iter().rev().map(|&child| (depth + 1, child)));
        }
        sorted
    }
}
