//! Nesting and call trees against profiles made of trees whose answers are known.

mod by_definition;
mod memory;
mod random_tree;

use super::call_tree::CallTree;
use super::nesting::own_times_of_rank;
use super::selection::RegionFilter;
use crate::profile::Source;
use memory::Memory;
use proptest::prelude::*;
use random_tree::{Thread, threads};
use std::collections::BTreeMap;

/// One line for each node: indented name, calls, sum of durations, inclusive and exclusive time, and how deep
/// the recursion is.
fn drawn(source: &Memory) -> Vec<String> {
    let rows: Vec<usize> = (0..source.rows().len()).collect();
    let tree = CallTree::of(source, &rows).unwrap();
    tree.walk()
        .map(|(depth, node)| {
            format!(
                "{}{} {} {} {} {} {}",
                "  ".repeat(depth),
                node.name(),
                node.calls(),
                node.statistics().total_ns(),
                node.inclusive_ns(),
                node.exclusive_ns(),
                node.recursion_depth()
            )
        })
        .collect()
}

#[test]
fn calls_inside_others_are_below_them() {
    let source = Memory::new()
        .region(0, "main", &[(0, 100, 0)])
        .region(0, "solve", &[(10, 40, 0), (50, 90, 0)])
        .region(0, "io", &[(20, 30, 0), (92, 98, 0)]);
    assert_eq!(
        drawn(&source),
        [
            "main 1 100 100 24 1",
            "  solve 2 70 70 60 1",
            "    io 1 10 10 10 1",
            "  io 1 6 6 6 1"
        ]
    );
}

#[test]
fn a_region_that_calls_itself_is_one_node_whose_time_is_that_of_the_outermost_call() {
    let source = Memory::new().region(0, "fib", &[(0, 100, 0), (10, 60, 0), (20, 50, 0), (70, 80, 0)]);
    assert_eq!(drawn(&source), ["fib 4 190 100 100 3"]);
}

#[test]
fn a_region_that_is_open_further_up_is_a_deeper_node() {
    let source = Memory::new()
        .region(0, "f", &[(0, 100, 0), (10, 60, 0), (20, 50, 0)])
        .region(0, "g", &[(15, 55, 0), (70, 80, 0)]);
    // f(0-100) calls f(10-60), that calls g(15-55), that calls f(20-50); later f calls g(70-80).
    assert_eq!(
        drawn(&source),
        ["f 2 150 100 50 2", "  g 2 50 50 20 1", "    f 1 30 30 30 3"]
    );
    let tree = CallTree::of(&source, &[0, 1]).unwrap();
    let recursive: Vec<bool> = tree.walk().map(|(_, node)| node.is_recursive()).collect();
    assert_eq!(recursive, [true, false, true]);
}

#[test]
fn mutual_recursion_without_end_leaves_its_time_to_the_last_node_that_is_kept() {
    // a(0-2000) b(1-1999) a(2-1998) ...: a thousand calls, each with 2 ns of its own.
    let calls = |parity: i64| -> Vec<(i64, i64, u32)> {
        (0..1000)
            .filter(|n| n % 2 == parity)
            .map(|n| (n, 2000 - n, 0))
            .collect()
    };
    let source = Memory::new().region(0, "a", &calls(0)).region(0, "b", &calls(1));
    let tree = CallTree::of(&source, &[0, 1]).unwrap();
    let nodes: Vec<_> = tree.walk().map(|(_, node)| node).collect();
    assert!(nodes.len() < 20, "{}", nodes.len());
    assert_eq!(
        nodes.iter().map(|node| node.calls()).sum::<u64>() + tree.folded(),
        1000
    );
    assert_eq!(nodes.iter().map(|node| node.exclusive_ns()).sum::<i64>(), 2000);
    assert_eq!(nodes[0].inclusive_ns(), 2000);
    assert_eq!(tree.row_times(0).unwrap().recursion_depth, 500);
    assert_eq!(tree.share(nodes[0]), Some(1.0));
}

#[test]
fn touching_calls_are_siblings_and_equal_ones_nest_in_the_order_of_the_file() {
    let touching = Memory::new()
        .region(0, "a", &[(0, 10, 0)])
        .region(0, "b", &[(10, 20, 0)]);
    assert_eq!(drawn(&touching), ["a 1 10 10 10 1", "b 1 10 10 10 1"]);
    let equal = Memory::new()
        .region(0, "a", &[(0, 10, 0)])
        .region(0, "b", &[(0, 10, 0)]);
    assert_eq!(drawn(&equal), ["a 1 10 10 0 1", "  b 1 10 10 10 1"]);
}

#[test]
fn of_calls_that_overlap_in_part_the_later_has_the_time_of_both() {
    let source = Memory::new()
        .region(0, "a", &[(0, 10, 0)])
        .region(0, "b", &[(5, 15, 0)])
        .region(0, "c", &[(6, 8, 0)]);
    assert_eq!(drawn(&source), ["a 1 10 5 5 1", "b 1 10 10 8 1", "  c 1 2 2 2 1"]);
    let tree = CallTree::of(&source, &[0, 1, 2]).unwrap();
    assert_eq!((tree.overlaps(), tree.wall_ns()), (1, 15));
    // By itself the region was open for all of its call.
    assert_eq!(tree.row_times(0).unwrap().inclusive_ns, 10);
}

#[test]
fn the_same_times_on_other_threads_and_ranks_do_not_nest() {
    let source = Memory::new()
        .region(0, "a", &[(0, 10, 0)])
        .region(0, "b", &[(2, 8, 1)])
        .region(1, "b", &[(3, 4, 0)]);
    assert_eq!(drawn(&source), ["a 1 10 10 10 1", "b 2 7 7 7 1"]);
    let tree = CallTree::of(&source, &[0, 1, 2]).unwrap();
    assert_eq!(
        (tree.ranks(), tree.threads(), tree.intervals(), tree.wall_ns()),
        (2, 3, 3, 10)
    );
    let share = tree.share(tree.roots().next().unwrap()).unwrap();
    assert!((share - 0.5).abs() < 1e-12);
}

#[test]
fn a_call_that_ends_before_it_starts_keeps_its_negative_duration_and_was_never_open() {
    let source = Memory::new()
        .region(0, "a", &[(0, 10, 0)])
        .region(0, "b", &[(5, 2, 0)]);
    assert_eq!(drawn(&source), ["a 1 10 10 10 1", "  b 1 -3 0 0 1"]);
    assert_eq!(CallTree::of(&source, &[0, 1]).unwrap().reversed(), 1);
}

#[test]
fn calls_that_were_only_counted_show_without_times() {
    let source = Memory::new()
        .region(0, "a", &[(0, 10, 0)])
        .counted(0, "b", 7)
        .counted(0, "c", 0);
    assert_eq!(drawn(&source), ["a 1 10 10 10 1", "b 7 0 0 0 0", "c 0 0 0 0 0"]);
}

#[test]
fn a_left_out_region_passes_its_callees_to_its_caller() {
    let source = Memory::new()
        .region(0, "a", &[(0, 100, 0)])
        .region(0, "b", &[(10, 90, 0)])
        .region(0, "c", &[(20, 30, 0)]);
    let tree = CallTree::of(&source, &[0, 2]).unwrap();
    let depths: Vec<_> = tree.walk().map(|(depth, node)| (depth, node.name())).collect();
    assert_eq!(depths, [(0, "a"), (1, "c")]);
    // What a did itself is what it was before.
    let own: Vec<i64> = tree.walk().map(|(_, node)| node.exclusive_ns()).collect();
    assert_eq!(own, [20, 10]);
}

#[test]
fn a_filter_changes_neither_wall_time_nor_shares_nor_what_a_region_does_itself() {
    let source = Memory::new()
        .region(0, "main", &[(0, 1000, 0)])
        .region(0, "halo", &[(100, 400, 0)])
        .region(0, "pack", &[(150, 200, 0), (500, 550, 0)])
        .region(1, "main", &[(0, 900, 0)]);
    let all = CallTree::filtered(&source, &RegionFilter::new()).unwrap();
    for (include, rank) in [("pack", 0), ("main", 0), ("main", 1), ("halo|pack", 0)] {
        let filter = RegionFilter::new().include([include]).unwrap().ranks([rank]);
        let some = CallTree::filtered(&source, &filter).unwrap();
        assert_eq!(some.wall_ns(), all.wall_ns());
        assert!(some.filter().is_some());
    }
    let filter = RegionFilter::new().include(["pack", "main"]).unwrap();
    let some = CallTree::filtered(&source, &filter).unwrap();
    let drawn: Vec<_> = some
        .walk()
        .map(|(depth, node)| (depth, node.name(), node.inclusive_ns(), node.exclusive_ns()))
        .collect();
    assert_eq!(drawn, [(0, "main", 1900, 1550), (1, "pack", 100, 100)]);
    assert_eq!(some.share(some.roots().next().unwrap()), Some(0.95));
    assert_eq!(some.outside_ns(), all.outside_ns());
}

#[test]
fn clocks_that_were_never_compared_give_each_rank_its_own_wall_time() {
    // Two nodes, up for ten days and for one.
    const DAY: i64 = 86_400_000_000_000;
    let source = Memory::new()
        .region(0, "main", &[(10 * DAY, 10 * DAY + 1_000, 0)])
        .region(0, "solve", &[(10 * DAY + 100, 10 * DAY + 600, 0)])
        .region(1, "main", &[(DAY, DAY + 2_000, 0)])
        .region(1, "solve", &[(DAY + 50, DAY + 1_050, 0)])
        .unknown_clocks();
    let tree = CallTree::filtered(&source, &RegionFilter::new()).unwrap();
    assert_eq!((tree.wall_ns(), tree.available_ns()), (2_000, 3_000.0));
    let shares: Vec<_> = tree.walk().map(|(_, node)| tree.share(node).unwrap()).collect();
    assert_eq!(shares, [1.0, 0.5]);
    assert!(
        tree.notes()
            .iter()
            .any(|note| note.text().contains("cannot be compared"))
    );
}

#[test]
fn calls_on_more_paths_than_anyone_reads_leave_their_time_to_their_callers() {
    // Every ordering of these regions is a path of its own: 9 + 9*8 + ... + 9! of them.
    fn nest(path: &mut Vec<usize>, clock: &mut i64, calls: &mut [Vec<(i64, i64, u32)>]) {
        for region in 0..calls.len() {
            if !path.contains(&region) {
                let start = *clock;
                *clock += 1;
                path.push(region);
                nest(path, clock, calls);
                path.pop();
                *clock += 1;
                calls[region].push((start, *clock, 0));
                *clock += 1;
            }
        }
    }
    let mut calls = vec![Vec::new(); 9];
    nest(&mut Vec::new(), &mut 0, &mut calls);
    let mut source = Memory::new();
    for (region, calls) in calls.iter().enumerate() {
        source = source.region(0, &region.to_string(), calls);
    }
    let tree = CallTree::of(&source, &(0..9).collect::<Vec<_>>()).unwrap();
    assert!(tree.folded() > 0);
    assert_eq!(
        tree.intervals(),
        calls.iter().map(|calls| calls.len() as u64).sum::<u64>()
    );
    assert!(tree.walk().count() < 70_000);
    let timed: u64 = tree.walk().map(|(_, node)| node.calls()).sum();
    assert_eq!(timed + tree.folded(), tree.intervals());
    let busy: i64 = tree.walk().map(|(_, node)| node.exclusive_ns()).sum();
    assert_eq!(busy, tree.roots().map(|root| root.inclusive_ns()).sum::<i64>());
    for root in tree.roots() {
        assert!(tree.share(root).unwrap() <= 1.0);
    }
}

/// A profile of one rank with the calls of some threads.
fn profile(threads: &[Thread]) -> Memory {
    let mut calls: BTreeMap<usize, Vec<(i64, i64, u32)>> = BTreeMap::new();
    for (number, thread) in threads.iter().enumerate() {
        thread.each(&mut |region, start, end| {
            calls.entry(region).or_default().push((start, end, number as u32));
        });
    }
    let regions = calls.iter();
    regions.fold(Memory::new(), |source, (region, calls)| {
        source.region(0, &format!("r{region}"), calls)
    })
}

proptest! {
    #[test]
    fn any_nested_calls_of_any_threads_come_out_as_the_tree_they_were_made_of(threads in threads()) {
        let source = profile(&threads);
        prop_assert_eq!(drawn(&source), random_tree::drawn(&threads));
        let own = own_times_of_rank(&source, 0, None).unwrap();
        let mut expected: BTreeMap<String, i64> = BTreeMap::new();
        for thread in &threads {
            thread.each_own(&mut |region, own| *expected.entry(format!("r{region}")).or_default() += own);
        }
        let own: BTreeMap<String, i64> =
            own.into_iter().map(|(row, own)| (source.names()[source.rows()[row].name].clone(), own)).collect();
        prop_assert_eq!(own, expected);
    }

    #[test]
    fn any_intervals_at_all_are_counted_once_and_their_times_kept(
        calls in prop::collection::vec((0_usize..4, -20_i64..20, -20_i64..20, 0_u32..3), 0..60),
    ) {
        let mut regions: BTreeMap<usize, Vec<(i64, i64, u32)>> = BTreeMap::new();
        for &(region, start, end, thread) in &calls {
            regions.entry(region).or_default().push((start, end, thread));
        }
        let source = regions.iter().fold(Memory::new(), |source, (region, calls)| {
            source.region(0, &format!("r{region}"), calls)
        });
        let rows: Vec<usize> = (0..source.rows().len()).collect();
        let tree = CallTree::of(&source, &rows).unwrap();
        for (region, calls) in &regions {
            let name = format!("r{region}");
            let nodes: Vec<_> = tree.walk().map(|(_, node)| node).filter(|node| node.name() == name).collect();
            let total: i64 = calls.iter().map(|(start, end, _)| end - start).sum();
            if tree.folded() == 0 {
                prop_assert_eq!(nodes.iter().map(|node| node.calls()).sum::<u64>(), calls.len() as u64);
                prop_assert_eq!(nodes.iter().map(|node| node.statistics().total_ns()).sum::<i64>(), total);
            }
        }
        // Whether calls nest is a matter of pairs.
        let crosses = |a: &(usize, i64, i64, u32), b: &(usize, i64, i64, u32)| {
            a.3 == b.3 && a.1 < b.1 && b.1 < a.2 && a.2 < b.2
        };
        let reversed = calls.iter().filter(|(_, start, end, _)| end < start).count() as u64;
        prop_assert_eq!(tree.reversed(), reversed);
        let forward: Vec<_> = calls.iter().filter(|(_, start, end, _)| start <= end).collect();
        let crossing = forward.iter().any(|a| forward.iter().any(|b| crosses(a, b)));
        prop_assert_eq!(tree.overlaps() > 0, crossing);
        prop_assert_eq!(own_times_of_rank(&source, 0, None).is_err(), crossing || reversed > 0);
    }
}
