//! The lives of the spans of a rank, beside its calls.

use crate::analysis::lifetimes::{Ends, Life, OnSpan, RowSpans};
use crate::error::Result;
use crate::profile::Window;
use crate::profile::{Intervals, Source};
use std::collections::BTreeMap;

/// The spans of some rows that may have been entered several times.
#[derive(Default)]
pub(super) struct Lives {
    /// By row, with the place of the row among the rows of its rank.
    rows: BTreeMap<usize, (usize, RowSpans)>,
    part: Intervals,
    /// Those that are over and were not taken yet.
    over: Vec<(usize, Life)>,
}

impl Lives {
    /// Of rows of one rank, of which all intervals come, or those in a window.
    pub(super) fn of(source: &dyn Source, rows: &[usize], window: Option<Window>) -> Result<Self> {
        let mut lives = Self {
            part: Intervals::new().with_column(Intervals::SPAN),
            ..Self::default()
        };
        let cut = |interval| match window {
            Some(window) => window.cut(interval),
            None => Some(interval),
        };
        let Some(&first) = rows.first() else {
            return Ok(lives);
        };
        let ends = Ends::of_rank(source, source.rows()[first].rank, cut)?;
        for (place, &row) in rows.iter().enumerate() {
            if RowSpans::are_of_interest(source, row, &ends) {
                let spans = match window {
                    Some(_) => RowSpans::of_some(source, row, &ends, cut),
                    None => RowSpans::of_all(source, row, &ends)?,
                };
                lives.rows.insert(row, (place, spans));
            }
        }
        Ok(lives)
    }

    /// The optional columns that are needed of a row.
    pub(super) fn columns(&self, row: usize) -> Vec<&'static str> {
        let needs = self.rows.contains_key(&row);
        needs.then_some(Intervals::SPAN).into_iter().collect()
    }

    /// Takes the next intervals of a row; of those in a window what is in it.
    pub(super) fn chunk(&mut self, row: usize, chunk: &Intervals, window: Option<Window>) {
        let Some((place, spans)) = self.rows.get_mut(&row) else {
            return;
        };
        let mut over = Over(*place, &mut self.over);
        if let Some(window) = window {
            self.part.copy_from(chunk, 0..chunk.len());
            self.part.filter_map(|interval| window.cut(interval));
            spans.chunk(&self.part, &mut over);
        } else {
            spans.chunk(chunk, &mut over);
        }
    }

    /// No more intervals are to come.
    pub(super) fn end(&mut self) {
        for (place, spans) in std::mem::take(&mut self.rows).into_values() {
            spans.end(&mut Over(place, &mut self.over));
        }
    }

    /// Those that are over, with the places of their rows.
    pub(super) fn take(&mut self) -> std::vec::Drain<'_, (usize, Life)> {
        self.over.drain(..)
    }
}

/// Takes the lives of a row.
struct Over<'a>(usize, &'a mut Vec<(usize, Life)>);

impl OnSpan for Over<'_> {
    fn end(&mut self, life: Life) {
        // What was polled once on one thread, at once, and left, is whole as a call.
        if life.polls > 1 || life.threads > 1 || life.is_open || life.is_longer() {
            self.1.push((self.0, life));
        }
    }
}
