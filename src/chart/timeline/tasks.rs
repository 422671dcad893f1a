//! A lane for each span that was entered several times, as those of futures are for each poll: how long it lived, and
//! when it was entered.

use super::growing::{RawLane, Run};
use super::strip::Strip;
use super::{LaneOf, Timeline};
use crate::analysis::lifetimes::{Ends, Life, OnSpan, RowSpans};
use crate::analysis::pass::Observer;
use crate::chart::subject::{Facts, Subject};
use crate::error::{Error, Result};
use crate::profile::{Interval, Intervals, Number, Numbers, Window, each_chunk};
use crate::units;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// So many lanes can be seen: those of the spans that lived longest.
const MOST: usize = 160;
/// The time axis has at least so many columns.
const COLUMNS: u64 = 2048;

pub(super) struct GrowingTasks<'a> {
    run: Run<'a>,
    rows: BTreeMap<usize, RowSpans>,
    longest: Longest,
}

/// The longest lives so far.
#[derive(Default)]
struct Longest {
    /// The row whose lives come, and what to take from its times.
    row: usize,
    shift: i64,
    window: Option<Window>,
    count: u64,
    /// The shortest of them is on top.
    lives: BinaryHeap<Reverse<Lived>>,
}

/// Lives in the order of their length; of equal ones the one that began first is longer.
#[derive(PartialEq, Eq)]
struct Lived {
    row: usize,
    life: Life,
}

impl Lived {
    fn order(&self) -> impl Ord {
        let Life {
            rank, span, start_ns, ..
        } = self.life;
        (self.life.elapsed_ns(), Reverse((start_ns, rank, span)))
    }
}

impl Ord for Lived {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Lived {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Longest {
    /// What is drawn of a life.
    fn cut(&self, life: &Life) -> Option<Interval> {
        let [start_ns, end_ns] = [life.start_ns, life.end_ns].map(|time| time.saturating_sub(self.shift));
        let life = Interval {
            start_ns,
            end_ns,
            thread: life.first_thread,
        };
        self.window.map_or(Some(life), |window| window.cut(life))
    }
}

impl OnSpan for Longest {
    fn end(&mut self, life: Life) {
        if self.cut(&life).is_none() {
            return;
        }
        self.count += 1;
        let row = self.row;
        self.lives.push(Reverse(Lived { row, life }));
        if self.lives.len() > MOST {
            self.lives.pop();
        }
    }
}

impl<'a> GrowingTasks<'a> {
    pub(super) fn new(run: Run<'a>, subject: &Subject<'a>) -> Result<Self> {
        let mut rows = BTreeMap::new();
        let (mut rank, mut ends) = (None, Ends::default());
        for &row in subject.rows() {
            let of_row = run.source.rows()[row].rank;
            if rank != Some(of_row) {
                (rank, ends) = (Some(of_row), Ends::of_rank(run.source, of_row, Some)?);
            }
            if RowSpans::are_of_interest(run.source, row, &ends) {
                rows.insert(row, RowSpans::of_all(run.source, row, &ends)?);
            }
        }
        if rows.is_empty() {
            return Err(Error::not_found(
                "there are no tasks to draw: no span of the chosen regions was entered more than once, as those of \
                 instrumented futures are",
            ));
        }
        let longest = Longest {
            window: run.window,
            ..Longest::default()
        };
        Ok(Self { run, rows, longest })
    }

    /// Reads once more when each of the lives was entered, and gives the value that each ends with, where colours are
    /// by value.
    fn polls(&self, lived: &[Lived], level: u32) -> Result<Vec<(Strip, Option<f64>)>> {
        let window = self.run.window;
        let new = |_| (Strip::new(COLUMNS, level), None);
        let mut strips: Vec<(Strip, Option<f64>)> = lived.iter().map(new).collect();
        let mut by_row: BTreeMap<usize, FxHashMap<u32, Polled>> = BTreeMap::new();
        for (place, Lived { row, life }) in lived.iter().enumerate() {
            let of_row = by_row.entry(*row).or_default();
            of_row.insert(life.span, Polled::new(place, life));
        }
        for (row, mut spans) in by_row {
            for open in self.run.source.open_spans(row) {
                if let Some(polled) = spans.get_mut(&open.span) {
                    polled.open_from = polled.open_from.min(open.start_ns);
                }
            }
            let region = u32::try_from(self.run.source.rows()[row].name).unwrap_or(u32::MAX);
            let shift = self.run.shift(self.run.source.rows()[row].rank);
            let column = self.run.colored_by.as_ref().and_then(|by| by.column(row));
            let mut push = |polled: &Polled, (start, end): (i64, i64)| {
                let [start_ns, end_ns] = [start, end].map(|time| time.saturating_sub(shift));
                let poll = Interval {
                    start_ns,
                    end_ns,
                    thread: 0,
                };
                let poll = window.map_or(Some(poll), |window| window.cut(poll));
                if let Some(poll) = poll {
                    let strip = &mut strips[polled.place].0;
                    strip.push(region, (poll.start_ns, poll.end_ns), 1, polled.value);
                }
            };
            let mut buffer = Intervals::new().with_column(Intervals::SPAN);
            if let Some(column) = column {
                buffer = buffer.with_column(column);
            }
            each_chunk(self.run.source, row, &mut buffer, |chunk| {
                let numbers = chunk.column(Intervals::SPAN).and_then(Numbers::whole);
                let values = column.and_then(|column| chunk.column(column));
                for (at, (entry, &span)) in chunk.iter().zip(numbers.unwrap_or_default()).enumerate() {
                    let polled = u32::try_from(span).ok().and_then(|span| spans.get_mut(&span));
                    if let Some(polled) = polled {
                        let value = values.and_then(|values| values.get(at));
                        // It holds until there is another one.
                        polled.value = value.map(Number::as_f64).or(polled.value);
                        if let Some(poll) = polled.enter(entry.start_ns, entry.end_ns) {
                            push(polled, poll);
                        }
                    }
                }
                Ok(())
            })?;
            for polled in spans.values() {
                if let Some(poll) = polled.open() {
                    push(polled, poll);
                }
            }
            for polled in spans.values() {
                strips[polled.place].1 = polled.value.filter(|value| value.is_finite());
            }
        }
        Ok(strips)
    }
}

/// A life while its entries stream past.
struct Polled {
    place: usize,
    /// Up to when it was entered so far.
    until: i64,
    end: i64,
    /// From when on it was entered until recording ended.
    open_from: i64,
    /// The latest number that it was coloured by.
    value: Option<f64>,
}

impl Polled {
    fn new(place: usize, life: &Life) -> Self {
        Self {
            place,
            until: life.start_ns,
            end: life.end_ns,
            open_from: i64::MAX,
            value: None,
        }
    }

    /// What is new of an entry.
    fn enter(&mut self, start: i64, end: i64) -> Option<(i64, i64)> {
        let start = start.max(self.until);
        let end = end.min(self.open_from);
        self.until = self.until.max(end);
        (start <= end).then_some((start, end))
    }

    /// The entry that was open in the end.
    fn open(&self) -> Option<(i64, i64)> {
        let start = self.open_from.max(self.until);
        (self.open_from < i64::MAX && start < self.end).then_some((start, self.end))
    }
}

impl Observer for GrowingTasks<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.run.drawn[row]
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        if self.rows.contains_key(&row) {
            vec![Intervals::SPAN]
        } else {
            Vec::new()
        }
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let rank = self.run.source.rows()[row].rank;
        let shift = self.run.shift(rank);
        if let Some((first, last)) = chunk.span_in_order() {
            let span = (first.saturating_sub(shift), last.saturating_sub(shift));
            self.run.see_span(rank, shift, span);
        }
        for same in chunk.threads().chunk_by(|one, next| one == next) {
            self.run.see_thread(rank, same[0]);
        }
        if self.run.window.is_some() {
            chunk.iter().for_each(|call| {
                let [start_ns, end_ns] = [call.start_ns, call.end_ns].map(|time| time.saturating_sub(shift));
                self.run.cut(Interval {
                    start_ns,
                    end_ns,
                    ..call
                });
            });
        }
        if let Some(spans) = self.rows.get_mut(&row) {
            (self.longest.row, self.longest.shift) = (row, shift);
            spans.chunk(chunk, &mut self.longest);
        }
        Ok(())
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        if let Some(spans) = self.rows.remove(&row) {
            let shift = self.run.shift(self.run.source.rows()[row].rank);
            (self.longest.row, self.longest.shift) = (row, shift);
            spans.end(&mut self.longest);
        }
        Ok(())
    }
}

impl GrowingTasks<'_> {
    pub(super) fn finish(mut self, facts: &Facts) -> Result<Timeline> {
        let lives = std::mem::take(&mut self.longest.lives).into_iter();
        let mut lived: Vec<Lived> = lives.map(|Reverse(lived)| lived).collect();
        let start = |life: &Life| life.start_ns.saturating_sub(self.run.shift(life.rank));
        lived.sort_by_key(|Lived { life, .. }| (start(life), life.rank, life.span));
        for Lived { life, .. } in lived.iter().filter(|lived| lived.life.is_open) {
            let shift = self.run.shift(life.rank);
            let span = [life.start_ns, life.end_ns].map(|time| time.saturating_sub(shift));
            self.run.see_span(life.rank, shift, (span[0], span[1]));
        }
        let level = self.run.level(COLUMNS);
        let polls = self.polls(&lived, level)?;
        let mut timeline = self.run.outline();
        if self.longest.count > MOST as u64 {
            let all = units::count(self.longest.count);
            let note = format!("the {MOST} tasks of {all} that lived longest");
            timeline.header.not_drawn.push(note);
        }
        let lanes = lived
            .into_iter()
            .zip(polls)
            .map(|(Lived { row, life }, (strip, value))| {
                let source = self.run.source;
                self.longest.shift = self.run.shift(life.rank);
                RawLane {
                    of: LaneOf::Task(
                        life.rank,
                        life.span,
                        source.names()[source.rows()[row].name].clone(),
                    ),
                    rows: vec![strip.finish(level)],
                    life: self.longest.cut(&life).map(|life| (life.start_ns, life.end_ns)),
                    value,
                }
            });
        let lanes = lanes.collect();
        self.run.finish(timeline, lanes, facts)
    }
}
