//! Calls by the value of a number.

use scope_profiler::RegionFilter;
use scope_profiler::analysis::groups::{GroupValue, Groups};
use scope_profiler::export::groups_table;
use scope_profiler::export::table::TableOptions;
use scope_profiler::profile::{Call, Number, Profile};

/// A cycle over three levels on two ranks, with a restriction on all but the last, and a region without levels.
fn profile() -> Profile {
    let mut profile = Profile::builder();
    for rank in [0, 1] {
        for level in 0..3_i64 {
            let number = [("level", Number::Int(level))];
            let start = 10_000 * level;
            profile.push(
                Call::new("smooth", start..start + (4_000 >> (2 * level)))
                    .rank(rank)
                    .numbers(&number),
            );
            if level < 2 {
                profile.push(
                    Call::new("restrict", start + 5_000..start + 5_100)
                        .rank(rank)
                        .numbers(&number),
                );
            }
        }
    }
    profile.push(Call::new("smooth", 90_000..90_007));
    profile.push(Call::new("main", 0..99_000));
    profile.build()
}

#[test]
fn a_region_has_a_row_for_each_number_and_one_for_calls_without() {
    let groups = Groups::of(&profile(), &RegionFilter::new(), "level").unwrap();
    let table = groups_table::render(&groups, &TableOptions::new());
    assert_eq!(
        table,
        "\
by level  value  calls    total  average      min      max   std
smooth        0      2  8.00 µs  4.00 µs  4.00 µs  4.00 µs  0 ns
smooth        1      2  2.00 µs  1.00 µs  1.00 µs  1.00 µs  0 ns
smooth        2      2   500 ns   250 ns   250 ns   250 ns  0 ns
smooth        -      1     7 ns     7 ns     7 ns     7 ns  0 ns
restrict      0      2   200 ns   100 ns   100 ns   100 ns  0 ns
restrict      1      2   200 ns   100 ns   100 ns   100 ns  0 ns
"
    );
}

#[test]
fn a_filter_chooses_regions_and_ranks_and_a_limit_says_what_it_leaves_out() {
    let filter = RegionFilter::new().include(["smooth"]).unwrap().ranks([1]);
    let groups = Groups::of(&profile(), &filter, "level").unwrap();
    let calls: Vec<u64> = groups.iter().map(|group| group.statistics().count()).collect();
    assert_eq!(calls, [1, 1, 1]);
    let options = TableOptions::new().max_rows(2).all_hint("--all").unicode(false);
    let table = groups_table::render(&groups, &options);
    assert!(
        table.ends_with("and 1 more; --all shows it\n") && table.is_ascii(),
        "{table}"
    );
}

#[test]
fn of_very_many_values_the_rest_are_others_and_it_is_said() {
    let numbers = (0..1_500).map(|n| [("residual", Number::Float(f64::from(n % 1_200) / 8.0))]);
    let numbers: Vec<_> = numbers.collect();
    let mut profile = Profile::builder();
    let calls = numbers.iter().zip((0..).step_by(10));
    calls.for_each(|(number, start)| profile.push(Call::new("solve", start..start + 5).numbers(number)));
    let groups = Groups::of(&profile.build(), &RegionFilter::new(), "residual").unwrap();
    let others: Vec<u64> = groups
        .iter()
        .filter(|group| group.value() == GroupValue::Others)
        .map(|group| group.statistics().count())
        .collect();
    assert_eq!((groups.iter().len(), others), (1_001, vec![200]));
    let table = groups_table::render(&groups, &TableOptions::new());
    assert!(
        table.contains("solve has more than a thousand values of residual"),
        "{table}"
    );
}

#[test]
fn whole_numbers_and_others_that_are_equal_are_one_value() {
    let call = |number| {
        let numbers = [("level", number)];
        Profile::builder()
            .interval(Call::new("a", 0..5).numbers(&numbers))
            .build()
    };
    for number in [Number::Int(2), Number::Float(2.0)] {
        let groups = Groups::of(&call(number), &RegionFilter::new(), "level").unwrap();
        assert_eq!(groups.iter().next().unwrap().value(), GroupValue::Number(2.0));
    }
    let zeros = [[("x", Number::Float(-0.0))], [("x", Number::Float(0.0))]];
    let profile = Profile::builder()
        .interval(Call::new("a", 0..5).numbers(&zeros[0]))
        .interval(Call::new("a", 10..15).numbers(&zeros[1]))
        .build();
    assert_eq!(
        Groups::of(&profile, &RegionFilter::new(), "x")
            .unwrap()
            .iter()
            .len(),
        1
    );
}

#[test]
fn numbers_that_are_nearly_equal_do_not_look_alike() {
    let numbers = [1_048_576.0, 1_048_577.0, -3.0, 1e-11].map(|x| [("bytes", Number::Float(x))]);
    let calls = numbers.iter().zip([0, 10, 20, 30]);
    let calls = calls.map(|(number, start)| Call::new("a", start..start + 5).numbers(number));
    let profile = calls
        .fold(Profile::builder(), |all, call| all.interval(call))
        .build();
    let groups = Groups::of(&profile, &RegionFilter::new(), "bytes").unwrap();
    let table = groups_table::render(&groups, &TableOptions::new());
    for shown in ["1 048 576 B", "1 048 577 B", "-3 B", "1e-11 B"] {
        assert!(table.lines().any(|line| line.contains(shown)), "{shown}: {table}");
    }
}

#[test]
fn what_cannot_be_grouped_is_said() {
    let message = |filter, field| Groups::of(&profile(), &filter, field).unwrap_err().to_string();
    assert_eq!(
        message(RegionFilter::new(), "depth"),
        "there is no field \"depth\"; the profile has level"
    );
    let main = RegionFilter::new().include(["main"]).unwrap();
    assert!(message(main, "level").contains("no call of these regions and ranks"));
}
