//! Folded stacks and the flame graph of them.

use crate::common::{Profile, golden};
use crate::running::{complaint, exported, text};
use crate::sums::{files, tangled};
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::collections::BTreeMap;
use std::path::Path;

/// The time of each stack.
fn stacks(folded: &str) -> BTreeMap<Vec<String>, i64> {
    let lines = folded.lines().map(|line| line.rsplit_once(' ').unwrap());
    lines
        .map(|(stack, ns)| (stack.split(';').map(str::to_owned).collect(), ns.parse().unwrap()))
        .collect()
}

/// Exclusive time of each region as the table has it.
fn exclusive(file: &Path, filter: &RegionFilter) -> BTreeMap<String, i64> {
    let reader = ProfilingH5Reader::open(file).unwrap();
    let tree = CallTree::filtered(&reader, filter).unwrap();
    let mut regions = BTreeMap::new();
    for (_, node) in tree.walk() {
        *regions.entry(node.name().to_owned()).or_default() += node.exclusive_ns();
    }
    regions.retain(|_, ns| *ns > 0);
    regions
}

#[test]
fn the_last_regions_of_the_stacks_have_the_exclusive_time_of_the_table() {
    let (files, _keep) = files();
    for file in files {
        let mut regions: BTreeMap<String, i64> = BTreeMap::new();
        for (stack, ns) in stacks(&text(&file, &["--to", "folded"])) {
            *regions.entry(stack.last().unwrap().clone()).or_default() += ns;
        }
        let expected = exclusive(&file, &RegionFilter::new());
        let written = |name: &str| name.replace(';', ":").replace('\n', "\\n");
        let expected: BTreeMap<String, i64> = expected
            .into_iter()
            .map(|(name, ns)| (written(&name), ns))
            .collect();
        assert_eq!(regions, expected, "{}", file.display());
    }
}

#[test]
fn stacks_are_those_of_the_calls() {
    let profile = Profile::new()
        .region(0, "main", &[(0, 100, 0)])
        .region(0, "fib", &[(10, 60, 0), (20, 50, 0), (30, 40, 0)])
        .region(0, "io", &[(50, 55, 0), (70, 80, 1)])
        .region(1, "main", &[(5, 10, 0)])
        .close();
    assert_eq!(
        text(&profile.path(), &["--to", "folded"]),
        "io 10\nmain 55\nmain;fib 15\nmain;fib;fib 20\nmain;fib;fib;fib 10\nmain;fib;io 5\n"
    );
    // What is left out is in no line, and has its time all the same.
    assert_eq!(
        text(&profile.path(), &["--to", "folded", "-e", "fib", "-r", "0"]),
        "io 10\nmain 50\nmain;io 5\n"
    );
    assert_eq!(
        text(
            &profile.path(),
            &["--to", "folded", "--window", "45ns..52ns", "-r", "0"]
        ),
        "main;fib;fib 5\nmain;fib;io 2\n"
    );
}

#[test]
fn of_calls_that_partly_overlap_the_later_one_has_the_time() {
    let profile = Profile::new()
        .region(0, "a", &[(0, 50, 0)])
        .region(0, "b", &[(20, 80, 0)])
        .close();
    assert_eq!(text(&profile.path(), &["--to", "folded"]), "a 20\na;b 30\nb 30\n");
}

#[test]
fn the_flame_graph_shows_each_stack_with_its_time() {
    let profile = tangled();
    let folded = stacks(&text(&profile.path(), &["--to", "folded"]));
    let svg = text(&profile.path(), &["--to", "flamegraph"]);
    let total: i64 = folded.values().sum();
    assert!(svg.contains("<title>all ("), "{svg}");
    for name in ["main", "fib"] {
        let inclusive: i64 = folded
            .iter()
            .filter(|(stack, _)| stack.first().is_some_and(|first| first == name))
            .map(|(_, ns)| ns)
            .sum();
        assert!(inclusive <= total);
        if inclusive > 0 {
            let grouped = scope_profiler::units::count(inclusive as u64).replace('\u{2009}', ",");
            assert!(
                svg.contains(&format!("<title>{name} ({} ns", grouped.replace(' ', ","))),
                "{name} {inclusive}: {svg}"
            );
        }
    }
    assert!(svg.contains("a: &quot;b&quot;"), "{svg}");
}

#[test]
fn a_profile_without_time_has_no_flame_graph_and_says_so() {
    let empty = Profile::new().region(0, "a", &[(5, 5, 0)]).close();
    let message = complaint(&empty.path(), &["--to", "flamegraph"]);
    assert!(message.contains("there is no time to show"), "{message}");
    assert!(exported(&empty.path(), &["--to", "folded"]).is_empty());
}

#[test]
fn the_golden_file_with_threads_has_the_stacks_that_the_python_package_recorded() {
    let folded = stacks(&text(&golden("py075_threads.h5"), &["--to", "folded"]));
    assert_eq!(folded[&vec!["outer".to_owned(), "inner".to_owned()]], 3_334_705);
}
