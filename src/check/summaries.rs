//! What a file keeps of its ranks beside their intervals, against the intervals themselves.

use crate::analysis::summarize;
use crate::error::Result;
use crate::profile::{PathSummary, Source, Statistics, StoredSummary};
use crate::store::names;
use crate::store::reader::OrderedFile;
use crate::store::schema::Issues;
use std::collections::BTreeMap;

/// Sums of squares are rounded.
const PRECISION: f64 = 1e-9;

/// Checks the summary of every rank that has one.
pub(super) fn check(file: &OrderedFile, issues: &mut Issues) {
    for rank in file.ranks().into_iter().filter(|&rank| file.has_summary(rank)) {
        match of_rank(file, rank) {
            Ok(None) => {}
            Ok(Some(wrong)) => issues.find(format!(
                "{}{rank}/{}: {wrong}; --exact shows what the intervals say",
                names::RANK_PREFIX,
                names::SUMMARY
            )),
            Err(error) => issues.find_error(&error),
        }
    }
}

/// What is wrong with the summary of a rank.
fn of_rank(file: &OrderedFile, rank: u32) -> Result<Option<String>> {
    let Some(stated) = file.summary(rank)? else {
        return Ok(Some("it is not a summary of the intervals that are there".into()));
    };
    let Some(found) = summarize::of_rank(file, rank)? else {
        return Ok(Some("there is a summary although calls do not nest".into()));
    };
    Ok(difference(&stated, &found))
}

fn difference(stated: &StoredSummary, found: &StoredSummary) -> Option<String> {
    for (what, stated, found) in [
        ("busy time", stated.busy_ns, found.busy_ns),
        ("first start", first(stated.span_ns), first(found.span_ns)),
        ("last end", last(stated.span_ns), last(found.span_ns)),
        ("number of threads", stated.threads as i64, found.threads as i64),
    ] {
        if stated != found {
            return Some(format!(
                "states {stated} as the {what}, but the intervals say {found}"
            ));
        }
    }
    for (at, (stated, found)) in stated.rows.iter().zip(&found.rows).enumerate() {
        let times = [
            ("inclusive time", stated.inclusive_ns, found.inclusive_ns),
            ("exclusive time", stated.exclusive_ns, found.exclusive_ns),
            (
                "recursion depth",
                stated.recursion_depth.into(),
                found.recursion_depth.into(),
            ),
            ("first start", first(stated.span_ns), first(found.span_ns)),
            ("last end", last(stated.span_ns), last(found.span_ns)),
        ];
        if let Some(wrong) = of_calls(&stated.statistics, &found.statistics).or_else(|| of_numbers(&times)) {
            return Some(format!("region {at}: {wrong}"));
        }
        if let Some(sketch) = &stated.sketch {
            let found = found.sketch.as_ref().filter(|found| found.becomes(sketch));
            if found.is_none() {
                return Some(format!("region {at}: durations are not distributed as it says"));
            }
        }
    }
    let (stated, found) = (by_path(stated), by_path(found));
    if stated.keys().ne(found.keys()) {
        let (stated, found) = (stated.len(), found.len());
        return Some(format!(
            "the call tree has other paths than its {stated}: the intervals have {found}"
        ));
    }
    stated
        .iter()
        .zip(&found)
        .find_map(|((path, stated), (_, found))| {
            let times = [
                ("exclusive time", stated.exclusive_ns, found.exclusive_ns),
                ("outermost calls", stated.outermost as i64, found.outermost as i64),
                ("calls too deep", stated.folded as i64, found.folded as i64),
                (
                    "first start",
                    stated.first_start_ns.unwrap_or(0),
                    found.first_start_ns.unwrap_or(0),
                ),
                (
                    "recursion depth",
                    stated.recursion_depth.into(),
                    found.recursion_depth.into(),
                ),
            ];
            let threads = || (stated.threads != found.threads).then(|| "it is on other threads".to_owned());
            let wrong = of_calls(&stated.statistics, &found.statistics)
                .or_else(|| of_numbers(&times))
                .or_else(threads);
            wrong.map(|wrong| format!("path {path:?} of regions: {wrong}"))
        })
}

fn first(span: Option<(i64, i64)>) -> i64 {
    span.map_or(0, |(first, _)| first)
}

fn last(span: Option<(i64, i64)>) -> i64 {
    span.map_or(0, |(_, last)| last)
}

fn of_numbers(numbers: &[(&str, i64, i64)]) -> Option<String> {
    let (what, stated, found) = numbers.iter().find(|(_, stated, found)| stated != found)?;
    Some(format!(
        "states {stated} as the {what}, but the intervals say {found}"
    ))
}

fn of_calls(stated: &Statistics, found: &Statistics) -> Option<String> {
    let of = |statistics: &Statistics| {
        [
            statistics.count() as i64,
            statistics.total_ns(),
            statistics.min_ns().unwrap_or(0),
            statistics.max_ns().unwrap_or(0),
        ]
    };
    let names = ["number of calls", "total", "minimum", "maximum"];
    let (stated_ns, found_ns) = (of(stated), of(found));
    let numbers: Vec<_> = (0..names.len())
        .map(|at| (names[at], stated_ns[at], found_ns[at]))
        .collect();
    of_numbers(&numbers).or_else(|| {
        let (stated, found) = (stated.std_ns(), found.std_ns());
        let is_near = (stated - found).abs() <= PRECISION * found.max(1.0);
        (!is_near)
            .then(|| format!("states a standard deviation of {stated} ns, but the intervals say {found} ns"))
    })
}

/// The nodes by the rows that lead to them.
fn by_path(summary: &StoredSummary) -> BTreeMap<Vec<usize>, &PathSummary> {
    let mut paths: Vec<Vec<usize>> = Vec::with_capacity(summary.paths.len());
    for node in &summary.paths {
        let mut path = node.parent.map_or(Vec::new(), |parent| paths[parent].clone());
        path.push(node.row);
        paths.push(path);
    }
    paths.into_iter().zip(&summary.paths).collect()
}
