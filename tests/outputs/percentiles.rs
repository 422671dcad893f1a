//! Percentiles and histograms in the table: whose they are, and where there is room for them.

use scope_profiler::RegionFilter;
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::analysis::distributions::Effort;
use scope_profiler::export::table::{self, TableOptions};
use scope_profiler::profile::{Call, Profile};

/// Steps of two lengths, with a solver in each; the first is inside a set-up, too.
fn profile() -> Profile {
    let mut profile = Profile::builder();
    for step in 0..8_i64 {
        let start = 100_000 * step;
        let length = if step == 7 { 64_000 } else { 1_000 };
        profile.push(Call::new("step", start..start + length));
        profile.push(Call::new("norm", start + 10..start + 20));
    }
    profile.push(Call::new("check", 900_000..900_500));
    profile.push(Call::new("norm", 900_010..900_020));
    profile.build()
}

fn tree(profile: &Profile) -> CallTree {
    CallTree::with_distributions(profile, &RegionFilter::new(), Effort::Enough).unwrap()
}

fn row<'a>(table: &'a str, region: &str) -> &'a str {
    let found = table.lines().find(|line| line.starts_with(region));
    found.unwrap_or_else(|| panic!("{region} in {table}"))
}

#[test]
fn a_wide_table_ends_with_percentiles_and_a_histogram() {
    let profile = profile();
    let table = table::render(&tree(&profile), &TableOptions::new());
    assert!(
        row(&table, "region").ends_with("std      p50      p95      p99     min to max"),
        "{table}"
    );
    let step = row(&table, "step");
    assert!(
        step.contains("1.00 µs  41.9 µs  59.6 µs  █           ▂"),
        "{table}"
    );
    assert!(
        row(&table, "check").ends_with("500 ns   500 ns   500 ns        █"),
        "{table}"
    );
}

#[test]
fn a_table_of_80_columns_is_what_it_is_without_percentiles() {
    let profile = profile();
    let without = CallTree::filtered(&profile, &RegionFilter::new()).unwrap();
    for width in [40, 80] {
        let options = TableOptions::new().width(width);
        assert_eq!(
            table::render(&tree(&profile), &options),
            table::render(&without, &options)
        );
    }
}

#[test]
fn percentiles_that_are_asked_for_come_before_other_columns_and_every_line_still_fits() {
    let profile = profile();
    for width in 30..180 {
        let options = TableOptions::new().width(width).percentiles_first(true);
        let table = table::render(&tree(&profile), &options);
        assert!(
            table.lines().all(|line| line.chars().count() <= width),
            "{width}: {table}"
        );
        if width == 80 {
            let header: Vec<&str> = row(&table, "region").split_whitespace().collect();
            assert_eq!(
                header[1..],
                [
                    "calls",
                    "total",
                    "exclusive",
                    "p50",
                    "p95",
                    "p99",
                    "min",
                    "to",
                    "max"
                ]
            );
        }
    }
}

#[test]
fn a_region_with_several_callers_has_its_percentiles_in_the_flat_table() {
    let profile = profile();
    let tree = tree(&profile);
    let options = TableOptions::new().percentiles_first(true);
    let nested = table::render(&tree, &options);
    let below_step = nested.lines().find(|line| line.starts_with("└─ norm")).unwrap();
    assert!(below_step.contains("80 ns     -        -        -"), "{nested}");
    assert!(
        nested.contains("those of 1 region with several callers are in the flat table, --flat"),
        "{nested}"
    );
    let flat = table::render(&tree.flat(&profile), &options);
    assert!(row(&flat, "norm").contains(" 90 ns    10 ns"), "{flat}");
    assert!(!flat.contains("--flat"), "{flat}");
}

#[test]
fn without_unicode_a_histogram_is_plain_ascii() {
    let profile = profile();
    let table = table::render(&tree(&profile), &TableOptions::new().unicode(false));
    assert!(table.is_ascii(), "{table}");
    assert!(row(&table, "step").ends_with("59.6 us  @           :"), "{table}");
}

#[test]
fn regions_without_calls_have_no_percentiles() {
    let profile = Profile::builder()
        .interval(Call::new("once", 0..70))
        .calls(0, "never", 12)
        .build();
    let table = table::render(&tree(&profile), &TableOptions::new());
    assert!(
        row(&table, "never").trim_end().ends_with("-      -      -"),
        "{table}"
    );
}
