//! What is known of rows before any of their intervals is read, from what the source has stored.

use crate::error::Result;
use crate::profile::{PathSummary, Source, StoredSummary};
use std::collections::BTreeMap;

/// The drawn rows of ranks whose calls nest, as their summary has them.
#[derive(Debug, Default)]
pub(crate) struct KnownRows(BTreeMap<usize, KnownRow>);

/// A row with calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownRow {
    /// The first start and the last end, ns.
    pub(crate) span_ns: (i64, i64),
    /// Ascending.
    pub(crate) threads: Vec<u32>,
    /// How many calls of drawn rows are around each of its calls; none where these are not equally many.
    pub(crate) depth: Option<u32>,
}

impl KnownRows {
    /// Of the rows of a source that are drawn.
    pub(super) fn of(source: &dyn Source, drawn: &[bool]) -> Result<Self> {
        let mut known = BTreeMap::new();
        let mut rows_of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, row) in source.rows().iter().enumerate() {
            rows_of.entry(row.rank).or_default().push(index);
        }
        for (rank, rows) in rows_of {
            if !rows.iter().any(|&row| drawn[row]) {
                continue;
            }
            // Where calls are too deep to have a path, it is not known on which threads they are.
            let summary = source.summary(rank)?;
            let summary = summary.filter(|summary| summary.paths.iter().all(|path| path.folded == 0));
            if let Some(summary) = summary {
                take(&summary, &rows, drawn, &mut known);
            }
        }
        Ok(Self(known))
    }

    pub(crate) fn get(&self, row: usize) -> Option<&KnownRow> {
        self.0.get(&row)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &KnownRow)> {
        self.0.iter().map(|(&row, known)| (row, known))
    }
}

/// Takes the drawn rows of a rank.
fn take(summary: &StoredSummary, rows: &[usize], drawn: &[bool], known: &mut BTreeMap<usize, KnownRow>) {
    let mut depths: Vec<u32> = Vec::with_capacity(summary.paths.len());
    for path in &summary.paths {
        let parent = path
            .parent
            .map(|at| (depths[at], drawn[rows[summary.paths[at].row]]));
        depths.push(parent.map_or(0, |(depth, is_drawn)| depth + u32::from(is_drawn)));
    }
    for (path, &depth) in summary.paths.iter().zip(&depths) {
        let row = rows[path.row];
        let Some(span_ns) = summary.rows[path.row].span_ns.filter(|_| drawn[row]) else {
            continue;
        };
        let PathSummary {
            threads,
            recursion_depth,
            ..
        } = path;
        // A call inside one of the same path is deeper.
        let depth = Some(depth).filter(|_| *recursion_depth <= 1);
        known
            .entry(row)
            .and_modify(|row| {
                row.depth = row.depth.filter(|_| row.depth == depth);
                row.threads.extend(threads);
                row.threads.sort_unstable();
                row.threads.dedup();
            })
            .or_insert_with(|| KnownRow {
                span_ns,
                threads: threads.clone(),
                depth,
            });
    }
}
