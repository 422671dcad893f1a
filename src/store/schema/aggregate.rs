//! The aggregate layout of schemas 2 and 3: the sums of the calls of each region and rank, and no intervals.

use super::catalog::Catalog;
use super::columnar::layout::File;
use super::columnar::rows::{Names, Rows, place};
use super::decoder::Decoder;
use super::issues::Issues;
use super::names::columnar::{
    AGGREGATE, AGGREGATE_COUNTS, AGGREGATE_EXCLUSIVES, AGGREGATE_MAXIMUMS, AGGREGATE_MINIMUMS,
    AGGREGATE_TOTALS,
};
use super::probe::Probe;
use super::sums::Stated;
use crate::error::Result;
use crate::profile::{CallSite, Intervals, Row, Sums};
use std::ops::Range;

/// A file of sums.
#[derive(Debug)]
struct AggregateFile {
    catalog: Catalog,
    /// The place of each row in the index.
    numbers: Vec<usize>,
}

/// Opens what is of these schemas and has this layout.
pub(super) fn open(probe: &Probe, issues: &mut Issues) -> Result<Option<Box<dyn Decoder>>> {
    let Some(file) = File::open(probe, AGGREGATE)? else {
        return Ok(None);
    };
    let names = Names::read(&file.root, &file.members)?;
    let mut index = Rows::open(&file.root, &file.members)?;
    let columns = Columns::read(&index)?;
    let mut rows = Vec::new();
    for number in 0..index.len() {
        let wrong = |what| file.root.damaged(format!("{}: {what}", place(number)));
        let sums = columns.sums(number).map_err(wrong);
        let outcome = index
            .id(number, &names)
            .and_then(|id| sums.map(|sums| (id, sums)));
        rows.extend(issues.part(outcome)?);
    }
    rows.sort_by_key(|(row, _)| row.rank);
    let mut catalog = file.catalog(rows.iter().map(|(row, _)| row.rank))?;
    let mut numbers = Vec::with_capacity(rows.len());
    for (row, sums) in rows {
        numbers.push(row.number);
        catalog.rows.push(Row::of_sums(row.rank, row.name, &sums));
        catalog.sites.push(CallSite {
            sums: Some(sums),
            ..CallSite::default()
        });
    }
    catalog.names = names.into_list();
    Ok(Some(Box::new(AggregateFile { catalog, numbers })))
}

/// The sums of each row.
struct Columns {
    counts: Vec<i64>,
    totals: Vec<i64>,
    minimums: Vec<i64>,
    maximums: Vec<i64>,
    exclusives: Vec<i64>,
}

impl Columns {
    fn read(index: &Rows) -> Result<Self> {
        // A run without any call has none of them.
        let column = |name| {
            if index.len() == 0 {
                return index.optional_column(name);
            }
            index.column(name)
        };
        Ok(Self {
            counts: column(AGGREGATE_COUNTS)?,
            totals: column(AGGREGATE_TOTALS)?,
            minimums: column(AGGREGATE_MINIMUMS)?,
            maximums: column(AGGREGATE_MAXIMUMS)?,
            exclusives: column(AGGREGATE_EXCLUSIVES)?,
        })
    }

    fn sums(&self, row: usize) -> Result<Sums, String> {
        let stated = Stated {
            count: self.counts[row],
            total: self.totals[row],
            minimum: self.minimums[row],
            maximum: self.maximums[row],
            exclusive: self.exclusives[row],
            m2: None,
            span: None,
        };
        stated.sums()
    }
}

impl Decoder for AggregateFile {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn read(&self, _row: usize, _range: Range<u64>, into: &mut Intervals) -> Result<()> {
        into.clear();
        Ok(())
    }

    fn place(&self, row: usize) -> String {
        place(self.numbers[row])
    }
}
