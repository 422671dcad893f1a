//! Checks of a profiling file, whatever its format.

use super::account::{Account, Checked, cut_short, signal};
use super::ranks::{self, int};
use super::{blocks, clocks, counters, rows, spans, summaries, sums};
use crate::analysis::span_set::SpanSet;
use crate::error::Result;
use crate::profile::{RowBlocks, Value};
use crate::store::names;
use crate::store::reader::OrderedFile;
use crate::store::schema::{self, Catalog, Decoder, Issues};
use crate::units::plural;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) fn check(path: &Path, issues: &mut Issues) -> Result<Checked> {
    let file = OrderedFile::new(path, schema::open(path, issues)?);
    let catalog = file.catalog();
    if !catalog.of_one_rank {
        ranks::check(catalog, issues);
    }
    let stated = blocks::stated(file.decoder(), issues);
    let before = issues.findings().len();
    let ranks = intervals(file.decoder(), &stated, issues);
    spans::check(file.decoder(), catalog, issues);
    counters::check(file.decoder(), catalog, issues);
    if issues.findings().len() == before {
        // Rows that are not what they should be cannot be summed up.
        summaries::check(&file, issues);
    }
    let (recorded, account) = accounts(catalog, &ranks, issues);
    clocks::check(catalog, issues);
    if !is_ours(catalog) {
        issues.note("of another program: it neither counts what was recorded nor promises an order of the rows, so these were not checked");
    }
    Ok(Checked {
        contents: describe(catalog, account.written),
        recorded,
        account,
    })
}

/// Reads all intervals. Gives what became of the calls of each rank.
fn intervals(
    file: &dyn Decoder,
    stated: &BTreeMap<usize, RowBlocks>,
    issues: &mut Issues,
) -> BTreeMap<u32, Account> {
    let catalog = file.catalog();
    let mut ranks: BTreeMap<u32, Account> = BTreeMap::new();
    let (mut of_rank, mut in_several) = (SpanSet::default(), 0);
    for (index, (row, site)) in catalog.rows.iter().zip(&catalog.sites).enumerate() {
        ranks.entry(row.rank).or_default().add(Account {
            written: row.intervals,
            dropped: site.dropped,
            open: site.open,
        });
        match rows::check(file, index, row, stated.get(&index), issues) {
            Err(error) => issues.find_error(&error),
            Ok(spans) => in_several += of_rank.take(spans),
        }
        if let Some(of_calls) = &site.sums {
            sums::check(&file.place(index), of_calls, issues);
        }
        if catalog
            .rows
            .get(index + 1)
            .is_none_or(|next| next.rank != row.rank)
        {
            of_rank = SpanSet::default();
            let in_several = std::mem::take(&mut in_several);
            spans::report(&format!("{}{}", names::RANK_PREFIX, row.rank), in_several, issues);
        }
    }
    ranks
}

/// The invariant, rank by rank, and the sums that the file states.
fn accounts(
    catalog: &Catalog,
    ranks: &BTreeMap<u32, Account>,
    issues: &mut Issues,
) -> (Option<u64>, Account) {
    let mut all = Account::default();
    let mut recorded = Some(0_u64);
    let mut killed = BTreeSet::new();
    for &rank in &catalog.ranks {
        let account = ranks.get(&rank).copied().unwrap_or_default();
        all.add(account);
        let counted = catalog
            .rank_fact(rank, names::RECORDED)
            .and_then(|n| u64::try_from(n).ok());
        if let Some(counted) = counted {
            account.compare(&format!("{}{rank}", names::RANK_PREFIX), counted, issues);
        }
        recorded = recorded
            .zip(counted)
            .map(|(sum, counted)| sum.saturating_add(counted));
        if let Some(lost) = catalog.rank_fact(rank, names::LOST_NUMBERS) {
            issues.note(format!(
                "rank {rank}: {} {LOST}",
                plural(lost.max(0).unsigned_abs(), "number")
            ));
        }
        if catalog.rank_fact(rank, names::COMPLETE) == Some(0) {
            let of_rank = catalog.of_rank.get(&rank).and_then(|entry| signal(&entry.facts));
            let whole = counted == Some(account.sum());
            match of_rank.or_else(|| signal(&catalog.metadata).filter(|_| catalog.ranks.len() == 1)) {
                Some(signal) => issues.note(format!("rank {rank}: {}", cut_short(Some(signal), whole))),
                None => drop(killed.insert(rank)),
            }
        }
    }
    let recorded = recorded.filter(|_| !catalog.ranks.is_empty());
    for (name, sum) in [
        (names::WRITTEN_INTERVALS, all.written),
        (names::DROPPED_INTERVALS, all.dropped),
        (names::OPEN_CALLS, all.open),
    ] {
        let stated = int(&catalog.metadata, name);
        if let Some(stated) = stated.filter(|&stated| u64::try_from(stated) != Ok(sum)) {
            issues.find(format!(
                "the file states {name} = {stated}, its regions add up to {sum}"
            ));
        }
    }
    if !killed.is_empty() {
        issues.note(format!(
            "{} ended in the middle of the run: everything in the log is here; what was only in memory is not counted",
            ranks::in_words(&killed)
        ));
    } else if let Some(Value::Text(part)) = catalog.metadata.get(names::PART) {
        issues.note(format!("a part of a profile: {part}"));
    } else if recorded.is_none() && is_ours(catalog) {
        issues.note("the file does not say how many calls were recorded: it is of an earlier version, or was exported from another format");
    }
    (recorded, all)
}

/// What numbers are that no interval has.
const LOST: &str = "were recorded of calls or spans that left no interval; they are not in the file";

fn is_ours(catalog: &Catalog) -> bool {
    version(catalog).is_some_and(|version| version.starts_with(names::OF_THIS_CRATE))
}

fn version(catalog: &Catalog) -> Option<&str> {
    match catalog.metadata.get(names::VERSION) {
        Some(Value::Text(version)) => Some(version),
        _ => None,
    }
}

fn describe(catalog: &Catalog, written: u64) -> String {
    let names: BTreeSet<usize> = catalog.rows.iter().map(|row| row.name).collect();
    let writer = match version(catalog) {
        Some(version) if version.starts_with(names::OF_THIS_CRATE) => version.to_owned(),
        Some(version) => format!("the Python package {version}"),
        None => "another program".into(),
    };
    format!(
        "{}, {}, {}; {}, written by {writer}",
        plural(catalog.ranks.len() as u64, "rank"),
        plural(names.len() as u64, "region"),
        plural(written, "interval"),
        catalog.format,
    )
}
