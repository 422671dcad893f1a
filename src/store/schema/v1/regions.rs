//! Reads the regions of a rank.

use super::found::Found;
use super::region::{self, COLUMNS, Opens, Region};
use crate::error::{Error, Result};
use crate::store::hdf5::{Group, Link, Members};
use crate::store::names;
use crate::store::schema::issues::Issues;
use std::collections::HashSet;

/// The deepest nesting of groups that is followed for names with `/`.
const MAX_DEPTH: usize = 32;

/// Finds the regions of a rank.
pub(super) fn find(
    rank: u32,
    group: &Group,
    opens: Opens,
    found: &mut Found,
    issues: &mut Issues,
) -> Result<()> {
    let mut search = Search {
        rank,
        opens,
        names: HashSet::new(),
        found,
        issues,
    };
    search.group(group, "", 0)
}

struct Search<'a> {
    rank: u32,
    opens: Opens,
    /// The names on the rank so far, by number.
    names: HashSet<usize>,
    found: &'a mut Found,
    issues: &'a mut Issues,
}

impl Search<'_> {
    /// Regions are the groups with a start column. With older writers a `/` in a name makes nested
    /// groups, so a group without columns may contain regions.
    fn group(&mut self, group: &Group, prefix: &str, depth: usize) -> Result<()> {
        let first = self.found.num_rows();
        let as_made = match depth {
            0 => group.members_as_made()?,
            _ => None,
        };
        let sorts = as_made.is_some();
        let members: Vec<(String, Link, Option<u64>)> = match as_made {
            Some(members) => {
                let members = members.into_iter();
                members.map(|of| (of.name, of.link, Some(of.address))).collect()
            }
            None => {
                let members = group.members()?.into_vec().into_iter();
                members.map(|(name, link)| (name, link, None)).collect()
            }
        };
        for (link_name, link, address) in &members {
            group.check_link(link_name, *link)?;
            if self.plain_region(group, link_name, *address)? {
                continue;
            }
            let Some(address) = group.address_of_group(link_name)? else {
                continue;
            };
            let child = group.group(link_name)?;
            let is_new = self.found.met.is_new(address);
            let members = child.members()?;
            let has = |wanted: &str| members.get(wanted).is_some();
            let name = format!("{prefix}{link_name}");
            let mut known = COLUMNS.iter().filter(|name| has(name)).count();
            if has(names::START_TIMES) || has(names::END_TIMES) {
                let outcome = if is_new {
                    self.region(&child, name.clone(), &members)
                } else {
                    Err(second_link(&child, child.path()))
                };
                let has_fields = self.issues.part(outcome)?.unwrap_or(false);
                known += usize::from(has_fields);
            }
            if known < members.len() && depth < MAX_DEPTH && is_new {
                self.group(&child, &format!("{name}/"), depth + 1)?;
            }
        }
        if sorts {
            self.found.sort_rows(first);
        }
        Ok(())
    }

    /// Takes a region that is as this crate writes most, if it is one. Others, and those of a file that is checked,
    /// are opened by the library.
    fn plain_region(&mut self, group: &Group, name: &str, address: Option<u64>) -> Result<bool> {
        let address = address.filter(|_| self.opens == Opens::WhatIsNeeded);
        let Some((address, region)) = address.and_then(|at| Some((at, region::plain(group, name, at)?)))
        else {
            return Ok(false);
        };
        if !self.found.met.is_new(address) {
            return Err(second_link(group, &group.path_of(name)));
        }
        self.add(group, &group.path_of(name), region, name.to_owned())?;
        Ok(true)
    }

    /// Takes the region in `group`. Gives whether it has fields.
    fn region(&mut self, group: &Group, group_name: String, members: &Members) -> Result<bool> {
        let mut region = region::open(group, members, self.opens)?;
        region.site.fields = self.found.fields(&region.columns)?;
        self.add(group, group.path(), region, group_name)
    }

    /// Takes a region at a path. Gives whether it has fields.
    fn add(&mut self, group: &Group, path: &str, region: Region, group_name: String) -> Result<bool> {
        let name = self.found.name(region.name.unwrap_or(group_name));
        if !self.names.insert(name) {
            let name = self.found.name_of(name);
            return Err(group.damaged(format!("{path} is the second region called {name:?} on its rank")));
        }
        if let Some(odd) = region.odd {
            self.issues.find(odd);
        }
        let mut row = region.row;
        (row.rank, row.name) = (self.rank, name);
        let has_fields = region.columns.fields().are_there();
        self.found.row(row, region.site, region.columns);
        Ok(has_fields)
    }
}

#[cold]
fn second_link(group: &Group, path: &str) -> Error {
    group.damaged(format!(
        "{path} is a second link to a region that has been read already"
    ))
}
