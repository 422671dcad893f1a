//! Collects what is found in a file.

use super::region::Columns;
use crate::error::Result;
use crate::profile::{CallSite, Metadata, Row};
use crate::store::hdf5::Group;
use crate::store::schema::catalog::{Catalog, Names, RankEntry};
use std::collections::HashSet;

/// What has been found in a file so far, and the groups that were read.
#[derive(Debug, Default)]
pub(super) struct Found {
    catalog: Catalog,
    names: Names,
    columns: Vec<Columns>,
    pub(super) met: Met,
}

impl Found {
    /// Adds a rank; ranks come in numeric order. Gives its entry.
    pub(super) fn rank(&mut self, rank: u32) -> &mut RankEntry {
        if self.catalog.ranks.last() != Some(&rank) {
            self.catalog.ranks.push(rank);
        }
        self.catalog.of_rank.entry(rank).or_default()
    }

    /// The number of a region's name.
    pub(super) fn name(&mut self, name: String) -> usize {
        self.names.index(name)
    }

    /// The name with this number.
    pub(super) fn name_of(&self, number: usize) -> &str {
        self.names.get(number)
    }

    /// What is known about the run.
    pub(super) fn metadata(&mut self, metadata: Metadata) {
        self.catalog.metadata = metadata;
    }

    /// Adds a region on a rank.
    pub(super) fn row(&mut self, row: Row, site: CallSite, columns: Columns) {
        self.catalog.rows.push(row);
        self.catalog.sites.push(site);
        self.catalog.add_columns(columns.extras().names());
        self.columns.push(columns);
    }

    pub(super) fn num_rows(&self) -> usize {
        self.columns.len()
    }

    /// Sorts the rows from `first` on by the names of their groups, so that their order does not depend on
    /// which region was entered first.
    pub(super) fn sort_rows(&mut self, first: usize) {
        let rows = self.catalog.rows.drain(first..);
        let sites = self.catalog.sites.drain(first..);
        let mut found: Vec<_> = rows.zip(sites).zip(self.columns.drain(first..)).collect();
        found.sort_by(|(_, a), (_, b)| a.place().cmp(b.place()));
        for ((row, site), columns) in found {
            self.row(row, site, columns);
        }
    }

    /// What is in the file, and the columns of each row. Names are numbered in the order of the rows.
    pub(super) fn finish(mut self) -> (Catalog, Vec<Columns>) {
        let mut names = self.names.into_list();
        let mut numbers = vec![usize::MAX; names.len()];
        for row in &mut self.catalog.rows {
            if numbers[row.name] == usize::MAX {
                numbers[row.name] = self.catalog.names.len();
                self.catalog.names.push(std::mem::take(&mut names[row.name]));
            }
            row.name = numbers[row.name];
        }
        (self.catalog, self.columns)
    }
}

/// The groups of one file that were read, by address: hard links can make cycles, and make a small file seem
/// large.
#[derive(Debug, Default)]
pub(super) struct Met(HashSet<String>);

impl Met {
    /// Whether the group at an address was not read before.
    pub(super) fn is_new(&mut self, address: String) -> bool {
        self.0.insert(address)
    }

    /// Refuses a group that has been read under another name.
    pub(super) fn first_time(&mut self, group: &Group) -> Result<()> {
        if self.is_new(group.address()?) {
            return Ok(());
        }
        Err(group.damaged(format!(
            "{} is a second link to a group that has been read already",
            group.path()
        )))
    }
}
