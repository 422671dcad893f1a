//! Gives the rows of a file in order of start, whatever their order in the file.

use crate::error::{Error, Result};
use crate::profile::{
    Counter, CounterRow, Field, Intervals, Metadata, Numbers, Row, RowBlocks, RowFacts, RunFacts, Samples,
    Source, SpanFacts, StoredSummary,
};
use crate::store::schema::{Catalog, Decoder, RawSamples, run};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// How many intervals are read at once to check their order.
const ORDER_CHECK_ROWS: u64 = 1 << 18;

/// A decoder with rows in order of start, whatever their order in the file.
#[derive(Debug)]
pub(crate) struct OrderedFile {
    path: PathBuf,
    decoder: Box<dyn Decoder>,
    orders: Vec<OnceLock<Order>>,
    /// Whether stored summaries are left aside.
    is_exact: bool,
}

#[derive(Debug)]
enum Order {
    /// The file's order is the order of start.
    OfFile,
    /// It is not; these are the row's intervals, sorted, with all optional columns of the file.
    Sorted(Intervals),
}

impl OrderedFile {
    /// The file at `path`, which `decoder` has opened.
    pub(crate) fn new(path: &Path, decoder: Box<dyn Decoder>) -> Self {
        let rows = decoder.catalog().rows.iter();
        Self {
            path: path.into(),
            orders: rows.map(|_| OnceLock::new()).collect(),
            decoder,
            is_exact: false,
        }
    }

    /// Reads intervals even where the file has a summary of them.
    pub(super) fn be_exact(&mut self) {
        self.is_exact = true;
    }

    #[cfg(feature = "serve")]
    pub(super) fn is_exact(&self) -> bool {
        self.is_exact
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        self.decoder.catalog()
    }

    pub(crate) fn decoder(&self) -> &dyn Decoder {
        &*self.decoder
    }

    /// Whether the file has summaries of a rank, right or wrong.
    pub(crate) fn has_summary(&self, rank: u32) -> bool {
        self.decoder.has_summary(rank)
    }

    fn order(&self, row: usize) -> Result<&Order> {
        if let Some(order) = self.orders[row].get() {
            return Ok(order);
        }
        let order = self.find_order(row)?;
        Ok(self.orders[row].get_or_init(|| order))
    }

    /// Sorts a whole row that was read in the order of the file, and remembers the result.
    fn put_in_order(&self, row: usize, intervals: &mut Intervals) -> Result<()> {
        let order = if intervals.is_sorted() {
            Order::OfFile
        } else if self.is_said_to_be_in_order(row) {
            return Err(self.false_promise(row));
        } else if self.catalog().all_columns().all(|name| intervals.wants(name)) {
            intervals.sort();
            Order::Sorted(intervals.clone())
        } else {
            intervals.sort();
            Order::Sorted(self.sorted(row)?)
        };
        self.orders[row].get_or_init(|| order);
        Ok(())
    }

    /// A row that is not in order in the file, with all its optional columns.
    fn sorted(&self, row: usize) -> Result<Intervals> {
        let mut intervals = self.with_all_columns();
        self.decoder
            .read(row, 0..self.rows()[row].intervals, &mut intervals)?;
        intervals.sort();
        Ok(intervals)
    }

    /// Puts what is known of each call of a row, in the order of the file, into that of the intervals.
    pub(super) fn put_metadata_in_order(&self, row: usize, of_calls: &mut Vec<Metadata>) -> Result<()> {
        const PLACE: &str = "place in the file";
        if of_calls.is_empty() {
            return Ok(());
        }
        let mut intervals = Intervals::new().with_column(PLACE);
        let len = self.rows()[row].intervals;
        self.decoder.read(row, 0..len, &mut intervals)?;
        intervals.set_column(PLACE, Numbers::Int((0..len as i64).collect()));
        intervals.sort();
        let places = intervals
            .column(PLACE)
            .and_then(Numbers::whole)
            .unwrap_or_default();
        *of_calls = places
            .iter()
            .map(|&place| of_calls.get(place as usize).cloned().unwrap_or_default())
            .collect();
        Ok(())
    }

    /// No intervals; asks for all optional columns that the file has.
    pub(super) fn with_all_columns(&self) -> Intervals {
        self.catalog()
            .all_columns()
            .fold(Intervals::new(), Intervals::with_column)
    }

    fn is_said_to_be_in_order(&self, row: usize) -> bool {
        self.catalog().promises_order(self.rows()[row].rank)
    }

    #[cold]
    fn false_promise(&self, row: usize) -> Error {
        let Row { rank, name, .. } = self.rows()[row];
        let name = &self.names()[name];
        Error::format(
            &self.path,
            format!(
                "the intervals of {name:?} on rank {rank} are not in order of start although the file says so; it is damaged"
            ),
        )
    }

    fn find_order(&self, row: usize) -> Result<Order> {
        let intervals = self.rows()[row].intervals;
        if self.is_said_to_be_in_order(row) {
            return Ok(Order::OfFile);
        }
        let mut chunk = Intervals::default();
        let mut last = None;
        let mut at = 0;
        while at < intervals {
            let end = intervals.min(at + ORDER_CHECK_ROWS);
            self.decoder.read(row, at..end, &mut chunk)?;
            if !chunk.is_sorted() || last.is_some_and(|last| last > chunk.get(0).key()) {
                return Ok(Order::Sorted(self.sorted(row)?));
            }
            last = Some(chunk.get(chunk.len() - 1).key());
            at = end;
        }
        Ok(Order::OfFile)
    }
}

impl Source for OrderedFile {
    fn names(&self) -> &[String] {
        &self.catalog().names
    }

    fn rows(&self) -> &[Row] {
        &self.catalog().rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let of = &self.rows()[row];
        assert!(
            range.start <= range.end && range.end <= of.intervals,
            "intervals {range:?} of a row of {}",
            of.intervals
        );
        if range == (0..of.intervals) && self.orders[row].get().is_none() {
            // The order of a whole row need not be checked first.
            self.decoder.read(row, range, into)?;
            return self.put_in_order(row, into);
        }
        match self.order(row)? {
            Order::OfFile => {
                self.decoder.read(row, range, into)?;
                if into.is_sorted() {
                    Ok(())
                } else {
                    Err(self.false_promise(row))
                }
            }
            Order::Sorted(intervals) => {
                let range = range.start as usize..range.end as usize;
                into.copy_from(intervals, range);
                Ok(())
            }
        }
    }

    fn shared(&self) -> Option<&(dyn Source + Sync)> {
        Some(self)
    }

    fn worth_reading(&self, row: usize) -> u64 {
        self.decoder.worth_reading(row)
    }

    fn columns(&self) -> &[&'static str] {
        &self.catalog().columns
    }

    fn fields(&self) -> &[Field] {
        &self.catalog().fields
    }

    fn fields_of(&self, row: usize) -> &[usize] {
        &self.catalog().sites[row].fields
    }

    fn counters(&self) -> &[Counter] {
        &self.catalog().counters
    }

    fn counter_rows(&self) -> &[CounterRow] {
        &self.catalog().counter_rows
    }

    fn read_counter(&self, row: usize, range: Range<u64>, into: &mut Samples) -> Result<()> {
        let RawSamples {
            times,
            values,
            threads,
        } = self.decoder.read_samples(row, range)?;
        if !times.is_sorted() {
            let place = self.decoder.counter_place(row);
            let message = format!("{place}: its samples are not in order of time; the file is damaged");
            return Err(Error::format(&self.path, message));
        }
        into.set(times, values, threads);
        Ok(())
    }

    fn ranks(&self) -> Vec<u32> {
        self.catalog().ranks.clone()
    }

    fn row_facts(&self, row: usize) -> RowFacts {
        run::row_facts(self.catalog(), row)
    }

    fn span_facts(&self, rank: u32) -> Result<Vec<SpanFacts>> {
        self.decoder.span_facts(rank)
    }

    fn summary(&self, rank: u32) -> Result<Option<StoredSummary>> {
        if self.is_exact {
            return Ok(None);
        }
        self.decoder.summary(rank)
    }

    fn blocks(&self, rank: u32) -> Result<BTreeMap<usize, RowBlocks>> {
        // They are of rows in order of start.
        if self.is_exact || !self.catalog().promises_order(rank) {
            return Ok(BTreeMap::new());
        }
        Ok(self.decoder.blocks(rank)?.unwrap_or_default())
    }

    fn run(&self) -> RunFacts {
        run::facts(self.catalog())
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        Ok(self.catalog().thread_names(rank))
    }
}
