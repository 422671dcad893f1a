//! Lanes of ranks, threads and tasks in the colours of the numbers of calls.

use crate::coloring::assert_tell_values;
use crate::common::Run;
use scope_profiler::chart::timeline::{Timeline, TimelineLane};
use scope_profiler::chart::{ChartOptions, Lanes, list};
use scope_profiler::export::{Export, exporter};
use scope_profiler::profile::{Call, Number, Profile, ProfileBuilder, Source};
use scope_profiler::{ProfilingH5Reader, RegionFilter, Result, plot};

fn by_bytes() -> ChartOptions {
    ChartOptions::new().color_by("bytes")
}

fn timeline(source: &dyn Source, lanes: Lanes) -> Result<Timeline> {
    Timeline::reduce(source, &RegionFilter::new(), &by_bytes(), lanes)
}

fn bytes(number: i64) -> [(&'static str, Number); 1] {
    [("bytes", Number::Int(number))]
}

/// Start and value of each piece of a row.
fn values(lane: &TimelineLane, row: usize) -> Vec<(i64, Option<f64>)> {
    let pieces = lane.rows[row].iter();
    pieces.map(|piece| (piece.start_ns, piece.value)).collect()
}

/// A step without numbers around calls with them, of which one is inside another.
fn nested() -> ProfileBuilder {
    Profile::builder()
        .session(0, 0, 1_000)
        .interval(Call::new("step", 0..1_000))
        .interval(Call::new("send", 100..500).numbers(&bytes(10)))
        .interval(Call::new("pack", 200..300).numbers(&bytes(70)))
        .interval(Call::new("send", 600..700).numbers(&bytes(30)))
        .interval(Call::new("send", 800..900))
}

#[test]
fn in_lanes_of_threads_each_of_nested_calls_has_its_own_number() {
    let chart = timeline(&nested().build(), Lanes::Thread).unwrap();
    let lane = &chart.lanes[0];
    assert_eq!(values(lane, 0), [(0, None)]);
    assert_eq!(
        values(lane, 1),
        [(100, Some(10.0)), (600, Some(30.0)), (800, None)]
    );
    assert_eq!(values(lane, 2), [(200, Some(70.0))]);
    assert_eq!(chart.colors.unwrap().ends(), ["10 B", "70 B"]);
}

#[test]
fn in_a_lane_of_a_rank_a_moment_has_the_number_of_the_innermost_call() {
    let chart = timeline(&nested().build(), Lanes::Rank).unwrap();
    let expected = [
        (0, None),
        (100, Some(10.0)),
        (200, Some(70.0)),
        (300, Some(10.0)),
        (500, None),
        (600, Some(30.0)),
        (700, None),
        (800, None),
        (900, None),
    ];
    assert_eq!(values(&chart.lanes[0], 0), expected);
}

#[test]
fn a_call_that_recurses_keeps_its_number_when_the_inner_one_is_over() {
    let profile = Profile::builder()
        .interval(Call::new("walk", 0..900).numbers(&bytes(1)))
        .interval(Call::new("walk", 300..600).numbers(&bytes(2)))
        .build();
    let chart = timeline(&profile, Lanes::Rank).unwrap();
    let expected = [(0, Some(1.0)), (300, Some(2.0)), (600, Some(1.0))];
    assert_eq!(values(&chart.lanes[0], 0), expected);
}

#[test]
fn calls_that_share_a_piece_have_their_mean_over_time_whatever_their_region() {
    let profile = Profile::builder()
        .session(0, 0, 10_000_000)
        .interval(Call::new("send", 0..30).numbers(&bytes(100)))
        .interval(Call::new("pack", 40..50).numbers(&bytes(20)))
        .interval(Call::new("wait", 60..100))
        .interval(Call::new("send", 8_000_000..9_000_000).numbers(&bytes(7)))
        .build();
    for lanes in [Lanes::Thread, Lanes::Rank] {
        let chart = timeline(&profile, lanes).unwrap();
        // (30 x 100 + 10 x 20) / 40
        let expected = [(0, Some(80.0)), (8_000_000, Some(7.0))];
        assert_eq!(values(&chart.lanes[0], 0), expected, "{lanes:?}");
    }
}

#[test]
fn threads_and_ranks_that_share_a_lane_have_the_mean_of_their_values() {
    let mut profile = Profile::builder();
    for thread in 0..2 {
        let number = bytes(10 * i64::from(thread) + 10);
        profile.push(Call::new("send", 0..1_000_000).numbers(&number).thread(thread));
    }
    let chart = timeline(&profile.build(), Lanes::Rank).unwrap();
    let row = &chart.lanes[0].rows[0];
    assert!(row.iter().all(|piece| piece.value == Some(15.0)), "{row:?}");

    let mut profile = Profile::builder();
    for rank in 0..1_000 {
        let number = bytes(i64::from(rank % 2) * 10 + 10);
        profile.push(Call::new("send", 0..1_000_000).numbers(&number).rank(rank));
        profile.push(Call::new("wait", 1_000_000..2_000_000).rank(rank));
    }
    let chart = timeline(&profile.build(), Lanes::Rank).unwrap();
    assert_eq!(chart.header.ranks_per_lane, 2);
    for lane in &chart.lanes {
        let halves = |is_first: bool| {
            let pieces = lane.rows[0].iter();
            pieces.filter(move |piece| (piece.end_ns <= 1_000_000) == is_first)
        };
        assert!(halves(true).count() > 0 && halves(true).all(|piece| piece.value == Some(15.0)));
        assert!(halves(false).skip(1).all(|piece| piece.value.is_none()));
    }
}

#[test]
fn a_span_has_a_number_until_it_is_given_another_one() {
    let poll = |from, until, span| Call::new("fetch", from..until).span(span);
    let profile = Profile::builder()
        .interval(poll(0, 100, 1).numbers(&bytes(5)))
        .interval(poll(200, 300, 1).thread(1))
        .interval(poll(400, 500, 1).numbers(&bytes(9)))
        .interval(poll(600, 700, 1))
        .interval(poll(50, 80, 2).thread(2))
        .interval(poll(250, 280, 2).thread(2).numbers(&bytes(7)))
        .interval(poll(20, 40, 3).thread(3))
        .interval(poll(60, 70, 3).thread(3))
        .build();
    let chart = timeline(&profile, Lanes::Task).unwrap();
    let polls = [
        (0, Some(5.0)),
        (200, Some(5.0)),
        (400, Some(9.0)),
        (600, Some(9.0)),
    ];
    assert_eq!(values(&chart.lanes[0], 0), polls);
    let lives: Vec<_> = chart.lanes.iter().map(|lane| lane.life_value).collect();
    // In order of start: the third began before the second.
    assert_eq!(lives, [Some(9.0), None, Some(7.0)]);
    assert_eq!(values(&chart.lanes[1], 0), [(20, None), (60, None)]);
    assert_eq!(values(&chart.lanes[2], 0), [(50, None), (250, Some(7.0))]);
}

#[test]
fn a_window_has_the_numbers_of_the_calls_in_it() {
    let options = by_bytes().window("550ns..850ns".parse().unwrap());
    let profile = nested().build();
    let chart = Timeline::reduce(&profile, &RegionFilter::new(), &options, Lanes::Thread).unwrap();
    assert_eq!(values(&chart.lanes[0], 1), [(600, Some(30.0)), (800, None)]);
}

#[test]
fn a_filter_takes_no_number_from_the_calls_that_it_leaves() {
    let only = RegionFilter::new().include(["send"]).unwrap();
    let profile = nested().build();
    let chart = Timeline::reduce(&profile, &only, &by_bytes(), Lanes::Thread).unwrap();
    let expected = [(100, Some(10.0)), (600, Some(30.0)), (800, None)];
    assert_eq!(values(&chart.lanes[0], 0), expected);
}

#[test]
fn where_no_call_has_the_field_it_is_said() {
    let profile = nested().interval(Call::new("idle", 900..950)).build();
    let only = RegionFilter::new().include(["idle"]).unwrap();
    for (filter, field, said) in [
        (
            &RegionFilter::new(),
            "byte",
            "there is no field \"byte\"; the profile has bytes",
        ),
        (
            &only,
            "bytes",
            "no call of these regions and ranks has the field \"bytes\"",
        ),
    ] {
        for lanes in [Lanes::Rank, Lanes::Thread, Lanes::Task] {
            let options = ChartOptions::new().color_by(field);
            let error = Timeline::reduce(&profile, filter, &options, lanes).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}

#[test]
fn ranks_of_very_many_regions_keep_no_numbers_and_a_note_says_so() {
    let mut profile = Profile::builder();
    for region in 0..1_100 {
        let start = 10 * region;
        profile.push(Call::new(&format!("region {region}"), start..start + 5).numbers(&bytes(region)));
    }
    profile.push(Call::new("send", 0..50).rank(1).numbers(&bytes(3)));
    let chart = timeline(&profile.build(), Lanes::Thread).unwrap();
    assert!(chart.lanes[0].rows[0].iter().all(|piece| piece.value.is_none()));
    assert_eq!(values(&chart.lanes[1], 0), [(0, Some(3.0))]);
    let notes = chart.header.notes();
    let note = notes.iter().find(|note| note.contains("more than 1024 regions"));
    assert!(
        note.is_some_and(|note| note.starts_with("values of 1 rank ")),
        "{notes:?}"
    );
}

/// The picture of a chart of a file.
fn picture(reader: &ProfilingH5Reader, chart: &str, options: &ChartOptions, path: &std::path::Path) {
    let chart = list::by_name(chart).unwrap();
    let figure = chart.reduce(reader, &RegionFilter::new(), options).unwrap();
    plot::save(figure.as_ref(), path).unwrap();
}

#[test]
fn pictures_of_all_lanes_have_the_colors_of_values_and_say_what_they_mean() {
    let run = Run::new();
    let profile = Profile::builder()
        .interval(Call::new("send", 0..100).span(1).numbers(&bytes(1_000)))
        .interval(Call::new("send", 200..300).span(1).numbers(&bytes(5_000_000)))
        .interval(Call::new("send", 400..500).span(2))
        .interval(Call::new("send", 600..700).span(2))
        .build();
    let file = run.directory.path().join("few.h5");
    Export::new(&profile, exporter("hdf5").unwrap())
        .save(&file)
        .unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let charts = [
        ("gantt", Lanes::Rank),
        ("gantt", Lanes::Thread),
        ("gantt", Lanes::Task),
        ("flamechart", Lanes::Auto),
    ];
    for (chart, lanes) in charts {
        let options = by_bytes().lanes(lanes);
        let path = |extension| {
            run.directory
                .path()
                .join(format!("{chart}-{lanes:?}.{extension}"))
        };
        picture(&reader, chart, &options, &path("svg"));
        picture(&reader, chart, &options, &path("png"));
        let colors = timeline(&profile, Lanes::Rank).unwrap().colors.unwrap();
        assert_tell_values(&path("svg"), &path("png"), &colors, 2_000);
    }
}
