//! Compares what we read with what the reader of the Python package has reported.

use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::profile::{Intervals, Metadata, MpiRegion, Source, Statistics, Value};
use scope_profiler::{ProfilingH5Reader, RankRegion, RegionFilter};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Where the numbers of tasks begin.
const FIRST_TASK: u32 = 1 << 31;

/// The regions in order of their first start.
pub(crate) fn order(reader: &ProfilingH5Reader) -> Vec<String> {
    let regions = reader.get_regions(&RegionFilter::new()).unwrap();
    regions.iter().map(|region| region.name().to_owned()).collect()
}

/// Everything that was reported of a file is what we read of it.
pub(crate) fn agree(file: &str, reader: &ProfilingH5Reader, expected: &Json) {
    assert_eq!(json!(reader.num_ranks()), expected["num_ranks"], "{file}");
    let regions = reader.get_regions(&RegionFilter::new()).unwrap();
    assert_eq!(json!(order(reader)), expected["region_order"], "{file}");
    metadata(file, reader, expected["metadata"].as_object().unwrap());
    assert_eq!(
        regions.len(),
        expected["regions"].as_object().unwrap().len(),
        "{file}"
    );
    for region in &regions {
        let expected = &expected["regions"][region.name()];
        let wanted = expected["ranks"].as_object().unwrap();
        assert_eq!(region.regions().len(), wanted.len(), "{file}");
        for (rank, calls) in region.regions() {
            let place = format!("{file}: {} on rank {rank}", region.name());
            of_rank(file, &place, calls, &wanted[&rank.to_string()]);
        }
        if !expected["pooled"].is_null() {
            pooled(&format!("{file}: {}", region.name()), region, &expected["pooled"]);
        }
    }
    // Sums make a table of their own.
    let expected = expected["call_tree_rank0"].as_object();
    if let Some(expected) = expected.filter(|_| !reader.run().sums_only) {
        call_tree(file, reader, expected);
    }
}

/// What we have besides is what the file keeps as attributes of its root.
fn metadata(file: &str, reader: &ProfilingH5Reader, expected: &serde_json::Map<String, Json>) {
    let ours = object(reader.metadata());
    for (key, wanted) in expected {
        assert_eq!(ours[key], *wanted, "{file}: {key}");
    }
}

fn object(metadata: &Metadata) -> Json {
    let value = |value: &Value| match value {
        Value::Text(text) => json!(text),
        Value::Int(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::List(texts) => json!(texts),
        other => panic!("{other:?}"),
    };
    metadata
        .iter()
        .map(|(key, of_key)| (key.clone(), value(of_key)))
        .collect()
}

fn of_rank(file: &str, place: &str, calls: &RankRegion, expected: &Json) {
    let integers = [
        ("num_calls", Some(calls.num_calls() as i64)),
        ("total_ns", Some(calls.total_duration_ns())),
        ("min_ns", Some(calls.min_duration_ns())),
        ("max_ns", Some(calls.max_duration_ns())),
        ("first_start_ns", calls.first_start_ns()),
        ("last_end_ns", calls.last_end_ns()),
    ];
    for (key, value) in integers {
        assert_eq!(json!(value), expected[key], "{place}: {key}");
    }
    for (key, value) in [
        ("mean_ns", calls.average_duration_ns()),
        ("std_ns", calls.std_duration_ns()),
        ("p50_ns", calls.percentile_ns(50.0)),
        ("p95_ns", calls.percentile_ns(95.0)),
        ("p99_ns", calls.percentile_ns(99.0)),
    ] {
        close(&format!("{place}: {key}"), value, &expected[key]);
    }
    site(place, calls, expected);
    match calls.exclusive_ns() {
        // The Python package knows which call each is inside, and nests them by their times all the same.
        Ok(_) if expected.get("exclusive_error").is_some() && calls.column(Intervals::PARENT).is_some() => {}
        Ok(own) => assert_eq!(json!(own), expected["exclusive_ns"], "{place}"),
        Err(error) => {
            assert!(error.is_not_nested(), "{place}: {error}");
            assert!(expected.get("exclusive_error").is_some(), "{place}: {error}");
        }
    }
    if expected["aggregate"] != true {
        intervals(file, place, calls, expected);
    }
}

/// The members of an object as one text, whatever order they are in.
fn in_words(object: &Json) -> String {
    let mut members: Vec<String> = object
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    members.sort();
    members.join(" ")
}

/// The calls one by one.
fn intervals(file: &str, place: &str, calls: &RankRegion, expected: &Json) {
    let durations = calls.durations_ns();
    let sum = |times: &[i64]| {
        times
            .iter()
            .map(|&time| i128::from(time))
            .sum::<i128>()
            .to_string()
    };
    assert_eq!(
        sum(calls.start_times_ns()),
        expected["start_times_sum_ns"],
        "{place}"
    );
    assert_eq!(sum(calls.end_times_ns()), expected["end_times_sum_ns"], "{place}");
    assert!(calls.start_times_ns().is_sorted(), "{place}");
    // The Python package leaves calls of several threads in the order of the file: whichever thread it wrote first.
    let in_order = !file.contains("threads");
    let mut of_calls: Vec<Json> = calls.call_metadata().iter().map(object).collect();
    let mut wanted = expected["event_metadata"].as_array().cloned().unwrap_or_default();
    if !in_order {
        of_calls.sort_by_key(in_words);
        wanted.sort_by_key(in_words);
    }
    assert_eq!(of_calls, wanted, "{place}");
    if !expected["starts_ns"].is_null() {
        return one_by_one(place, calls, expected);
    }
    let theirs: Vec<i64> =
        serde_json::from_value(expected["start_times_head_ns"].clone()).unwrap_or_default();
    if in_order {
        let head = |times: &[i64]| json!(times[..times.len().min(5)]);
        assert_eq!(head(calls.start_times_ns()), json!(theirs), "{place}");
        assert_eq!(
            head(calls.end_times_ns()),
            expected["end_times_head_ns"],
            "{place}"
        );
        let ids = |name: &str| {
            let ids = calls.column(name).and_then(|ids| ids.whole());
            ids.map(|ids| json!(ids[..ids.len().min(20)]))
        };
        for (name, key) in [
            (Intervals::CALL, "call_ids_head"),
            (Intervals::PARENT, "parent_ids_head"),
        ] {
            let wanted = expected.get(key).filter(|wanted| !wanted.is_null());
            assert_eq!(ids(name).as_ref(), wanted, "{place}: {key}");
        }
        let edge = |duration: Option<&i64>| json!(duration);
        assert_eq!(edge(durations.first()), expected["first_duration_ns"], "{place}");
        assert_eq!(edge(durations.last()), expected["last_duration_ns"], "{place}");
    }
    // Of schema 1 the Python package does not look at threads.
    if let Some(threads) = expected.get("thread_ids").filter(|_| !file.starts_with("s1_")) {
        let mut theirs: Vec<u32> = serde_json::from_value(threads.clone()).unwrap();
        let mut ours = calls.thread_ids().to_vec();
        theirs.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, theirs, "{place}");
    }
}

/// Every column of every call, in whatever order.
fn one_by_one(place: &str, calls: &RankRegion, expected: &Json) {
    let theirs = |key: &str| -> Option<Vec<i64>> { serde_json::from_value(expected[key].clone()).unwrap() };
    let ours = |name: &str| {
        calls
            .column(name)
            .and_then(|numbers| numbers.whole())
            .map(<[i64]>::to_vec)
    };
    let starts = calls.start_times_ns().to_vec();
    let lane = |task: i64, thread: i64| match (u32::try_from(task), u32::try_from(thread)) {
        (Ok(task), _) => i64::from(FIRST_TASK | task),
        (Err(_), Ok(thread)) => i64::from(thread),
        _ => i64::from(u32::MAX),
    };
    let (threads, tasks) = (theirs("thread_ids"), theirs("task_ids"));
    let unknown = vec![-1; starts.len()];
    let lanes = (threads.is_some() || tasks.is_some()).then(|| {
        let tasks = tasks.as_ref().unwrap_or(&unknown).iter();
        let pairs = tasks.zip(threads.as_ref().unwrap_or(&unknown));
        pairs.map(|(&task, &thread)| lane(task, thread)).collect()
    });
    let threads = calls.thread_ids().iter().map(|&thread| i64::from(thread));
    let gpu = calls.gpu_durations_ns().map(<[i64]>::to_vec);
    // In schema 1 a column of -1 is one for the Python package.
    let their_gpu = theirs("gpu_durations_ns").filter(|gpu| gpu.iter().any(|&ns| ns >= 0));
    let pairs = [
        (Some(starts), theirs("starts_ns")),
        (lanes.is_some().then(|| threads.collect()), lanes),
        (ours(Intervals::CALL), theirs("call_ids")),
        (ours(Intervals::PARENT), theirs("parent_ids")),
        (gpu, their_gpu),
        (ours(Intervals::AWAIT), theirs("await_ns")),
    ];
    let (ours, theirs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    assert_eq!(rows(ours), rows(theirs), "{place}");
}

/// Columns turned into sorted rows.
fn rows(columns: Vec<Option<Vec<i64>>>) -> Vec<Vec<Option<i64>>> {
    let len = columns[0].as_ref().map_or(0, Vec::len);
    let row = |at: usize| {
        columns
            .iter()
            .map(|column| column.as_ref().map(|column| column[at]))
            .collect()
    };
    let mut rows: Vec<Vec<Option<i64>>> = (0..len).map(row).collect();
    rows.sort();
    rows
}

/// Threads and tasks have the names that were reported.
pub(crate) fn lanes(file: &str, reader: &ProfilingH5Reader, expected: &Json) {
    for &rank in reader.ranks() {
        let names = reader.thread_names(rank).unwrap();
        let mut wanted = BTreeMap::new();
        for (kind, first) in [("threads", 0), ("tasks", FIRST_TASK)] {
            let lanes = expected[kind][rank.to_string()].as_object();
            for (index, lane) in lanes.into_iter().flatten() {
                let (name, code) = (lane[0].as_str().unwrap(), lane[1].as_str().unwrap());
                let name = match code.rsplit('.').next() {
                    None | Some("") => name.to_owned(),
                    Some(code) => format!("{name} ({code})"),
                };
                wanted.insert(first + index.parse::<u32>().unwrap(), name);
            }
        }
        assert_eq!(names, wanted, "{file}: rank {rank}");
    }
}

/// Where the region comes from.
fn site(place: &str, calls: &RankRegion, expected: &Json) {
    let wanted = |key: &str| expected.get(key).cloned().unwrap_or_default();
    assert_eq!(json!(calls.source_file()), wanted("source_file"), "{place}");
    assert_eq!(json!(calls.source_line()), wanted("source_lineno"), "{place}");
    assert_eq!(json!(calls.source_text()), wanted("source_text"), "{place}");
    let tags = expected.get("tags").cloned().unwrap_or(json!([]));
    assert_eq!(json!(calls.tags()), tags, "{place}");
}

/// All ranks together, in seconds.
fn pooled(place: &str, region: &MpiRegion, expected: &Json) {
    let mut all = Statistics::new();
    let mut num_calls = 0;
    for calls in region.regions().values() {
        all.merge(calls.statistics());
        num_calls += calls.num_calls();
    }
    assert_eq!(json!(num_calls), expected["num_calls"], "{place}");
    for (key, ns) in [
        ("total_s", all.total_ns() as f64),
        ("avg_s", all.mean_ns()),
        ("min_s", all.min_ns().unwrap_or(0) as f64),
        ("max_s", all.max_ns().unwrap_or(0) as f64),
        ("std_s", all.std_ns()),
    ] {
        // Of sums that do not tell it the Python package says 0.
        if ns.is_nan() {
            continue;
        }
        close(&format!("{place}: {key}"), ns / 1e9, &expected[key]);
    }
}

fn close(place: &str, value: f64, expected: &Json) {
    if expected.is_null() && value.is_nan() {
        return;
    }
    let wanted = expected.as_f64().unwrap_or_else(|| panic!("{place}: {expected}"));
    // A difference of large numbers cannot be better than these are.
    let tolerance = (1e-12 * wanted.abs()).max(1e-15);
    assert!((value - wanted).abs() <= tolerance, "{place}: {value} {wanted}");
}

/// The paths of the calls of rank 0. We have a region inside itself in one node.
fn call_tree(file: &str, reader: &ProfilingH5Reader, expected: &serde_json::Map<String, Json>) {
    let tree = CallTree::filtered(reader, &RegionFilter::new().ranks([0])).unwrap();
    let Some(paths) = expected.get("paths") else {
        assert!(expected.contains_key("error") && tree.reversed() > 0, "{file}");
        return;
    };
    let mut ours = BTreeSet::new();
    let mut calls = 0;
    let mut path: Vec<&str> = Vec::new();
    for (depth, node) in tree.walk() {
        path.truncate(depth);
        path.push(node.name());
        if node.calls() > 0 {
            ours.insert(path.join(" > "));
            calls += node.calls();
        }
    }
    let theirs: Vec<String> = serde_json::from_value(paths.clone()).unwrap();
    let once = |path: &String| {
        let mut names: Vec<&str> = path.split(" > ").collect();
        names.dedup();
        names.join(" > ")
    };
    assert_eq!(ours, theirs.iter().map(once).collect(), "{file}");
    assert_eq!(json!(calls), expected["num_calls"], "{file}");
}
