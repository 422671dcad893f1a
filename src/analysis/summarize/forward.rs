//! The summary of a rank from its rows in order of start.

use super::SKETCHED_CALLS;
use crate::analysis::call_tree::GrowingTree;
use crate::analysis::pass::{self, Observer};
use crate::error::Result;
use crate::profile::{Intervals, RowSummary, Sketch, Source, Statistics, StoredSummary};

/// The summary of a rank, from all of its intervals; none where they do not nest.
///
/// # Errors
///
/// When intervals cannot be read.
pub(crate) fn of_rank(source: &dyn Source, rank: u32) -> Result<Option<StoredSummary>> {
    let rows: Vec<usize> = (0..source.rows().len())
        .filter(|&row| source.rows()[row].rank == rank)
        .collect();
    let mut tree = GrowingTree::of_rank(source, rank)?;
    let mut distributions = Distributions {
        rows: rows.iter().map(|_| OfRow::default()).collect(),
        first: rows.first().copied().unwrap_or(0),
        source,
        rank,
    };
    pass::run(source, &mut [&mut tree, &mut distributions])?;
    Ok(tree.into_summary(&rows).map(|mut summary| {
        for (row, of_row) in summary.rows.iter_mut().zip(distributions.rows) {
            *row = RowSummary {
                statistics: of_row.statistics,
                span_ns: of_row.span,
                sketch: of_row.sketch,
                ..std::mem::take(row)
            };
        }
        summary
    }))
}

/// How the durations of each row of a rank are distributed.
struct Distributions<'a> {
    source: &'a dyn Source,
    rank: u32,
    /// The rank's first row: those of a rank follow one another.
    first: usize,
    rows: Vec<OfRow>,
}

#[derive(Clone, Default)]
struct OfRow {
    statistics: Statistics,
    span: Option<(i64, i64)>,
    sketch: Option<Sketch>,
}

impl Observer for Distributions<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.source.rows()[row].rank == self.rank
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let is_sketched = self.source.rows()[row].intervals >= SKETCHED_CALLS;
        let of_row = &mut self.rows[row - self.first];
        of_row.statistics.extend(chunk.durations());
        let spans = [of_row.span, chunk.span_in_order()].into_iter().flatten();
        of_row.span = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        if is_sketched {
            of_row.sketch.get_or_insert_default().extend(chunk.durations());
        }
        Ok(())
    }
}
