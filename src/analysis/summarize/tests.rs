use super::*;
use crate::analysis::call_tree::CallTree;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{Call, Intervals, PathSummary, Profile, Row, Source, StoredSummary};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

const REGIONS: [&str; 4] = ["a", "b", "c", "d"];

/// A call: region, time before it, calls inside, time after the last of them. Times may be 0, so that calls touch, are
/// equal, or have no length.
#[derive(Clone, Debug)]
struct Tree(usize, i64, Vec<Tree>, i64);

fn trees() -> impl Strategy<Value = Vec<Vec<Tree>>> {
    let leaf =
        (0_usize..4, 0_i64..3, 0_i64..3).prop_map(|(region, gap, tail)| Tree(region, gap, Vec::new(), tail));
    let tree = leaf.prop_recursive(12, 60, 4, |inner| {
        (0_usize..4, 0_i64..3, prop::collection::vec(inner, 0..4), 0_i64..3)
            .prop_map(|(region, gap, children, tail)| Tree(region, gap, children, tail))
    });
    prop::collection::vec(prop::collection::vec(tree, 0..6), 1..4)
}

/// Adds the calls of trees that begin at a time, each after those inside it; gives the time after them.
fn visit(trees: &[Tree], mut clock: i64, into: &mut Vec<(usize, i64, i64)>) -> i64 {
    for Tree(region, gap, children, tail) in trees {
        clock += gap;
        let start = clock;
        clock = visit(children, clock, into) + tail;
        into.push((*region, start, clock));
    }
    clock
}

fn profile_of(threads: &[Vec<(usize, i64, i64)>]) -> Profile {
    let mut builder = Profile::builder();
    for (thread, calls) in threads.iter().enumerate() {
        for &(region, start, end) in calls {
            builder = builder.interval(Call::new(REGIONS[region], start..end).thread(thread as u32));
        }
    }
    builder.build()
}

/// The summary of calls that come thread by thread from the end, in pieces.
fn backward(profile: &Profile, threads: &[Vec<(usize, i64, i64)>], piece: usize) -> Option<StoredSummary> {
    let row_of = |region: usize| {
        let is_of_region = |row: &Row| profile.names()[row.name] == REGIONS[region];
        profile.rows().iter().position(is_of_region).unwrap()
    };
    let with_calls = || threads.iter().enumerate().filter(|(_, calls)| !calls.is_empty());
    let of_threads = with_calls().map(|(thread, calls)| ThreadCalls {
        thread: thread as u32,
        calls: calls.len() as u64,
        last_end: calls.last().unwrap().2,
    });
    let mut backward = Backward::new(profile.rows().iter().map(|row| row.intervals), of_threads);
    let mut pieces = Vec::new();
    for (thread, calls) in with_calls() {
        pieces.extend(calls.rchunks(piece).map(|some| (thread, some)));
    }
    // As in a log, threads take turns, and of each what ends last comes first.
    pieces.sort_by_key(|(_, some)| std::cmp::Reverse(some.last().map(|call| call.2)));
    for (thread, some) in pieces {
        let calls = some.iter().map(|&(region, start, end)| TimedCall {
            row: row_of(region) as u32,
            start,
            end,
        });
        backward.calls(thread as u32, &calls.collect::<Vec<_>>());
    }
    backward.finish()
}

/// What a summary says of each path.
fn by_path(summary: &StoredSummary) -> BTreeMap<Vec<usize>, String> {
    let mut paths: Vec<Vec<usize>> = Vec::new();
    for node in &summary.paths {
        let mut path = node.parent.map_or(Vec::new(), |parent| paths[parent].clone());
        path.push(node.row);
        paths.push(path);
    }
    let described = summary.paths.iter().map(|node| {
        let PathSummary { statistics, .. } = node;
        format!(
            "{} calls, {} ns ({:?}-{:?}, {:.6}), exclusive {}, outermost {}, folded {}, first {:?}, depth {}, on {:?}",
            statistics.count(), statistics.total_ns(), statistics.min_ns(), statistics.max_ns(), statistics.std_ns(),
            node.exclusive_ns, node.outermost, node.folded, node.first_start_ns, node.recursion_depth, node.threads,
        )
    });
    paths.iter().cloned().zip(described).collect()
}

/// A profile with a summary of its only rank.
struct Summarized(Profile, StoredSummary);

impl Source for Summarized {
    fn names(&self) -> &[String] {
        self.0.names()
    }

    fn rows(&self) -> &[Row] {
        self.0.rows()
    }

    fn read(&self, _: usize, _: Range<u64>, _: &mut Intervals) -> Result<()> {
        panic!("intervals were read although there is a summary")
    }

    fn run(&self) -> crate::profile::RunFacts {
        self.0.run()
    }

    fn summary(&self, _: u32) -> Result<Option<StoredSummary>> {
        Ok(Some(self.1.clone()))
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.0.thread_names(rank)
    }
}

fn drawn(tree: &CallTree) -> Vec<String> {
    let node = |(depth, node): (usize, &crate::analysis::call_tree::CallNode)| {
        format!(
            "{depth} {} {} {} {} {} {} {} {:?}",
            node.name(),
            node.calls(),
            node.statistics().total_ns(),
            node.inclusive_ns(),
            node.exclusive_ns(),
            node.threads(),
            node.is_recursive(),
            node.first_start_ns()
        )
    };
    let mut lines: Vec<String> = tree.walk().map(node).collect();
    lines.push(format!(
        "{} threads, {} intervals, {} outside, {:?}, {:?}",
        tree.threads(),
        tree.intervals(),
        tree.outside_ns(),
        tree.filter(),
        tree.rank_times().collect::<Vec<_>>()
    ));
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn calls_from_the_end_sum_up_to_what_they_do_in_order_of_start(trees in trees(), piece in 1_usize..9) {
        let calls: Vec<Vec<_>> = trees.iter().map(|trees| {
            let mut calls = Vec::new();
            visit(trees, 5, &mut calls);
            calls
        }).collect();
        let profile = profile_of(&calls);
        let found = backward(&profile, &calls, piece).unwrap();
        let expected = of_rank(&profile, 0).unwrap().unwrap();
        prop_assert_eq!(by_path(&found), by_path(&expected));
        prop_assert_eq!(&found.rows, &expected.rows);
        prop_assert_eq!(
            (found.span_ns, found.busy_ns, found.threads),
            (expected.span_ns, expected.busy_ns, expected.threads)
        );
    }

    #[test]
    fn a_tree_of_a_summary_is_that_of_the_intervals(trees in trees(), shown in prop::sample::subsequence(&REGIONS, 1..4)) {
        let calls: Vec<Vec<_>> = trees.iter().map(|trees| {
            let mut calls = Vec::new();
            visit(trees, 5, &mut calls);
            calls
        }).collect();
        let profile = profile_of(&calls);
        let summary = backward(&profile, &calls, 3).unwrap();
        for filter in [RegionFilter::new(), RegionFilter::new().include(&shown).unwrap()] {
            let Ok(expected) = CallTree::filtered(&profile, &filter) else { continue };
            let found = CallTree::filtered(&Summarized(profile.clone(), summary.clone()), &filter).unwrap();
            prop_assert_eq!(drawn(&found), drawn(&expected));
        }
    }
}

#[test]
fn calls_that_partly_overlap_or_are_in_no_order_have_no_summary() {
    let overlapping = vec![vec![(0, 0, 10), (1, 5, 15)]];
    assert_eq!(backward(&profile_of(&overlapping), &overlapping, 8), None);
    let disordered = vec![vec![(0, 0, 20), (1, 2, 5), (2, 6, 9)]];
    assert_eq!(backward(&profile_of(&disordered), &disordered, 8), None);
}
