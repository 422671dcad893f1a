//! Reading profiling files.
//!
//! The schema number of a file chooses its [`Decoder`]; everything above a decoder is the same for
//! all of them: rows in order of start, regions on demand.

pub(super) mod attributes;
mod column;
mod doubts;
mod inspection;
mod linked;
mod open;
mod run;
mod schema1;

pub(crate) use inspection::Inspection;

use crate::analysis::selection::RegionFilter;
use crate::error::{Error, Result};
use crate::profile::{
    self, CallSite, ClockAgreement, Intervals, Metadata, MpiRegion, OwnTimes, RankClock, RankRegion, Row,
    RowFacts, RunFacts, Source, Value,
};
use crate::store::names;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// How many intervals are looked at in one go when their order is not known.
const ORDER_CHECK_ROWS: u64 = 1 << 18;

/// What opening a file tells.
#[derive(Debug, Default)]
struct Contents {
    /// In numeric order.
    ranks: Vec<u32>,
    names: Vec<String>,
    rows: Vec<Row>,
    metadata: Metadata,
    /// The ranks whose rows are said to be in order of start.
    sorted_ranks: BTreeSet<u32>,
    /// What each rank's group says of itself.
    rank_facts: BTreeMap<u32, Metadata>,
}

/// One schema's view of an open file.
trait Decoder: fmt::Debug + Send + Sync {
    fn contents(&self) -> &Contents;
    /// The intervals of a row in the order of the file.
    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()>;
    fn call_site(&self, row: usize) -> CallSite;
    fn clock(&self, rank: u32) -> Option<&RankClock>;
    /// The threads of a rank with their names, where the file lists them.
    fn threads(&self, rank: u32) -> Option<&BTreeMap<u32, String>>;
    /// Where in the file a row is.
    fn path(&self, row: usize) -> &str;
    fn damaged(&self, message: String) -> Error;
}

/// Opens `path` with the decoder for its schema.
fn decoder(path: &Path) -> Result<Box<dyn Decoder>> {
    let opened = open::open(path)?;
    match open::schema(&opened)? {
        1 => Ok(Box::new(schema1::Schema1::open(opened)?)),
        number => Err(unreadable_schema(&opened, number)),
    }
}

#[cold]
fn unreadable_schema(opened: &open::Opened, number: i64) -> Error {
    opened.damaged(format!(
        "schema {number}, the columnar layout of the Python package, is not read yet (this version reads schema 1)"
    ))
}

/// Reads a profiling file: ours, and those of the Python package scope-profiler.
///
/// Opening checks the structure and reads no events; those are read when they are asked for. The
/// reader is a [`Source`], so every analysis and chart takes it directly.
///
/// ```
/// use scope_profiler::{ProfilingH5Reader, RegionFilter};
///
/// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
/// assert_eq!(reader.ranks(), [0, 1, 2, 3]);
/// for region in reader.get_regions(&RegionFilter::new().include(["solver"])?)? {
///     for (rank, calls) in region.regions() {
///         println!("{} on rank {rank}: {} calls", region.name(), calls.num_calls());
///     }
/// }
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProfilingH5Reader {
    path: PathBuf,
    file: Arc<OrderedFile>,
    /// The rows of each name.
    rows_of: Vec<Vec<usize>>,
    own_times: BTreeMap<u32, Arc<OwnTimes>>,
}

impl ProfilingH5Reader {
    /// Opens a profiling file and checks its structure.
    ///
    /// # Errors
    ///
    /// When there is no such file, it cannot be read, is not HDF5, is damaged or cut off, or has a
    /// schema that this version does not read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let decoder = decoder(path)?;
        let contents = decoder.contents();
        let mut rows_of = vec![Vec::new(); contents.names.len()];
        for (index, row) in contents.rows.iter().enumerate() {
            rows_of[row.name].push(index);
        }
        Ok(Self {
            rows_of,
            path: path.to_owned(),
            own_times: contents
                .ranks
                .iter()
                .map(|&rank| (rank, Arc::default()))
                .collect(),
            file: Arc::new(OrderedFile {
                orders: contents.rows.iter().map(|_| OnceLock::new()).collect(),
                decoder,
            }),
        })
    }

    /// The file's path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of ranks in the file. Their numbers may have gaps, where ranks are missing.
    #[must_use]
    pub fn num_ranks(&self) -> usize {
        self.ranks().len()
    }

    /// The ranks in the file, ascending.
    #[must_use]
    pub fn ranks(&self) -> &[u32] {
        &self.file.contents().ranks
    }

    /// What is known about the run.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.file.contents().metadata
    }

    /// What is known of the clock of a rank: none in a file of one process, or of another writer.
    #[must_use]
    pub fn clock(&self, rank: u32) -> Option<&RankClock> {
        self.file.decoder.clock(rank)
    }

    /// Loads one region of every rank that has it.
    ///
    /// # Errors
    ///
    /// When there is no region of this name, or the file cannot be read.
    pub fn get_region(&self, name: &str) -> Result<MpiRegion> {
        match self.names().iter().position(|known| known == name) {
            Some(index) => self.load(index, |_| true),
            None => Err(Error::not_found(format!(
                "{}: there is no region {name:?}; {}",
                self.path.display(),
                known_names(self.names())
            ))),
        }
    }

    /// Loads the chosen regions, in order of their first start over all ranks (regions without calls
    /// first, ties in the order of the file); only the chosen ranks are in them.
    ///
    /// # Errors
    ///
    /// When a chosen rank is not in the file, or the file cannot be read.
    pub fn get_regions(&self, filter: &RegionFilter) -> Result<Vec<MpiRegion>> {
        filter.check_ranks(&self.ranks().iter().copied().collect())?;
        let mut regions = Vec::new();
        for (index, name) in self.names().iter().enumerate() {
            if filter.keeps_region(name) {
                let region = self.load(index, |rank| filter.keeps_rank(rank))?;
                if !region.regions().is_empty() {
                    regions.push(region);
                }
            }
        }
        // Without calls comes first, as in the Python package.
        regions.sort_by_key(MpiRegion::first_start_ns);
        Ok(regions)
    }

    fn load(&self, name: usize, keeps_rank: impl Fn(u32) -> bool) -> Result<MpiRegion> {
        let mut regions = BTreeMap::new();
        for &index in &self.rows_of[name] {
            let row = &self.rows()[index];
            if keeps_rank(row.rank) {
                let mut intervals = Intervals::default();
                self.read(index, 0..row.intervals, &mut intervals)?;
                let region = RankRegion::new(
                    intervals,
                    self.file.decoder.call_site(index),
                    self.file.clone(),
                    index,
                    self.own_times[&row.rank].clone(),
                );
                regions.insert(row.rank, region);
            }
        }
        Ok(MpiRegion::new(self.names()[name].clone(), regions))
    }
}

impl Source for ProfilingH5Reader {
    fn names(&self) -> &[String] {
        self.file.names()
    }

    fn rows(&self) -> &[Row] {
        self.file.rows()
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        self.file.read(row, range, into)
    }

    fn call_cost_ns(&self) -> Option<f64> {
        match self.metadata().get(names::CALL_COST) {
            Some(Value::Float(ns)) if ns.is_finite() && *ns >= 0.0 => Some(*ns),
            _ => None,
        }
    }

    fn clocks(&self, ranks: &[u32]) -> ClockAgreement {
        profile::agreement(ranks.iter().map(|&rank| self.clock(rank)))
    }

    fn ranks(&self) -> Vec<u32> {
        self.ranks().to_vec()
    }

    fn row_facts(&self, row: usize) -> RowFacts {
        self.file.row_facts(row)
    }

    fn run(&self) -> RunFacts {
        self.file.run()
    }

    fn title(&self) -> String {
        match self.metadata().get("label") {
            Some(Value::Text(label)) if !label.is_empty() => label.clone(),
            _ => self
                .path()
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        }
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.file.thread_names(rank)
    }
}

/// A decoder whose rows come in order of start whatever their order in the file.
#[derive(Debug)]
struct OrderedFile {
    decoder: Box<dyn Decoder>,
    orders: Vec<OnceLock<Order>>,
}

#[derive(Debug)]
enum Order {
    /// The file's order is the order of start.
    OfFile,
    /// It is not; these are the row's intervals in order.
    Sorted(Intervals),
}

impl OrderedFile {
    fn contents(&self) -> &Contents {
        self.decoder.contents()
    }

    fn order(&self, row: usize) -> Result<&Order> {
        if let Some(order) = self.orders[row].get() {
            return Ok(order);
        }
        let order = self.find_order(row)?;
        Ok(self.orders[row].get_or_init(|| order))
    }

    /// Orders a whole row that was read in the order of the file, and remembers the outcome.
    fn put_in_order(&self, row: usize, intervals: &mut Intervals) -> Result<()> {
        let order = if in_order(intervals) {
            Order::OfFile
        } else if self.is_said_to_be_in_order(row) {
            return Err(self.false_promise(row));
        } else {
            *intervals = sorted(intervals);
            Order::Sorted(intervals.clone())
        };
        self.orders[row].get_or_init(|| order);
        Ok(())
    }

    fn is_said_to_be_in_order(&self, row: usize) -> bool {
        self.contents().sorted_ranks.contains(&self.rows()[row].rank)
    }

    #[cold]
    fn false_promise(&self, row: usize) -> Error {
        let Row { rank, name, .. } = self.rows()[row];
        self.decoder.damaged(format!(
            "the intervals of {:?} on rank {rank} are not in order of start although the file says so; it is damaged",
            self.names()[name],
        ))
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
            if !in_order(&chunk) || last.is_some_and(|last| last > key(&chunk, 0)) {
                self.decoder.read(row, 0..intervals, &mut chunk)?;
                return Ok(Order::Sorted(sorted(&chunk)));
            }
            last = Some(key(&chunk, chunk.len() - 1));
            at = end;
        }
        Ok(Order::OfFile)
    }
}

impl Source for OrderedFile {
    fn names(&self) -> &[String] {
        &self.contents().names
    }

    fn rows(&self) -> &[Row] {
        &self.contents().rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let of = &self.rows()[row];
        assert!(
            range.start <= range.end && range.end <= of.intervals,
            "intervals {range:?} of a row of {}",
            of.intervals
        );
        if range == (0..of.intervals) && self.orders[row].get().is_none() {
            // Whole rows need no look at their order beforehand.
            self.decoder.read(row, range, into)?;
            return self.put_in_order(row, into);
        }
        match self.order(row)? {
            Order::OfFile => {
                self.decoder.read(row, range, into)?;
                if in_order(into) {
                    Ok(())
                } else {
                    Err(self.false_promise(row))
                }
            }
            Order::Sorted(intervals) => {
                let range = range.start as usize..range.end as usize;
                into.clear();
                into.starts.extend_from_slice(&intervals.starts[range.clone()]);
                into.ends.extend_from_slice(&intervals.ends[range.clone()]);
                into.threads.extend_from_slice(&intervals.threads[range]);
                Ok(())
            }
        }
    }

    fn ranks(&self) -> Vec<u32> {
        self.contents().ranks.clone()
    }

    fn row_facts(&self, row: usize) -> RowFacts {
        run::row_facts(self.decoder.as_ref(), row)
    }

    fn run(&self) -> RunFacts {
        run::facts(self.contents())
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        let threads = self.decoder.threads(rank).into_iter().flatten();
        let named = threads.filter(|(_, name)| !name.is_empty());
        Ok(named.map(|(&thread, name)| (thread, name.clone())).collect())
    }
}

/// What intervals are ordered by: start, then the longer first.
fn key(intervals: &Intervals, index: usize) -> (i64, i64) {
    (intervals.starts[index], !intervals.ends[index])
}

fn in_order(intervals: &Intervals) -> bool {
    (1..intervals.len()).all(|i| key(intervals, i - 1) <= key(intervals, i))
}

fn sorted(intervals: &Intervals) -> Intervals {
    let mut order: Vec<usize> = (0..intervals.len()).collect();
    order.sort_by_key(|&index| key(intervals, index));
    Intervals {
        starts: order.iter().map(|&index| intervals.starts[index]).collect(),
        ends: order.iter().map(|&index| intervals.ends[index]).collect(),
        threads: order.iter().map(|&index| intervals.threads[index]).collect(),
    }
}

/// The first few names, for a message.
fn known_names(names: &[String]) -> String {
    const SHOWN: usize = 8;
    if names.is_empty() {
        return "the file has no regions".into();
    }
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("the file has {}{more}", shown.join(", "))
}
