//! Gantt charts whose bars are coloured by the numbers of calls.

use crate::common::Run;
use crate::pictures::png_pixels;
use scope_profiler::chart::gantt::Lane;
use scope_profiler::chart::{ChartOptions, GanttChart, Lanes, ValueColors};
use scope_profiler::export::{Export, exporter};
use scope_profiler::plot::{PlotOptions, plot_gantt};
use scope_profiler::profile::{Call, Number, Profile};
use scope_profiler::{ProfilingH5Reader, RegionFilter, Result};
use std::path::Path;

fn by_bytes() -> ChartOptions {
    ChartOptions::new().color_by("bytes")
}

fn chart(profile: &Profile, options: &ChartOptions) -> Result<GanttChart> {
    GanttChart::reduce(profile, &RegionFilter::new(), options)
}

fn values(lane: &Lane) -> Vec<Option<f64>> {
    lane.bars.iter().map(|bar| bar.value).collect()
}

fn bytes(number: i64) -> [(&'static str, Number); 1] {
    [("bytes", Number::Int(number))]
}

#[test]
fn each_call_has_its_own_value_and_calls_without_one_have_none() {
    let profile = Profile::builder()
        .interval(Call::new("send", 0..100).numbers(&bytes(10)))
        .interval(Call::new("send", 100..200).numbers(&bytes(40)))
        .interval(Call::new("send", 300..400))
        .interval(Call::new("wait", 400..900))
        .build();
    let chart = chart(&profile, &by_bytes()).unwrap();
    assert_eq!(values(&chart.regions[0].lanes[0]), [Some(10.0), Some(40.0), None]);
    assert_eq!(values(&chart.regions[1].lanes[0]), [None]);
    assert_eq!(chart.colors.unwrap().ends(), ["10 B", "40 B"]);
}

#[test]
fn calls_that_share_a_bar_have_their_mean_over_time() {
    let profile = Profile::builder()
        .interval(Call::new("send", 0..30).numbers(&bytes(100)))
        .interval(Call::new("send", 40..50).numbers(&bytes(20)))
        .interval(Call::new("send", 60..100))
        .interval(Call::new("send", 900_000..1_000_000).numbers(&bytes(7)))
        .build();
    let chart = chart(&profile, &by_bytes().columns(10)).unwrap();
    // (30 x 100 + 10 x 20) / 40
    assert_eq!(values(&chart.regions[0].lanes[0]), [Some(80.0), Some(7.0)]);
}

#[test]
fn threads_that_overlap_have_lanes_with_values_of_their_own() {
    let profile = Profile::builder()
        .interval(Call::new("send", 0..100).numbers(&bytes(1)).thread(3))
        .interval(Call::new("send", 50..150).numbers(&bytes(2)).thread(5))
        .interval(Call::new("send", 200..300).numbers(&bytes(3)).thread(3))
        .build();
    let all = chart(&profile, &by_bytes()).unwrap();
    let lanes: Vec<_> = all.regions[0].lanes.iter().map(values).collect();
    assert_eq!(lanes, [vec![Some(1.0), Some(3.0)], vec![Some(2.0)]]);
    // Together in one lane, those that overlap are one bar.
    let one = chart(&profile, &by_bytes().max_lanes(2)).unwrap();
    assert_eq!(values(&one.regions[0].lanes[0]), [Some(1.5), Some(3.0)]);
}

#[test]
fn ranks_that_share_a_lane_have_the_mean_of_their_values() {
    let mut profile = Profile::builder();
    for rank in 0..8 {
        profile.push(
            Call::new("send", 0..1_000)
                .numbers(&bytes(i64::from(rank % 2) * 10 + 10))
                .rank(rank),
        );
        profile.push(Call::new("wait", 1_000..2_000).rank(rank));
    }
    let chart = chart(&profile.build(), &by_bytes().max_lanes(8)).unwrap();
    let send = &chart.regions[0];
    assert_eq!(chart.header.ranks_per_lane, 2);
    assert_eq!(send.lanes.len(), 4);
    for lane in &send.lanes {
        assert!(
            !lane.bars.is_empty() && values(lane).iter().all(|&value| value == Some(15.0)),
            "{lane:?}"
        );
    }
    assert!(
        chart.regions[1]
            .lanes
            .iter()
            .flat_map(values)
            .all(|value| value.is_none())
    );
}

#[test]
fn a_window_has_the_values_of_what_is_in_it() {
    let profile = Profile::builder()
        .session(0, 0, 1_000)
        .interval(Call::new("send", 0..100).numbers(&bytes(1)))
        .interval(Call::new("send", 300..600).numbers(&bytes(2)))
        .interval(Call::new("send", 700..900).numbers(&bytes(3)))
        .build();
    let window = "400ns..800ns".parse().unwrap();
    let chart = chart(&profile, &by_bytes().window(window)).unwrap();
    assert_eq!(values(&chart.regions[0].lanes[0]), [Some(2.0), Some(3.0)]);
    assert_eq!(chart.regions[0].lanes[0].bars[0].start_ns, 400);
}

#[test]
fn infinite_numbers_are_as_good_as_none_and_without_any_there_is_nothing_to_color_by() {
    let residual = |x| [("residual", Number::Float(x))];
    let profile = Profile::builder()
        .interval(Call::new("iterate", 0..10).numbers(&residual(f64::INFINITY)))
        .build();
    let error = chart(&profile, &ChartOptions::new().color_by("residual")).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no call of these regions and ranks has the field \"residual\""),
        "{error}"
    );
    let error = chart(&profile, &by_bytes()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no field \"bytes\"; the profile has residual"),
        "{error}"
    );
}

#[test]
fn lanes_are_of_regions_where_nothing_is_said() {
    let mut profile = Profile::builder();
    for region in 0..40 {
        profile.push(Call::new(
            &format!("region {region}"),
            10 * region..10 * region + 5,
        ));
    }
    profile.push(Call::new("send", 500..600).numbers(&bytes(3)));
    let profile = profile.build();
    let list = scope_profiler::chart::list::by_name("gantt").unwrap();
    let everything = RegionFilter::new();
    let figure = list.reduce(&profile, &everything, &by_bytes()).unwrap();
    assert_eq!(figure.data().columns().last().unwrap().name(), "value");
    assert_eq!(figure.data().columns()[3].name(), "thread");
    let of_ranks = by_bytes().lanes(Lanes::Rank);
    let figure = list.reduce(&profile, &everything, &of_ranks).unwrap();
    assert_eq!(figure.data().columns()[4].name(), "depth");
}

/// A hundred thousand calls, of which each tenth moves more.
fn many() -> Profile {
    let mut profile = Profile::builder();
    for call in 0..100_000 {
        let start = call * 1_000;
        let moved = if call / 10_000 == 4 { 900 } else { 100 };
        profile.push(Call::new("send", start..start + 400 + call % 300).numbers(&bytes(moved)));
    }
    profile.build()
}

#[test]
fn a_file_with_blocks_has_the_same_values_as_its_intervals() {
    let run = Run::new();
    let file = run.directory.path().join("many.h5");
    let profile = many();
    Export::new(&profile, exporter("hdf5").unwrap())
        .save(&file)
        .unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let of_file = GanttChart::reduce(&reader, &RegionFilter::new(), &by_bytes()).unwrap();
    assert_eq!(of_file.regions, chart(&profile, &by_bytes()).unwrap().regions);
}

#[test]
fn a_picture_has_the_colors_of_its_values_and_says_what_they_mean() {
    let run = Run::new();
    let file = run.directory.path().join("few.h5");
    let profile = Profile::builder()
        .interval(Call::new("send", 0..100).numbers(&bytes(1_000)))
        .interval(Call::new("send", 200..300).numbers(&bytes(5_000_000)))
        .interval(Call::new("send", 400..500))
        .build();
    Export::new(&profile, exporter("hdf5").unwrap())
        .save(&file)
        .unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let picture = |name: &str| {
        let path = run.directory.path().join(name);
        plot_gantt(&reader, &PlotOptions::new().filepath(&path).chart(by_bytes())).unwrap();
        path
    };
    let colors = chart(&profile, &by_bytes()).unwrap().colors.unwrap();
    assert_tell_values(&picture("values.svg"), &picture("values.png"), &colors, 5_000);
}

/// Pictures of calls of 1 kB to 5 MB, and without a number, say so, and have more than so many pixels of each colour.
pub(crate) fn assert_tell_values(svg: &Path, png: &Path, colors: &ValueColors, pixels_of_each: usize) {
    let text = std::fs::read_to_string(svg).unwrap();
    for expected in ["bytes (logarithmic):", "1.00 kB", "5.00 MB", "without"] {
        assert!(text.contains(expected), "{}: {expected}: {text}", svg.display());
    }
    let (_, _, pixels) = png_pixels(png);
    for color in [
        colors.color(1_000.0),
        colors.color(5e6),
        ValueColors::without()[0],
    ] {
        let of_color = pixels
            .chunks(3)
            .filter(|pixel| *pixel == [color.0, color.1, color.2]);
        assert!(of_color.count() > pixels_of_each, "{}: {color:?}", png.display());
    }
}
