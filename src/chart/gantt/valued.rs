//! The values that the bars of a Gantt chart are coloured by.

use super::Bar;
use super::plan::ByLane;
use super::row::cut;
use super::value_lane::ValueLane;
use crate::analysis::lane::offset;
use crate::analysis::metrics::field_of_rows;
use crate::chart::subject::Subject;
use crate::chart::value_mean::Mean;
use crate::error::Result;
use crate::profile::{Field, Intervals, Source, Window};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// The lanes of a row: that of all threads, and one for each of several.
#[derive(Debug)]
struct RowValues {
    all: ValueLane,
    first_thread: Option<u32>,
    threads: BTreeMap<u32, ValueLane>,
}

impl RowValues {
    fn push(&mut self, thread: u32, (start, end): (i64, i64), value: Option<f64>) {
        let first = *self.first_thread.get_or_insert(thread);
        if first != thread && self.threads.is_empty() {
            self.threads.insert(first, self.all.clone());
        }
        self.all.push(start, end, [value].into_iter());
        if !self.threads.is_empty() {
            let new = || ValueLane::like(&self.all);
            let lane = self.threads.entry(thread).or_insert_with(new);
            lane.push(start, end, [value].into_iter());
        }
    }
}

/// The values of lanes that several rows share, in columns.
#[derive(Debug, Default)]
struct Grid {
    level: u32,
    cells: BTreeMap<i64, Mean>,
}

impl Grid {
    fn add(&mut self, lane: &mut ValueLane, level: u32) {
        self.coarsen_to(level.max(lane.level()));
        let level = self.level;
        lane.finish(level);
        for (bar, value) in lane.values(0) {
            let (first, last) = (bar.start >> level, bar.end >> level);
            let value = value.shared_by((last - first + 1) as f64);
            for column in first..=last {
                self.cells.entry(column).or_default().add(value);
            }
        }
    }

    fn coarsen_to(&mut self, level: u32) {
        if level <= self.level {
            return;
        }
        let by = level - self.level;
        self.level = level;
        for (column, value) in std::mem::take(&mut self.cells) {
            self.cells.entry(column >> by).or_default().add(value);
        }
    }

    fn of(&self, (start, end): (i64, i64)) -> Option<f64> {
        let (first, last) = (
            start >> self.level,
            end.saturating_sub(1).max(start) >> self.level,
        );
        let mut mean = Mean::default();
        self.cells
            .range(first..=last)
            .for_each(|(_, &value)| mean.add(value));
        mean.get()
    }
}

/// The values of a field beside all lanes of a Gantt chart.
pub(super) struct GrowingValues {
    field: Field,
    /// Those that have the field.
    rows: BTreeSet<usize>,
    window: Option<Window>,
    open: FxHashMap<usize, RowValues>,
    own: ByLane<RowValues>,
    shared: ByLane<Grid>,
}

impl GrowingValues {
    /// # Errors
    ///
    /// When there is no such field, or none of the rows has it.
    pub(super) fn new(subject: &Subject<'_>, name: &str, window: Option<Window>) -> Result<Self> {
        let source: &dyn Source = subject.source();
        let (field, rows) = field_of_rows(source, subject.rows(), name)?;
        Ok(Self {
            field: source.fields()[field].clone(),
            rows,
            window,
            open: FxHashMap::default(),
            own: ByLane::new(),
            shared: ByLane::new(),
        })
    }

    pub(super) fn field(&self) -> &Field {
        &self.field
    }

    pub(super) fn takes(&self, row: usize) -> bool {
        self.rows.contains(&row)
    }

    /// Takes the next intervals of a row, with `shift` taken from their times. The lanes have at least so many columns,
    /// and at first columns of 2^level ns.
    pub(super) fn chunk(&mut self, row: usize, chunk: &Intervals, shift: i64, (columns, level): (u64, u32)) {
        let Some(numbers) = chunk.column(self.field.column()).filter(|_| self.takes(row)) else {
            return;
        };
        let window = self.window;
        let of_row = self.open.entry(row).or_insert_with(|| RowValues {
            all: ValueLane::new(1, columns, level),
            first_thread: None,
            threads: BTreeMap::new(),
        });
        for (call, number) in chunk.iter().zip(numbers.iter()) {
            let start = call.start_ns.saturating_sub(shift);
            let end = call.end_ns.max(call.start_ns).saturating_sub(shift);
            if let Some(part) = cut(window, start, end) {
                of_row.push(call.thread, part, number.map(crate::profile::Number::as_f64));
            }
        }
    }

    /// A row is read to its end, whose lane is that; it may share it with others.
    pub(super) fn end_row(&mut self, row: usize, lane: (Option<usize>, usize), shares: bool, level: u32) {
        let Some(mut of_row) = self.open.remove(&row) else {
            return;
        };
        if shares {
            self.shared.entry(lane).or_default().add(&mut of_row.all, level);
        } else {
            self.own.insert(lane, of_row);
        }
    }

    /// Gives the bars of a lane of one row their values: of all its threads, or of one. They begin after an origin.
    pub(super) fn color(
        &mut self,
        lane: (Option<usize>, usize),
        thread: Option<u32>,
        level: u32,
        (bars, origin): (&mut [Bar], i64),
    ) {
        let Some(of_row) = self.own.get_mut(&lane) else {
            return;
        };
        let values = match thread {
            Some(thread) => of_row.threads.get_mut(&thread),
            None => Some(&mut of_row.all),
        };
        let Some(values) = values else { return };
        values.finish(level);
        let mut pieces = values.values(0).peekable();
        for place in 0..bars.len() {
            let next = bars.get(place + 1).map_or(i64::MAX, |next| next.start_ns);
            let mut mean = pieces.next().map_or_else(Mean::default, |(_, value)| value);
            while let Some((_, value)) = pieces.next_if(|(piece, _)| offset(origin, piece.start) < next) {
                mean.add(value);
            }
            bars[place].value = mean.get();
        }
    }

    /// Gives the bars of a lane that several rows share their values.
    pub(super) fn color_shared(
        &mut self,
        lane: (Option<usize>, usize),
        level: u32,
        (bars, origin): (&mut [Bar], i64),
    ) {
        let Some(grid) = self.shared.get_mut(&lane) else {
            return;
        };
        grid.coarsen_to(level);
        for bar in bars {
            let on_clock = |ns: i64| ns.saturating_add(origin);
            bar.value = grid.of((on_clock(bar.start_ns), on_clock(bar.end_ns)));
        }
    }
}
