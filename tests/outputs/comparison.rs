//! Runs side by side, in terminals of all kinds.

use scope_profiler::RegionFilter;
use scope_profiler::analysis::comparison::{ComparedTime, Comparison};
use scope_profiler::analysis::run_times::RunTimes;
use scope_profiler::export::comparison_table;
use scope_profiler::export::table::TableOptions;
use scope_profiler::profile::{Call, Profile};

/// Runs in which `solve` takes so long, µs.
fn compared(runs: &[(&str, i64)]) -> Comparison {
    let run = |&(label, us): &(&str, i64)| {
        let profile = Profile::builder()
            .interval(Call::new("solve", 0..us * 1_000))
            .build();
        RunTimes::of(label, &profile, &RegionFilter::new()).unwrap()
    };
    Comparison::of(runs.iter().map(run).collect(), ComparedTime::Exclusive).unwrap()
}

#[test]
fn a_narrow_terminal_keeps_the_change_and_loses_runs_in_the_middle() {
    let comparison = compared(&[("first", 10), ("second", 20), ("third", 30), ("last", 40)]);
    let header = |width| {
        let table = comparison_table::render(&comparison, &TableOptions::new().width(width));
        let line = table.lines().nth(5).unwrap().to_owned();
        assert!(table.lines().all(|line| line.chars().count() <= width), "{table}");
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(header(80), "exclusive first second third last change relative");
    assert_eq!(header(60), "exclusive first second last change relative");
    assert_eq!(header(50), "exclusive first last change relative");
    assert_eq!(header(40), "exclusive last change relative");
    assert_eq!(header(20), "exclusive change");
}

#[test]
fn without_unicode_the_comparison_is_plain_ascii() {
    let comparison = compared(&[("größe", 10), ("λ", 20)]);
    let table = comparison_table::render(&comparison, &TableOptions::new().unicode(false));
    assert!(table.is_ascii(), "{table}");
    assert!(
        table.ends_with("solve              10.0 us  20.0 us  +10.0 us    +100 %\n"),
        "{table}"
    );
}

#[test]
fn one_run_is_no_comparison() {
    let error = Comparison::of(Vec::new(), ComparedTime::Inclusive).unwrap_err();
    assert_eq!(error.to_string(), "a comparison takes two runs or more");
}
