//! How durations are spread, of the sketches that a source has stored, with little reading.

use crate::chart::histogram::bins::Bins;
use crate::chart::subject::Subject;
use crate::error::Result;
use crate::profile::RowSummary;
use std::collections::BTreeMap;

/// A sketch that is off by more is read over, where that is not much.
const GOOD: f64 = 0.01;

/// What is known before the pass, and what is left for it.
pub(super) struct Sketched {
    /// By index into `Source::names`.
    pub(super) bins: Vec<Bins>,
    /// Of each row of the source, whether its intervals are to be read.
    pub(super) reads: Vec<bool>,
    /// The regions of which nothing can be said, since too much would have to be read.
    pub(super) left_out: usize,
}

/// The rows of a region.
#[derive(Default)]
struct OfRegion {
    /// With a sketch that is good enough.
    good: Vec<(usize, RowSummary)>,
    /// With another one.
    coarse: Vec<(usize, RowSummary)>,
    /// Without any.
    bare: Vec<usize>,
    /// The intervals of those.
    bare_intervals: u64,
}

impl Sketched {
    /// Of the rows of a subject; at most `most` intervals are left to be read.
    pub(super) fn new(subject: &Subject<'_>, most: u64) -> Result<Self> {
        let source = subject.source();
        let mut regions: Vec<(usize, OfRegion)> = regions(subject)?.into_iter().collect();
        regions.sort_by_key(|(_, region)| region.bare_intervals);
        let mut sketched = Self {
            bins: vec![Bins::default(); source.names().len()],
            reads: vec![false; source.rows().len()],
            left_out: 0,
        };
        let mut room = most;
        let mut coarse = Vec::new();
        for (name, region) in regions {
            let Some(left) = room.checked_sub(region.bare_intervals) else {
                sketched.left_out += 1;
                continue;
            };
            room = left;
            region.bare.iter().for_each(|&row| sketched.reads[row] = true);
            region.good.iter().for_each(|(_, row)| sketched.take(name, row));
            coarse.extend(
                region
                    .coarse
                    .into_iter()
                    .map(|(row, summary)| (name, row, summary)),
            );
        }
        // Many of them are short.
        coarse.sort_by_key(|&(_, row, _)| source.rows()[row].intervals);
        for (name, row, summary) in coarse {
            match room.checked_sub(source.rows()[row].intervals) {
                Some(left) => (room, sketched.reads[row]) = (left, true),
                None => sketched.take(name, &summary),
            }
        }
        Ok(sketched)
    }

    fn take(&mut self, name: usize, row: &RowSummary) {
        if let Some(sketch) = &row.sketch {
            let (min, max) = (row.statistics.min_ns(), row.statistics.max_ns());
            self.bins[name].merge_sketch(sketch, min.unwrap_or(0), max.unwrap_or(0));
        }
    }
}

/// The chosen rows with intervals, by index into `Source::names`.
fn regions(subject: &Subject<'_>) -> Result<BTreeMap<usize, OfRegion>> {
    let source = subject.source();
    let rows: Vec<usize> = (0..source.rows().len()).collect();
    let mut regions: BTreeMap<usize, OfRegion> = BTreeMap::new();
    for of_rank in rows.chunk_by(|&a, &b| source.rows()[a].rank == source.rows()[b].rank) {
        let summary = source.summary(source.rows()[of_rank[0]].rank)?;
        let mut summaries = summary.map_or_else(Vec::new, |summary| summary.rows).into_iter();
        for &row in of_rank {
            let summary = summaries.next();
            let of_row = &source.rows()[row];
            if of_row.intervals == 0 || subject.rows().binary_search(&row).is_err() {
                continue;
            }
            let region = regions.entry(of_row.name).or_default();
            match summary.filter(|summary| summary.sketch.is_some()) {
                Some(summary) if is_good(&summary) => region.good.push((row, summary)),
                Some(summary) => region.coarse.push((row, summary)),
                None => {
                    region.bare.push(row);
                    region.bare_intervals = region.bare_intervals.saturating_add(of_row.intervals);
                }
            }
        }
    }
    Ok(regions)
}

fn is_good(row: &RowSummary) -> bool {
    row.sketch
        .as_ref()
        .is_some_and(|sketch| sketch.relative_error() <= GOOD)
}
