//! What a profile says of each region on each thread, to be compared with what a consumer of its export makes of it.

use crate::common::{Profile, Run, golden};
use scope_profiler::ProfilingH5Reader;
use scope_profiler::analysis::inclusive::Sum;
use scope_profiler::profile::{Intervals, Source, thread_label};
use std::collections::BTreeMap;
use std::path::Path;
use tracing::Dispatch;

/// Rank, thread and region.
pub(crate) type Key = (u32, String, String);

/// Calls, their time and the sum of their starts since the run began, ns.
pub(crate) type Sums = BTreeMap<Key, (u64, i64, i64)>;

/// Start and end of every call, ns.
fn calls(path: &Path) -> Vec<(Key, i64, i64)> {
    let reader = ProfilingH5Reader::open(path).unwrap();
    let mut buffer = Intervals::new();
    let mut calls = Vec::new();
    for (index, row) in reader.rows().iter().enumerate() {
        reader.read(index, 0..row.intervals, &mut buffer).unwrap();
        let names = reader.thread_names(row.rank).unwrap();
        for call in buffer.iter() {
            let label = thread_label(call.thread, names.get(&call.thread).map(String::as_str));
            let region = reader.names()[row.name].clone();
            calls.push((
                (row.rank, label, region),
                call.start_ns,
                call.end_ns.max(call.start_ns),
            ));
        }
    }
    calls
}

/// For how long each region was open on each thread, ns.
pub(crate) fn inclusive(path: &Path) -> BTreeMap<Key, i64> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for (key, start, end) in calls(path) {
        let mut call = Intervals::new();
        call.push(start, end, 0);
        sums.entry(key).or_default().add(&call);
    }
    sums.into_iter().map(|(key, sum)| (key, sum.ns())).collect()
}

/// The sums of a file in which no rank's clock was compared with another's, so that each rank begins at 0.
pub(crate) fn of_file(path: &Path) -> Sums {
    let calls = calls(path);
    let mut origins: BTreeMap<u32, i64> = BTreeMap::new();
    for ((rank, ..), start, _) in &calls {
        let origin = origins.entry(*rank).or_insert(*start);
        *origin = (*origin).min(*start);
    }
    let mut sums = Sums::new();
    for (key, start, end) in calls {
        let origin = origins[&key.0];
        add(&mut sums, key, start - origin, end - start);
    }
    sums
}

/// Adds one call.
pub(crate) fn add(sums: &mut Sums, key: Key, start: i64, duration: i64) {
    let (calls, total, starts) = sums.entry(key).or_default();
    *calls += 1;
    *total += duration;
    *starts += start;
}

/// The label of the thread that a track of an export is of.
pub(crate) fn thread_of(track: &str) -> String {
    track.split(", overlapping calls").next().unwrap().to_owned()
}

/// Two ranks; on the first, calls of one thread that partly overlap in three ways, calls without length, calls that
/// start or end together, recursion and a second thread.
pub(crate) fn tangled() -> Profile {
    Profile::new()
        .region(0, "main", &[(1_000, 90_000, 0)])
        .region(
            0,
            "a; \"b\"",
            &[(2_000, 50_000, 0), (2_000, 9_000, 1), (60_000, 60_000, 0)],
        )
        .region(
            0,
            "b",
            &[(3_000, 70_000, 0), (3_500, 4_000, 0), (9_000, 9_500, 1)],
        )
        .region(0, "c\\<d>&\n", &[(49_000, 95_000, 0), (50_000, 50_000, 0)])
        .region(
            0,
            "fib",
            &[(2_000, 9_000, 1), (3_000, 8_000, 1), (4_000, 8_000, 1)],
        )
        .region(3, "main", &[(7_000, 7_123, 2)])
        .close()
}

/// Files of every kind that has intervals.
pub(crate) fn files() -> (Vec<std::path::PathBuf>, Profile) {
    let tangled = tangled();
    let names = [
        "py075_threads.h5",
        "py075_mpi4.h5",
        "py018_mpi4.h5",
        "s1_unicode_name.h5",
        "s1_end_before_start.h5",
        "s1_rank_gap.h5",
        "native_rank3.spt",
    ];
    let mut files: Vec<_> = names.iter().map(|name| golden(name)).collect();
    files.push(tangled.path());
    (files, tangled)
}

/// A run of two spans that are polled twice each and dropped, the polls of one between those of the other; of one
/// that is entered once; and of a guard.
pub(crate) fn polled() -> Run {
    let run = Run::new();
    run.region("guard", 500, || ());
    tracing::dispatcher::with_default(&Dispatch::new(run.profiler.subscriber()), || {
        let create = || tracing::info_span!("fetch");
        let poll = |span: &tracing::Span, ns| span.in_scope(|| run.clock.advance(ns));
        let one = create();
        poll(&one, 2_000);
        let other = create();
        poll(&other, 3_000);
        run.clock.advance(10_000);
        poll(&one, 4_000);
        poll(&other, 1_500);
        drop(other);
        tracing::info_span!("fetch").in_scope(|| run.clock.advance(100));
        poll(&one, 20);
    });
    run.profiler.finalize().unwrap();
    run
}

/// The lives of its spans that were polled several times: start since the run began, time that elapsed, busy time,
/// all in ns, and polls.
pub(crate) const LIVES: [[i64; 4]; 2] = [[1_000, 20_620, 6_020, 2], [3_000, 18_500, 4_500, 2]];
