//! Writes the numeric fields of calls.

use super::hdf5::{NewColumn, NewGroup, Values};
use super::names;
use super::region_names::GroupNames;
use crate::error::Result;
use crate::profile::{Field, Numbers, Value};

/// Values that stand for none are written so many at a time.
const PIECE: usize = 1 << 14;

/// The fields of some calls while they are written. The group is made when the first number comes.
pub(crate) struct FieldColumns<'a> {
    calls: &'a NewGroup,
    group: Option<NewGroup>,
    group_names: GroupNames,
    /// All calls.
    rows: usize,
}

/// The column of a field, which is made when its first number comes.
#[derive(Default)]
pub(crate) struct FieldColumn {
    made: Option<NewColumn>,
    /// What it is called in the file.
    name: String,
    next: usize,
    is_float: bool,
    has_gaps: bool,
}

impl<'a> FieldColumns<'a> {
    /// Of the calls whose columns are in this group, and which are so many.
    pub(crate) fn new(calls: &'a NewGroup, rows: usize) -> Self {
        Self {
            calls,
            group: None,
            group_names: GroupNames::default(),
            rows,
        }
    }

    /// Writes the values of the next intervals into the column of a field. They are of the same kind in every piece.
    pub(crate) fn write(&mut self, field: &Field, column: &mut FieldColumn, numbers: &Numbers) -> Result<()> {
        let first = column.next;
        column.next += numbers.len();
        let has_gap = match numbers {
            Numbers::Int(values) => values.contains(&Numbers::ABSENT),
            Numbers::Float(values) => values.iter().any(|x| x.is_nan()),
        };
        column.has_gaps |= has_gap;
        if column.made.is_none() {
            if has_gap && numbers.iter().all(|number| number.is_none()) {
                return Ok(());
            }
            column.is_float = matches!(numbers, Numbers::Float(_));
            column.name = self.group_names.of(field.name()).into_owned();
            column.made = Some(self.make(field, column)?);
            column.fill(0, first)?;
        }
        let values = match numbers {
            Numbers::Int(values) => Values::Int64(values),
            Numbers::Float(values) => Values::Float64(values),
        };
        let made = column.made.as_mut().expect("it has just been made");
        made.write(values, first..column.next)
    }

    /// Fills up a column to whose field nothing more comes.
    pub(crate) fn finish(&self, mut column: FieldColumn) -> Result<()> {
        if column.made.is_some() && column.next < self.rows {
            column.has_gaps = true;
            column.fill(column.next, self.rows)?;
        }
        match column.made {
            Some(made) if column.has_gaps && !column.is_float => {
                made.attribute(names::FIELD_ABSENT, &Value::Int(names::NO_NUMBER))
            }
            _ => Ok(()),
        }
    }

    fn make(&mut self, field: &Field, FieldColumn { name, is_float, .. }: &FieldColumn) -> Result<NewColumn> {
        let group = match &self.group {
            Some(group) => group,
            None => self.group.insert(self.calls.create_group(names::FIELDS)?),
        };
        let column = if *is_float {
            group.new_float64s(name, self.rows)
        } else {
            group.new_int64s(name, self.rows)
        }?;
        if let Some(unit) = field.unit() {
            column.attribute(names::FIELD_UNIT, &Value::Text(unit.into()))?;
        }
        Ok(column)
    }
}

impl FieldColumn {
    /// What it is called in the file; none where it has no number.
    pub(crate) fn name(&self) -> Option<&str> {
        self.made.as_ref().map(|_| self.name.as_str())
    }

    /// The next call to which a number comes is at this place: those before it have none.
    pub(crate) fn skip_to(&mut self, place: usize) -> Result<()> {
        if place > self.next {
            self.has_gaps = true;
            self.fill(self.next, place)?;
            self.next = place;
        }
        Ok(())
    }

    /// Writes that the intervals `from..to` have no number.
    fn fill(&mut self, from: usize, to: usize) -> Result<()> {
        let Some(made) = &mut self.made else { return Ok(()) };
        let len = PIECE.min(to - from);
        let (floats, ints) = if self.is_float {
            (vec![f64::NAN; len], Vec::new())
        } else {
            (Vec::new(), vec![names::NO_NUMBER; len])
        };
        for at in (from..to).step_by(PIECE) {
            let end = to.min(at + PIECE);
            let values = if self.is_float {
                Values::Float64(&floats[..end - at])
            } else {
                Values::Int64(&ints[..end - at])
            };
            made.write(values, at..end)?;
        }
        Ok(())
    }
}
