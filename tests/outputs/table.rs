//! The statistics table in terminals of all kinds.

use crate::common::Profile;
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::export::table::{self, Sort, TableOptions};
use scope_profiler::profile::{Call, Profile as InMemory};
use scope_profiler::{ProfilingH5Reader, RegionFilter};

fn table(profile: Profile, change: impl FnOnce(TableOptions) -> TableOptions) -> String {
    let reader = ProfilingH5Reader::open(profile.close().path()).unwrap();
    let tree = CallTree::filtered(&reader, &RegionFilter::new()).unwrap();
    table::render(&tree, &change(TableOptions::new()))
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
        table(sample(), |options| options.width(64)),
        "\
1 rank, 1 thread, 4 intervals, wall time 1.00 ms (first to last
  interval)

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
        table(sample(), |options| options.width(20)),
        "\
1 rank, 1 …interval)

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
        let text = table(sample(), |options| options.width(width));
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line:?}");
        }
    }
}

/// A region in a region in a region ...
fn nested(levels: i64) -> InMemory {
    let mut profile = InMemory::builder();
    for level in 0..levels {
        profile.push(Call::new(&format!("level {level}"), level..10_000 - level));
    }
    profile.build()
}

fn rendered(profile: &InMemory, change: impl FnOnce(TableOptions) -> TableOptions) -> String {
    let tree = CallTree::filtered(profile, &RegionFilter::new()).unwrap();
    table::render(&tree, &change(TableOptions::new()))
}

#[test]
fn no_level_of_a_tree_is_ever_drawn_like_another() {
    for width in [None, Some(200), Some(100), Some(80), Some(60), Some(40)] {
        for levels in [3, 7, 12, 23, 40, 100] {
            for unicode in [true, false] {
                let text = rendered(&nested(levels), |options| {
                    options.width(width).unicode(unicode).max_rows(None)
                });
                let lines: Vec<&str> = text.lines().filter(|line| line.contains("level ")).collect();
                let before = |line: &&str| line[..line.find("level ").unwrap()].to_owned();
                let mut starts: Vec<String> = lines.iter().map(before).collect();
                assert_eq!(starts.len(), levels as usize, "{width:?} {text}");
                starts.sort();
                starts.dedup();
                assert_eq!(starts.len(), levels as usize, "{width:?} {levels} {text}");
                assert!(text.contains(&format!("level {}", levels - 1)), "{text}");
                let max = width.unwrap_or(usize::MAX);
                assert!(text.lines().all(|line| line.chars().count() <= max), "{text}");
            }
        }
    }
}

#[test]
fn a_tree_deeper_than_lines_can_show_numbers_its_levels() {
    let text = rendered(&nested(70), |options| options.width(80));
    assert!(text.contains("\nlevel: region "), "{text}");
    assert!(text.contains("\n59: level 59 "), "{text}");
}

#[test]
fn recursion_is_marked_with_its_depth_and_counts_once() {
    let mut profile = InMemory::builder().session(0, 0, 1_000);
    for depth in 0..30 {
        profile.push(Call::new("fib", depth..1_000 - depth));
    }
    let profile = profile.build();
    let text = rendered(&profile, |options| options);
    assert!(
        text.contains("\nfib (recursive, 30 deep)     30  1.00 µs    1.00 µs  100.0 %"),
        "{text}"
    );
    let text = rendered(&profile, |options| options.width(20));
    assert!(text.contains("\nfib (×30)"), "{text}");
}

#[test]
fn a_share_beyond_100_percent_has_its_threads_beside_it() {
    let mut profile = InMemory::builder()
        .session(0, 0, 100)
        .interval(Call::new("main", 0..100));
    for thread in 1..9 {
        profile.push(Call::new("kernel", 10..100).thread(thread));
    }
    let text = rendered(&profile.build(), |options| options);
    assert!(text.contains("720.0 % ██████████ 8 threads"), "{text}");
    assert!(text.contains("100.0 % ██████████  "), "{text}");
}

#[test]
fn the_time_before_the_first_region_is_part_of_the_run() {
    let profile = InMemory::builder()
        .session(0, 0, 100)
        .interval(Call::new("solve", 75..100))
        .build();
    assert_eq!(
        rendered(&profile, |options| options.width(60)),
        "\
1 rank, 1 thread, 1 interval, wall time 100 ns, 75 ns
  (75.0 %) outside any region

region  calls  total  exclusive   share             average
solve       1  25 ns      25 ns  25.0 % ██▌           25 ns
"
    );
}

#[test]
fn a_filter_is_said_and_changes_no_number() {
    let profile = InMemory::builder()
        .session(0, 0, 100)
        .session(1, 0, 100)
        .interval(Call::new("main", 0..100))
        .interval(Call::new("halo", 10..90))
        .interval(Call::new("main", 0..100).rank(1))
        .build();
    let filter = RegionFilter::new().include(["main"]).unwrap().ranks([0]);
    let tree = CallTree::filtered(&profile, &filter).unwrap();
    assert_eq!(
        table::render(&tree, &TableOptions::new().width(60)),
        "\
1 rank, 1 thread, 2 intervals, wall time 100 ns
filter: 1 of 2 regions, rank 0 of 2

region  calls   total  exclusive    share
main        1  100 ns      20 ns  100.0 % ██████████
"
    );
}

#[test]
fn what_is_missing_and_how_the_run_ended_is_said_below_the_table() {
    let profile = InMemory::builder()
        .session(0, 0, 100)
        .ended_by(0, "SIGTERM")
        .interval(Call::new("main", 0..100))
        .calls(0, "main", 3)
        .dropped(0, "main", 2)
        .open(0, "solve", 1)
        .build();
    let text = rendered(&profile, |options| options);
    let notes: Vec<&str> = text.lines().skip(5).collect();
    assert_eq!(
        notes,
        [
            "the run was ended by SIGTERM",
            "2 of 3 intervals were dropped: memory or disk ran out",
            "still open at the end: solve",
        ],
        "{text}"
    );
}

#[test]
fn a_long_table_ends_where_a_person_stops_reading() {
    let mut profile = InMemory::builder().interval(Call::new("main", 0..100_000_000));
    for n in 0..4_159 {
        profile.push(Call::new(
            &format!("cell {n:04}"),
            10_000 * n..10_000 * n + 1_000 + n,
        ));
    }
    let profile = profile.build();
    let text = rendered(&profile, |options| options.all_hint("--all"));
    // Title, blank, header, 60 rows, and the line that says so.
    let rows = text.lines().filter(|line| line.contains("cell ")).count();
    assert_eq!(rows, 59);
    assert!(text.contains("\nmain ") && text.contains("cell 4158"), "{text}");
    assert!(!text.contains("cell 0000"), "{text}");
    assert!(text.contains("\nand 4 100 more; --all shows them\n"), "{text}");
    let all = rendered(&profile, |options| options.max_rows(None));
    assert_eq!(all.lines().filter(|line| line.contains("cell ")).count(), 4_159);
    assert!(!all.contains("more"), "no line on more rows");
}

#[test]
fn a_row_that_is_kept_has_all_above_it() {
    // A hundred small callers, and a large region below the last of them.
    let mut profile = InMemory::builder();
    for n in 0..100 {
        profile.push(Call::new(
            &format!("caller {n}"),
            1_000 * n..1_000 * n + 6 * n + 6,
        ));
    }
    profile.push(Call::new("inside", 99_001..99_599));
    let text = rendered(&profile.build(), |options| options.max_rows(2));
    assert!(
        text.contains("\ncaller 99 ") && text.contains("\n└─ inside"),
        "{text}"
    );
    assert!(text.contains("\nand 99 more\n"), "{text}");
}

#[test]
fn the_lines_of_the_tree_connect_siblings_past_their_children() {
    let profile = Profile::new()
        .region(0, "main", &[(0, 100, 0)])
        .region(0, "first", &[(10, 40, 0)])
        .region(0, "inside", &[(20, 30, 0)])
        .region(0, "second", &[(50, 60, 0)])
        .region(0, "after", &[(200, 210, 0)]);
    let text = table(profile, |options| options.width(16));
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
        table(profile, |options| options),
        "\
1 rank, 0 threads, 0 intervals, wall time 0 ns

region  calls  total  exclusive  share             average  min  max  std
solve   1 234      -          -    -                     -    -    -    -
1 234 calls were counted without their times
"
    );
}

#[test]
fn colour_is_only_added_around_the_text() {
    let plain = table(sample(), |options| options);
    let coloured = table(sample(), |options| options.color(true));
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
    let text = table(profile, |options| options.width(40));
    assert!(text.contains("\n計算        1"), "{text}");
    assert!(text.contains("\nio 🚀       1"), "{text}");
}

#[test]
fn where_the_cost_of_a_call_is_known_the_profilers_own_share_is_shown() {
    // Nine calls of 20 ns below, and half of one of its own: 190 ns of 1000.
    let mut profile = InMemory::builder()
        .call_cost_ns(20.0)
        .interval(Call::new("outer", 0..1_000));
    for n in 0..9 {
        profile.push(Call::new("inner", 100 * n..100 * n + 40));
    }
    let tree = CallTree::filtered(&profile.build(), &RegionFilter::new()).unwrap();
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

/// The first words of the rows.
fn first_words(table: &str) -> Vec<&str> {
    let rows = table
        .lines()
        .skip_while(|line| !line.starts_with("region"))
        .skip(1);
    rows.filter_map(|line| line.split_whitespace().next()).collect()
}

fn called_from_two() -> InMemory {
    InMemory::builder()
        .interval(Call::new("solve", 0..60))
        .interval(Call::new("dot", 10..20))
        .interval(Call::new("check", 60..100))
        .interval(Call::new("dot", 65..95))
        .interval(Call::new("io", 100..115))
        .build()
}

#[test]
fn a_flat_table_has_each_region_once_with_all_its_calls() {
    let profile = called_from_two();
    let tree = CallTree::filtered(&profile, &RegionFilter::new()).unwrap();
    let flat = tree.flat(&profile);
    let dot = flat.walk().find(|(_, node)| node.name() == "dot").unwrap().1;
    assert_eq!((dot.calls(), dot.inclusive_ns(), dot.exclusive_ns()), (2, 40, 40));
    assert_eq!(dot.statistics().max_ns(), Some(30));
    let sorted = |sort| table::render(&flat, &TableOptions::new().unicode(false).sort(sort));
    assert_eq!(
        first_words(&sorted(Sort::Exclusive)),
        ["solve", "dot", "io", "check"]
    );
    assert_eq!(first_words(&sorted(Sort::Total)), ["solve", "dot", "check", "io"]);
    assert_eq!(first_words(&sorted(Sort::Name)), ["check", "dot", "io", "solve"]);
    assert_eq!(first_words(&sorted(Sort::Calls))[0], "dot");
    assert_eq!(first_words(&sorted(Sort::Start)), ["solve", "dot", "check", "io"]);
}

#[test]
fn recursion_over_other_regions_counts_once_in_a_flat_table() {
    let profile = InMemory::builder()
        .interval(Call::new("a", 0..100))
        .interval(Call::new("b", 10..90))
        .interval(Call::new("a", 20..80))
        .build();
    let tree = CallTree::filtered(&profile, &RegionFilter::new()).unwrap();
    let flat = tree.flat(&profile);
    let rows = flat
        .walk()
        .map(|(depth, node)| (depth, node.name(), node.calls(), node.inclusive_ns()));
    assert_eq!(rows.collect::<Vec<_>>(), [(0, "a", 2, 100), (0, "b", 1, 80)]);
}

#[test]
fn the_rows_that_are_shown_are_the_first_of_the_order_and_those_above_them() {
    let profile = called_from_two();
    let tree = CallTree::filtered(&profile, &RegionFilter::new()).unwrap();
    let options = TableOptions::new()
        .unicode(false)
        .sort(Sort::Exclusive)
        .max_rows(1);
    let table = table::render(&tree, &options);
    assert_eq!(first_words(&table)[0], "solve", "{table}");
    assert!(table.contains("and 4 more"), "{table}");
    // Siblings are sorted, callers stay above.
    let table = table::render(&tree, &TableOptions::new().unicode(false).sort(Sort::Max));
    let order: Vec<&str> = ["solve", "check", "io"].to_vec();
    let tops: Vec<&str> = first_words(&table)
        .into_iter()
        .filter(|word| order.contains(word))
        .collect();
    assert_eq!(tops, order, "{table}");
}
