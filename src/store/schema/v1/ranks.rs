//! Reads the root of a file: its metadata, its ranks, and the files of ranks that it links to.

use super::found::Found;
use super::linked::RankFiles;
use super::rank;
use crate::error::Result;
use crate::store::hdf5::{Group, Link, Members, Opened};
use crate::store::names;
use crate::store::schema::issues::Issues;
use crate::store::schema::metadata;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Finds the ranks of a file.
pub(super) fn find(file: &Arc<Opened>, found: &mut Found, issues: &mut Issues) -> Result<()> {
    let root = Group::root(file)?;
    let members = root.members()?;
    let metadata = metadata::read(&root, &members)?;
    let ranks = rank_groups(&root, &members)?;
    if ranks.is_empty() && root.whole_number(names::SCHEMA)?.is_none() {
        return Err(root.damaged(
            "no rank groups (rank0, rank1, ...): this HDF5 file was not written by scope-profiler, or is not merged",
        ));
    }
    let files = RankFiles::new(&metadata);
    found.metadata(metadata);
    for (number, (name, link)) in ranks {
        let outcome = if link == Link::External {
            linked_rank(&files, file, number, found, issues)
        } else {
            root.group(name)
                .and_then(|group| found.met.first_time(&group).map(|()| group))
                .and_then(|group| rank::find(number, &group, found, issues))
        };
        issues.part(outcome)?;
    }
    Ok(())
}

/// The groups of ranks, in numeric order.
fn rank_groups<'a>(root: &Group, members: &'a Members) -> Result<BTreeMap<u32, (&'a str, Link)>> {
    let mut ranks = BTreeMap::new();
    for (name, link) in members.iter() {
        let Some(rank) = rank_number(name) else { continue };
        if link != Link::External {
            root.check_link(name, link)?;
        }
        if let Some((other, _)) = ranks.insert(rank, (name, link)) {
            return Err(root.damaged(format!("{other} and {name} are both rank {rank}")));
        }
    }
    Ok(ranks)
}

/// `rank7`, and also `rank007`, is rank 7.
fn rank_number(group: &str) -> Option<u32> {
    let digits = group.strip_prefix(names::RANK_PREFIX)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

/// A rank that has a file of its own.
fn linked_rank(
    files: &RankFiles,
    index: &Opened,
    rank: u32,
    found: &mut Found,
    issues: &mut Issues,
) -> Result<()> {
    let file = files.open(index, rank)?;
    // Addresses are only valid within one file.
    let met = std::mem::take(&mut found.met);
    let outcome = rank_of_file(&file, rank, found, issues);
    found.met = met;
    outcome
}

fn rank_of_file(file: &Arc<Opened>, rank: u32, found: &mut Found, issues: &mut Issues) -> Result<()> {
    let name = format!("{}{rank}", names::RANK_PREFIX);
    let root = Group::root(file)?;
    match root.members()?.get(&name) {
        Some(link) => root.check_link(&name, link)?,
        None => return Err(root.damaged(format!("{name} is not in it"))),
    }
    rank::find(rank, &root.group(&name)?, found, issues)
}
