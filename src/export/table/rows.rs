//! Which nodes of a tree have a row.

use super::sort::Sort;
use crate::analysis::call_tree::CallTree;

/// The nodes that are printed, each with its depth and number, and how many are not.
pub(super) struct Rows {
    pub(super) nodes: Vec<(usize, usize)>,
    pub(super) more: usize,
}

impl Rows {
    /// All nodes; or of more than `max` those that are wanted most, each with all above it.
    pub(super) fn of(tree: &CallTree, max: Option<usize>, sort: Sort) -> Self {
        let all = sort.walk(tree);
        let Some(max) = max.filter(|&max| all.len() > max) else {
            return Self { nodes: all, more: 0 };
        };
        let mut largest: Vec<usize> = all.iter().map(|&(_, node)| node).collect();
        largest.sort_by(|&a, &b| sort.wanted(tree.node(a), tree.node(b)));
        let slots = largest.iter().max().map_or(0, |last| last + 1);
        let mut kept = vec![false; slots];
        let mut room = max;
        for index in largest {
            let mut path = Vec::new();
            let mut at = Some(index);
            while let Some(node) = at.filter(|&node| !kept[node]) {
                path.push(node);
                at = tree.node(node).parent();
            }
            if path.len() <= room {
                room -= path.len();
                path.into_iter().for_each(|node| kept[node] = true);
            }
            if room == 0 {
                break;
            }
        }
        let nodes: Vec<_> = all.iter().copied().filter(|&(_, node)| kept[node]).collect();
        Self {
            more: all.len() - nodes.len(),
            nodes,
        }
    }
}
