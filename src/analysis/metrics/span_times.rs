//! How long spans were busy that carry a number.

use super::FieldStatistics;
use crate::analysis::lifetimes::{Ends, Life, OnSpan, RowSpans};
use crate::error::Result;
use crate::profile::{Intervals, Source};
use rustc_hash::FxHashMap;

/// Of a row whose spans were entered several times. A number is of the whole span, whichever of its polls carries it,
/// so the time beside it is that of all of them.
pub(super) struct SpanTimes {
    spans: RowSpans,
    /// The fields of which a span has a number, a bit for each; those of spans that are over are gone.
    numbered: FxHashMap<u32, u64>,
}

/// More fields have the times of their intervals.
const FIELDS: usize = u64::BITS as usize;

impl SpanTimes {
    /// None where no span of the row was entered more than once.
    ///
    /// # Errors
    ///
    /// When the intervals of a row of very many spans cannot be read.
    pub(super) fn of_row(source: &dyn Source, row: usize) -> Result<Option<Self>> {
        // When a span was created and closed makes no difference to how long it was busy.
        let ends = Ends::default();
        if !RowSpans::are_of_interest(source, row, &ends) {
            return Ok(None);
        }
        Ok(Some(Self {
            spans: RowSpans::of_all(source, row, &ends)?,
            numbered: FxHashMap::default(),
        }))
    }

    /// A call of this span, 0 for none, has a number of the field at `place`. False where the call's own time counts.
    pub(super) fn take(&mut self, span: i64, place: usize) -> bool {
        let Some(span) = u32::try_from(span)
            .ok()
            .filter(|&span| span != 0 && place < FIELDS)
        else {
            return false;
        };
        *self.numbered.entry(span).or_default() |= 1 << place;
        true
    }

    /// Takes the intervals of which the numbers came.
    pub(super) fn chunk(&mut self, chunk: &Intervals, fields: &mut [FieldStatistics]) {
        let Self { spans, numbered } = self;
        spans.chunk(chunk, &mut Ended { numbered, fields });
    }

    /// No more intervals are to come.
    pub(super) fn end(mut self, fields: &mut [FieldStatistics]) {
        let numbered = &mut self.numbered;
        self.spans.end(&mut Ended { numbered, fields });
    }
}

struct Ended<'a> {
    numbered: &'a mut FxHashMap<u32, u64>,
    fields: &'a mut [FieldStatistics],
}

impl OnSpan for Ended<'_> {
    fn end(&mut self, life: Life) {
        let places = self.numbered.remove(&life.span).unwrap_or(0);
        for (place, field) in self.fields.iter_mut().enumerate().take(FIELDS) {
            if (places >> place) & 1 == 1 {
                field.add_time(life.busy_ns);
            }
        }
    }
}
