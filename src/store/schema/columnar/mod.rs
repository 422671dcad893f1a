//! Schemas 2 and 3: columns that the events of all regions and ranks share, and an index of the slices.

mod events;
mod index;
mod lanes;

use super::catalog::{Catalog, Names, RankEntry};
use super::decoder::Decoder;
use super::issues::Issues;
use super::names::columnar::{AGGREGATE, COLUMNAR, MPI_SIZE};
use super::probe::Probe;
use super::{metadata, names};
use crate::error::Result;
use crate::profile::{Intervals, Metadata, Row, Value};
use crate::store::hdf5::{Group, Members};
use events::{Events, Slice};
use index::IndexRow;
use std::collections::BTreeMap;
use std::ops::Range;

/// A file of schema 2 or 3.
#[derive(Debug)]
struct ColumnarFile {
    catalog: Catalog,
    events: Events,
    /// Of each row.
    slices: Vec<Slice>,
}

/// Opens what is of these schemas.
pub(super) fn open(probe: &Probe, issues: &mut Issues) -> Result<Option<Box<dyn Decoder>>> {
    let (file, schema @ 2..=3) = probe.hdf5()? else {
        return Ok(None);
    };
    let root = Group::root(file)?;
    let members = root.members()?;
    check_layout(&root)?;
    let metadata = metadata::read(&root, &members)?;
    let events = Events::open(&root, &members)?;
    let names = index::names(&root, &members)?;
    let mut rows = index::read(&root, &members, &names, events.len(), issues)?;
    rows.sort_by_key(|row| row.rank);
    let mut catalog = catalog(&root, &members, &rows, issues)?;
    catalog.format = format!("schema {schema}");
    catalog.num_ranks = Some(num_ranks(&metadata, &rows));
    catalog.metadata = metadata;
    let mut slices = Vec::with_capacity(rows.len());
    let mut known = Names::default();
    let numbers: Vec<usize> = names.into_iter().map(|name| known.index(name)).collect();
    for row in rows {
        let intervals = row.events.end - row.events.start;
        catalog
            .rows
            .push(Row::timed(row.rank, numbers[row.region], intervals));
        catalog.sites.push(row.site);
        slices.push(Slice::new(row.number, row.events));
    }
    catalog.names = known.into_list();
    Ok(Some(Box::new(ColumnarFile {
        catalog,
        events,
        slices,
    })))
}

/// Refuses layouts other than the columnar one.
fn check_layout(root: &Group) -> Result<()> {
    match root
        .attributes(|name| name == names::LAYOUT)?
        .get(names::LAYOUT)
    {
        None => Ok(()),
        Some(Value::Text(layout)) if layout == COLUMNAR => Ok(()),
        Some(Value::Text(layout)) if layout == AGGREGATE => Err(root.damaged(
            "the file has the sums of each region and no intervals (storage_layout = aggregate), which is not read yet",
        )),
        Some(other) => Err(root.damaged(format!("{} = {other:?} is not a layout that is known here", names::LAYOUT))),
    }
}

/// What is known of each rank.
fn catalog(root: &Group, members: &Members, rows: &[IndexRow], issues: &mut Issues) -> Result<Catalog> {
    let of_rank: BTreeMap<u32, RankEntry> = rows.iter().map(|row| (row.rank, RankEntry::default())).collect();
    let mut catalog = Catalog {
        ranks: of_rank.keys().copied().collect(),
        of_rank,
        ..Catalog::default()
    };
    catalog.name_lanes(issues.part(lanes::read(root, members))?.unwrap_or_default());
    Ok(catalog)
}

/// As many as the metadata say, or as the rows need.
fn num_ranks(metadata: &Metadata, rows: &[IndexRow]) -> usize {
    let stated = match metadata.get(MPI_SIZE) {
        Some(Value::Int(size)) => usize::try_from(*size).unwrap_or(1),
        _ => 1,
    };
    let highest = rows.iter().map(|row| row.rank as usize + 1).max();
    highest.map_or(0, |needed| needed.max(stated))
}

impl Decoder for ColumnarFile {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        self.events.read(&self.slices[row], range, into)
    }

    fn place(&self, row: usize) -> String {
        index::place(self.slices[row].row())
    }
}
