//! Checks of a profiling file.

use super::report::Report;
use super::rows;
use crate::error::Result;
use crate::profile::{Metadata, Value};
use crate::store::names;
use crate::store::reader::Inspection;
use crate::units::count;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) fn check(path: &Path) -> Result<Report> {
    let mut report = Report::new(path);
    let (file, doubts) = Inspection::open(path)?;
    doubts.lines.iter().for_each(|doubt| report.find(doubt));
    report.find_more(doubts.more);
    missing_ranks(&file, &mut report);

    let mut ranks: BTreeMap<u32, Account> = BTreeMap::new();
    for (index, row) in file.rows().iter().enumerate() {
        let site = file.call_site(index);
        ranks
            .entry(row.rank)
            .or_default()
            .add(row.intervals, site.dropped, site.open);
        if let Err(error) = rows::check(&file, index, row, &mut report) {
            report.find(error.without_path());
        }
    }
    accounts(&file, &ranks, &mut report);
    clocks(&file, &mut report);
    describe(&file, &mut report);
    Ok(report)
}

/// What became of the calls of a rank, or of all.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    written: u64,
    dropped: u64,
    open: u64,
}

impl Account {
    fn add(&mut self, written: u64, dropped: u64, open: u64) {
        self.written = self.written.saturating_add(written);
        self.dropped = self.dropped.saturating_add(dropped);
        self.open = self.open.saturating_add(open);
    }
}

/// The invariant, rank by rank, and the sums that the file states.
fn accounts(file: &Inspection, ranks: &BTreeMap<u32, Account>, report: &mut Report) {
    let mut all = Account::default();
    let mut recorded = Some(0_u64);
    let mut killed = BTreeSet::new();
    for &rank in file.ranks() {
        let account = ranks.get(&rank).copied().unwrap_or_default();
        all.add(account.written, account.dropped, account.open);
        let counted = file
            .rank_fact(rank, names::RECORDED)
            .and_then(|n| u64::try_from(n).ok());
        if let Some(counted) = counted {
            let place = format!("{}{rank}", names::RANK_PREFIX);
            report.account(&place, counted, account.written, account.dropped, account.open);
        }
        recorded = recorded
            .zip(counted)
            .map(|(sum, counted)| sum.saturating_add(counted));
        if file.rank_fact(rank, names::COMPLETE) == Some(0) {
            killed.insert(rank);
        }
    }
    report.recorded = recorded.filter(|_| !file.ranks().is_empty());
    (report.written, report.dropped, report.open) = (all.written, all.dropped, all.open);
    for (name, sum) in [
        (names::WRITTEN_INTERVALS, all.written),
        (names::DROPPED_INTERVALS, all.dropped),
        (names::OPEN_CALLS, all.open),
    ] {
        if let Some(stated) = int(file.metadata(), name).filter(|&stated| u64::try_from(stated) != Ok(sum)) {
            report.find(format!(
                "the file states {name} = {stated}, its regions add up to {sum}"
            ));
        }
    }
    if !killed.is_empty() {
        report.note(format!(
            "{} ended in the middle of the run: all that reached the log is here, what was in memory is not counted",
            runs(&killed)
        ));
    } else if report.recorded.is_none() && is_ours(file) {
        report.note("the file does not say how many calls were recorded: it is of an earlier version");
    }
}

/// What is said of each rank's clock: bounds are no less than zero, and corrections in order of time.
fn clocks(file: &Inspection, report: &mut Report) {
    for &rank in file.ranks() {
        let place = format!("{}{rank}/{}", names::RANK_PREFIX, names::CLOCK);
        let list = |name| file.rank_list(rank, name);
        for name in [names::CLOCK_BOUND, names::CLOCK_MEASURED_BOUND] {
            if let Some(bound) = list(name).into_iter().flatten().find(|&bound| bound < 0) {
                report.find(format!("{place}: {name} is {bound}, less than nothing"));
            }
        }
        for (times, values) in [
            (names::CLOCK_ADDED_AT, names::CLOCK_ADDED),
            (names::CLOCK_MEASURED_AT, names::CLOCK_MEASURED_BOUND),
        ] {
            let (at, of) = (list(times).unwrap_or_default(), list(values).unwrap_or_default());
            if at.len() != of.len() {
                report.find(format!(
                    "{place} has {} {times} but {} {values}",
                    at.len(),
                    of.len()
                ));
            }
            if !at.is_sorted() {
                report.find(format!("{place}: {times} are not in order"));
            }
        }
    }
}

/// Gaps between the ranks, and ranks that the size of the run promises.
fn missing_ranks(file: &Inspection, report: &mut Report) {
    let size = int(file.metadata(), "size").or_else(|| int(file.metadata(), "mpi_size"));
    let size = size.and_then(|size| u64::try_from(size).ok());
    let mut next = 0;
    let mut missing = Vec::new();
    for &rank in file.ranks() {
        let rank = u64::from(rank);
        if rank > next {
            missing.push((next, rank - 1));
        }
        next = rank + 1;
    }
    if let Some(size) = size {
        if next < size {
            missing.push((next, size - 1));
        } else if next > size && size > 0 {
            report.find(format!(
                "rank{}: the run is said to have had {size} ranks only",
                next - 1
            ));
        }
    }
    if !missing.is_empty() {
        let shown: Vec<String> = missing.iter().take(8).map(|&run| describe_run(run)).collect();
        let more = if missing.len() > shown.len() { ", ..." } else { "" };
        let s = if missing.len() == 1 && missing[0].0 == missing[0].1 {
            ""
        } else {
            "s"
        };
        report.find(format!("missing rank{s} {}{more}", shown.join(", ")));
    }
}

fn describe_run((first, last): (u64, u64)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

/// `rank 3`, `ranks 0-3, 5`.
fn runs(ranks: &BTreeSet<u32>) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for rank in ranks.iter().copied().map(u64::from) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == rank => *last = rank,
            _ => runs.push((rank, rank)),
        }
    }
    let text: Vec<String> = runs.into_iter().map(describe_run).collect();
    format!(
        "rank{} {}",
        if ranks.len() == 1 { "" } else { "s" },
        text.join(", ")
    )
}

/// The root attribute with what wrote the file, in files of this crate.
const VERSION: &str = "scope_profiler_version";

fn is_ours(file: &Inspection) -> bool {
    file.metadata().contains_key(VERSION)
}

fn describe(file: &Inspection, report: &mut Report) {
    let names: BTreeSet<usize> = file.rows().iter().map(|row| row.name).collect();
    let writer = match file.metadata().get(VERSION) {
        Some(Value::Text(version)) => version.clone(),
        _ => "another program".into(),
    };
    report.contents = format!(
        "{}, {}, {}; schema 1, written by {writer}",
        plural(file.ranks().len() as u64, "rank"),
        plural(names.len() as u64, "region"),
        plural(report.written, "interval"),
    );
    if !is_ours(file) {
        report.note("of another program: it neither counts what was recorded nor promises an order of the rows, so these were not checked");
    }
}

fn plural(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

fn int(metadata: &Metadata, name: &str) -> Option<i64> {
    match metadata.get(name) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}
