//! Lanes from rows that are read one by one, compared with those from all calls in order.

use super::*;
use crate::RegionFilter;
use crate::analysis::{pass, summarize};
use crate::chart::{ChartOptions, GanttChart, GrowingFacts, GrowingGantt};
use crate::error::Result;
use crate::profile::{Call, Number, Profile, RunFacts, StoredSummary};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

/// A profile with the summaries that a file has.
struct Summarized<'a>(&'a Profile);

impl Source for Summarized<'_> {
    fn names(&self) -> &[String] {
        self.0.names()
    }

    fn rows(&self) -> &[Row] {
        self.0.rows()
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        self.0.read(row, range, into)
    }

    fn run(&self) -> RunFacts {
        self.0.run()
    }

    fn summary(&self, rank: u32) -> Result<Option<StoredSummary>> {
        summarize::of_rank(self.0, rank)
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.0.thread_names(rank)
    }
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// A call begins or ends, so long after what was before, in a region of chance.
type Step = (bool, i64, usize);

/// Calls of some threads that nest. Where they are even, all calls of a region are as deep.
fn profile(threads: &[Vec<Step>], is_even: bool) -> Profile {
    let mut builder = Profile::builder().session(0, 0, 10_000);
    for (thread, steps) in (0_u32..).zip(threads) {
        let (rank, thread) = (thread % 2, thread / 2);
        let mut time = 0;
        let mut open: Vec<(i64, usize)> = Vec::new();
        let mut close = |open: &mut Vec<(i64, usize)>, time| {
            if let Some((start, region)) = open.pop() {
                builder.push(Call::new(NAMES[region], start..time).rank(rank).thread(thread));
            }
        };
        for &(begins, gap, region) in steps {
            // Of calls that start and end together the first row is outside.
            time += gap + i64::from(is_even);
            if begins && open.len() < NAMES.len() {
                open.push((time, if is_even { open.len() } else { region }));
            } else {
                close(&mut open, time);
            }
        }
        while !open.is_empty() {
            time += i64::from(is_even);
            close(&mut open, time);
        }
    }
    builder.build()
}

/// Name, rank, thread and depth of each lane, and start, end and number of calls of its bars.
type Seen = (String, u32, u32, u32, Vec<(i64, i64, u32)>);

/// The lanes of a source, their regions, and how many ranks had to be merged.
fn lanes(source: &dyn Source, filter: &RegionFilter, level: u32) -> (Vec<Seen>, GanttChart, usize) {
    let subject = Subject::new(source, filter).unwrap();
    let plan = Arc::new(NestedPlan::new(&subject, 100).unwrap());
    let mut nested = GrowingNested::new(source, Arc::clone(&plan), 1 << 20, level);
    let mut outline = GrowingGantt::outline(&subject, &ChartOptions::new()).unwrap();
    let mut facts = GrowingFacts::new(&subject, true).unwrap();
    let mut observers = facts.observers();
    observers.push(&mut nested);
    observers.push(&mut outline);
    pass::run(source, &mut observers).unwrap();
    let mut chart = outline.finish(&facts.finish()).unwrap();
    chart.regions.iter_mut().for_each(|region| region.lanes.clear());
    let found = nested.finish();
    let seen = found
        .of_regions(&chart, source)
        .into_iter()
        .map(|(region, lane)| {
            let bars = lane
                .bars(0)
                .map(|bar| (bar.start_ns, bar.end_ns, bar.calls))
                .collect();
            (
                chart.regions[region].name.clone(),
                lane.rank,
                lane.thread,
                lane.depth,
                bars,
            )
        });
    (seen.collect(), chart.clone(), plan.ranks.len())
}

proptest! {
    #[test]
    fn lanes_of_a_summarized_run_are_those_from_all_calls_in_order(
        threads in prop::collection::vec(
            prop::collection::vec((any::<bool>(), 0_i64..4, 0_usize..5), 2..60), 1..5),
        is_even in any::<bool>(), chosen in prop::option::of(prop::sample::subsequence(NAMES.to_vec(), 1..5)),
        level in 0_u32..6,
    ) {
        let profile = profile(&threads, is_even);
        prop_assume!(!profile.rows().is_empty());
        let mut filter = RegionFilter::new();
        if let Some(chosen) = chosen {
            filter = filter.include(chosen).unwrap();
        }
        prop_assume!(filter.rows(&profile).is_ok());
        let summarized = Summarized(&profile);
        let (expected, chart, _) = lanes(&profile, &filter, level);
        let (found, same, merged) = lanes(&summarized, &filter, level);
        prop_assert_eq!(found, expected);
        prop_assert_eq!(same, chart);
        if is_even {
            prop_assert_eq!(merged, 0);
        }
    }
}

#[test]
fn a_region_in_itself_is_as_deep_as_its_calls_are() {
    let builder = Profile::builder().session(0, 0, 100);
    let builder = builder
        .interval(Call::new("a", 0..50))
        .interval(Call::new("a", 10..20));
    let profile = builder.build();
    let (found, _, merged) = lanes(&Summarized(&profile), &RegionFilter::new(), 0);
    let depths: Vec<u32> = found.iter().map(|lane| lane.3).collect();
    assert_eq!((depths, merged), (vec![0, 1], 1));
}

/// Lanes with the number of each call: so many calls after one another in each of these regions.
fn numbered(calls: &[Vec<(i64, i64)>]) -> NestedLanes {
    let mut profile = Profile::builder();
    for (rank, calls) in (0..).zip(calls) {
        let mut time = 0;
        for &(gap, length) in calls {
            let numbers = [("bytes", Number::Int(length))];
            time += gap;
            profile.push(Call::new("a", time..time + length).rank(rank).numbers(&numbers));
            time += length;
        }
    }
    let (profile, everything) = (profile.build(), RegionFilter::new());
    let subject = Subject::new(&profile, &everything).unwrap();
    let plan = Arc::new(NestedPlan::new(&subject, 100).unwrap());
    let mut nested = GrowingNested::new(&profile, plan, 1 << 20, 0).with_fields(vec![0]);
    pass::run(&profile, &mut [&mut nested]).unwrap();
    let mut lanes = nested.finish();
    lanes.settle_values();
    lanes
}

#[test]
fn lanes_are_made_no_coarser_than_they_have_to_be() {
    let regular = vec![(40, 60); 10_000];
    let lanes = || numbered(std::slice::from_ref(&regular));
    for most in [9_000, 6_000, 5_001, 4_000, 700] {
        let mut lanes = lanes();
        assert!(lanes.coarsen(most));
        assert!(
            lanes.bars() <= most && lanes.bars() > most / 100 * 93,
            "{most}: {}",
            lanes.bars()
        );
        let calls: u32 = lanes.lanes[0].bars(0).map(|bar| bar.calls).sum();
        assert_eq!(calls, 10_000);
        assert!(!lanes.coarsen(most));
    }
}

proptest! {
    #[test]
    fn bars_that_are_coarser_in_a_part_of_the_time_are_those_of_their_values(
        calls in prop::collection::vec(prop::collection::vec((0_i64..90, 0_i64..300), 1..200), 1..4),
        shares in prop::collection::vec(0.3_f64..1.0, 1..5),
    ) {
        let mut lanes = numbered(&calls);
        let all = lanes.bars();
        for share in shares {
            let most = (lanes.bars() as f64 * share) as usize;
            lanes.coarsen(most);
            prop_assert!(lanes.bars() <= most.max(calls.len()));
            lanes.settle_values();
            for lane in &lanes.lanes {
                let span = |bar: &crate::analysis::lane::RawBar| (bar.start, bar.end);
                let bars: Vec<_> = lane.reducer.so_far().map(|bar| span(&bar)).collect();
                let values = lane.values.as_ref().unwrap().values(0);
                prop_assert_eq!(bars, values.map(|(bar, _)| span(bar)).collect::<Vec<_>>());
            }
        }
        let calls: u32 = lanes.lanes.iter().flat_map(|lane| lane.bars(0)).map(|bar| bar.calls).sum();
        prop_assert_eq!(calls as usize, all);
    }
}
