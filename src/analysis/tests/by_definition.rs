//! Any calls of any threads, nested, recursive and overlapping, against the definitions: what is open and
//! what is innermost in each nanosecond.

use super::memory::Memory;
use crate::analysis::call_tree::{CallNode, CallTree};
use crate::analysis::selection::RegionFilter;
use crate::analysis::{imbalance, inclusive};
use crate::profile::Source;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Start, end and thread of the calls of each region on each rank.
type Calls = BTreeMap<(u32, usize), Vec<(i64, i64, u32)>>;

const LAST: i64 = 40;

fn calls() -> impl Strategy<Value = Calls> {
    let call = (0_u32..2, 0_usize..4, 0_i64..LAST, -2_i64..LAST, 0_u32..3);
    prop::collection::vec(call, 0..50).prop_map(|list| {
        let mut calls = Calls::new();
        for (rank, region, start, length, thread) in list {
            let end = (start + length).min(LAST);
            calls
                .entry((rank, region))
                .or_default()
                .push((start, end, thread));
        }
        for calls in calls.values_mut() {
            calls.sort_by_key(|&(start, end, _)| (start, !end));
        }
        calls
    })
}

fn profile(calls: &Calls) -> Memory {
    calls
        .iter()
        .fold(Memory::new(), |source, (&(rank, region), calls)| {
            source.region(rank, &format!("r{region}"), calls)
        })
}

/// Inclusive and exclusive time of each region on each rank, by the nanosecond.
fn by_nanosecond(calls: &Calls) -> BTreeMap<(u32, usize), (i64, i64)> {
    let mut times: BTreeMap<(u32, usize), (i64, i64)> = calls.keys().map(|&key| (key, (0, 0))).collect();
    for rank in 0..2 {
        for thread in 0..3 {
            for ns in 0..LAST {
                let open: Vec<_> = calls
                    .iter()
                    .filter(|((of, _), _)| *of == rank)
                    .flat_map(|(&key, calls)| calls.iter().map(move |&call| (key, call)))
                    .filter(|&(_, (start, end, of))| of == thread && start <= ns && ns < end)
                    .collect();
                // The last to begin; of those that began together the shortest, then the last in the file.
                let innermost = open
                    .iter()
                    .max_by_key(|(key, (start, end, _))| (*start, -end, *key));
                if let Some((key, _)) = innermost {
                    times.get_mut(key).unwrap().1 += 1;
                }
                let mut regions: Vec<_> = open.iter().map(|(key, _)| *key).collect();
                regions.dedup();
                regions
                    .into_iter()
                    .for_each(|key| times.get_mut(&key).unwrap().0 += 1);
            }
        }
    }
    times
}

fn below(tree: &CallTree, node: &CallNode) -> i64 {
    tree.children(node).map(CallNode::inclusive_ns).sum()
}

proptest! {
    #[test]
    fn inclusive_and_exclusive_times_are_what_their_definitions_say(calls in calls()) {
        let source = profile(&calls);
        let tree = CallTree::filtered(&source, &RegionFilter::new()).unwrap();
        for (row, (&key, &(open, innermost))) in by_nanosecond(&calls).iter().enumerate() {
            let times = tree.row_times(row).unwrap();
            prop_assert_eq!((times.inclusive_ns, times.exclusive_ns), (open, innermost), "{:?}", key);
            prop_assert_eq!(inclusive::of_row(&source, row).unwrap(), open);
        }
        let slowest = imbalance::filtered(&source, &RegionFilter::new(), None).unwrap();
        prop_assert_eq!(&slowest, &imbalance::filtered(&source, &RegionFilter::new(), Some(&tree)).unwrap());
    }

    #[test]
    fn the_rows_below_a_node_and_its_own_time_are_its_time_and_no_thread_is_busy_twice(calls in calls()) {
        let source = profile(&calls);
        let tree = CallTree::filtered(&source, &RegionFilter::new()).unwrap();
        for (_, node) in tree.walk() {
            prop_assert_eq!(node.inclusive_ns(), node.exclusive_ns() + below(&tree, node), "{}", node.name());
            prop_assert!(node.exclusive_ns() >= 0);
            prop_assert!(node.inclusive_ns() <= tree.wall_ns() * node.threads() as i64);
            prop_assert!(tree.share_of_threads(node).is_none_or(|share| share <= 1.0 + 1e-9));
        }
        let innermost: i64 = by_nanosecond(&calls).values().map(|times| times.1).sum();
        prop_assert_eq!(tree.roots().map(CallNode::inclusive_ns).sum::<i64>(), innermost);
        // With one thread on each rank, what is not in a region is outside.
        if calls.values().flatten().all(|call| call.2 == 0) {
            let run: i64 = (0..2).map(|rank| tree.wall().rank_ns(rank)).sum();
            prop_assert_eq!(tree.outside_ns(), run - innermost);
        }
    }

    #[test]
    fn a_filter_shows_less_and_changes_no_number(
        calls in calls(), shown in prop::collection::vec(any::<bool>(), 4), rank in prop::option::of(0_u32..2),
    ) {
        let source = profile(&calls);
        let pattern: Vec<String> = (0..4).filter(|&n| shown[n]).map(|n| format!("r{n}")).collect();
        let mut filter = RegionFilter::new().include(&pattern).unwrap();
        if let Some(rank) = rank {
            filter = filter.ranks([rank]);
        }
        let all = CallTree::filtered(&source, &RegionFilter::new()).unwrap();
        let Ok(some) = CallTree::filtered(&source, &filter) else { return Ok(()) };
        prop_assert_eq!(some.wall_ns(), all.wall_ns());
        for (index, row) in source.rows().iter().enumerate() {
            if filter.keeps_rank(row.rank) {
                prop_assert_eq!(some.row_times(index), all.row_times(index));
            }
        }
        if rank.is_none() {
            let own = |tree: &CallTree, name: &str| -> i64 {
                tree.walk().filter(|(_, node)| node.name() == name).map(|(_, node)| node.exclusive_ns()).sum()
            };
            for name in source.names() {
                if all.folded() == 0 && filter.keeps_region(name) {
                    prop_assert_eq!(own(&some, name), own(&all, name), "{}", name);
                }
            }
            prop_assert_eq!(some.outside_ns(), all.outside_ns());
        }
        for (_, node) in some.walk() {
            prop_assert!(filter.keeps_region(node.name()));
            prop_assert!(node.inclusive_ns() >= node.exclusive_ns() + below(&some, node));
            prop_assert!(some.share_of_threads(node).is_none_or(|share| share <= 1.0 + 1e-9));
        }
    }
}
