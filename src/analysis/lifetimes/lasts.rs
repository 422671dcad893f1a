//! Which intervals of a row are the last of their spans.

use crate::analysis::span_set::SpanSet;
use crate::error::Result;
use crate::profile::{CHUNK, Intervals, Numbers, Source};

/// A bit for each interval of a row.
#[derive(Debug)]
pub(super) struct Lasts(Vec<u64>);

impl Lasts {
    /// Reads the spans of a row, from its end to its beginning.
    pub(super) fn find(source: &dyn Source, row: usize) -> Result<Self> {
        let count = source.rows()[row].intervals;
        let mut bits = vec![0; count.div_ceil(64) as usize];
        let mut seen = SpanSet::default();
        let mut buffer = Intervals::new().with_column(Intervals::SPAN);
        for chunk in (0..count.div_ceil(CHUNK)).rev() {
            let from = chunk * CHUNK;
            source.read(row, from..count.min(from + CHUNK), &mut buffer)?;
            let spans = buffer.column(Intervals::SPAN).and_then(Numbers::whole);
            for (at, &span) in spans.unwrap_or_default().iter().enumerate().rev() {
                let at = from + at as u64;
                if seen.insert(u32::try_from(span).unwrap_or(0)) {
                    bits[at as usize / 64] |= 1 << (at % 64);
                }
            }
        }
        Ok(Self(bits))
    }

    /// Whether the interval at this place is the last of its span.
    pub(super) fn has(&self, at: u64) -> bool {
        self.0[at as usize / 64] >> (at % 64) & 1 == 1
    }
}
