//! Reads the group of a rank: its facts, its clock, its threads.

use super::counters;
use super::found::Found;
use super::region::Opens;
use super::regions;
use crate::error::Result;
use crate::profile::{Metadata, RankClock};
use crate::store::hdf5::{Group, Link, Members};
use crate::store::names;
use crate::store::schema::attributes::{int, ints, text};
use crate::store::schema::issues::Issues;
use std::collections::BTreeMap;

/// The attributes of a rank's group that are read.
const RANK_ATTRIBUTES: [&str; 10] = [
    names::SORTED,
    names::COMPLETE,
    names::RECORDED,
    names::LOST_NUMBERS,
    names::RECORDED_SAMPLES,
    names::HOST,
    names::ENDED_BY,
    names::SESSION_START,
    names::SESSION_END,
    names::STATES_INCLUSIVE,
];

/// The attributes of a rank's clock that are read; kept with those of the rank.
const CLOCK_ATTRIBUTES: [&str; 6] = [
    names::CLOCK_ID,
    names::CLOCK_BOUND,
    names::CLOCK_ADDED_AT,
    names::CLOCK_ADDED,
    names::CLOCK_MEASURED_AT,
    names::CLOCK_MEASURED_BOUND,
];

/// The most threads of one rank; more is damage.
const MAX_THREADS: u64 = 1 << 20;

/// Reads a rank.
pub(super) fn find(rank: u32, group: &Group, found: &mut Found, issues: &mut Issues) -> Result<()> {
    let entry = found.rank(rank);
    let members = group.members()?;
    let mut facts = group.attributes(|name| RANK_ATTRIBUTES.contains(&name))?;
    if members.get(names::CLOCK) == Some(Link::Hard) && group.is_group(names::CLOCK)? {
        let clock = group.group(names::CLOCK)?;
        facts.extend(clock.attributes(|name| CLOCK_ATTRIBUTES.contains(&name))?);
        entry.clock = Some(clock_of(&facts));
    }
    entry.facts = facts;
    entry.threads = issues.part(threads(group, &members))?.flatten();
    if members.get(names::SUMMARY) == Some(Link::Hard) {
        found.summary(rank, group);
    }
    if members.get(names::BLOCKS) == Some(Link::Hard) {
        found.blocks(rank, group);
    }
    if members.get(names::SPANS) == Some(Link::Hard) {
        found.spans(rank, group);
    }
    counters::find(rank, group, &members, found, issues)?;
    if let Some(link) = members.get(names::REGIONS) {
        group.check_link(names::REGIONS, link)?;
        let group = group.group(names::REGIONS)?;
        found.met.first_time(&group)?;
        // What a table needs of such a rank is in its summary.
        let is_summarized = members.get(names::SUMMARY) == Some(Link::Hard);
        let opens = if is_summarized && issues.is_strict() {
            Opens::WhatIsNeeded
        } else {
            Opens::Everything
        };
        regions::find(rank, &group, opens, found, issues)?;
    }
    Ok(())
}

/// A rank's clock as the attributes of the rank and of its clock describe it.
fn clock_of(facts: &Metadata) -> RankClock {
    let at = ints(facts, names::CLOCK_ADDED_AT);
    let added = ints(facts, names::CLOCK_ADDED);
    RankClock {
        host: text(facts, names::HOST),
        id: text(facts, names::CLOCK_ID),
        bound_ns: int(facts, names::CLOCK_BOUND).and_then(|ns| u64::try_from(ns).ok()),
        added: at.into_iter().zip(added).collect(),
    }
}

/// The threads of a rank with their names. A foreign member called `threads` is skipped.
fn threads(rank: &Group, members: &Members) -> Result<Option<BTreeMap<u32, String>>> {
    let Some(group) = rank.find_group(members, names::THREADS)? else {
        return Ok(None);
    };
    let path = group.path();
    let members = group.members()?;
    let mut columns = 0;
    for (name, link) in members.iter() {
        group.check_link(name, link)?;
        let is_column = [names::THREAD_INDEX, names::THREAD_NAME].contains(&name);
        columns += u32::from(is_column && !group.is_group(name)?);
    }
    if columns < 2 {
        return Ok(None);
    }
    let index = group.column(names::THREAD_INDEX)?;
    if index.len() > MAX_THREADS {
        return Err(group.damaged(format!("{path} has {} threads", index.len())));
    }
    let numbers = index.read_threads(0..index.len())?;
    let names = group.texts(names::THREAD_NAME)?;
    if names.len() != numbers.len() {
        let message = format!("{path} has {} threads but {} names", numbers.len(), names.len());
        return Err(group.damaged(message));
    }
    Ok(Some(numbers.into_iter().zip(names).collect()))
}
