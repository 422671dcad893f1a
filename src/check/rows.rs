//! The intervals of one region on one rank, read through in slices.

use super::blocks;
use crate::analysis::inclusive;
use crate::analysis::span_set::SpanSet;
use crate::analysis::windows::GrowingBlocks;
use crate::error::Result;
use crate::profile::threads::UNKNOWN;
use crate::profile::{CHUNK, Interval, Intervals, Numbers, Row, RowBlocks, saturate};
use crate::store::schema::{Decoder, Issues};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What is wrong with some rows of a region: the first of them, and how many there are.
#[derive(Debug, Default)]
struct Wrong {
    first: Option<String>,
    rows: u64,
}

impl Wrong {
    fn add(&mut self, message: impl FnOnce() -> String) {
        self.first.get_or_insert_with(message);
        self.rows += 1;
    }

    fn report(self, path: &str, issues: &mut Issues) {
        if let Some(first) = self.first {
            let more = match self.rows - 1 {
                0 => String::new(),
                1 => ", and 1 more row like it".into(),
                more => format!(", and {more} more rows like it"),
            };
            issues.find(format!("{path}: {first}{more}"));
        }
    }
}

/// What the rows of one region have told so far.
struct Rows<'a> {
    sorted: bool,
    threads: Option<&'a BTreeMap<u32, String>>,
    last: Option<(i64, Reverse<i64>)>,
    total: i128,
    inclusive: inclusive::Sum,
    disorder: Wrong,
    negative: Wrong,
    unknown_thread: Wrong,
    no_span: Wrong,
    spans: SpanSet,
    /// Where the file has blocks.
    blocks: Option<GrowingBlocks>,
}

/// Checks every row of a region, and the blocks that the file states of it. Gives the numbers of its spans.
///
/// # Errors
///
/// When they cannot be read.
pub(super) fn check(
    file: &dyn Decoder,
    index: usize,
    row: &Row,
    stated: Option<&RowBlocks>,
    issues: &mut Issues,
) -> Result<SpanSet> {
    let path = file.place(index);
    let catalog = file.catalog();
    let mut rows = Rows {
        sorted: catalog.promises_order(row.rank),
        threads: catalog.threads(row.rank),
        last: None,
        total: 0,
        inclusive: inclusive::Sum::default(),
        disorder: Wrong::default(),
        negative: Wrong::default(),
        unknown_thread: Wrong::default(),
        no_span: Wrong::default(),
        spans: SpanSet::default(),
        blocks: stated.map(|_| GrowingBlocks::new().with_bars(row.intervals)),
    };
    // The numbers of fields are read so that it shows where they cannot be.
    let fields = catalog.sites[index].fields.iter();
    let columns = fields.map(|&field| catalog.fields[field].column());
    let mut slice = columns.fold(
        Intervals::new().with_column(Intervals::SPAN),
        Intervals::with_column,
    );
    for from in (0..row.intervals).step_by(CHUNK as usize) {
        file.read(index, from..row.intervals.min(from + CHUNK), &mut slice)?;
        rows.look_at(from, &slice);
    }
    let total = saturate(rows.total);
    // It is worked out from rows that are in order.
    let in_order = rows.sorted && rows.disorder.rows == 0 && rows.negative.rows == 0;
    rows.disorder.report(&path, issues);
    rows.negative.report(&path, issues);
    rows.unknown_thread.report(&path, issues);
    rows.no_span.report(&path, issues);
    if let Some(stated) = row.total_ns.filter(|&stated| stated != total) {
        issues.find(format!(
            "{path}: states a total of {stated} ns, its calls add up to {total} ns"
        ));
    } else if let Some(stated) = catalog.inclusive_ns(index).filter(|_| in_order) {
        let open = rows.inclusive.ns();
        if stated != open {
            issues.find(format!(
                "{path}: states an inclusive time of {stated} ns, its calls were open for {open} ns"
            ));
        }
    }
    let blocks = rows.blocks.filter(|_| in_order).map(GrowingBlocks::finish);
    if let (Some(stated), Some(found)) = (stated, blocks) {
        if let Some(wrong) = blocks::difference(stated, &found) {
            issues.find(format!("{path}: {wrong}; --exact reads the intervals"));
        }
    }
    Ok(rows.spans)
}

impl Rows<'_> {
    fn look_at(&mut self, offset: u64, slice: &Intervals) {
        self.inclusive.add(slice);
        if let Some(blocks) = &mut self.blocks {
            blocks.push(slice);
        }
        let spans = slice.column(Intervals::SPAN).and_then(Numbers::whole);
        for (row, &span) in (offset..).zip(spans.unwrap_or_default()) {
            match u32::try_from(span) {
                Ok(span) => drop(self.spans.insert(span)),
                Err(_) => self
                    .no_span
                    .add(|| format!("row {row} is of span {span}, which is no number of a span")),
            }
        }
        for (row, interval) in (offset..).zip(slice.iter()) {
            let key = interval.key();
            let Interval {
                start_ns: start,
                end_ns: end,
                thread,
            } = interval;
            if self.sorted && self.last.is_some_and(|last| last > key) {
                self.disorder.add(|| {
                    format!(
                        "row {row} starts at {start} ns, out of order although rows are said to be sorted"
                    )
                });
            }
            self.last = Some(key);
            if end < start {
                self.negative
                    .add(|| format!("row {row} ends at {end} ns, before it starts at {start} ns"));
            }
            self.total += i128::from(end) - i128::from(start);
            let is_known =
                |threads: &BTreeMap<u32, String>| threads.contains_key(&thread) || thread == UNKNOWN;
            if self.threads.is_some_and(|threads| !is_known(threads)) {
                self.unknown_thread
                    .add(|| format!("row {row} ran on thread {thread}, which the rank's list does not have"));
            }
        }
    }
}
