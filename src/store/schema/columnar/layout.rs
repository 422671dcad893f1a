//! What files of schemas 2 and 3 have in common, whatever their layout.

use crate::error::Result;
use crate::profile::{Metadata, Value};
use crate::store::hdf5::{Group, Members};
use crate::store::names::columnar::{AGGREGATE, COLUMNAR, MPI_SIZE};
use crate::store::schema::catalog::{Catalog, RankEntry};
use crate::store::schema::probe::Probe;
use crate::store::schema::{metadata, names};

/// An open file of schema 2 or 3.
#[derive(Debug)]
pub(in crate::store::schema) struct File {
    pub(in crate::store::schema) root: Group,
    pub(in crate::store::schema) members: Members,
    schema: i64,
    layout: &'static str,
}

impl File {
    /// Opens what is of these schemas and has this layout.
    pub(in crate::store::schema) fn open(probe: &Probe, layout: &'static str) -> Result<Option<Self>> {
        let (file, schema @ 2..=3) = probe.hdf5()? else {
            return Ok(None);
        };
        let root = Group::root(file)?;
        if layout_of(&root)? != layout {
            return Ok(None);
        }
        Ok(Some(Self {
            members: root.members()?,
            root,
            schema: *schema,
            layout,
        }))
    }

    /// A catalog that knows the run and its ranks, which are those of the rows.
    pub(in crate::store::schema) fn catalog(&self, of_rows: impl Iterator<Item = u32>) -> Result<Catalog> {
        let metadata = metadata::read(&self.root, &self.members)?;
        let mut catalog = Catalog {
            format: match self.layout {
                COLUMNAR => format!("schema {}", self.schema),
                layout => format!("schema {}, {layout}", self.schema),
            },
            of_rank: of_rows.map(|rank| (rank, RankEntry::default())).collect(),
            ..Catalog::default()
        };
        catalog.ranks = catalog.of_rank.keys().copied().collect();
        catalog.num_ranks = Some(num_ranks(&metadata, &catalog.ranks));
        catalog.metadata = metadata;
        Ok(catalog)
    }
}

fn layout_of(root: &Group) -> Result<&'static str> {
    let attributes = root.attributes(|name| name == names::LAYOUT)?;
    match attributes.get(names::LAYOUT) {
        None => Ok(COLUMNAR),
        Some(Value::Text(layout)) if layout == COLUMNAR => Ok(COLUMNAR),
        Some(Value::Text(layout)) if layout == AGGREGATE => Ok(AGGREGATE),
        Some(other) => Err(root.damaged(format!(
            "{} = {other:?} is not a layout that is known here",
            names::LAYOUT
        ))),
    }
}

/// As many as the metadata say, or as the rows need.
fn num_ranks(metadata: &Metadata, ranks: &[u32]) -> usize {
    let stated = match metadata.get(MPI_SIZE) {
        Some(Value::Int(size)) => usize::try_from(*size).unwrap_or(1),
        _ => 1,
    };
    ranks
        .last()
        .map_or(0, |&highest| stated.max(highest as usize + 1))
}
