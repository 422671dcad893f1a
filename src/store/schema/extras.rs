//! The optional columns of intervals, and what files call them.

use crate::error::Result;
use crate::profile::{Intervals, Numbers};
use crate::store::hdf5::{Column, Group, Members};
use crate::store::names;
use std::ops::Range;

/// The optional columns that a group has.
#[derive(Debug, Default)]
pub(super) struct Extras(Vec<(&'static str, Column)>);

impl Extras {
    /// Of a group; what is no column of integers is somebody else's. As long as `len`, like the column called
    /// `first`.
    pub(super) fn open(group: &Group, members: &Members, len: u64, first: &str) -> Result<Self> {
        let mut extras = Vec::new();
        for (in_file, name) in names::OPTIONAL_COLUMNS {
            let Some(column) = group.find_integers(members, in_file, len)? else {
                continue;
            };
            if column.len() != len {
                return Err(group.damaged(format!(
                    "{} has {len} {first} but {} {in_file}; the file is damaged",
                    group.path(),
                    column.len()
                )));
            }
            extras.push((name, column));
        }
        Ok(Self(extras))
    }

    /// Of a column of the numbers of spans alone, where there is one.
    pub(super) fn of_spans(spans: Option<Column>) -> Self {
        Self(spans.map(|spans| (Intervals::SPAN, spans)).into_iter().collect())
    }

    /// What the columns are called in [`Intervals`].
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.iter().map(|(name, _)| *name)
    }

    /// Fills in those that are wanted, with the values at `range`.
    pub(super) fn read(&self, range: &Range<u64>, into: &mut Intervals) -> Result<()> {
        for (name, column) in &self.0 {
            if into.wants(name) {
                into.set_column(name, Numbers::Int(column.read(range.clone())?));
            }
        }
        Ok(())
    }
}
