//! The numeric fields of calls.

use super::place::Place;
use crate::error::Result;
use crate::profile::Intervals;
use crate::store::hdf5::{Group, Link, Members, NumberColumn};
use crate::store::names;
use std::ops::Range;
use std::sync::OnceLock;

/// The fields that calls of a region have, or all calls of a file. Their columns are opened when they are wanted.
#[derive(Debug, Default)]
pub(super) struct Fields {
    fields: Vec<OneField>,
    group: Option<Place>,
    calls: Calls,
}

/// The calls that a field has a value of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Calls {
    pub(super) len: u64,
    /// What has their columns, and the first of these, for messages.
    pub(super) whose: &'static str,
    pub(super) first: &'static str,
}

#[derive(Debug)]
struct OneField {
    name: String,
    column: OnceLock<NumberColumn>,
}

impl Fields {
    /// Of a group that has the columns of these calls. A member called `fields` that is no group is somebody else's,
    /// and one with intervals is a region: older writers make nested groups of a name like `solve/fields`.
    pub(super) fn open(of_calls: &Group, members: &Members, calls: Calls) -> Result<Self> {
        if members.get(names::FIELDS) != Some(Link::Hard) || !of_calls.is_group(names::FIELDS)? {
            return Ok(Self::default());
        }
        let group = of_calls.group(names::FIELDS)?;
        let members = group.members()?;
        if [names::START_TIMES, names::END_TIMES].map(|name| members.get(name).is_some()) != [false; 2] {
            return Ok(Self::default());
        }
        let mut fields = Vec::new();
        for (name, link) in members.iter() {
            group.check_link(name, link)?;
            if !group.is_group(name)? {
                fields.push(OneField {
                    name: name.to_owned(),
                    column: OnceLock::new(),
                });
            }
        }
        Ok(Self {
            fields,
            group: Some(Place::of(&group)),
            calls,
        })
    }

    /// Whether there is a group of them.
    pub(super) fn are_there(&self) -> bool {
        self.group.is_some()
    }

    /// Their names, ascending.
    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &str> + '_ {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// What the field called `name` is measured in, where that is known.
    pub(super) fn unit(&self, name: &str) -> Result<Option<String>> {
        match self.fields.iter().find(|field| field.name == name) {
            Some(field) => Ok(self.column(field)?.unit().map(String::from)),
            None => Ok(None),
        }
    }

    /// Opens all columns.
    pub(super) fn check(&self) -> Result<()> {
        self.fields
            .iter()
            .try_for_each(|field| self.column(field).map(drop))
    }

    /// Fills in those that are wanted, with the values at `range`. `column_of` says what they are called there; none
    /// where the calls are of a region without the field.
    pub(super) fn read<'a>(
        &self,
        range: &Range<u64>,
        into: &mut Intervals,
        column_of: impl Fn(usize) -> Option<&'a str>,
    ) -> Result<()> {
        for (at, field) in self.fields.iter().enumerate() {
            if let Some(name) = column_of(at).filter(|name| into.wants(name)) {
                into.set_column(name, self.column(field)?.read(range.clone())?);
            }
        }
        Ok(())
    }

    fn column<'a>(&self, field: &'a OneField) -> Result<&'a NumberColumn> {
        if let Some(column) = field.column.get() {
            return Ok(column);
        }
        let place = self
            .group
            .as_ref()
            .expect("there is a group where there is a field");
        let group = place.open()?;
        let column = group.numbers(&field.name)?;
        if column.len() != self.calls.len {
            return Err(group.damaged(format!(
                "{} has {} values but {} has {} {}; the file is damaged",
                group.path_of(&field.name),
                column.len(),
                self.calls.whose,
                self.calls.len,
                self.calls.first
            )));
        }
        Ok(field.column.get_or_init(|| column))
    }
}
