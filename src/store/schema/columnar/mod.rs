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
    let fields = fields(&events, &mut catalog)?;
    for mut row in rows {
        let intervals = row.events.end - row.events.start;
        row.site.fields = fields
            .iter()
            .enumerate()
            .filter(|(at, _)| row.field_mask.is_none_or(|mask| *at < 63 && mask >> at & 1 != 0))
            .map(|(_, &field)| field)
            .collect();
        catalog.rows.push(Row::new(row.id.rank, row.id.name, intervals));
        catalog.sites.push(row.site);
        slices.push(Slice::new(row.id.number, row.events));
    }
    catalog.names = names.into_list();
    catalog.add_columns(events.extras());
    catalog.sort_fields();
    Ok(Some(Box::new(ColumnarFile {
        catalog,
        events,
        slices,
    })))
}

/// The fields of all events, as places in the catalog, in the order of their names in the file.
fn fields(events: &Events, catalog: &mut Catalog) -> Result<Vec<usize>> {
    let Some(fields) = events.fields() else {
        return Ok(Vec::new());
    };
    let names = fields.names();
    let places = names.map(|name| catalog.field(name, || fields.unit(name)));
    places.collect()
}

impl Decoder for ColumnarFile {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let Catalog { fields, sites, .. } = &self.catalog;
        // They are in the same order in the file and in the catalog: that of their names.
        self.events.read(&self.slices[row], range, into, |at| {
            sites[row].fields.contains(&at).then(|| fields[at].column())
        })
    }

    fn place(&self, row: usize) -> String {
        rows::place(self.slices[row].row())
    }
}
