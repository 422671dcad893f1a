//! The statistics table in terminals of all kinds.

mod common;

use common::Profile;
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::export::table::{self, TableOptions};
use scope_profiler::profile::Profile as InMemory;
use scope_profiler::{ProfilingH5Reader, RegionFilter};

fn table(profile: Profile, change: impl FnOnce(&mut TableOptions)) -> String {
    let reader = ProfilingH5Reader::open(profile.close().path()).unwrap();
    let tree = CallTree::of(&reader, &RegionFilter::new().rows(&reader).unwrap()).unwrap();
    let mut options = TableOptions::default();
    change(&mut options);
    table::render(&tree, &options)
}

fn sample() -> Profile {
    Profile::new()
        .region(0, "main", &[(0, 1_000_000, 0)])
        .region(0, "solver: conjugate gradients", &[(100_000, 900_000, 0)])
        .region(0, "io", &[(200_000, 250_000, 0), (300_000, 325_000, 0)])
}

#[test]
fn narrow_terminals_lose_columns_from_the_right() {
    assert_eq!(
        table(sample(), |options| options.width = Some(64)),
        "\
1 rank, 1 thread, 4 intervals, wall time 1.00 ms

region                          calls    total  exclusive
main                                1  1.00 ms     200 µs
└─ solver: conjugate gradients      1   800 µs     725 µs
   └─ io                            2  75.0 µs    75.0 µs
"
    );
}

#[test]
fn very_narrow_terminals_keep_the_names() {
    assert_eq!(
        table(sample(), |options| options.width = Some(20)),
        "\
1 rank, 1 …e 1.00 ms

region
main
└─ solver: …radients
   └─ io
"
    );
}

#[test]
fn no_line_is_ever_longer_than_the_terminal() {
    for width in 1..200 {
        let text = table(sample(), |options| options.width = Some(width));
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line:?}");
        }
    }
}

#[test]
fn deep_trees_keep_their_names_readable() {
    let mut profile = Profile::new();
    for depth in 0..40 {
        profile = profile.region(0, &format!("level {depth}"), &[(depth, 1000 - depth, 0)]);
    }
    let text = table(profile, |options| options.width = Some(100));
    assert!(text.contains("level 39"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn the_lines_of_the_tree_connect_siblings_past_their_children() {
    let profile = Profile::new()
        .region(0, "main", &[(0, 100, 0)])
        .region(0, "first", &[(10, 40, 0)])
        .region(0, "inside", &[(20, 30, 0)])
        .region(0, "second", &[(50, 60, 0)])
        .region(0, "after", &[(200, 210, 0)]);
    let text = table(profile, |options| options.width = Some(16));
    let labels: Vec<&str> = text.lines().skip(3).collect();
    assert_eq!(labels, ["main", "├─ first", "│  └─ inside", "└─ second", "after"]);
}

#[test]
fn calls_without_times_show_dashes_and_a_note() {
    let profile = Profile::new().region(0, "solve", &[]).with(|file| {
        let region = file.group("rank0/regions/solve").unwrap();
        region
            .new_attr::<u64>()
            .create("num_calls")
            .unwrap()
            .write_scalar(&1234)
            .unwrap();
    });
    assert_eq!(
        table(profile, |_| ()),
        "\
1 rank, 0 threads, 0 intervals, wall time 0 ns

region  calls  total  exclusive  share             average  min  max  std
solve   1 234      -          -    -                     -    -    -    -
calls that were counted without their times: 1 234
"
    );
}

#[test]
fn colour_is_only_added_around_the_text() {
    let plain = table(sample(), |_| ());
    let coloured = table(sample(), |options| options.color = true);
    let mut stripped = coloured.clone();
    for code in ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"] {
        stripped = stripped.replace(code, "");
    }
    assert_ne!(plain, coloured);
    assert_eq!(plain, stripped);
}

#[test]
fn wide_characters_keep_the_columns_aligned() {
    let profile = Profile::new()
        .region(0, "計算", &[(0, 10, 0)])
        .region(0, "io 🚀", &[(20, 30, 0)]);
    let text = table(profile, |options| options.width = Some(40));
    assert!(text.contains("\n計算        1"), "{text}");
    assert!(text.contains("\nio 🚀       1"), "{text}");
}

#[test]
fn where_the_cost_of_a_call_is_known_the_profilers_own_share_is_shown() {
    // Nine calls of 20 ns below, and half of one of its own: 190 ns of 1000.
    let mut profile = InMemory::builder()
        .call_cost_ns(20.0)
        .interval(0, "outer", 0, 0, 1_000);
    for n in 0..9 {
        profile.push(0, "inner", 0, 100 * n, 100 * n + 40);
    }
    let tree = CallTree::of(&profile.build(), &[0, 1]).unwrap();
    let shares: Vec<f64> = tree
        .walk()
        .map(|(_, node)| tree.instrumentation(node).unwrap())
        .collect();
    assert_eq!(shares, [0.19, 0.25]);
    let table = table::render(&tree, &TableOptions::default());
    assert!(
        table.contains("profiler") && table.contains("19.0 %") && table.contains("25.0 %"),
        "{table}"
    );
}
