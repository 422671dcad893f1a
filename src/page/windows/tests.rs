//! Answers compared with all calls of a profile.

use super::find::Found;
use super::*;
use crate::analysis::selection::RegionFilter;
use crate::chart::ChartOptions;
use crate::page::{Served, render};
use crate::profile::{Call, Profile};
use proptest::prelude::*;
use std::cmp::Reverse;
use std::ops::RangeInclusive;

/// Region, rank, thread, start, length.
type Made = (usize, u32, u32, i64, i64);

/// Region, rank, thread, start, end.
type Seen = (String, u32, u32, i64, i64);

const NAMES: [&str; 3] = ["a", "b", "c"];

fn profile(calls: &[Made]) -> Profile {
    // The first gives the axis its start.
    let mut profile = Profile::builder().interval(Call::new("a", 1_000..1_001));
    for &(region, rank, thread, start, length) in calls {
        let call = Call::new(NAMES[region], 1_000 + start..1_000 + start + length);
        profile.push(call.rank(rank).thread(thread));
    }
    profile.build()
}

fn windows(source: &Profile) -> PageWindows {
    let served = Served {
        version: 1,
        follows: false,
        reading: None,
    };
    let rendered = render(
        source,
        &RegionFilter::new(),
        &ChartOptions::new(),
        served,
        u64::MAX,
        None,
    );
    rendered.unwrap().1
}

/// Whole numbers, as the page reads them.
fn numbers(bytes: &[u8]) -> Vec<u64> {
    let mut all = Vec::new();
    let (mut number, mut shift) = (0, 0);
    for &byte in bytes {
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            all.push(number);
            (number, shift) = (0, 0);
        }
    }
    all
}

/// The window that was answered for, and its bars: region, rank, thread, start, end; all of one call each.
fn bars_of(windows: &PageWindows, answer: &[u8]) -> (Range<i64>, Vec<Seen>) {
    let numbers = numbers(answer);
    assert_eq!(numbers[0], Detail::Exact as u64);
    let window = numbers[1] as i64..numbers[2] as i64;
    let lanes = numbers[3] as usize;
    let (heads, mut rest) = numbers[4..].split_at(6 * lanes);
    let mut bars = Vec::new();
    for head in heads.chunks(6) {
        let (count, merged) = (head[4] as usize, head[5] as usize);
        assert_eq!(merged, 0, "every call has a bar of its own");
        let mut end = 0;
        for at in 0..count {
            let start = end + rest[at] as i64;
            end = start + rest[count + at] as i64;
            let name = windows.chart.regions[head[0] as usize].name.clone();
            bars.push((name, head[1] as u32, head[2] as u32 - 1, start, end));
        }
        rest = &rest[2 * count..];
    }
    assert!(rest.is_empty());
    bars.sort();
    (window, bars)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn an_answer_has_each_call_that_overlaps_its_window_and_no_other(
        calls in prop::collection::vec((0..3_usize, 0..2_u32, 0..3_u32, 2..20_000_i64, 1..400_i64), 1..3_000),
        long in (2..5_000_i64, 1..15_000_i64),
        (from, length) in (0..20_000_i64, 0..4_000_i64),
    ) {
        let mut calls = calls;
        calls.push((0, 0, 0, long.0, long.1));
        let source = profile(&calls);
        let windows = windows(&source);
        let answer = windows.answer(&source, &RegionFilter::new(), from..from + length, 500).unwrap();
        let (answered, bars) = bars_of(&windows, &answer);
        let span = windows.chart.span_ns;
        prop_assert!(answered.start <= from.min(span) && answered.end >= (from + length).min(span));
        let mut expected: Vec<_> = calls
            .iter()
            .chain([&(0, 0, 0, 0, 1)])
            .filter(|call| (call.3 + call.4 > answered.start || call.3 >= answered.start) && call.3 < answered.end)
            .map(|&(region, rank, thread, start, length)| (NAMES[region].to_owned(), rank, thread, start, start + length))
            .collect();
        expected.sort();
        prop_assert_eq!(bars, expected);
    }
}

/// Which calls are meant: of these of the page's regions, on these ranks.
fn among(regions: &[u32], ranks: &[u32]) -> Among {
    let single = |numbers: &[u32]| numbers.iter().map(|&number| number..=number).collect();
    Among {
        regions: single(regions),
        ranks: single(ranks),
    }
}

fn at(call: &Found) -> From {
    From {
        start: call.start,
        at: Some(At {
            region: call.region,
            rank: call.rank,
            thread: Some(call.thread),
            end: call.end,
        }),
    }
}

/// All calls of a profile on the page's axis, in order of start, region and rank.
fn in_order(calls: &[Made], windows: &PageWindows) -> Vec<Found> {
    let mut all: Vec<Found> = calls
        .iter()
        .map(|&(region, rank, thread, start, length)| Found {
            region: windows.numbers[NAMES[region]] as u32,
            rank,
            thread,
            start,
            end: start + length,
        })
        .collect();
    all.sort_by_key(|call| (call.start, call.region, call.rank, Reverse(call.end), call.thread));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn from_call_to_call_every_one_is_met_once_forward_and_backward(
        calls in prop::collection::vec((0..3_usize, 0..2_u32, 0..3_u32, 2..3_000_i64, 1..400_i64), 1..1_500),
        (regions, ranks) in (prop::sample::subsequence(vec![0_u32, 1, 2], 1..=3), prop::sample::subsequence(vec![0_u32, 1], 1..=2)),
    ) {
        // Calls that differ in nothing cannot be told apart.
        let mut calls: Vec<Made> = calls;
        calls.sort();
        calls.dedup();
        let source = profile(&calls);
        let windows = windows(&source);
        calls.push((0, 0, 0, 0, 1));
        let among = among(&regions, &ranks);
        let mut expected = in_order(&calls, &windows);
        expected.retain(|call| regions.contains(&call.region) && ranks.contains(&call.rank));
        let Some(first) = expected.first().copied() else { return Ok(()) };
        for forward in [true, false] {
            if !forward {
                expected.reverse();
            }
            let edge = if forward { first.start } else { i64::MAX };
            let mut from = From { start: edge, at: None };
            let mut met = Vec::new();
            for number in 1..=expected.len() as u64 {
                let step = windows.step(&source, &among, from, forward).unwrap();
                let call = step.call.unwrap();
                let all = expected.len() as u64;
                prop_assert_eq!((step.place, step.all), (if forward { number } else { all + 1 - number }, all));
                met.push(call);
                from = at(&call);
            }
            // Of the calls of a row that begin and end together, any order of threads will do.
            let key = |call: &Found| (call.start, call.region, call.rank, call.end);
            prop_assert_eq!(met.iter().map(key).collect::<Vec<_>>(), expected.iter().map(key).collect::<Vec<_>>());
            let round = windows.step(&source, &among, from, forward).unwrap().call.unwrap();
            prop_assert_eq!(round, met[0]);
        }
        let mut lengths: Vec<i64> = expected.iter().map(|call| call.end - call.start).collect();
        lengths.sort_by_key(|&length| Reverse(length));
        lengths.truncate(9);
        let longest = windows.longest(&source, &among, 9).unwrap();
        prop_assert_eq!(longest.iter().map(|call| call.end - call.start).collect::<Vec<_>>(), lengths);
        prop_assert!(longest.iter().all(|call| expected.contains(call)));
    }
}

#[test]
fn among_nothing_there_is_no_next_call() {
    let source = profile(&[(1, 0, 0, 5, 5)]);
    let windows = windows(&source);
    let from = From { start: 0, at: None };
    let step = windows.step(&source, &among(&[7], &[0]), from, true).unwrap();
    assert_eq!((step.call, step.all), (None, 0));
    assert_eq!(windows.longest(&source, &among(&[0], &[4]), 3).unwrap(), []);
}

#[test]
fn the_tree_of_a_window_is_cut_at_its_edges() {
    let calls = [
        (0, 0, 0, 100, 900),  // a
        (1, 0, 0, 200, 300),  // b inside it
        (1, 0, 0, 600, 200),  // and again
        (2, 0, 0, 650, 100),  // c inside that
        (2, 1, 0, 700, 1000), // another rank
    ];
    let source = profile(&calls);
    let windows = windows(&source);
    let all = 0..=u32::MAX;
    let rows = |ranks: RangeInclusive<u32>, window: Range<i64>| -> Vec<(i64, String, i64, i64, i64)> {
        let tree = serde_json::to_value(windows.tree(&source, window, &[ranks]).unwrap()).unwrap();
        let numbers: Vec<i64> = serde_json::from_value(tree["paths"].clone()).unwrap();
        let name = |number: i64| windows.chart.regions[number as usize].name.clone();
        numbers
            .chunks(7)
            .map(|row| (row[0], name(row[1]), row[2], row[3], row[4]))
            .collect()
    };
    let row = |depth, name: &str, calls, inclusive, exclusive| {
        (depth, name.to_owned(), calls, inclusive, exclusive)
    };
    assert_eq!(
        rows(all.clone(), 400..720),
        [
            row(0, "a", 1, 320, 100),
            row(1, "b", 2, 220, 150),
            row(2, "c", 1, 70, 70),
            row(0, "c", 1, 20, 20)
        ]
    );
    assert_eq!(rows(1..=1, 400..720), [row(0, "c", 1, 20, 20)]);
    assert_eq!(rows(all.clone(), 50..60), []);
    let [whole, ..] = &rows(all, i64::MIN..i64::MAX)[..] else {
        panic!("there are regions")
    };
    assert_eq!(whole.3, 901, "with the call that the axis begins at");
}

#[test]
fn more_calls_than_can_be_shown_are_merged_and_counted() {
    let calls: Vec<Made> = (0..250_000).map(|i| (0, 0, 0, 2 + 10 * i, 4)).collect();
    let source = profile(&calls);
    let windows = windows(&source);
    let answer = numbers(
        &windows
            .answer(&source, &RegionFilter::new(), 0..2_500_000, 1_000)
            .unwrap(),
    );
    assert_eq!(answer[0], Detail::Merged as u64);
    let (bars, merged) = (answer[8] as usize, answer[9] as usize);
    assert!((1_000..5_000).contains(&bars), "{bars}");
    let of_merged = &answer[10 + 2 * bars..];
    assert_eq!(of_merged.len(), 3 * merged);
    let single = (bars - merged) as u64;
    let in_merged: u64 = of_merged.chunks(3).map(|bar| bar[1]).sum();
    assert_eq!(single + in_merged, 250_001);
}
