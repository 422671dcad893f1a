//! Windows against the same questions asked of all intervals.

use super::growing::{BlockLengths, GrowingBlocks};
use super::pyramid::Pyramid;
use super::stored_blocks::Stored;
use super::{Longest, Overlap, Pixel, Pyramids, Windows};
use crate::profile::{Call, Intervals, Profile, Source};
use proptest::prelude::*;
use std::cell::Cell;
use std::cmp::Reverse;
use std::ops::Range;

/// Start, end and thread of a call.
type Times = (i64, i64, u32);

fn profile(calls: &[Times]) -> Profile {
    let mut builder = Profile::builder();
    for &(start, end, thread) in calls {
        builder.push(Call::new("solve", start..end).thread(thread));
    }
    builder.build()
}

fn all_calls(source: &Profile) -> Vec<Times> {
    let mut all = Intervals::new();
    source.read(0, 0..source.rows()[0].intervals, &mut all).unwrap();
    all.iter()
        .map(|call| (call.start_ns, call.end_ns.max(call.start_ns), call.thread))
        .collect()
}

/// The lanes of the row, in blocks of a few calls.
fn lanes(source: &Profile, calls: u64, pieces: u64) -> Vec<Pyramid> {
    let mut growing = GrowingBlocks::of_length(BlockLengths { calls, fewest: 2 });
    let count = source.rows()[0].intervals;
    let mut buffer = Intervals::new();
    for from in (0..count).step_by(pieces as usize) {
        source
            .read(0, from..count.min(from + pieces), &mut buffer)
            .unwrap();
        growing.push(&buffer);
    }
    let blocks = growing.finish();
    assert_eq!(blocks.fault(count), None);
    let threads = blocks.threads.into_iter().filter(|lane| !lane.blocks.is_empty());
    let lanes = [blocks.all].into_iter().chain(threads);
    lanes.map(Pyramid::new).collect()
}

fn duration(call: &Times) -> u64 {
    (i128::from(call.1) - i128::from(call.0)) as u64
}

fn is_in(call: &Times, window: &Range<i64>) -> bool {
    call.0 < window.end && (call.0 >= window.start || call.1 > window.start)
}

/// By definition, from all calls of a lane with their indices.
fn naive_pixel(calls: &[(u64, Times)], window: &Range<i64>) -> Pixel {
    if window.is_empty() {
        return Pixel::default();
    }
    let (mut busy, mut until) = (0_i128, i128::from(window.start));
    for (_, (start, end, _)) in calls {
        let from = until.max((*start).into());
        let to = i128::from(*end).min(window.end.into());
        busy += (to - from).max(0);
        until = until.max(to);
    }
    let overlapping = calls.iter().filter(|(_, call)| is_in(call, window));
    let longest = overlapping.max_by_key(|(index, call)| (duration(call), Reverse(*index)));
    Pixel {
        busy_ns: busy as u64,
        calls: calls.iter().filter(|(_, call)| window.contains(&call.0)).count() as u64,
        longest: longest.map(|(index, call)| Longest {
            index: *index,
            duration_ns: duration(call),
        }),
    }
}

fn naive_overlap(calls: &[(u64, Times)], window: &Range<i64>) -> Overlap {
    let overlapping = calls
        .iter()
        .filter(|(_, call)| !window.is_empty() && is_in(call, window));
    let indices: Vec<u64> = overlapping.clone().map(|&(index, _)| index).collect();
    let (Some(first), Some(last)) = (indices.first(), indices.last()) else {
        return Overlap::default();
    };
    Overlap {
        range: *first..last + 1,
        calls: indices.len() as u64,
        reaching_in: overlapping.filter(|(_, call)| call.0 < window.start).count() as u64,
    }
}

/// Compares every lane of the row with the definition.
fn check(
    calls: &[Times],
    lengths: (u64, u64),
    window: Range<i64>,
    width: usize,
) -> Result<(), TestCaseError> {
    let source = profile(calls);
    let all = all_calls(&source);
    let numbered = || (0_u64..).zip(all.iter().copied());
    let lanes = lanes(&source, lengths.0, lengths.1);
    let overlap = all.iter().enumerate().any(|(at, one)| {
        all[at + 1..]
            .iter()
            .any(|two| one.2 != two.2 && two.0 < one.1 && one.0 <= two.0)
    });
    prop_assert_eq!(lanes.len() > 1, overlap);
    for pyramid in &lanes {
        let of_lane: Vec<_> = numbered()
            .filter(|(_, call)| pyramid.thread().is_none_or(|thread| thread == call.2))
            .collect();
        let mut windows = Windows::new(&source, 0, pyramid);
        let pixels = windows.pixels(window.clone(), width).unwrap();
        let span = i128::from(window.end) - i128::from(window.start);
        for (at, pixel) in pixels.iter().enumerate() {
            let edge = |at: usize| (i128::from(window.start) + at as i128 * span / width as i128) as i64;
            let naive = naive_pixel(&of_lane, &(edge(at)..edge(at + 1)));
            prop_assert_eq!(*pixel, naive, "pixel {} of {:?}", at, pyramid.thread());
        }
        let overlap = windows.overlap(window.clone()).unwrap();
        let naive = naive_overlap(&of_lane, &window);
        prop_assert_eq!(
            (overlap.calls, overlap.reaching_in),
            (naive.calls, naive.reaching_in)
        );
        if naive.calls > 0 {
            prop_assert_eq!(overlap.range, naive.range);
        } else {
            prop_assert!(overlap.range.is_empty());
        }
        let before = windows.calls_before(window.start).unwrap();
        prop_assert_eq!(
            before,
            of_lane.iter().filter(|(_, call)| call.0 < window.start).count() as u64
        );
    }
    Ok(())
}

/// Calls close together, with recursion, overlaps, equal times, no length and ends before starts.
fn close_calls() -> impl Strategy<Value = Vec<Times>> {
    prop::collection::vec((-60_i64..60, -3_i64..40, 0_u32..3), 1..120)
        .prop_map(|calls| calls.into_iter().map(|(s, l, t)| (s, s + l, t)).collect())
}

/// Of one thread: short ones after one another, now and then a long one around them.
fn many_calls() -> impl Strategy<Value = Vec<Times>> {
    let call = (0_i64..9, prop_oneof![9 => 0_i64..9, 1 => 0_i64..2_000]);
    prop::collection::vec(call, 1..600).prop_map(|calls| {
        let mut time = 0;
        let call = |(gap, length)| {
            time += gap;
            (time, time + length, 7)
        };
        calls.into_iter().map(call).collect()
    })
}

proptest! {
    #[test]
    fn windows_of_any_calls_are_as_all_intervals_say(
        calls in close_calls(), lengths in (1_u64..9, 1_u64..20), from in -70_i64..90, length in 0_i64..150,
        width in 1_usize..70,
    ) {
        check(&calls, lengths, from..from + length, width)?;
    }

    #[test]
    fn windows_of_many_calls_are_as_all_intervals_say(
        calls in many_calls(), lengths in (1_u64..5, 1_u64..200), from in -9_i64..3_000, length in 0_i64..3_000,
        width in 1_usize..90,
    ) {
        check(&calls, lengths, from..from + length, width)?;
    }

    #[test]
    fn windows_of_any_moments_of_the_clock_are_as_all_intervals_say(
        calls in prop::collection::vec((any::<i64>(), any::<i64>(), 0_u32..2), 1..40),
        lengths in (1_u64..5, 1_u64..9), edges in (any::<i64>(), any::<i64>()), width in 1_usize..20,
    ) {
        let window = edges.0.min(edges.1)..edges.0.max(edges.1);
        check(&calls, lengths, window, width)?;
        check(&calls, lengths, i64::MIN..i64::MAX, width)?;
    }
}

#[test]
fn the_ends_of_the_clock_are_reached() {
    let calls = [
        (i64::MIN, i64::MAX, 0),
        (i64::MAX, i64::MAX, 0),
        (i64::MIN, i64::MIN, 1),
    ];
    check(&calls, (2, 2), i64::MIN..i64::MAX, 7).unwrap();
}

#[test]
fn a_window_of_a_long_row_reads_the_blocks_at_the_edges_of_pixels() {
    let mut builder = Profile::builder();
    builder.push(Call::new("solve", 0..2_000_000));
    (0..100_000).for_each(|i| builder.push(Call::new("solve", i * 10..i * 10 + 7)));
    let profile = builder.build();
    let source = Stored {
        profile: &profile,
        block: 1024,
        read: Cell::new(0),
    };
    let pyramids = Pyramids::of(&source, &[0]).unwrap();
    assert_eq!(source.read.get(), 0);
    let pyramid = pyramids.all(0).unwrap();
    let counts: Vec<usize> = pyramid.levels().iter().map(Vec::len).collect();
    assert_eq!(counts, [98, 7, 1]);
    let whole = pyramid.whole().unwrap();
    assert_eq!(
        (whole.calls, whole.busy_ns, whole.longest, whole.last_end_ns),
        (100_001, 2_000_000, 0, 2_000_000)
    );
    let mut windows = Windows::new(&source, 0, pyramid);
    let pixels = windows.pixels(500_000..900_000, 4).unwrap();
    let around = Longest {
        index: 0,
        duration_ns: 2_000_000,
    };
    let each = Pixel {
        busy_ns: 100_000,
        calls: 10_000,
        longest: Some(around),
    };
    assert_eq!(pixels, [each; 4]);
    // Five edges, and the block with the call around everything.
    assert_eq!(source.read.replace(0), 6 * 1024);
    let overlap = windows.overlap(500_000..500_020).unwrap();
    assert_eq!((overlap.calls, overlap.range), (3, 0..50_003));
}

#[test]
fn a_row_without_intervals_has_empty_windows() {
    let source = Profile::builder().calls(0, "counted", 3).build();
    let pyramids = Pyramids::of(&source, &[0]).unwrap();
    let pyramid = pyramids.all(0).unwrap();
    assert_eq!(pyramid.whole(), None);
    let mut windows = Windows::new(&source, 0, pyramid);
    assert_eq!(windows.pixels(0..10, 2).unwrap(), [Pixel::default(); 2]);
    assert_eq!(windows.overlap(0..10).unwrap(), Overlap::default());
}

#[test]
fn threads_that_take_turns_have_no_pyramids_of_their_own() {
    let turns = profile(&[(0, 10, 1), (10, 20, 2), (20, 30, 1)]);
    let pyramids = Pyramids::of(&turns, &[0]).unwrap();
    assert!(pyramids.threads(0).is_empty());
    assert_eq!(pyramids.thread_numbers(0), [1, 2]);
    let together = profile(&[(0, 10, 7), (5, 20, 2), (20, 30, 7)]);
    let pyramids = Pyramids::of(&together, &[0]).unwrap();
    let threads: Vec<_> = pyramids.threads(0).iter().map(|of| of.thread()).collect();
    assert_eq!(threads, [Some(2), Some(7)]);
    assert!(pyramids.all(1).is_none());
}
