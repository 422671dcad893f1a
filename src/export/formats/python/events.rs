//! The columns that the events of all rows share.

use super::fields::EventFields;
use super::index::IndexRow;
use crate::error::{Error, Result};
use crate::export::Selected;
use crate::export::formats::python_lanes::{self, Lanes, NOT_KNOWN};
use crate::profile::Intervals;
use crate::store::hdf5::{NewColumn, NewFile, NewGroup, Values};
use crate::store::names::{self, columnar};

/// Writes the events of all rows, which are so many. Gives the rows back in their order, and the bit of each field in
/// their masks.
pub(super) fn write(
    file: &NewFile,
    profile: &Selected<'_>,
    lanes: &Lanes,
    events: usize,
) -> Result<(Vec<IndexRow>, Option<Vec<usize>>)> {
    let group = file.create_group(columnar::EVENTS)?;
    let mut columns = Columns::create(&group, profile, lanes, events)?;
    let rows = profile.rows().iter();
    let rows: Result<Vec<IndexRow>> = rows.map(|&row| columns.write_row(profile, row)).collect();
    Ok((rows?, columns.fields.finish()?))
}

/// From a lane to its number among the threads or the tasks.
type LaneNumber = fn(u32) -> i64;

struct Columns<'a> {
    group: NewGroup,
    deltas: NewColumn,
    durations: NewColumn,
    lanes: Vec<(LaneNumber, NewColumn)>,
    optional: Vec<(&'static str, NewColumn)>,
    fields: EventFields<'a>,
    written: usize,
    /// Values on their way to the file.
    values: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn create(group: &'a NewGroup, profile: &Selected<'a>, lanes: &Lanes, events: usize) -> Result<Self> {
        let column = |name| group.new_int64s(name, events);
        let of_profile = profile.columns(&names::OPTIONAL_COLUMNS.map(|(_, name)| name))?;
        let mut optional = Vec::new();
        for (in_file, name) in names::OPTIONAL_COLUMNS {
            if of_profile.contains(&name) {
                optional.push((name, column(in_file)?));
            }
        }
        let mut of_lanes: Vec<(LaneNumber, NewColumn)> = Vec::new();
        if lanes.are_told_apart() {
            of_lanes.push((python_lanes::thread, column(names::THREAD_IDS)?));
        }
        if lanes.tasks().next().is_some() {
            of_lanes.push((python_lanes::task, column(columnar::TASK_IDS)?));
        }
        Ok(Self {
            deltas: column(columnar::START_DELTAS)?,
            durations: column(columnar::DURATIONS)?,
            lanes: of_lanes,
            optional,
            fields: EventFields::new(group, profile, events)?,
            written: 0,
            values: Vec::new(),
            group: group.clone(),
        })
    }

    fn write_row(&mut self, profile: &Selected<'_>, row: usize) -> Result<IndexRow> {
        let with = |all: Intervals, (name, _): &(&str, _)| all.with_column(*name);
        let buffer = self.optional.iter().fold(Intervals::new(), with);
        let mut buffer = self.fields.wanted(buffer);
        let mut of_row = IndexRow::new(self.written as u64);
        let mut before = 0;
        profile.each_chunk(row, &mut buffer, |chunk| {
            of_row.add(chunk);
            let at = self.written..self.written + chunk.len();
            of_row.field_mask |= self.fields.write(chunk, &at)?;
            self.write_chunk(chunk, &mut before)
        })?;
        Ok(of_row)
    }

    /// `before` is the start before those of this chunk.
    fn write_chunk(&mut self, chunk: &Intervals, before: &mut i64) -> Result<()> {
        let at = self.written..self.written + chunk.len();
        let values = &mut self.values;
        let mut is_beyond = false;
        let mut difference = |later: i64, earlier: i64| {
            let difference = later.checked_sub(earlier);
            is_beyond |= difference.is_none();
            difference.unwrap_or(0)
        };

        values.clear();
        values.extend(chunk.starts().iter().map(|&start| {
            let delta = difference(start, *before);
            *before = start;
            delta
        }));
        self.deltas.write(Values::Int64(values), at.clone())?;

        values.clear();
        values.extend(chunk.iter().map(|event| difference(event.end_ns, event.start_ns)));
        self.durations.write(Values::Int64(values), at.clone())?;
        if is_beyond {
            return Err(self.beyond());
        }

        for (number, column) in &mut self.lanes {
            values.clear();
            values.extend(chunk.threads().iter().map(|&lane| number(lane)));
            column.write(Values::Int64(values), at.clone())?;
        }
        for (name, column) in &mut self.optional {
            values.clear();
            match chunk.column(name).and_then(|numbers| numbers.whole()) {
                Some(numbers) => values.extend_from_slice(numbers),
                None => values.resize(chunk.len(), missing(name)),
            }
            column.write(Values::Int64(values), at.clone())?;
        }
        self.written = at.end;
        Ok(())
    }

    #[cold]
    fn beyond(&self) -> Error {
        self.group.cannot_write(
            "two times are further apart than an int64 can say; the format has differences alone",
        )
    }
}

/// What stands for no value in an optional column.
fn missing(name: &str) -> i64 {
    match name {
        Intervals::AWAIT | Intervals::SPAN => 0,
        _ => NOT_KNOWN,
    }
}
