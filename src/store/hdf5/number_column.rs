//! One column of numbers of a field: integers or floating-point numbers, with a mark for none.

use super::attributes;
use super::column::{Column, NUMBERS, Of};
use super::opened::Opened;
use crate::error::Result;
use crate::profile::{Metadata, Numbers, Value};
use crate::store::names;
use hdf5::Group;
use std::ops::Range;
use std::sync::Arc;

/// A one-dimensional dataset of numbers.
#[derive(Clone, Debug)]
pub(in crate::store) struct NumberColumn {
    column: Column,
    absent: i64,
    unit: Option<String>,
}

impl NumberColumn {
    /// Checks the dataset `name` of `group` without reading values.
    pub(super) fn open(from: &Arc<Opened>, group: &Group, group_path: &Arc<str>, name: &str) -> Result<Self> {
        let column = Column::open_any(from, group, group_path, name.to_owned().into(), 0, NUMBERS)?;
        let attributes = attributes_of(group, name)
            .map_err(|error| from.hdf5(format!("{group_path}/{name} cannot be opened"), error))?;
        let absent = match attributes.get(names::FIELD_ABSENT) {
            None => names::NO_NUMBER,
            Some(Value::Int(mark)) => *mark,
            Some(_) => {
                let absent = names::FIELD_ABSENT;
                return Err(column.damaged(format!("has an attribute {absent} that is not an integer")));
            }
        };
        let unit = match attributes.get(names::FIELD_UNIT) {
            Some(Value::Text(unit)) if !unit.is_empty() => Some(unit.clone()),
            _ => None,
        };
        Ok(Self { column, absent, unit })
    }

    /// The number of values.
    pub(in crate::store) fn len(&self) -> u64 {
        self.column.len()
    }

    /// What they are measured in, where that is known.
    pub(in crate::store) fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// The values at `range`; [`Numbers`] says what stands for none.
    pub(in crate::store) fn read(&self, range: Range<u64>) -> Result<Numbers> {
        if self.column.of() == Of::Floats {
            return self.column.slice(range).map(Numbers::Float);
        }
        let mut values = self.column.read(range)?;
        if self.absent != Numbers::ABSENT {
            if values.contains(&Numbers::ABSENT) {
                let (value, mark) = (Numbers::ABSENT, self.absent);
                return Err(self.column.damaged(format!(
                    "holds {value}, which cannot be told from no number; {mark} is its mark for that"
                )));
            }
            let marked = values.iter_mut().filter(|value| **value == self.absent);
            marked.for_each(|value| *value = Numbers::ABSENT);
        }
        Ok(Numbers::Int(values))
    }
}

fn attributes_of(group: &Group, name: &str) -> hdf5::Result<Metadata> {
    let wanted = [names::FIELD_ABSENT, names::FIELD_UNIT];
    attributes::read(&*group.dataset(name)?, |name| wanted.contains(&name))
}
