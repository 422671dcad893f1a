//! The counters of a rank.

use super::counter_columns::CounterColumns;
use super::found::Found;
use crate::error::Result;
use crate::profile::CounterRow;
use crate::store::hdf5::{Group, Link, Members};
use crate::store::names;
use crate::store::schema::attributes::{int, text};
use crate::store::schema::issues::Issues;

/// Finds the counters in the group of a rank. Members of a group of that name that have no times and values are
/// somebody else's.
pub(super) fn find(
    rank: u32,
    group: &Group,
    members: &Members,
    found: &mut Found,
    issues: &mut Issues,
) -> Result<()> {
    if members.get(names::COUNTERS) != Some(Link::Hard) || !group.is_group(names::COUNTERS)? {
        return Ok(());
    }
    let group = group.group(names::COUNTERS)?;
    let first = found.num_counter_rows();
    for (name, link) in group.members()?.iter() {
        group.check_link(name, link)?;
        if group.is_group(name)? {
            let outcome = one(rank, &group.group(name)?, name, found);
            issues.part(outcome)?;
        }
    }
    found.sort_counter_rows(first);
    Ok(())
}

fn one(rank: u32, group: &Group, name: &str, found: &mut Found) -> Result<()> {
    let members = group.members()?;
    let Some(times) = group.find_integers(&members, names::SAMPLE_TIMES, 0)? else {
        return Ok(());
    };
    let is_there = members.get(names::SAMPLE_VALUES) == Some(Link::Hard);
    if !is_there || group.is_group(names::SAMPLE_VALUES)? {
        return Ok(());
    }
    let values = group.numbers(names::SAMPLE_VALUES)?;
    let threads = group.find_integers(&members, names::THREAD_IDS, times.len())?;
    let mismatch = |column: &str, len: u64| {
        group.damaged(format!(
            "{} has {} {} but {len} {column}; the file is damaged",
            group.path(),
            times.len(),
            names::SAMPLE_TIMES
        ))
    };
    if values.len() != times.len() {
        return Err(mismatch(names::SAMPLE_VALUES, values.len()));
    }
    if let Some(threads) = threads.as_ref().filter(|threads| threads.len() != times.len()) {
        return Err(mismatch(names::THREAD_IDS, threads.len()));
    }
    let attributes = group.attributes(|key| [names::NAME, names::LOST_SAMPLES].contains(&key))?;
    let name = text(&attributes, names::NAME).unwrap_or_else(|| name.to_owned());
    let counter = found.counter(&name, values.unit());
    let mut row = CounterRow::new(rank, counter, times.len());
    let dropped = int(&attributes, names::LOST_SAMPLES);
    row.dropped = dropped.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    let columns = CounterColumns {
        path: group.path().into(),
        times,
        values,
        threads,
    };
    found.counter_row(row, columns);
    Ok(())
}
