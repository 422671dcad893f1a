//! The call tree, and how the ranks compare.

use crate::analysis::call_tree::CallTree;
use crate::analysis::imbalance;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::Source;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The nodes as a list, each before those below it: parsers have limits to how deep values are nested.
pub(super) fn nodes(tree: &CallTree) -> Vec<Value> {
    let ids: HashMap<usize, usize> = tree
        .walk_indices()
        .enumerate()
        .map(|(id, (_, node))| (node, id))
        .collect();
    tree.walk_indices()
        .enumerate()
        .map(|(id, (depth, index))| {
            let node = tree.node(index);
            let statistics = node.statistics();
            json!({
                "id": id,
                "parent": node.parent().and_then(|parent| ids.get(&parent)),
                "depth": depth,
                "region": node.name(),
                "num_calls": node.calls(),
                "num_intervals": statistics.count(),
                "inclusive_ns": node.inclusive_ns(),
                "exclusive_ns": node.exclusive_ns(),
                "share": tree.share(node),
                "num_threads": node.threads(),
                "share_of_threads": tree.share_of_threads(node),
                "recursion_depth": node.recursion_depth(),
                "recursive": node.is_recursive(),
                "sum_of_durations_ns": statistics.total_ns(),
                "mean_ns": statistics.mean_ns(),
                "min_ns": statistics.min_ns(),
                "max_ns": statistics.max_ns(),
                "std_ns": statistics.std_ns(),
                "first_start_ns": node.first_start_ns(),
                "profiler_share": tree.instrumentation(node),
            })
        })
        .collect()
}

/// The chosen regions over all ranks, the largest imbalance time first; none of a single rank.
pub(super) fn imbalance(source: &dyn Source, filter: &RegionFilter, tree: &CallTree) -> Result<Vec<Value>> {
    if source.ranks().len() < 2 {
        return Ok(Vec::new());
    }
    let regions = imbalance::filtered(source, filter, Some(tree))?;
    Ok(regions
        .iter()
        .map(|region| {
            json!({
                "region": region.name(),
                "num_calls": region.calls(),
                "num_ranks": region.num_ranks(),
                "of_ranks": region.ranks_of_run(),
                "min_ns": region.min_ns(),
                "mean_ns": region.mean_ns(),
                "max_ns": region.max_ns(),
                "slowest_rank": region.slowest_rank(),
                "imbalance_ns": region.imbalance_time_ns(),
                "imbalance_factor": region.imbalance_factor(),
            })
        })
        .collect())
}
