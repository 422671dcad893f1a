//! Which region and rank each row of the index is of, whatever else it has.

use crate::error::Result;
use crate::store::hdf5::{Group, Members};
use crate::store::names::columnar::{INDEX, NAMES, RANKS, REGION_IDS, REGION_TABLE};
use crate::store::schema::catalog;
use std::collections::HashSet;

/// Where a row is, for messages.
pub(in crate::store::schema) fn place(row: usize) -> String {
    format!("{INDEX} row {row}")
}

/// The names of the regions: their numbers in the file, and those where each name counts once.
#[derive(Debug)]
pub(in crate::store::schema) struct Names {
    numbers: Vec<usize>,
    known: catalog::Names,
}

impl Names {
    /// Of a file of any layout.
    pub(in crate::store::schema) fn read(root: &Group, members: &Members) -> Result<Self> {
        let table = required(root, members, REGION_TABLE)?;
        let names = table.find_texts(&table.members()?, NAMES)?;
        let names = names
            .ok_or_else(|| table.damaged(format!("{REGION_TABLE} has no {NAMES}; the file is damaged")))?;
        let mut known = catalog::Names::default();
        Ok(Self {
            numbers: names.into_iter().map(|name| known.index(name)).collect(),
            known,
        })
    }

    pub(in crate::store::schema) fn into_list(self) -> Vec<String> {
        self.known.into_list()
    }
}

/// A region on a rank.
#[derive(Clone, Copy, Debug)]
pub(in crate::store::schema) struct RowId {
    /// Its place in the index.
    pub(in crate::store::schema) number: usize,
    pub(in crate::store::schema) rank: u32,
    /// The number of its name.
    pub(in crate::store::schema) name: usize,
}

/// The columns that all layouts have.
#[derive(Debug)]
pub(in crate::store::schema) struct Rows {
    group: Group,
    members: Members,
    regions: Vec<i64>,
    ranks: Vec<i64>,
    met: HashSet<(u32, usize)>,
}

impl Rows {
    pub(in crate::store::schema) fn open(root: &Group, members: &Members) -> Result<Self> {
        let group = required(root, members, INDEX)?;
        let mut rows = Self {
            members: group.members()?,
            group,
            regions: Vec::new(),
            ranks: Vec::new(),
            met: HashSet::new(),
        };
        rows.regions = rows.whole_column(REGION_IDS)?;
        rows.ranks = rows.column(RANKS)?;
        Ok(rows)
    }

    pub(in crate::store::schema) fn group(&self) -> &Group {
        &self.group
    }

    /// The number of rows.
    pub(in crate::store::schema) fn len(&self) -> usize {
        self.regions.len()
    }

    /// Whose a row is.
    pub(in crate::store::schema) fn id(&mut self, number: usize, names: &Names) -> Result<RowId> {
        let wrong = |what: String| self.group.damaged(format!("{} {what}", place(number)));
        let id = self.regions[number];
        let name = usize::try_from(id).ok().and_then(|id| names.numbers.get(id));
        let &name = name.ok_or_else(|| {
            wrong(format!(
                "is of region {id}, but there are {} names",
                names.numbers.len()
            ))
        })?;
        let rank = self.ranks[number];
        let rank = u32::try_from(rank)
            .map_err(|_| wrong(format!("is of rank {rank}, which is not the number of a rank")))?;
        if !self.met.insert((rank, name)) {
            return Err(self.group.damaged(format!(
                "{} is the second one of region {:?} on rank {rank}",
                place(number),
                names.known.get(name)
            )));
        }
        Ok(RowId { number, rank, name })
    }

    /// A column of integers with a value for each row.
    pub(in crate::store::schema) fn column(&self, name: &'static str) -> Result<Vec<i64>> {
        let column = self.whole_column(name)?;
        self.check_length(name, column.len())?;
        Ok(column)
    }

    /// As [`column`](Self::column); empty where it is not there, or has no value at all.
    pub(in crate::store::schema) fn optional_column(&self, name: &'static str) -> Result<Vec<i64>> {
        match self.members.get(name) {
            None => Ok(Vec::new()),
            Some(_) => self.or_empty(name, self.whole_column(name)?),
        }
    }

    /// A column of texts; empty where it is not there, or has no value at all.
    pub(in crate::store::schema) fn texts(&self, name: &'static str) -> Result<Vec<String>> {
        let texts = self.group.find_texts(&self.members, name)?;
        self.or_empty(name, texts.unwrap_or_default())
    }

    fn or_empty<T>(&self, name: &str, column: Vec<T>) -> Result<Vec<T>> {
        if !column.is_empty() {
            self.check_length(name, column.len())?;
        }
        Ok(column)
    }

    fn whole_column(&self, name: &'static str) -> Result<Vec<i64>> {
        match self.group.find_column(&self.members, name)? {
            Some(column) => column.read(0..column.len()),
            None => Err(self
                .group
                .damaged(format!("{INDEX} has no {name}; the file is damaged"))),
        }
    }

    fn check_length(&self, name: &str, len: usize) -> Result<()> {
        let rows = self.len();
        if len == rows {
            return Ok(());
        }
        Err(self.group.damaged(format!(
            "{INDEX} has {rows} {REGION_IDS} but {len} {name}; the file is damaged"
        )))
    }
}

fn required(root: &Group, members: &Members, name: &str) -> Result<Group> {
    let group = root.find_group(members, name)?;
    group.ok_or_else(|| {
        root.damaged(format!(
            "there is no group {name}; the run was interrupted while writing, or the file is damaged"
        ))
    })
}
