//! Looks through the regions of a rank.

use super::Region;
use super::scan::Scan;
use crate::error::Result;
use crate::profile::{CallSite, Row};
use crate::store::names;
use crate::store::reader::attributes::{self, int, text, texts_of};
use crate::store::reader::column::Column;
use hdf5::{Group, LinkType, LocationType};
use std::collections::BTreeSet;

/// Members of a region's group that are not regions in their turn.
const COLUMNS: [&str; 3] = [names::START_TIMES, names::END_TIMES, names::THREAD_IDS];

/// Attributes of a region's group that mean something to us.
const REGION_ATTRIBUTES: [&str; 13] = [
    names::NAME,
    names::SOURCE_FILE,
    names::SOURCE_LINE,
    names::TAGS,
    names::NUM_CALLS,
    names::NUM_SPANS,
    names::THROTTLED,
    names::THROTTLED_NS,
    names::TOTAL,
    names::INCLUSIVE,
    names::DROPPED,
    names::OPEN,
    names::CLAMPED,
];

/// How many `/` in a region's name are followed as groups inside groups.
const MAX_DEPTH: usize = 32;

pub(super) struct RegionSearch {
    pub(super) rank: u32,
    pub(super) names: BTreeSet<String>,
}

impl Scan {
    /// Regions are the groups with a start column. Older writers let `/` in a name make groups in
    /// groups, so a group without columns may hold regions in its turn.
    pub(super) fn regions_in(
        &mut self,
        search: &mut RegionSearch,
        group: &Group,
        path: &str,
        prefix: &str,
        depth: usize,
    ) -> Result<()> {
        for (link_name, link) in self.links(group, path)? {
            let child_path = format!("{path}/{link_name}");
            self.check_link(&child_path, link)?;
            let info = group
                .loc_info_by_name(&link_name)
                .map_err(|error| self.from.hdf5(format!("{child_path} cannot be opened"), error))?;
            if info.loc_type != LocationType::Group {
                continue;
            }
            let child = self.group(group, &link_name, &child_path)?;
            let is_new = self.is_new(&child, &child_path)?;
            let members = self.links(&child, &child_path)?;
            let has = |wanted: &str| members.iter().any(|(name, _)| name == wanted);
            let name = format!("{prefix}{link_name}");
            let columns = members
                .iter()
                .filter(|(member, _)| COLUMNS.contains(&member.as_str()))
                .count();
            if has(names::START_TIMES) || has(names::END_TIMES) {
                let outcome = if is_new {
                    self.region(search, &child, &child_path, name.clone(), &members)
                } else {
                    let message =
                        format!("{child_path} is a second link to a region that has been read already");
                    Err(self.from.damaged(message))
                };
                self.or_doubt(outcome)?;
            }
            if columns < members.len() && depth < MAX_DEPTH && is_new {
                self.regions_in(search, &child, &child_path, &format!("{name}/"), depth + 1)?;
            }
        }
        Ok(())
    }

    fn region(
        &mut self,
        search: &mut RegionSearch,
        group: &Group,
        path: &str,
        group_name: String,
        members: &[(String, LinkType)],
    ) -> Result<()> {
        let column = |name: &str| -> Result<Option<Column>> {
            match members.iter().find(|(member, _)| member == name) {
                None => Ok(None),
                Some((_, link)) => {
                    self.check_link(&format!("{path}/{name}"), *link)?;
                    Column::open(&self.from, group, path, name).map(Some)
                }
            }
        };
        let required = |name: &str| {
            column(name)?.ok_or_else(|| {
                self.from.damaged(format!(
                    "{path} has no {name}; the run was interrupted while writing, or the file is damaged"
                ))
            })
        };
        let starts = required(names::START_TIMES)?;
        let ends = required(names::END_TIMES)?;
        let threads = column(names::THREAD_IDS)?;
        for (name, other) in [
            (names::END_TIMES, Some(&ends)),
            (names::THREAD_IDS, threads.as_ref()),
        ] {
            if let Some(other) = other.filter(|other| other.len() != starts.len()) {
                return Err(self.from.damaged(format!(
                    "{path} has {} {} but {} {name}; the file is damaged",
                    starts.len(),
                    names::START_TIMES,
                    other.len()
                )));
            }
        }
        let attributes =
            attributes::read(group, |name| REGION_ATTRIBUTES.contains(&name)).map_err(|error| {
                self.from
                    .hdf5(format!("the attributes of {path} cannot be read"), error)
            })?;
        let name = text(&attributes, names::NAME).unwrap_or(group_name);
        if !search.names.insert(name.clone()) {
            return Err(self
                .from
                .damaged(format!("{path} is the second region called {name:?} on its rank")));
        }
        let count = |name: &str| int(&attributes, name).and_then(|n| u64::try_from(n).ok());
        let intervals = starts.len();
        let part = |name: &str| count(name).unwrap_or(0);
        let parts = [intervals, part(names::DROPPED), part(names::THROTTLED)];
        let least = parts.into_iter().fold(0, u64::saturating_add);
        // More than an attribute can hold is written as the most that it can.
        let least = least.min(i64::MAX as u64);
        let stated = int(&attributes, names::NUM_CALLS);
        if stated.map_or(least > intervals, |calls| i128::from(calls) < i128::from(least)) {
            self.doubt(|| {
                let [intervals, dropped, throttled] = parts;
                let stated = stated.map_or("no".into(), |calls| calls.to_string());
                format!(
                    "{path} states {stated} calls, fewer than its {intervals} intervals, {dropped} dropped and {throttled} throttled calls"
                )
            });
        }
        let name = self.name(name);
        self.contents.rows.push(Row {
            rank: search.rank,
            name,
            intervals,
            calls: count(names::NUM_CALLS).unwrap_or(intervals).max(intervals),
            spans: count(names::NUM_SPANS),
            throttled: count(names::THROTTLED).unwrap_or(0),
            throttled_ns: int(&attributes, names::THROTTLED_NS).unwrap_or(0),
            total_ns: int(&attributes, names::TOTAL),
        });
        self.regions.push(Region {
            from: self.from.clone(),
            starts,
            ends,
            threads,
            site: CallSite {
                source_file: text(&attributes, names::SOURCE_FILE),
                source_line: int(&attributes, names::SOURCE_LINE).and_then(|line| u32::try_from(line).ok()),
                tags: texts_of(&attributes, names::TAGS),
                dropped: count(names::DROPPED).unwrap_or(0),
                open: count(names::OPEN).unwrap_or(0),
                clamped: count(names::CLAMPED).unwrap_or(0),
                spans: count(names::NUM_SPANS),
                throttled: count(names::THROTTLED).unwrap_or(0),
                throttled_ns: int(&attributes, names::THROTTLED_NS).unwrap_or(0),
                inclusive_ns: int(&attributes, names::INCLUSIVE),
            },
        });
        Ok(())
    }

    fn name(&mut self, name: String) -> usize {
        let names = &mut self.contents.names;
        *self.name_index.entry(name).or_insert_with_key(|name| {
            names.push(name.clone());
            names.len() - 1
        })
    }
}
