//! The spans of one row.

use super::lasts::Lasts;
use super::life::{Alive, Life};
use crate::error::Result;
use crate::profile::{Intervals, Numbers, Row, Source};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// Of a row with more spans it is looked up first where each of them ends, so that none has to be kept for longer.
const MANY_SPANS: u64 = if cfg!(test) { 20 } else { 1 << 18 };

/// The spans of one row while its intervals stream past, in order of start.
pub(crate) struct RowSpans {
    alive: FxHashMap<u32, Alive>,
    lasts: Option<Lasts>,
    /// The number of intervals that have come.
    at: u64,
    rank: u32,
}

/// Told of what happens to spans.
pub(crate) trait OnSpan {
    /// A poll was so long, ns.
    fn poll(&mut self, _ns: i64) {}

    /// No more entries of a span are to come.
    fn end(&mut self, life: Life);
}

impl RowSpans {
    /// Whether spans of a row can have been entered several times.
    pub(crate) fn may_be_entered_again(source: &dyn Source, row: &Row) -> bool {
        let once_each = row.spans == Some(row.intervals);
        source.columns().contains(&Intervals::SPAN) && row.intervals > 0 && !once_each
    }

    /// For a row of which all intervals will come.
    pub(crate) fn of_all(source: &dyn Source, index: usize) -> Result<Self> {
        let row = &source.rows()[index];
        let many = row.spans.unwrap_or(row.intervals).min(row.intervals) > MANY_SPANS;
        Ok(Self {
            lasts: many.then(|| Lasts::find(source, index)).transpose()?,
            ..Self::of_some(row.rank)
        })
    }

    /// For a row of this rank of which some intervals will come.
    pub(crate) fn of_some(rank: u32) -> Self {
        Self {
            alive: FxHashMap::default(),
            lasts: None,
            at: 0,
            rank,
        }
    }

    /// Takes the next intervals, with their column [`Intervals::SPAN`].
    pub(crate) fn chunk(&mut self, chunk: &Intervals, on: &mut impl OnSpan) {
        let spans = chunk.column(Intervals::SPAN).and_then(Numbers::whole);
        for (entry, &span) in chunk.iter().zip(spans.unwrap_or_default()) {
            let at = self.at;
            self.at += 1;
            let Some(span) = u32::try_from(span).ok().filter(|&span| span != 0) else {
                continue;
            };
            match self.alive.entry(span) {
                Entry::Occupied(mut alive) => {
                    if let Some(ns) = alive.get_mut().enter(entry) {
                        on.poll(ns);
                    }
                }
                Entry::Vacant(place) => drop(place.insert(Alive::new(entry))),
            }
            if self.lasts.as_ref().is_some_and(|lasts| lasts.has(at)) {
                if let Some(alive) = self.alive.remove(&span) {
                    end(self.rank, span, &alive, on);
                }
            }
        }
    }

    /// No more intervals are to come.
    pub(crate) fn end(self, on: &mut impl OnSpan) {
        // In order of their numbers, so that sums of floating-point numbers do not depend on a hash.
        let mut alive: Vec<_> = self.alive.into_iter().collect();
        alive.sort_unstable_by_key(|(span, _)| *span);
        for (span, alive) in &alive {
            end(self.rank, *span, alive, on);
        }
    }
}

fn end(rank: u32, span: u32, alive: &Alive, on: &mut impl OnSpan) {
    let (life, last_poll) = alive.finish(rank, span);
    if let Some(ns) = last_poll {
        on.poll(ns);
    }
    on.end(life);
}
