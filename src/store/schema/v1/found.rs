//! Collects what is found in a file.

use super::counter_columns::CounterColumns;
use super::region::Columns;
use crate::error::Result;
use crate::profile::{CallSite, CounterRow, Metadata, Row};
use crate::store::hdf5::Group;
use crate::store::schema::catalog::{Catalog, Names, RankEntry};
use crate::store::schema::place::Place;
use std::collections::{BTreeMap, HashSet};

/// What has been found in a file so far, and the groups that were read.
#[derive(Debug, Default)]
pub(super) struct Found {
    catalog: Catalog,
    names: Names,
    columns: Vec<Columns>,
    counter_columns: Vec<CounterColumns>,
    summaries: Places,
    blocks: Places,
    spans: Places,
    pub(super) met: Met,
}

/// The places of the ranks that have something. They are opened when it is wanted: there may be very many ranks.
pub(super) type Places = BTreeMap<u32, Place>;

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

    /// Takes note that there is a summary of a rank in its group.
    pub(super) fn summary(&mut self, rank: u32, group: &Group) {
        self.summaries.insert(rank, Place::of(group));
    }

    /// Takes note that there are blocks of a rank in its group.
    pub(super) fn blocks(&mut self, rank: u32, group: &Group) {
        self.blocks.insert(rank, Place::of(group));
    }

    /// Takes note that something is said of the spans of a rank in its group.
    pub(super) fn spans(&mut self, rank: u32, group: &Group) {
        self.spans.insert(rank, Place::of(group));
    }

    /// Adds a region on a rank.
    pub(super) fn row(&mut self, row: Row, site: CallSite, columns: Columns) {
        self.catalog.rows.push(row);
        self.catalog.sites.push(site);
        self.catalog.add_columns(columns.extras().names());
        self.columns.push(columns);
    }

    /// The fields that columns have, as places in the list of all.
    pub(super) fn fields(&mut self, columns: &Columns) -> Result<Vec<usize>> {
        let fields = columns.fields();
        let places = fields
            .names()
            .map(|name| self.catalog.field(name, || fields.unit(name)));
        places.collect()
    }

    /// The place of a counter, known or new.
    pub(super) fn counter(&mut self, name: &str, unit: Option<&str>) -> usize {
        self.catalog.counter(name, unit)
    }

    /// Adds a counter on a rank.
    pub(super) fn counter_row(&mut self, row: CounterRow, columns: CounterColumns) {
        self.catalog.counter_rows.push(row);
        self.counter_columns.push(columns);
    }

    pub(super) fn num_counter_rows(&self) -> usize {
        self.counter_columns.len()
    }

    /// Sorts the rows of counters from `first` on by their names.
    pub(super) fn sort_counter_rows(&mut self, first: usize) {
        let rows = self.catalog.counter_rows.drain(first..);
        let mut found: Vec<_> = rows.zip(self.counter_columns.drain(first..)).collect();
        let counters = &self.catalog.counters;
        let name = |row: &CounterRow| counters[row.counter].name();
        found.sort_by(|(a, _), (b, _)| name(a).cmp(name(b)));
        for (row, columns) in found {
            self.counter_row(row, columns);
        }
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

    /// What is in the file, the columns of each row and of each counter's row, and where summaries, blocks and what
    /// is said of spans are. Names are numbered in the order of the rows.
    pub(super) fn finish(mut self) -> (Catalog, Vec<Columns>, Vec<CounterColumns>, [Places; 3]) {
        let mut names = self.names.into_list();
        let mut numbers = vec![usize::MAX; names.len()];
        for row in &mut self.catalog.rows {
            if numbers[row.name] == usize::MAX {
                numbers[row.name] = self.catalog.names.len();
                self.catalog.names.push(std::mem::take(&mut names[row.name]));
            }
            row.name = numbers[row.name];
        }
        self.catalog.sort_fields();
        self.catalog.sort_counters();
        (
            self.catalog,
            self.columns,
            self.counter_columns,
            [self.summaries, self.blocks, self.spans],
        )
    }
}

/// The groups of one file that were read, by address: hard links can make cycles, and make a small file seem
/// large.
#[derive(Debug, Default)]
pub(super) struct Met(HashSet<u64>);

impl Met {
    /// Whether the group at an address was not read before.
    pub(super) fn is_new(&mut self, address: u64) -> bool {
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
