//! Timelines: lanes for ranks, threads and tasks.

use crate::common::{Generated, WithInclusive, golden};
use scope_profiler::chart::timeline::{LaneOf, Timeline, TimelineLane};
use scope_profiler::chart::{ChartOptions, DurationsChart, Lanes, list};
use scope_profiler::profile::{Call, Profile, Source};
use scope_profiler::{ProfilingH5Reader, RegionFilter, plot};

fn timeline(source: &dyn Source, lanes: Lanes) -> Timeline {
    Timeline::reduce(source, &RegionFilter::new(), &ChartOptions::new(), lanes).unwrap()
}

/// Region, start and end of each piece of a row.
fn pieces<'a>(timeline: &'a Timeline, lane: &TimelineLane, row: usize) -> Vec<(&'a str, i64, i64)> {
    let pieces = lane.rows[row].iter();
    let name = |region: usize| timeline.regions[region].name.as_str();
    pieces
        .map(|piece| (name(piece.region), piece.start_ns, piece.end_ns))
        .collect()
}

#[test]
fn each_thread_has_a_lane_in_which_calls_lie_below_those_around_them() {
    let profile = Profile::builder()
        .thread_name(0, 7, "worker")
        .interval(Call::new("main", 100..1_100))
        .interval(Call::new("step", 200..900))
        .interval(Call::new("step", 300..500))
        .interval(Call::new("work", 150..400).thread(7))
        .interval(Call::new("main", 100..600).rank(1))
        .build();
    let chart = timeline(&profile, Lanes::Thread);
    let of: Vec<&LaneOf> = chart.lanes.iter().map(|lane| &lane.of).collect();
    let thread = |rank, thread, label: &str| LaneOf::Thread(rank, thread, label.into());
    assert_eq!(
        of,
        [
            &thread(0, 0, "thread #0"),
            &thread(0, 7, "worker #7"),
            &thread(1, 0, "thread #0")
        ]
    );
    let main = &chart.lanes[0];
    assert_eq!(pieces(&chart, main, 0), [("main", 0, 1_000)]);
    assert_eq!(pieces(&chart, main, 1), [("step", 100, 800)]);
    assert_eq!(pieces(&chart, main, 2), [("step", 200, 400)]);
    assert_eq!(pieces(&chart, &chart.lanes[1], 0), [("work", 50, 300)]);
    assert_eq!(
        (chart.span_ns, chart.header.threads, chart.header.ranks),
        (1_000, 3, 2)
    );
}

#[test]
fn what_a_filter_leaves_out_takes_no_row() {
    let profile = Profile::builder()
        .interval(Call::new("main", 0..100))
        .interval(Call::new("step", 10..90))
        .build();
    let only = RegionFilter::new().include(["step"]).unwrap();
    let chart = Timeline::reduce(&profile, &only, &ChartOptions::new(), Lanes::Thread).unwrap();
    assert_eq!(chart.lanes[0].rows.len(), 1);
    assert_eq!(pieces(&chart, &chart.lanes[0], 0), [("step", 10, 90)]);
}

#[test]
fn the_time_of_a_lane_of_a_rank_is_the_exclusive_time_of_its_regions() {
    for file in ["py018_mpi4.h5", "py075_nested.h5", "ours.h5"] {
        let reader = ProfilingH5Reader::open(golden(file)).unwrap();
        let chart = timeline(&reader, Lanes::Rank);
        assert_eq!(chart.lanes.len(), reader.num_ranks());
        let durations = DurationsChart::reduce(&reader, &RegionFilter::new(), &ChartOptions::new()).unwrap();
        for bar in durations.bars {
            let exclusive = bar.exclusive.mean_ns * durations.header.ranks as f64;
            let region = chart.regions.iter().find(|region| region.name == bar.name);
            let drawn = region.map_or(0, |region| region.busy_ns);
            // Where calls are shorter than a pixel, the region with the most time has that of its neighbours.
            let total: u64 = chart.regions.iter().map(|region| region.busy_ns).sum();
            let difference = (drawn as f64 - exclusive).abs() / total as f64;
            assert!(difference < 0.02, "{file} {}: {drawn} {exclusive}", bar.name);
        }
    }
}

#[test]
fn threads_of_a_rank_share_its_lane_and_it_is_never_busier_than_all_the_time() {
    let mut profile = Profile::builder();
    for thread in 0..4 {
        profile.push(Call::new("work", 0..1_000_000).thread(thread));
    }
    profile.push(Call::new("wait", 1_000_000..2_000_000));
    let chart = timeline(&profile.build(), Lanes::Rank);
    assert_eq!(chart.lanes.len(), 1);
    let row = &chart.lanes[0].rows[0];
    assert!(row.iter().all(|piece| piece.busy > 0.99 && piece.busy <= 1.0));
    let halves = row.iter().map(|piece| {
        (
            piece.start_ns < 999_000,
            chart.regions[piece.region].name.as_str(),
        )
    });
    assert!(
        halves
            .clone()
            .all(|(is_first, name)| is_first == (name == "work") || name == "work")
    );
}

#[test]
fn many_ranks_share_lanes_of_the_region_that_most_of_them_are_in() {
    let mut profile = Profile::builder();
    for rank in 0..4_000 {
        let name = if rank % 4 == 0 { "odd" } else { "even" };
        profile.push(Call::new(name, 0..1_000_000).rank(rank));
    }
    let chart = timeline(&profile.build(), Lanes::Rank);
    assert!(chart.lanes.len() <= 600, "{}", chart.lanes.len());
    assert_eq!(chart.lanes[0].of, LaneOf::Ranks(0, 6));
    assert_eq!(chart.lanes.last().unwrap().of, LaneOf::Ranks(3_997, 3_999));
    assert_eq!(chart.regions[0].name, "even");
    assert!(
        chart
            .header
            .notes()
            .iter()
            .any(|note| note.contains("7 ranks share a lane"))
    );
}

#[test]
fn a_task_has_a_lane_from_its_first_poll_to_its_last() {
    let profile = Profile::builder()
        .interval(Call::new("fetch", 0..100).span(1))
        .interval(Call::new("fetch", 500..700).span(1).thread(2))
        .interval(Call::new("fetch", 50..80).span(2).thread(1))
        .interval(Call::new("fetch", 300..330).span(2).thread(1))
        .interval(Call::new("guard", 0..900))
        .build();
    let chart = timeline(&profile, Lanes::Task);
    let task = |span| LaneOf::Task(0, span, "fetch".into());
    let of: Vec<&LaneOf> = chart.lanes.iter().map(|lane| &lane.of).collect();
    assert_eq!(of, [&task(1), &task(2)]);
    let lives: Vec<_> = chart.lanes.iter().map(|lane| lane.life_ns).collect();
    assert_eq!(lives, [Some((0, 700)), Some((50, 330))]);
    assert_eq!(
        pieces(&chart, &chart.lanes[0], 0),
        [("fetch", 0, 100), ("fetch", 500, 700)]
    );
    assert_eq!(
        pieces(&chart, &chart.lanes[1], 0),
        [("fetch", 50, 80), ("fetch", 300, 330)]
    );
}

#[test]
fn of_many_tasks_those_that_lived_longest_are_drawn_and_a_note_says_so() {
    let mut profile = Profile::builder();
    for span in 1..=1_000_u32 {
        let start = 10_000 * i64::from(span);
        profile.push(Call::new("fetch", start..start + 10).span(span));
        let end = start + 1_000 + i64::from(span);
        profile.push(Call::new("fetch", end - 10..end).span(span));
    }
    let chart = timeline(&profile.build(), Lanes::Task);
    let spans = chart.lanes.iter().map(|lane| match lane.of {
        LaneOf::Task(_, span, _) => span,
        _ => panic!("{:?}", lane.of),
    });
    assert_eq!(spans.collect::<Vec<_>>(), (841..=1_000).collect::<Vec<_>>());
    let notes = chart.header.notes();
    assert!(
        notes
            .iter()
            .any(|note| note == "the 160 tasks of 1 000 that lived longest"),
        "{notes:?}"
    );
}

#[test]
fn the_axis_of_a_window_begins_with_it_and_its_marks_are_apart() {
    let profile = Profile::builder()
        .session(0, 0, 10_000)
        .interval(Call::new("main", 0..10_000))
        .build();
    let options = ChartOptions::new()
        .lanes(Lanes::Thread)
        .window("4us..6us".parse().unwrap());
    let chart = list::by_name("gantt").unwrap();
    let figure = chart.reduce(&profile, &RegionFilter::new(), &options).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("window.svg");
    plot::save(figure.as_ref(), &path).unwrap();
    let svg = std::fs::read_to_string(&path).unwrap();
    // Each mark: the number on it, and where it stands.
    let marks: Vec<(f64, f64)> = svg
        .split("<text ")
        .filter_map(|text| {
            let (attributes, rest) = text.split_once(">\n")?;
            let number = rest.split_once('\n')?.0.parse().ok()?;
            let x = attributes.split_once(" x=\"")?.1.split_once('"')?.0;
            attributes
                .contains("\"middle\"")
                .then_some((number, x.parse().ok()?))
        })
        .collect();
    assert!(marks.len() > 4 && marks[0].0 == 4.0, "{marks:?}");
    let step = marks[1].1 - marks[0].1;
    let steps = marks.windows(2).map(|pair| pair[1].1 - pair[0].1);
    assert!(
        step > 100.0 && steps.into_iter().all(|of| (of - step).abs() <= 2.0),
        "{marks:?}"
    );
}

#[test]
fn a_window_cuts_calls_and_lives_at_its_edges() {
    let profile = Profile::builder()
        .session(0, 1_000, 3_000)
        .interval(Call::new("main", 1_000..2_800))
        .interval(Call::new("fetch", 1_100..1_200).span(1))
        .interval(Call::new("fetch", 1_900..2_100).span(1))
        .interval(Call::new("fetch", 2_500..2_600).span(2))
        .interval(Call::new("fetch", 2_700..2_750).span(2))
        .build();
    let window = "1us..1500ns".parse().unwrap();
    let options = ChartOptions::new().window(window);
    let part = |lanes| Timeline::reduce(&profile, &RegionFilter::new(), &options, lanes).unwrap();
    let threads = part(Lanes::Thread);
    assert_eq!((threads.from_ns, threads.span_ns), (1_000, 500));
    assert_eq!(pieces(&threads, &threads.lanes[0], 0), [("main", 1_000, 1_500)]);
    assert_eq!(pieces(&threads, &threads.lanes[0], 1), [("fetch", 1_000, 1_100)]);
    assert_eq!(threads.header.intervals, 2);
    let ranks = part(Lanes::Rank);
    assert_eq!(
        pieces(&ranks, &ranks.lanes[0], 0),
        [("fetch", 1_000, 1_100), ("main", 1_100, 1_500)]
    );
    let tasks = part(Lanes::Task);
    assert_eq!(tasks.lanes.len(), 1);
    assert_eq!(tasks.lanes[0].life_ns, Some((1_000, 1_100)));
}

#[test]
fn without_spans_of_several_polls_there_are_no_tasks() {
    let profile = Profile::builder().interval(Call::new("guard", 0..900)).build();
    let (everything, options) = (RegionFilter::new(), ChartOptions::new());
    let error = Timeline::reduce(&profile, &everything, &options, Lanes::Task).unwrap_err();
    assert!(error.is_not_found());
    assert!(error.to_string().contains("no tasks to draw"), "{error}");
}

#[test]
fn a_million_calls_become_a_bounded_number_of_pieces_with_all_their_time() {
    let source = Generated::new(2, 4, 125_000);
    for lanes in [Lanes::Thread, Lanes::Rank] {
        let chart = timeline(&source, lanes);
        for lane in &chart.lanes {
            let row = &lane.rows[0];
            assert!(row.len() <= 4 * 2_048 + 4, "{}", row.len());
            assert_eq!(row.iter().map(|piece| piece.calls).sum::<u32>(), 500_000);
            assert!(row.windows(2).all(|pair| pair[0].end_ns <= pair[1].start_ns));
        }
        let busy: u64 = chart.regions.iter().map(|region| region.busy_ns).sum();
        let share = busy as f64 / (2.0 * chart.span_ns as f64);
        assert!((0.79..0.81).contains(&share), "{share}");
        assert_eq!(chart.header.merged, 1_000_000);
    }
}

#[test]
fn what_does_not_fit_is_left_out_and_counted() {
    let mut threads = Profile::builder();
    for thread in 0..320 {
        threads.push(Call::new("work", 0..1_000).thread(thread));
    }
    let chart = timeline(&threads.build(), Lanes::Thread);
    assert_eq!(chart.lanes.len(), 300);
    let notes = chart.header.notes();
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("20 further threads not drawn")),
        "{notes:?}"
    );

    let mut deep = Profile::builder();
    for depth in 0..100 {
        deep.push(Call::new("fib", depth..10_000 - depth));
    }
    let chart = timeline(&deep.build(), Lanes::Thread);
    assert_eq!(chart.lanes[0].rows.len(), 64);
    let notes = chart.header.notes();
    assert!(
        notes.iter().any(|note| note.starts_with("36 calls not drawn")),
        "{notes:?}"
    );
}

/// The first column of the numbers of the Gantt chart says what its lanes are of.
fn lanes_by_default(ranks: u32, regions: usize, threads: u32) -> &'static str {
    let mut profile = Profile::builder();
    for rank in 0..ranks {
        for thread in 0..threads {
            profile = profile.thread_name(rank, thread, "worker");
            for region in 0..regions {
                let start = 10 * region as i64;
                let name = format!("region {region}");
                profile.push(Call::new(&name, start..start + 10).rank(rank).thread(thread));
            }
        }
    }
    lanes_of(&profile.build())
}

fn lanes_of(source: &dyn Source) -> &'static str {
    let gantt = list::by_name("gantt").unwrap();
    let chart = gantt
        .reduce(source, &RegionFilter::new(), &ChartOptions::new())
        .unwrap();
    let data = chart.data();
    if data.columns()[0].name() == "region" {
        return "regions";
    }
    let thread = data
        .columns()
        .iter()
        .position(|column| column.name() == "thread")
        .unwrap();
    let row = data.into_rows().next().unwrap();
    if row[thread] == scope_profiler::render::Datum::None {
        "ranks"
    } else {
        "threads"
    }
}

#[test]
fn lanes_by_default_are_those_that_show_something_of_a_run_of_that_size() {
    for ((ranks, regions, threads), lanes) in [
        ((1, 3, 1), "regions"),
        ((4, 12, 1), "regions"),
        ((1, 60, 1), "threads"),
        ((4, 60, 1), "threads"),
        ((1, 12, 32), "threads"),
        ((64, 1, 1), "regions"),
        ((64, 60, 1), "ranks"),
        ((16, 12, 8), "ranks"),
    ] {
        assert_eq!(
            lanes_by_default(ranks, regions, threads),
            lanes,
            "{ranks} × {regions} × {threads}"
        );
    }
}

#[test]
fn lanes_by_default_show_the_calls_of_a_recursion_instead_of_one_solid_bar() {
    let recursion = |depth: i64| {
        let mut profile = Profile::builder().interval(Call::new("main", 0..1_000));
        (0..depth).for_each(|call| profile.push(Call::new("sort", 10 + call..990 - call)));
        WithInclusive(profile.build(), vec![1_000, 980])
    };
    assert_eq!(lanes_of(&recursion(1)), "regions");
    assert_eq!(lanes_of(&recursion(10)), "threads");
}

#[test]
fn the_flame_chart_is_the_gantt_chart_with_lanes_of_threads() {
    let reader = ProfilingH5Reader::open(golden("py075_threads.h5")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let draw = |name: &str, options: ChartOptions| {
        let chart = list::by_name(name).unwrap();
        let figure = chart.reduce(&reader, &RegionFilter::new(), &options).unwrap();
        let path = directory.path().join(name).with_extension("svg");
        plot::save(&*figure, &path).unwrap();
        std::fs::read(path).unwrap()
    };
    let threads = ChartOptions::new().lanes(Lanes::Thread);
    assert!(draw("flamechart", ChartOptions::new()) == draw("gantt", threads));
}
