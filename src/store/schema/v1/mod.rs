//! Schema 1: a group for each rank, in it a group for each region, in it a dataset for each column.
//!
//! Opening reads groups, headers of datasets and attributes; never events.

mod counter_columns;
mod counters;
mod found;
mod linked;
mod rank;
mod ranks;
mod region;
mod regions;
mod spans;

use super::catalog::Catalog;
use super::decoder::{Decoder, RawSamples};
use super::issues::Issues;
use super::probe::Probe;
use super::summary;
use crate::error::Result;
use crate::profile::{Intervals, Numbers, RowBlocks, SpanFacts, StoredSummary};
use crate::store::blocks;
use counter_columns::CounterColumns;
use found::{Found, Places};
use region::Columns;
use std::collections::BTreeMap;
use std::ops::Range;

/// A file of schema 1.
#[derive(Debug)]
struct V1 {
    catalog: Catalog,
    /// Of each row.
    columns: Vec<Columns>,
    /// Of each counter's row.
    counters: Vec<CounterColumns>,
    summaries: Places,
    blocks: Places,
    spans: Places,
}

/// Opens files with this schema, or without a schema attribute.
pub(super) fn open(probe: &Probe, issues: &mut Issues) -> Result<Option<Box<dyn Decoder>>> {
    let (file, 1) = probe.hdf5()? else {
        return Ok(None);
    };
    let mut found = Found::default();
    ranks::find(file, &mut found, issues)?;
    let (mut catalog, columns, counters, [summaries, blocks, spans]) = found.finish();
    catalog.format = "schema 1".into();
    Ok(Some(Box::new(V1 {
        catalog,
        columns,
        counters,
        summaries,
        blocks,
        spans,
    })))
}

impl V1 {
    /// The rows of a rank, and the number of intervals of each.
    fn rows_of(&self, rank: u32) -> impl Iterator<Item = (usize, u64)> + '_ {
        let rows = self.catalog.rows.iter().enumerate();
        rows.filter(move |(_, row)| row.rank == rank)
            .map(|(index, row)| (index, row.intervals))
    }
}

impl Decoder for V1 {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let Catalog { fields, sites, .. } = &self.catalog;
        self.columns[row].read(range, into, |at| Some(fields[sites[row].fields[at]].column()))?;
        // A region of guards alone leaves the column out.
        let has_spans = self.catalog.columns.contains(&Intervals::SPAN);
        if has_spans && into.wants(Intervals::SPAN) && into.column(Intervals::SPAN).is_none() {
            into.set_column(Intervals::SPAN, Numbers::Int(vec![0; into.len()]));
        }
        Ok(())
    }

    fn worth_reading(&self, row: usize) -> u64 {
        self.columns[row].worth_reading()
    }

    fn summary(&self, rank: u32) -> Result<Option<StoredSummary>> {
        let Some(place) = self.summaries.get(&rank) else {
            return Ok(None);
        };
        let intervals: Vec<u64> = self.rows_of(rank).map(|(_, intervals)| intervals).collect();
        summary::read(&place.open()?, &intervals)
    }

    fn span_facts(&self, rank: u32) -> Result<Vec<SpanFacts>> {
        let place = self.spans.get(&rank);
        place.map_or(Ok(Vec::new()), |place| spans::read(&place.open()?))
    }

    fn has_summary(&self, rank: u32) -> bool {
        let place = self.summaries.get(&rank);
        place.is_some_and(|place| place.open().is_ok_and(|group| summary::is_there(&group)))
    }

    fn blocks(&self, rank: u32) -> Result<Option<BTreeMap<usize, RowBlocks>>> {
        let Some(place) = self.blocks.get(&rank) else {
            return Ok(None);
        };
        let (rows, intervals): (Vec<usize>, Vec<u64>) = self.rows_of(rank).unzip();
        let blocks = blocks::read(&place.open()?, &intervals)?;
        let of_row = |(at, blocks): (usize, RowBlocks)| (rows[at], blocks);
        Ok(blocks.map(|blocks| blocks.into_iter().map(of_row).collect()))
    }

    fn has_blocks(&self, rank: u32) -> bool {
        let place = self.blocks.get(&rank);
        place.is_some_and(|place| place.open().is_ok_and(|group| blocks::is_there(&group)))
    }

    fn read_samples(&self, row: usize, range: Range<u64>) -> Result<RawSamples> {
        self.counters[row].read(range)
    }

    fn counter_place(&self, row: usize) -> String {
        self.counters[row].path().into()
    }

    fn place(&self, row: usize) -> String {
        self.columns[row].place().into()
    }
}
