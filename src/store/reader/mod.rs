//! Reading profiling files.
//!
//! Everything above the decoder is the same for all formats: rows in order of start, and regions on demand.

mod ordered;

use super::schema::{self, Catalog, Issues};
use crate::analysis::selection::RegionFilter;
use crate::error::{Error, Result};
use crate::profile::{
    self, ClockAgreement, Counter, CounterRow, Field, Intervals, Metadata, MpiRegion, OpenSpan, Origin,
    OwnTimes, RankClock, RankRegion, Row, RowBlocks, RowFacts, RunFacts, Samples, Source, SpanFacts,
    StoredSummary,
};
pub(crate) use ordered::OrderedFile;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads a profiling file of this crate or of the Python package scope-profiler.
///
/// Opening checks the structure and reads no events; these are read on demand. The
/// reader is a [`Source`], so every analysis and chart takes it directly. A rank log can be opened as
/// well, and is read as a whole; to follow a growing one, use [`LogSource`](crate::LogSource).
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
        Self::open_file(path.as_ref(), false)
    }

    /// As [`open`](Self::open), but whatever is asked comes from the intervals, also where the file has a
    /// [summary](Source::summary) of them.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_exact(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_file(path.as_ref(), true)
    }

    fn open_file(path: &Path, is_exact: bool) -> Result<Self> {
        let decoder = schema::open(path, &mut Issues::strict())?;
        let catalog = decoder.catalog();
        let mut rows_of = vec![Vec::new(); catalog.names.len()];
        for (index, row) in catalog.rows.iter().enumerate() {
            rows_of[row.name].push(index);
        }
        let ranks = catalog.ranks.iter();
        let own_times = ranks.map(|&rank| (rank, Arc::default())).collect();
        let mut file = OrderedFile::new(path, decoder);
        if is_exact {
            file.be_exact();
        }
        Ok(Self {
            rows_of,
            path: path.to_owned(),
            own_times,
            file: Arc::new(file),
        })
    }

    /// Opens what is there now under the same path, in the same way.
    #[cfg(feature = "serve")]
    pub(crate) fn reopen(&self) -> Result<Self> {
        Self::open_file(&self.path, self.file.is_exact())
    }

    /// The file's path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of ranks in the file. Their numbers may have gaps, where ranks are missing. Files of
    /// schema 2 and 3 say how many there were in the run, which may be more.
    #[must_use]
    pub fn num_ranks(&self) -> usize {
        self.catalog().num_ranks.unwrap_or(self.ranks().len())
    }

    /// The ranks in the file, ascending.
    #[must_use]
    pub fn ranks(&self) -> &[u32] {
        &self.catalog().ranks
    }

    /// What is known about the run.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.catalog().metadata
    }

    /// What is known about the clock of a rank: none in a file of one process, or of another writer.
    #[must_use]
    pub fn clock(&self, rank: u32) -> Option<&RankClock> {
        self.catalog().clock(rank)
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

    /// The intervals of ranks of which the file has no summary.
    #[cfg(feature = "hdf5")]
    pub(crate) fn intervals_to_read(&self) -> u64 {
        let ranks = self.ranks().iter();
        let unsummarized: std::collections::BTreeSet<_> =
            ranks.filter(|&&rank| !self.file.has_summary(rank)).collect();
        let rows = self.rows().iter().filter(|row| unsummarized.contains(&row.rank));
        rows.map(|row| row.intervals).fold(0, u64::saturating_add)
    }

    fn catalog(&self) -> &Catalog {
        self.file.catalog()
    }

    fn load(&self, name: usize, keeps_rank: impl Fn(u32) -> bool) -> Result<MpiRegion> {
        let mut regions = BTreeMap::new();
        for &index in &self.rows_of[name] {
            let row = &self.rows()[index];
            if keeps_rank(row.rank) {
                let mut intervals = self.file.with_all_columns();
                self.read(index, 0..row.intervals, &mut intervals)?;
                let mut site = self.catalog().sites[index].clone();
                site.of_calls = self.call_metadata(index)?;
                let region = RankRegion::new(
                    intervals,
                    site,
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

    fn shared(&self) -> Option<&(dyn Source + Sync)> {
        Some(self)
    }

    fn worth_reading(&self, row: usize) -> u64 {
        self.file.worth_reading(row)
    }

    fn columns(&self) -> &[&'static str] {
        self.file.columns()
    }

    fn fields(&self) -> &[Field] {
        self.file.fields()
    }

    fn fields_of(&self, row: usize) -> &[usize] {
        self.file.fields_of(row)
    }

    fn counters(&self) -> &[Counter] {
        self.file.counters()
    }

    fn counter_rows(&self) -> &[CounterRow] {
        self.file.counter_rows()
    }

    fn read_counter(&self, row: usize, range: Range<u64>, into: &mut Samples) -> Result<()> {
        self.file.read_counter(row, range, into)
    }

    fn call_cost_ns(&self) -> Option<f64> {
        self.catalog().call_cost_ns()
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

    fn open_spans(&self, row: usize) -> Vec<OpenSpan> {
        self.catalog().sites[row].open_spans.clone()
    }

    fn span_facts(&self, rank: u32) -> Result<Vec<SpanFacts>> {
        self.file.span_facts(rank)
    }

    fn origin(&self, row: usize) -> Origin {
        Origin::from(&self.catalog().sites[row])
    }

    fn call_metadata(&self, row: usize) -> Result<Vec<Metadata>> {
        let mut of_calls = self.catalog().sites[row].of_calls.clone();
        self.file.put_metadata_in_order(row, &mut of_calls)?;
        Ok(of_calls)
    }

    fn metadata(&self) -> Metadata {
        self.catalog().metadata.clone()
    }

    fn summary(&self, rank: u32) -> Result<Option<StoredSummary>> {
        self.file.summary(rank)
    }

    fn blocks(&self, rank: u32) -> Result<BTreeMap<usize, RowBlocks>> {
        self.file.blocks(rank)
    }

    fn run(&self) -> RunFacts {
        self.file.run()
    }

    fn title(&self) -> String {
        self.catalog().title(&self.path)
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.file.thread_names(rank)
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
