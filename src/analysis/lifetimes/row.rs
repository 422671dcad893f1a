//! The spans of one row.

use super::ends::Ends;
use super::lasts::Lasts;
use super::life::{Alive, Life};
use crate::error::Result;
use crate::profile::{Interval, Intervals, Numbers, Source};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;

/// Of a row with more spans it is looked up first where each of them ends, so that none has to be kept for longer.
const MANY_SPANS: u64 = if cfg!(test) { 20 } else { 1 << 18 };

/// The spans of one row while its intervals stream past, in order of start.
pub(crate) struct RowSpans {
    rank: u32,
    alive: FxHashMap<u32, Alive>,
    ends: Ends,
    lasts: Option<Lasts>,
    /// The number of intervals that have come.
    at: u64,
    /// Entries that had not been left when recording ended, the last one first, and their spans.
    open: Vec<(u32, Interval)>,
    open_spans: FxHashSet<u32>,
}

/// Told of what happens to spans.
pub(crate) trait OnSpan {
    /// A poll was so long, ns.
    fn poll(&mut self, _ns: i64) {}

    /// No more entries of a span are to come.
    fn end(&mut self, life: Life);
}

impl RowSpans {
    /// Whether spans of a row can have been entered several times, or been there while they were not entered, or were
    /// still entered at the end. `ends` are those of its rank.
    pub(crate) fn are_of_interest(source: &dyn Source, index: usize, ends: &Ends) -> bool {
        let row = &source.rows()[index];
        let once_each = row.spans == Some(row.intervals);
        let has_spans = source.columns().contains(&Intervals::SPAN) && row.intervals > 0;
        has_spans && !(once_each && ends.is_empty()) || !source.open_spans(index).is_empty()
    }

    /// For a row of which all intervals will come.
    pub(crate) fn of_all(source: &dyn Source, index: usize, ends: &Ends) -> Result<Self> {
        let row = &source.rows()[index];
        let many = row.spans.unwrap_or(row.intervals).min(row.intervals) > MANY_SPANS;
        Ok(Self {
            lasts: many.then(|| Lasts::find(source, index)).transpose()?,
            ..Self::of_some(source, index, ends, Some)
        })
    }

    /// For a row of which those intervals will come that `cut` gives a part of.
    pub(crate) fn of_some(
        source: &dyn Source,
        index: usize,
        ends: &Ends,
        cut: impl Fn(Interval) -> Option<Interval>,
    ) -> Self {
        let rank = source.rows()[index].rank;
        let open = source.open_spans(index);
        let ranks = if open.is_empty() {
            None
        } else {
            Some(source.run().ranks)
        };
        let session = ranks.and_then(|ranks| ranks.get(&rank)?.span_ns);
        let mut open: Vec<(u32, Interval)> = open
            .into_iter()
            .filter_map(|open| {
                let entry = Interval {
                    start_ns: open.start_ns,
                    end_ns: session.map_or(open.start_ns, |session| session.1.max(open.start_ns)),
                    thread: open.thread,
                };
                Some((open.span, cut(entry)?))
            })
            .collect();
        open.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.start_ns));
        Self {
            rank,
            alive: FxHashMap::default(),
            ends: ends.clone(),
            lasts: None,
            at: 0,
            open_spans: open.iter().map(|(span, _)| *span).collect(),
            open,
        }
    }

    /// Takes the next intervals, with their column [`Intervals::SPAN`].
    pub(crate) fn chunk(&mut self, chunk: &Intervals, on: &mut impl OnSpan) {
        let spans = chunk.column(Intervals::SPAN).and_then(Numbers::whole);
        for (entry, &span) in chunk.iter().zip(spans.unwrap_or_default()) {
            let at = self.at;
            self.at += 1;
            self.enter_open(entry.start_ns, on);
            let Some(span) = u32::try_from(span).ok().filter(|&span| span != 0) else {
                continue;
            };
            self.enter(span, entry, on);
            let is_last = self.lasts.as_ref().is_some_and(|lasts| lasts.has(at));
            if is_last && !self.open_spans.contains(&span) {
                if let Some(alive) = self.alive.remove(&span) {
                    end(self.rank, span, &alive, &self.ends, on);
                }
            }
        }
    }

    fn enter(&mut self, span: u32, entry: Interval, on: &mut impl OnSpan) -> &mut Alive {
        match self.alive.entry(span) {
            Entry::Occupied(alive) => {
                let alive = alive.into_mut();
                if let Some(ns) = alive.enter(entry) {
                    on.poll(ns);
                }
                alive
            }
            Entry::Vacant(place) => place.insert(Alive::new(entry)),
        }
    }

    /// Takes the open entries that began no later than that.
    fn enter_open(&mut self, until: i64, on: &mut impl OnSpan) {
        while let Some(&(span, entry)) = self.open.last().filter(|(_, entry)| entry.start_ns <= until) {
            self.open.pop();
            self.enter(span, entry, on).set_open();
        }
    }

    /// No more intervals are to come.
    pub(crate) fn end(mut self, on: &mut impl OnSpan) {
        self.enter_open(i64::MAX, on);
        // In order of their numbers, so that sums of floating-point numbers do not depend on a hash.
        let mut alive: Vec<_> = self.alive.into_iter().collect();
        alive.sort_unstable_by_key(|(span, _)| *span);
        for (span, alive) in &alive {
            end(self.rank, *span, alive, &self.ends, on);
        }
    }
}

fn end(rank: u32, span: u32, alive: &Alive, ends: &Ends, on: &mut impl OnSpan) {
    let (life, last_poll) = alive.finish(rank, span, ends.get(span));
    if let Some(ns) = last_poll {
        on.poll(ns);
    }
    on.end(life);
}
