//! The columns of a region.

use crate::analysis::inclusive;
use crate::analysis::windows::GrowingBlocks;
use crate::error::Result;
use crate::export::Selected;
use crate::profile::threads::UNKNOWN;
use crate::profile::{CHUNK, Interval, Intervals, Numbers, saturate};
use crate::store::blocks;
use crate::store::field_columns::{FieldColumn, FieldColumns};
use crate::store::hdf5::{NewColumn, NewGroup, Values};
use crate::store::names;
use std::cmp::Reverse;

/// The columns of a region while they are written, and what came of them.
pub(super) struct Columns<'a> {
    starts: Column<'a>,
    ends: Column<'a>,
    threads: Sparse<'a>,
    spans: Sparse<'a>,
    /// Those of the Python package, which have no value that stands for none; by the name in [`Intervals`].
    others: Vec<(&'static str, Column<'a>)>,
    rows: usize,
    total: i128,
    inclusive: inclusive::Sum,
    is_sorted: bool,
    last: Option<(i64, Reverse<i64>)>,
    blocks: Option<GrowingBlocks>,
}

impl<'a> Columns<'a> {
    /// Writes the selected intervals of a row into its group.
    pub(super) fn write(profile: &Selected<'_>, row: usize, group: &'a NewGroup) -> Result<Self> {
        let rows = rows(profile, row)?;
        let column = |name| Column {
            group,
            name,
            rows,
            made: None,
            next: 0,
        };
        let others = names::OPTIONAL_COLUMNS.iter();
        let others = others.filter(|(_, name)| *name != Intervals::SPAN);
        let mut columns = Self {
            starts: column(names::START_TIMES),
            ends: column(names::END_TIMES),
            threads: Sparse::new(column(names::THREAD_IDS)),
            spans: Sparse::new(column(names::SPAN_IDS)),
            others: others.map(|&(in_file, name)| (name, column(in_file))).collect(),
            rows,
            total: 0,
            inclusive: inclusive::Sum::default(),
            is_sorted: true,
            last: None,
            blocks: blocks::growing(rows as u64),
        };
        let with = |all: Intervals, (_, name): &(&str, &'static str)| all.with_column(*name);
        let buffer = names::OPTIONAL_COLUMNS.iter().fold(Intervals::new(), with);
        let source = profile.source();
        let fields = source.fields_of(row).iter().map(|&field| &source.fields()[field]);
        let mut fields: Vec<_> = fields.map(|field| (field, FieldColumn::default())).collect();
        let field_names = fields.iter().map(|(field, _)| field.column());
        let mut buffer = field_names.fold(buffer, Intervals::with_column);
        let mut of_fields = FieldColumns::new(group, rows);
        profile.each_chunk(row, &mut buffer, |chunk| {
            // What was cut where a window begins starts together.
            let sorted = (!chunk.is_sorted()).then(|| {
                let mut sorted = chunk.clone();
                sorted.sort();
                sorted
            });
            let chunk = sorted.as_ref().unwrap_or(chunk);
            for (field, column) in &mut fields {
                if let Some(numbers) = chunk.column(field.column()) {
                    of_fields.write(field, column, numbers)?;
                }
            }
            columns.add(chunk)
        })?;
        fields
            .into_iter()
            .try_for_each(|(_, column)| of_fields.finish(column))?;
        if rows == 0 {
            columns.starts.write(Values::Int64(&[]))?;
            columns.ends.write(Values::Int64(&[]))?;
        }
        Ok(columns)
    }

    fn add(&mut self, chunk: &Intervals) -> Result<()> {
        self.starts.write(Values::Int64(chunk.starts()))?;
        self.ends.write(Values::Int64(chunk.ends()))?;
        self.threads.write(chunk.threads())?;
        let whole = |name| chunk.column(name).and_then(Numbers::whole);
        if let Some(spans) = whole(Intervals::SPAN) {
            let spans = spans.iter().map(|&span| u32::try_from(span).unwrap_or(0));
            self.spans.write(&spans.collect::<Vec<_>>())?;
        }
        for (name, column) in &mut self.others {
            if let Some(values) = whole(*name) {
                column.write(Values::Int64(values))?;
            }
        }
        self.total += chunk.total_ns();
        self.inclusive.add(chunk);
        if let Some(blocks) = &mut self.blocks {
            blocks.push(chunk);
        }
        let first = chunk.iter().next().map(Interval::key);
        self.is_sorted &= self.last <= first;
        self.last = chunk.iter().last().map(Interval::key);
        Ok(())
    }

    /// The number of intervals.
    pub(super) fn rows(&self) -> u64 {
        self.rows as u64
    }

    /// Whether they are in order of start.
    pub(super) fn is_sorted(&self) -> bool {
        self.is_sorted
    }

    /// What they add up to block by block, where there are many.
    pub(super) fn into_blocks(self) -> Option<GrowingBlocks> {
        self.blocks
    }

    /// The sum of the durations, and the inclusive time, ns.
    pub(super) fn sums(&self) -> (i64, i64) {
        (saturate(self.total), self.inclusive.ns())
    }

    /// The threads that there are numbers of.
    pub(super) fn threads(&self) -> impl Iterator<Item = u32> + '_ {
        self.inclusive.threads().filter(|&thread| thread != UNKNOWN)
    }
}

/// The number of selected intervals of a row: that of a window is counted.
fn rows(profile: &Selected<'_>, row: usize) -> Result<usize> {
    let mut rows = 0;
    if profile.window_of(profile.rank(row)).is_some() {
        profile.each_chunk(row, &mut Intervals::new(), |chunk| {
            rows += chunk.len();
            Ok(())
        })?;
    } else {
        rows = usize::try_from(profile.source().rows()[row].intervals).unwrap_or(usize::MAX);
    }
    Ok(rows)
}

/// A column, which is made when its first values come.
struct Column<'a> {
    group: &'a NewGroup,
    name: &'static str,
    /// All of them.
    rows: usize,
    made: Option<NewColumn>,
    next: usize,
}

impl Column<'_> {
    fn write(&mut self, values: Values) -> Result<()> {
        let range = self.next..self.next + values.len();
        self.next = range.end;
        if range.len() == self.rows {
            return self.group.column(self.name, values);
        }
        let made = match &mut self.made {
            Some(made) => made,
            none => none.insert(match values {
                Values::Int64(_) => self.group.new_int64s(self.name, self.rows)?,
                Values::Float64(_) => self.group.new_float64s(self.name, self.rows)?,
                Values::Uint32(_) => self.group.new_uint32s(self.name, self.rows)?,
            }),
        };
        made.write(values, range)
    }
}

/// A column that is left out where all of it is 0.
struct Sparse<'a> {
    column: Column<'a>,
    /// So many that were 0, and are not written yet.
    zeros: usize,
}

impl<'a> Sparse<'a> {
    fn new(column: Column<'a>) -> Self {
        Self { column, zeros: 0 }
    }

    fn write(&mut self, values: &[u32]) -> Result<()> {
        if self.column.next == 0 && values.iter().all(|&value| value == 0) {
            self.zeros += values.len();
            return Ok(());
        }
        let zeros = vec![0; self.zeros.min(CHUNK as usize)];
        while self.zeros > 0 {
            let now = self.zeros.min(zeros.len());
            self.column.write(Values::Uint32(&zeros[..now]))?;
            self.zeros -= now;
        }
        self.column.write(Values::Uint32(values))
    }
}
