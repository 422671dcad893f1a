//! Any program of nested, recursive and threaded calls is read back exactly.

use crate::common::{ORIGIN, Run};
use proptest::prelude::*;
use scope_profiler::RegionGuard;
use std::collections::BTreeMap;
use std::sync::mpsc;

const THREADS: usize = 3;
const REGIONS: [&str; 4] = ["solve", "assemble", "io/write", ""];

#[derive(Clone, Copy, Debug)]
enum Step {
    Enter(usize),
    /// Leaves one of the open regions, counted from the innermost: 0 nests properly.
    Leave(usize),
    Flush,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step, u64)>> {
    let step = prop_oneof![
        4 => (0..REGIONS.len()).prop_map(Step::Enter),
        3 => Just(Step::Leave(0)),
        1 => (0..4usize).prop_map(Step::Leave),
        1 => Just(Step::Flush),
    ];
    proptest::collection::vec((0..THREADS, step, 0..5u64), 0..200)
}

type Intervals = BTreeMap<&'static str, Vec<(i64, i64)>>;

/// What the steps mean, worked out on paper: every interval that was closed.
fn on_paper(steps: &[(usize, Step, u64)]) -> Intervals {
    let mut now = 0;
    let mut open: [Vec<(usize, i64)>; THREADS] = Default::default();
    let mut intervals = Intervals::new();
    for &(thread, step, pause) in steps {
        match step {
            Step::Enter(region) => open[thread].push((region, now)),
            Step::Leave(nth) => {
                if let Some(index) = open[thread].len().checked_sub(nth + 1) {
                    let (region, start) = open[thread].remove(index);
                    intervals.entry(REGIONS[region]).or_default().push((start, now));
                }
            }
            Step::Flush => {}
        }
        now += pause as i64;
    }
    for list in intervals.values_mut() {
        list.sort_by_key(|&(start, end)| (start, -end));
    }
    intervals
}

/// The same by real threads that take turns, through the file.
fn for_real(steps: &[(usize, Step, u64)]) -> Intervals {
    let run = Run::with(|config| config.buffer_limit(7));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let (order, orders) = mpsc::channel::<Step>();
                let (done, finished) = mpsc::channel::<()>();
                let run = &run;
                scope.spawn(move || {
                    let mut open: Vec<RegionGuard> = Vec::new();
                    for step in orders {
                        match step {
                            Step::Enter(region) => open.push(run.profiler.profile_region(REGIONS[region])),
                            Step::Leave(nth) => {
                                if let Some(index) = open.len().checked_sub(nth + 1) {
                                    drop(open.remove(index));
                                }
                            }
                            Step::Flush => run.profiler.flush().unwrap(),
                        }
                        done.send(()).unwrap();
                    }
                    // Left open, so that their end is not recorded.
                    open.into_iter().for_each(std::mem::forget);
                });
                (order, finished)
            })
            .collect();
        for &(thread, step, pause) in steps {
            threads[thread].0.send(step).unwrap();
            threads[thread].1.recv().unwrap();
            run.clock.advance(pause);
        }
    });
    let reader = run.read();
    REGIONS
        .into_iter()
        .filter_map(|name| Some((name, reader.get_region(name).ok()?)))
        .map(|(name, region)| {
            let times = region[0].start_times_ns().iter().zip(region[0].end_times_ns());
            (
                name,
                times
                    .map(|(start, end)| (start - ORIGIN, end - ORIGIN))
                    .collect::<Vec<_>>(),
            )
        })
        .filter(|(_, times)| !times.is_empty())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_read_is_what_was_done(steps in steps()) {
        prop_assert_eq!(for_real(&steps), on_paper(&steps));
    }
}
