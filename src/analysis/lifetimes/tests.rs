//! Lives against their definition: every moment of every span is looked at. With small limits, so that few intervals
//! take every path.

use super::{Life, Lifetimes, RegionLifetimes};
use crate::analysis::pass;
use crate::analysis::selection::RegionFilter;
use crate::profile::{Call, OpenSpan, Profile};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn lifetimes(calls: impl IntoIterator<Item = Call<'static>>) -> Vec<RegionLifetimes> {
    let profile = calls
        .into_iter()
        .fold(Profile::builder(), |all, call| all.interval(call));
    of_profile(&profile.build())
}

fn of_profile(profile: &Profile) -> Vec<RegionLifetimes> {
    let mut lifetimes = Lifetimes::new(profile, &RegionFilter::new()).unwrap();
    pass::run(profile, &mut [&mut lifetimes]).unwrap();
    lifetimes.finish()
}

/// Elapsed, busy and idle time and polls of a region with one span.
fn only(regions: &[RegionLifetimes]) -> (i64, i64, i64, u64) {
    let region = &regions[0];
    assert_eq!((regions.len(), region.spans()), (1, 1));
    let total = |spread: &super::Spread| spread.statistics().total_ns();
    let polls = region.polls().count();
    assert_eq!(polls, region.most_polls());
    (
        total(region.elapsed()),
        total(region.busy()),
        total(region.idle()),
        polls,
    )
}

#[test]
fn a_span_that_is_entered_within_itself_is_busy_once() {
    let call = |from, to| Call::new("a", from..to).span(1);
    // Within the first entry, within both, and after them.
    let regions = lifetimes([
        call(0, 100),
        call(20, 60),
        call(30, 40),
        call(90, 95),
        call(200, 350),
    ]);
    assert_eq!(only(&regions), (350, 250, 100, 2));
    assert_eq!(regions[0].polls().total_ns(), 250);
}

#[test]
fn a_span_that_two_threads_enter_at_once_is_busy_once_and_polled_twice() {
    let call = |thread, from, to| Call::new("a", from..to).span(1).thread(thread);
    let regions = lifetimes([call(0, 0, 100), call(1, 50, 130), call(0, 500, 700)]);
    assert_eq!(only(&regions), (700, 330, 370, 3));
    assert_eq!(regions[0].most_threads(), 2);
}

#[test]
fn the_entry_of_a_future_that_is_dropped_is_no_poll() {
    let call = |from: i64, length: i64| Call::new("a", from..from + length).span(1);
    let (poll, short) = (5_000, 40);
    let polls = |calls: Vec<Call<'static>>| only(&lifetimes(calls)).3;
    assert_eq!(polls(vec![call(0, poll), call(9_000, short)]), 1);
    assert_eq!(polls(vec![call(0, poll), call(9_000, poll), call(20_000, 0)]), 2);
    // What takes longer than a poll, or longer than it takes to drop nothing, is work.
    assert_eq!(polls(vec![call(0, short), call(9_000, poll)]), 2);
    assert_eq!(polls(vec![call(0, 3_000), call(9_000, 2_000)]), 2);
    assert_eq!(polls(vec![call(0, short), call(9_000, short + 1)]), 2);
}

#[test]
fn spans_that_were_entered_once_each_and_guards_have_no_lifetimes() {
    let mut profile = Profile::builder().spans(0, "once", 3);
    for n in 0..3 {
        profile.push(Call::new("once", 10 * n..10 * n + 5).span(n as u32 + 1));
        profile.push(Call::new("guard", 10 * n..10 * n + 5));
        // Of this one the file does not say how many there were.
        profile.push(Call::new("unknown", 10 * n..10 * n + 5).span(n as u32 + 10));
    }
    assert!(of_profile(&profile.build()).is_empty());
}

#[test]
fn the_same_number_on_two_ranks_is_two_spans() {
    let call = |rank, from| Call::new("a", from..from + 10).span(7).rank(rank);
    let regions = lifetimes([call(0, 0), call(0, 50), call(1, 1_000), call(1, 2_000)]);
    assert_eq!(regions[0].spans(), 2);
    assert_eq!(
        regions[0].elapsed().percentiles([0.0, 100.0]),
        Some([60.0, 1_010.0])
    );
}

#[test]
fn the_longest_lives_are_kept_the_longest_first() {
    let calls = (0..40).flat_map(|n: i64| {
        let (span, length) = (n as u32 + 1, 1_000 + n * 7 % 40);
        [0, length].map(|at| Call::new("a", 5 * n + at..5 * n + at).span(span).rank(span % 2))
    });
    let regions = lifetimes(calls);
    let longest = regions[0].longest();
    let elapsed: Vec<i64> = longest.iter().map(Life::elapsed_ns).collect();
    assert_eq!(elapsed, (1_030..1_040).rev().collect::<Vec<_>>());
    for life in longest {
        assert_eq!(
            (life.start_ns, life.rank),
            (5 * (i64::from(life.span) - 1), life.span % 2)
        );
    }
}

#[test]
fn a_span_that_is_still_entered_lives_until_the_end() {
    let profile = Profile::builder()
        .session(0, 0, 10_000)
        .interval(Call::new("a", 100..300).span(1))
        .open_span(0, "a", OpenSpan::new(1, 5_000, 0))
        // Meanwhile another thread enters it, too.
        .interval(Call::new("a", 5_200..5_400).span(1).thread(1))
        .open_span(0, "main", OpenSpan::new(2, 10, 0))
        .build();
    let regions = of_profile(&profile);
    let [a, main] = &regions[..] else {
        panic!("{regions:?}")
    };
    let times = |of: &RegionLifetimes| {
        [of.elapsed(), of.busy(), of.idle()].map(|spread| spread.statistics().total_ns())
    };
    assert_eq!(times(a), [9_900, 5_200, 4_700]);
    assert_eq!(
        (a.spans(), a.open(), a.most_polls(), a.most_threads()),
        (1, 1, 3, 2)
    );
    // The one that is not over has no length.
    assert_eq!((a.polls().count(), a.polls().total_ns()), (2, 400));
    assert_eq!(times(main), [9_990, 9_990, 0]);
    assert_eq!((main.spans(), main.open(), main.polls().count()), (1, 1, 0));
}

#[test]
fn of_very_many_spans_some_may_be_open() {
    let mut profile = Profile::builder().session(0, 0, 5_000);
    for n in 0..30 {
        profile.push(Call::new("a", n..n + 1).span(n as u32 + 1));
        profile.push(Call::new("a", n + 100..n + 101).span(n as u32 + 1));
    }
    let profile = profile.open_span(0, "a", OpenSpan::new(7, 200, 0)).build();
    let regions = of_profile(&profile);
    assert_eq!((regions[0].spans(), regions[0].open()), (30, 1));
    assert_eq!(regions[0].longest()[0].elapsed_ns(), 5_000 - 6);
    assert_eq!(regions[0].longest()[1].elapsed_ns(), 101);
}

#[test]
fn percentiles_of_very_many_spans_are_not_to_be_had() {
    let calls = (0..60).flat_map(|n| [0, 5].map(|at| Call::new("a", n + at..n + at + 2).span(n as u32 + 1)));
    let elapsed = &lifetimes(calls)[0];
    assert_eq!(
        (elapsed.spans(), elapsed.elapsed().statistics().mean_ns()),
        (60, 7.0)
    );
    assert_eq!(elapsed.elapsed().percentiles([50.0]), None);
}

/// Thread, span, start and length.
type Entry = (u32, u32, i64, i64);

/// Elapsed and busy time of each span, and its threads, moment by moment.
fn by_definition(entries: &[Entry]) -> BTreeMap<u32, (i64, i64, usize)> {
    let spans: BTreeSet<u32> = entries
        .iter()
        .map(|entry| entry.1)
        .filter(|&span| span != 0)
        .collect();
    let spans = spans.into_iter().map(|span| {
        let of_span: Vec<&Entry> = entries.iter().filter(|entry| entry.1 == span).collect();
        let of_span = || of_span.iter();
        let first = of_span().map(|entry| entry.2).min().unwrap();
        let last = of_span().map(|entry| entry.2 + entry.3).max().unwrap();
        let is_busy = |moment| of_span().any(|entry| (entry.2..entry.2 + entry.3).contains(&moment));
        let busy = (first..last).filter(|&moment| is_busy(moment)).count();
        let threads: BTreeSet<u32> = of_span().map(|entry| entry.0).collect();
        (span, (last - first, busy as i64, threads.len()))
    });
    spans.collect()
}

proptest! {
    #[test]
    fn elapsed_and_busy_times_are_those_of_the_definition(
        entries in proptest::collection::vec((0u32..3, 0u32..40, 0i64..300, 0i64..30), 0..200),
        says_how_many in any::<bool>(),
    ) {
        let expected = by_definition(&entries);
        let mut profile = Profile::builder();
        for &(thread, span, start, length) in &entries {
            profile.push(Call::new("a", start..start + length).span(span).thread(thread));
        }
        if says_how_many {
            profile = profile.spans(0, "a", expected.len() as u64);
        }
        let regions = of_profile(&profile.build());
        let entered = entries.iter().filter(|entry| entry.1 != 0).count();
        if entered == expected.len() {
            prop_assert!(regions.is_empty());
            return Ok(());
        }
        let region = &regions[0];
        let sum = |of: fn(&(i64, i64, usize)) -> i64| expected.values().map(of).sum::<i64>();
        prop_assert_eq!(region.spans(), expected.len() as u64);
        prop_assert_eq!(region.elapsed().statistics().total_ns(), sum(|span| span.0));
        prop_assert_eq!(region.busy().statistics().total_ns(), sum(|span| span.1));
        prop_assert_eq!(region.idle().statistics().total_ns(), sum(|span| span.0 - span.1));
        let longest = expected.values().map(|span| span.0).max();
        prop_assert_eq!(region.elapsed().statistics().max_ns(), longest);
        prop_assert_eq!(region.most_threads() as usize, expected.values().map(|span| span.2).max().unwrap());
        prop_assert!(region.polls().count() <= entered as u64);
    }
}
