//! Reads the regions of a rank.

use super::found::Found;
use super::region::{self, COLUMNS, Opens};
use crate::error::Result;
use crate::store::hdf5::{Group, Members};
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
        let members = match as_made {
            Some(members) => members,
            None => group.members()?.into_vec(),
        };
        for (link_name, link) in &members {
            group.check_link(link_name, *link)?;
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
                    Err(child.damaged(format!(
                        "{} is a second link to a region that has been read already",
                        child.path()
                    )))
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

    /// Takes the region in `group`. Gives whether it has fields.
    fn region(&mut self, group: &Group, group_name: String, members: &Members) -> Result<bool> {
        let mut region = region::open(group, members, self.opens)?;
        region.site.fields = self.found.fields(&region.columns)?;
        let path = group.path();
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
