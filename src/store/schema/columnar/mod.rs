//! Schemas 2 and 3: columns that the events of all regions and ranks share, and an index of the slices.

mod events;
mod index;
mod lanes;
pub(super) mod layout;
pub(super) mod rows;

use super::catalog::Catalog;
use super::decoder::Decoder;
use super::issues::Issues;
use super::names::columnar::COLUMNAR;
use super::probe::Probe;
use crate::error::Result;
use crate::profile::{Intervals, Row};
use events::{Events, Slice};
use layout::File;
use rows::Names;
use std::ops::Range;

/// A file of schema 2 or 3.
#[derive(Debug)]
struct ColumnarFile {
    catalog: Catalog,
    events: Events,
    /// Of each row.
    slices: Vec<Slice>,
}

/// Opens what is of these schemas and of no other layout.
pub(super) fn open(probe: &Probe, issues: &mut Issues) -> Result<Option<Box<dyn Decoder>>> {
    let Some(file) = File::open(probe, COLUMNAR)? else {
        return Ok(None);
    };
    let (root, members) = (&file.root, &file.members);
    let events = Events::open(root, members)?;
    let names = Names::read(root, members)?;
    let mut rows = index::read(root, members, &names, events.len(), issues)?;
    rows.sort_by_key(|row| row.id.rank);
    let mut catalog = file.catalog(rows.iter().map(|row| row.id.rank))?;
    catalog.name_lanes(issues.part(lanes::read(root, members))?.unwrap_or_default());
    let mut slices = Vec::with_capacity(rows.len());
    for row in rows {
        let intervals = row.events.end - row.events.start;
        catalog.rows.push(Row::new(row.id.rank, row.id.name, intervals));
        catalog.sites.push(row.site);
        slices.push(Slice::new(row.id.number, row.events));
    }
    catalog.names = names.into_list();
    catalog.add_columns(events.extras());
    Ok(Some(Box::new(ColumnarFile {
        catalog,
        events,
        slices,
    })))
}

impl Decoder for ColumnarFile {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        self.events.read(&self.slices[row], range, into)
    }

    fn place(&self, row: usize) -> String {
        rows::place(self.slices[row].row())
    }
}
