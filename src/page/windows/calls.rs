//! The calls of a window, in memory.

use crate::analysis::windows::Pyramids;
use crate::error::Result;
use crate::profile::{
    Block, ClockAgreement, Field, Interval, Intervals, Number, Numbers, Row, RunFacts, Source, Window,
};
use std::collections::BTreeMap;
use std::ops::Range;

/// So many intervals are read at once.
const AT_ONCE: u64 = 1 << 16;

/// Of the rows of a source, the calls that overlap a window. What is stored beside the intervals, such as summaries, is
/// of the whole, and not passed on; nor are further columns but for numbers that are asked for.
pub(super) struct WindowCalls<'a> {
    source: &'a dyn Source,
    rows: Vec<Row>,
    intervals: Vec<Intervals>,
}

/// Which blocks may have calls of a window.
pub(super) struct Plan {
    /// By row: a window on the clock of its rank, and the ranges of intervals to read.
    rows: Vec<(usize, Range<i64>, Vec<Range<u64>>)>,
    /// About how many calls overlap the window.
    pub(super) about: f64,
    /// How many have to be read, but for those of the blocks at the edges.
    pub(super) inside: u64,
}

fn overlaps(window: &Range<i64>, start: i64, end: i64) -> bool {
    (end > window.start || start >= window.start) && start < window.end
}

impl Plan {
    /// For rows with their windows. Reads nothing.
    pub(super) fn new(pyramids: &Pyramids, windows: impl Iterator<Item = (usize, Range<i64>)>) -> Self {
        let mut plan = Self {
            rows: Vec::new(),
            about: 0.0,
            inside: 0,
        };
        for (row, window) in windows {
            let blocks = pyramids.all(row).and_then(|pyramid| pyramid.levels().first());
            let blocks = blocks.map_or(&[][..], Vec::as_slice);
            let end = blocks.partition_point(|block| block.first_start_ns < window.end);
            let mut ranges: Vec<Range<u64>> = Vec::new();
            for block in &blocks[..end] {
                if block.last_end_ns < window.start {
                    continue;
                }
                plan.count(block, &window);
                match ranges.last_mut().filter(|range| range.end == block.first_call) {
                    Some(range) => range.end = block.end_call,
                    None => ranges.push(block.first_call..block.end_call),
                }
            }
            if !ranges.is_empty() {
                plan.rows.push((row, window, ranges));
            }
        }
        plan
    }

    fn count(&mut self, block: &Block, window: &Range<i64>) {
        let (start, end) = (block.first_start_ns, block.last_end_ns);
        let seen = end.min(window.end).saturating_sub(start.max(window.start));
        let length = end.saturating_sub(start).max(1);
        self.about += block.calls as f64 * (seen.max(0) as f64 / length as f64).min(1.0);
        if start >= window.start && end <= window.end {
            self.inside += block.calls;
        }
    }
}

impl<'a> WindowCalls<'a> {
    /// Reads them, with their numbers in these fields.
    pub(super) fn read(source: &'a dyn Source, plan: &Plan, fields: &[usize]) -> Result<Self> {
        let mut intervals = vec![Intervals::new(); source.rows().len()];
        for (row, window, ranges) in &plan.rows {
            let of_row = fields
                .iter()
                .filter(|field| source.fields_of(*row).contains(field));
            let columns: Vec<&str> = of_row.map(|&field| source.fields()[field].column()).collect();
            let with = |intervals| columns.iter().copied().fold(intervals, Intervals::with_column);
            let (mut buffer, into) = (with(Intervals::new()), &mut intervals[*row]);
            *into = with(Intervals::new());
            let mut numbers: Vec<Vec<Option<Number>>> = vec![Vec::new(); columns.len()];
            for range in ranges {
                let mut from = range.start;
                while from < range.end {
                    let until = range.end.min(from + AT_ONCE);
                    source.read(*row, from..until, &mut buffer)?;
                    let calls = buffer.iter().enumerate();
                    let seen = calls.filter(|(_, call)| overlaps(window, call.start_ns, call.end_ns));
                    for (at, call) in seen {
                        into.push(call.start_ns, call.end_ns, call.thread);
                        for (of_field, column) in numbers.iter_mut().zip(&columns) {
                            of_field.push(buffer.column(column).and_then(|column| column.get(at)));
                        }
                    }
                    from = until;
                }
            }
            for (of_field, column) in numbers.into_iter().zip(&columns) {
                into.set_column(column, of_field.into_iter().collect::<Numbers>());
            }
        }
        let mut calls = Self {
            source,
            rows: source.rows().to_vec(),
            intervals,
        };
        calls.count();
        Ok(calls)
    }

    /// Leaves the calls of a narrower window.
    pub(super) fn narrow(&mut self, plan: &Plan) {
        for (row, window, _) in &plan.rows {
            let keep = |call: Interval| overlaps(window, call.start_ns, call.end_ns).then_some(call);
            self.intervals[*row].filter_map(keep);
        }
        self.count();
    }

    /// Cuts the calls at the edges of the window.
    pub(super) fn cut(&mut self, plan: &Plan) {
        for (row, window, _) in &plan.rows {
            let window = Window::new(window.start, window.end);
            self.intervals[*row].filter_map(|call| window.cut(call));
        }
        self.count();
    }

    fn count(&mut self) {
        for (row, intervals) in self.rows.iter_mut().zip(&self.intervals) {
            *row = Row::new(row.rank, row.name, intervals.len() as u64);
        }
    }

    /// How many calls there are.
    pub(super) fn len(&self) -> u64 {
        self.rows.iter().map(|row| row.intervals).sum()
    }
}

impl Source for WindowCalls<'_> {
    fn names(&self) -> &[String] {
        self.source.names()
    }

    fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        // They are in memory, so their number fits.
        into.copy_from(&self.intervals[row], range.start as usize..range.end as usize);
        Ok(())
    }

    fn fields(&self) -> &[Field] {
        self.source.fields()
    }

    fn fields_of(&self, row: usize) -> &[usize] {
        self.source.fields_of(row)
    }

    fn title(&self) -> String {
        self.source.title()
    }

    fn clocks(&self, ranks: &[u32]) -> ClockAgreement {
        self.source.clocks(ranks)
    }

    fn ranks(&self) -> Vec<u32> {
        self.source.ranks()
    }

    fn run(&self) -> RunFacts {
        self.source.run()
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.source.thread_names(rank)
    }
}
