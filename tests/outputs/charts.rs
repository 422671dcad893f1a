//! Charts as data: what the reductions keep, and how far they may grow.

use crate::common::{Generated, NoTotals, OwnClocks};
use proptest::prelude::*;
use scope_profiler::chart::durations::OverRanks;
use scope_profiler::chart::gantt::{Bar, Lane};
use scope_profiler::chart::{ChartOptions, Color, DurationsChart, GanttChart, Palette};
use scope_profiler::profile::{Call, Profile, Source};
use scope_profiler::{Error, RegionFilter};

fn gantt(source: &dyn Source) -> GanttChart {
    GanttChart::reduce(source, &RegionFilter::new(), &ChartOptions::new()).unwrap()
}

fn durations(source: &dyn Source) -> DurationsChart {
    DurationsChart::reduce(source, &RegionFilter::new(), &ChartOptions::new()).unwrap()
}

fn names(chart: &GanttChart) -> Vec<&str> {
    chart.regions.iter().map(|region| region.name.as_str()).collect()
}

/// (rank, thread) of each lane of a region.
fn lanes(chart: &GanttChart, region: usize) -> Vec<(u32, Option<u32>)> {
    chart.regions[region]
        .lanes
        .iter()
        .map(|lane| (lane.rank, lane.thread))
        .collect()
}

fn busy(lane: &Lane) -> f64 {
    lane.bars
        .iter()
        .map(|bar| (bar.end_ns - bar.start_ns) as f64 * f64::from(bar.busy))
        .sum()
}

#[test]
fn regions_come_in_order_of_first_start_and_lanes_by_rank() {
    let chart = gantt(
        &Profile::builder()
            .interval(Call::new("late", 50..60).rank(2))
            .interval(Call::new("early", 10..90))
            .interval(Call::new("late", 40..45))
            .interval(Call::new("late", 50..60).rank(1))
            .build(),
    );
    assert_eq!(names(&chart), ["early", "late"]);
    assert_eq!(lanes(&chart, 1), [(0, None), (1, None), (2, None)]);
    assert_eq!((chart.origin_ns, chart.span_ns), (10, 80));
    assert_eq!(
        (chart.header.ranks, chart.header.threads, chart.header.intervals),
        (3, 3, 4)
    );
}

#[test]
fn of_regions_that_start_together_the_longest_comes_first() {
    let profile = Profile::builder()
        .interval(Call::new("setup", 0..10))
        .interval(Call::new("main", 0..90))
        .build();
    assert_eq!(names(&gantt(&profile)), ["main", "setup"]);
}

#[test]
fn intervals_that_can_be_told_apart_are_kept_exactly() {
    let chart = gantt(
        &Profile::builder()
            .interval(Call::new("a", 100..250))
            .interval(Call::new("a", 250..300))
            .build(),
    );
    let bars = [Bar::new(0, 150), Bar::new(150, 200)];
    assert_eq!(chart.regions[0].lanes[0].bars, bars);
    assert_eq!(chart.header.merged, 0);
}

#[test]
fn a_region_has_lanes_for_its_threads_only_where_they_overlap() {
    let chart = gantt(
        &Profile::builder()
            .interval(Call::new("parallel", 0..100).thread(1))
            .interval(Call::new("parallel", 50..150).thread(2))
            .interval(Call::new("parallel", 0..100).rank(1).thread(1))
            .interval(Call::new("parallel", 100..200).rank(1).thread(2))
            .build(),
    );
    assert_eq!(lanes(&chart, 0), [(0, Some(1)), (0, Some(2)), (1, None)]);
}

#[test]
fn too_many_threads_share_the_lane_of_their_rank_and_the_header_says_so() {
    let mut profile = Profile::builder();
    for thread in 0..50 {
        profile.push(Call::new("parallel", i64::from(thread)..1_000).thread(thread));
        profile.push(
            Call::new("parallel", i64::from(thread)..1_000)
                .rank(1)
                .thread(thread),
        );
    }
    let profile = profile.build();
    let chart =
        GanttChart::reduce(&profile, &RegionFilter::new(), &ChartOptions::new().max_lanes(60)).unwrap();
    assert_eq!(lanes(&chart, 0), [(0, None), (1, None)]);
    assert!(chart.header.threads_merged);
    assert!(chart.header.notes().iter().any(|note| note.contains("threads")));
    assert_eq!(lanes(&gantt(&profile), 0).len(), 100);
}

#[test]
fn too_many_ranks_share_lanes_that_show_their_mean() {
    let mut profile = Profile::builder();
    for rank in 0..100 {
        profile.push(Call::new("a", 0..(if rank % 2 == 0 { 1_000 } else { 500 })).rank(rank));
    }
    let options = ChartOptions::new().max_lanes(30);
    let chart = GanttChart::reduce(&profile.build(), &RegionFilter::new(), &options).unwrap();
    assert_eq!(chart.header.ranks_per_lane, 4);
    let lanes = &chart.regions[0].lanes;
    assert_eq!(lanes.len(), 25);
    assert_eq!((lanes[24].rank, lanes[24].last_rank), (96, 99));
    assert!((busy(&lanes[0]) - 750.0).abs() < 1e-3, "{}", busy(&lanes[0]));
    assert_eq!(chart.header.intervals, 100);
}

#[test]
fn too_many_regions_share_lanes_at_the_bottom() {
    let mut profile = Profile::builder();
    for region in 0..30 {
        profile.push(Call::new(
            &format!("region {region}"),
            region * 10..region * 12 + 1,
        ));
    }
    let options = ChartOptions::new().max_regions(10);
    let chart = GanttChart::reduce(&profile.build(), &RegionFilter::new(), &options).unwrap();
    assert_eq!(names(&chart).len(), 11);
    assert_eq!(names(&chart)[10], "20 other regions");
    assert_eq!(names(&chart)[9], "region 29");
    assert_eq!(chart.header.regions_merged, 20);
}

#[test]
fn a_thousand_ranks_of_a_hundred_regions_stay_within_the_lanes() {
    let mut profile = Profile::builder();
    for rank in 0..1000 {
        for region in 0..100 {
            profile.push(Call::new(&format!("region {region}"), region * 10..region * 12 + 1).rank(rank));
        }
    }
    let chart = gantt(&profile.build());
    let lanes: usize = chart.regions.iter().map(|region| region.lanes.len()).sum();
    assert!(lanes <= 1400, "{lanes}");
    assert_eq!(chart.header.intervals, 100_000);
}

#[test]
fn a_filter_changes_no_colour() {
    let profile = Profile::builder()
        .interval(Call::new("a", 0..10))
        .interval(Call::new("b", 0..30))
        .interval(Call::new("a", 0..90).rank(1))
        .build();
    let colors = |filter: &RegionFilter| {
        let chart = GanttChart::reduce(&profile, filter, &ChartOptions::new()).unwrap();
        let region = chart
            .regions
            .iter()
            .find(|region| region.name == "a")
            .unwrap()
            .color;
        let bars = DurationsChart::reduce(&profile, filter, &ChartOptions::new())
            .unwrap()
            .bars;
        (region, bars.iter().find(|bar| bar.name == "a").unwrap().color)
    };
    let all = colors(&RegionFilter::new());
    assert_eq!(all.0, all.1);
    assert_eq!(all, colors(&RegionFilter::new().ranks([0])));
    assert_eq!(all, colors(&RegionFilter::new().include(["a"]).unwrap()));
}

#[test]
fn a_filter_changes_neither_axis_nor_wall_time_and_the_header_says_that_it_is_on() {
    let profile = || {
        Profile::builder()
            .interval(Call::new("main", 100..900))
            .interval(Call::new("inner", 400..500))
            .interval(Call::new("main", 150..950).rank(1))
    };
    let filters = [
        RegionFilter::new().include(["inner"]).unwrap(),
        RegionFilter::new().exclude(["main"]).unwrap(),
        RegionFilter::new().ranks([0]),
    ];
    // Of a file that says when the run began and ended, and of one that does not.
    for profile in [
        profile().session(0, 0, 1_000).session(1, 0, 1_000).build(),
        profile().build(),
    ] {
        let all = gantt(&profile);
        for filter in &filters {
            let chart = GanttChart::reduce(&profile, filter, &ChartOptions::new()).unwrap();
            assert_eq!((chart.origin_ns, chart.span_ns), (all.origin_ns, all.span_ns));
            assert_eq!(chart.header.wall_ns, all.header.wall_ns);
            let bars = DurationsChart::reduce(&profile, filter, &ChartOptions::new()).unwrap();
            assert_eq!(bars.header.wall_ns, all.header.wall_ns);
            for notes in [chart.header.notes(), bars.header.notes()] {
                assert!(notes[0].starts_with("only "), "{notes:?}");
            }
        }
        assert!(!all.header.notes().iter().any(|note| note.contains("only ")));
    }
}

#[test]
fn the_axis_is_that_of_the_run_where_the_source_says_when_it_was() {
    let profile = Profile::builder()
        .session(0, 1_000, 9_000)
        .interval(Call::new("solve", 4_000..5_000));
    let chart = gantt(&profile.build());
    assert_eq!(
        (chart.origin_ns, chart.span_ns, chart.header.wall_ns),
        (1_000, 8_000, 8_000)
    );
    assert_eq!(chart.regions[0].lanes[0].bars[0].start_ns, 3_000);
    assert_eq!(chart.axis_title(), "Time since the start of the run");
    let chart = gantt(
        &Profile::builder()
            .interval(Call::new("solve", 4_000..5_000))
            .build(),
    );
    assert_eq!((chart.origin_ns, chart.span_ns), (4_000, 1_000));
    assert_eq!(chart.axis_title(), "Time since the first interval");
}

#[test]
fn ranks_whose_clocks_were_never_compared_begin_together() {
    const DAY: i64 = 86_400_000_000_000;
    let intervals = |first: i64| {
        Profile::builder()
            .interval(Call::new("step", first + 100..first + 300))
            .interval(Call::new("step", 10 * DAY + 200..10 * DAY + 700).rank(1))
    };
    for (profile, starts, span) in [
        (
            intervals(0)
                .session(0, 50, 1_050)
                .session(1, 10 * DAY, 10 * DAY + 900),
            [50, 200],
            1_000,
        ),
        (intervals(0), [0, 0], 500),
        (intervals(-5 * DAY), [0, 0], 500),
    ] {
        let chart = gantt(&OwnClocks(profile.build()));
        assert_eq!((chart.span_ns, chart.header.wall_ns), (span, span));
        let lanes = &chart.regions[0].lanes;
        assert_eq!([lanes[0].bars[0].start_ns, lanes[1].bars[0].start_ns], starts);
        assert!(chart.header.notes().iter().any(|note| note.starts_with("clocks")));
        assert!(
            chart.axis_title().ends_with("each rank"),
            "{}",
            chart.axis_title()
        );
    }
    let bars = durations(&OwnClocks(intervals(0).build()));
    assert_eq!(bars.header.wall_ns, 500);
    assert!(bars.header.notes().iter().any(|note| note.starts_with("clocks")));
}

#[test]
fn names_have_the_same_colours_in_runs_of_two_and_of_four_ranks() {
    let run = |ranks: u32, update: i64, allreduce: i64| {
        let mut profile = Profile::builder();
        for rank in 0..ranks {
            profile.push(Call::new("update", 0..update).rank(rank));
            profile.push(Call::new("allreduce", update..update + allreduce).rank(rank));
            profile.push(Call::new("halo exchange", 0..400).rank(rank));
            profile.push(Call::new("write", 0..50 * i64::from(rank + 1)).rank(rank));
        }
        profile.build()
    };
    let (two, four) = (run(2, 900, 300), run(4, 450, 700));
    let colors = |profile: &Profile| -> std::collections::BTreeMap<String, Color> {
        let regions = gantt(profile).regions.into_iter();
        regions.map(|region| (region.name, region.color)).collect()
    };
    assert_eq!(colors(&two), colors(&four));
    let of_bars = durations(&four).bars.into_iter();
    assert_eq!(
        of_bars
            .map(|bar| (bar.name, bar.color))
            .collect::<std::collections::BTreeMap<_, _>>(),
        colors(&two)
    );
}

#[test]
fn threads_that_share_a_name_are_told_apart_by_their_numbers() {
    let mut profile = Profile::builder();
    for thread in 1..=3 {
        profile = profile.thread_name(0, thread, "tokio-rt-worker");
        profile.push(Call::new("poll", 0..100).thread(thread));
    }
    profile.push(Call::new("poll", 50..90).thread(4));
    let chart = gantt(&profile.build());
    let labels: Vec<&str> = chart.regions[0]
        .lanes
        .iter()
        .map(|lane| lane.thread_label.as_str())
        .collect();
    assert_eq!(
        labels,
        [
            "tokio-rt-worker #1",
            "tokio-rt-worker #2",
            "tokio-rt-worker #3",
            "thread #4"
        ]
    );
}

#[test]
fn recursion_counts_once_in_durations() {
    let chart = durations(
        &Profile::builder()
            .interval(Call::new("fib", 0..100))
            .interval(Call::new("fib", 10..90))
            .interval(Call::new("fib", 20..80))
            .build(),
    );
    let bar = &chart.bars[0];
    assert_eq!(
        (bar.inclusive.unwrap().max_ns, bar.exclusive.max_ns, bar.calls),
        (100, 100, 3)
    );
}

#[test]
fn totals_that_the_file_does_not_state_are_summed() {
    let profile = Profile::builder()
        .interval(Call::new("a", 0..10))
        .interval(Call::new("b", 0..30))
        .interval(Call::new("a", 0..90).rank(1))
        .build();
    let silent = NoTotals::of(&profile);
    assert_eq!(Palette::of(&profile).unwrap(), Palette::of(&silent).unwrap());
    assert_eq!(durations(&profile), durations(&silent));
    assert_eq!(gantt(&profile), gantt(&silent));
    let only_b = RegionFilter::new().include(["b"]).unwrap();
    let options = ChartOptions::new();
    assert_eq!(
        GanttChart::reduce(&profile, &only_b, &options).unwrap(),
        GanttChart::reduce(&silent, &only_b, &options).unwrap()
    );
}

#[test]
fn an_interval_without_length_is_drawn() {
    let chart = gantt(
        &Profile::builder()
            .interval(Call::new("a", 5..5))
            .interval(Call::new("a", 5..5))
            .build(),
    );
    assert_eq!(chart.span_ns, 1);
    assert_eq!(chart.header.intervals, 2);
    let bars = &chart.regions[0].lanes[0].bars;
    assert_eq!(bars.iter().map(|bar| bar.calls).sum::<u32>(), 2);
    assert!(bars.iter().all(|bar| bar.start_ns == 0 && bar.end_ns == 0));
}

#[test]
fn an_end_before_its_start_is_drawn_without_length() {
    let (start, end) = (50, 20);
    let chart = gantt(
        &Profile::builder()
            .interval(Call::new("a", start..end))
            .interval(Call::new("b", 0..90))
            .build(),
    );
    let bar = chart.regions[1].lanes[0].bars[0];
    assert_eq!((bar.start_ns, bar.end_ns), (50, 50));
    assert_eq!(chart.span_ns, 90);
}

#[test]
fn the_whole_range_of_the_clock_is_cut_off_without_overflow() {
    let profile = Profile::builder()
        .interval(Call::new("a", i64::MIN..i64::MIN + 1))
        .interval(Call::new("a", -1..1))
        .interval(Call::new("a", i64::MAX..i64::MAX))
        .interval(Call::new("b", i64::MIN..i64::MAX).rank(1))
        .build();
    let chart = gantt(&profile);
    assert_eq!(chart.span_ns, i64::MAX);
    assert_eq!(chart.header.intervals, 4);
    assert_eq!(durations(&profile).bars[0].name, "b");
}

#[test]
fn regions_without_intervals_are_left_out() {
    let chart = gantt(
        &Profile::builder()
            .calls(0, "counted", 7)
            .interval(Call::new("timed", 0..1))
            .build(),
    );
    assert_eq!(names(&chart), ["timed"]);
}

#[test]
fn nothing_to_draw_is_an_error_that_says_why() {
    let reduce = |profile: &Profile| -> [Error; 2] {
        [
            GanttChart::reduce(profile, &RegionFilter::new(), &ChartOptions::new()).unwrap_err(),
            DurationsChart::reduce(profile, &RegionFilter::new(), &ChartOptions::new()).unwrap_err(),
        ]
    };
    for error in reduce(&Profile::default()) {
        assert!(error.is_not_found());
        assert!(error.to_string().contains("holds no regions"), "{error}");
    }
    for error in reduce(&Profile::builder().calls(0, "a", 3).build()) {
        assert!(error.to_string().contains("counted but not timed"), "{error}");
    }
}

#[test]
fn durations_are_exclusive_and_inclusive_means_over_ranks_longest_exclusive_first() {
    let chart = durations(
        &Profile::builder()
            .interval(Call::new("a", 0..10))
            .interval(Call::new("a", 20..30))
            .interval(Call::new("a", 0..60).rank(1))
            .interval(Call::new("only on 1", 0..100).rank(1))
            .build(),
    );
    let of = |time: OverRanks| (time.mean_ns, time.min_ns, time.max_ns, time.slowest_rank);
    let bars = chart.bars.iter();
    let bars: Vec<_> = bars
        .map(|bar| (bar.name.as_str(), of(bar.exclusive), of(bar.inclusive.unwrap())))
        .collect();
    assert_eq!(
        bars,
        [
            ("a", (40.0, 20, 60, 1), (40.0, 20, 60, 1)),
            ("only on 1", (20.0, 0, 40, 1), (50.0, 0, 100, 1)),
        ]
    );
    let calls = chart.bars.iter().map(|bar| (bar.calls, bar.calls_on_a_rank));
    assert_eq!(calls.collect::<Vec<_>>(), [(3, (1, 2)), (1, (0, 1))]);
    assert_eq!(chart.header.wall_ns, 100);
}

#[test]
fn many_regions_end_in_one_bar_for_the_others() {
    let mut profile = Profile::builder();
    for region in 1..=100 {
        let start = 1_000 * region;
        profile.push(Call::new(&format!("region {region:03}"), start..start + region));
    }
    let chart = durations(&profile.build());
    assert_eq!(chart.bars.len(), 40);
    assert_eq!(chart.bars[0].name, "region 100");
    let others = chart.bars.last().unwrap();
    assert_eq!((others.name.as_str(), others.regions), ("61 others", 61));
    assert_eq!(others.exclusive.max_ns, (1..=61).sum::<i64>());
    assert_eq!(others.inclusive, None);
}

#[test]
fn phases_keep_a_bar_among_many_regions_though_they_take_little_time_themselves() {
    let mut profile = Profile::builder().interval(Call::new("main", 0..1_000_000));
    for region in 0..100 {
        let start = 10_000 * region;
        profile.push(Call::new(&format!("phase {region}"), start..start + 10_000));
        profile.push(Call::new(
            &format!("work {region}"),
            start..start + 9_000 + region,
        ));
    }
    let chart = durations(&profile.build());
    let names: Vec<&str> = chart.bars.iter().map(|bar| bar.name.as_str()).collect();
    assert_eq!((names.len(), names[0]), (40, "work 99"));
    assert!(names.contains(&"main"), "{names:?}");
    assert_eq!(names.iter().filter(|name| name.starts_with("work")).count(), 30);
}

#[test]
fn ten_million_intervals_become_a_bounded_number_of_bars() {
    // A tenth of them in a debug build, which is slow enough with that.
    let intervals = if cfg!(debug_assertions) {
        1_000_000
    } else {
        10_000_000
    };
    let source = Generated::new(4, 5, intervals / 20);
    let chart = gantt(&source);
    assert_eq!(chart.header.intervals, intervals);
    let lanes: Vec<&Lane> = chart.regions.iter().flat_map(|region| &region.lanes).collect();
    assert_eq!(lanes.len(), 20);
    assert!(lanes.iter().all(|lane| lane.bars.len() <= 4 * 2048 + 4));
    let calls: u64 = lanes
        .iter()
        .flat_map(|lane| &lane.bars)
        .map(|bar| u64::from(bar.calls))
        .sum();
    assert_eq!(calls, intervals);
}

/// Length of the union of intervals: sort, then sweep.
fn union(mut intervals: Vec<(i64, i64)>) -> f64 {
    intervals.sort_unstable();
    let (mut sum, mut covered) = (0, i64::MIN);
    for (start, end) in intervals {
        if end > covered {
            sum += end - start.max(covered);
            covered = end;
        }
    }
    sum as f64
}

proptest! {
    #[test]
    fn the_busy_time_of_each_lane_is_the_union_of_its_intervals(
        intervals in prop::collection::vec(
            (0u32..3, 0usize..3, 0u32..3, -1_000_000i64..1_000_000, 0i64..3_000, 0u32..40),
            1..400,
        ),
        columns in 1u32..200,
    ) {
        let mut profile = Profile::builder();
        let mut by_row = std::collections::BTreeMap::<_, Vec<_>>::new();
        for &(rank, region, thread, start, length, stretch) in &intervals {
            let name = ["a", "b", "c"][region];
            let end = start + if stretch == 0 { length * 100 } else { length };
            profile.push(Call::new(name, start..end).rank(rank).thread(thread));
            by_row.entry((name, rank)).or_default().push((thread, start, end));
        }
        let options = ChartOptions::new().columns(columns);
        let chart = GanttChart::reduce(&profile.build(), &RegionFilter::new(), &options).unwrap();
        for region in &chart.regions {
            for lane in &region.lanes {
                let expected = by_row[&(region.name.as_str(), lane.rank)]
                    .iter()
                    .filter(|(thread, ..)| lane.thread.is_none_or(|only| only == *thread))
                    .map(|&(_, start, end)| (start, end))
                    .collect::<Vec<_>>();
                let calls = expected.len() as u32;
                let expected = union(expected);
                prop_assert!((busy(lane) - expected).abs() <= 1e-5 * expected.max(1.0));
                prop_assert_eq!(lane.bars.iter().map(|bar| bar.calls).sum::<u32>(), calls);
                prop_assert!(lane.bars.windows(2).all(|pair| pair[0].end_ns <= pair[1].start_ns));
                prop_assert!(lane.bars.iter().all(|bar| bar.start_ns >= 0
                    && bar.start_ns <= bar.end_ns
                    && bar.end_ns <= chart.span_ns
                    && (0.0..=1.0).contains(&bar.busy)));
                prop_assert!(lane.bars.len() as u32 <= 4 * columns + 8);
            }
        }
    }
}
