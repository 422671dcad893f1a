//! A rank log as a source of intervals.

use super::regions::{Region, Said};
use crate::clock::Timeline;
use crate::error::{Error, Result};
use crate::profile::{
    Counter, CounterRow, Field, Intervals, Metadata, OpenSpan, Origin, RankClock, Row, RowFacts, RunFacts,
    Samples, Source, SpanFacts, Value,
};
use crate::store::clock_sync::ClockCorrection;
use crate::store::rank_log::LogReader;
use crate::store::region_names::RegionNames;
use crate::store::schema::attributes::int;
use crate::store::schema::catalog::{Catalog, RankEntry};
use crate::store::schema::decoder::{Decoder, RawSamples};
use crate::store::schema::run;
use crate::store::tick_times::TickTimes;
use crate::store::{names, run_directory};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Reads the log of one rank while its program runs, and afterwards.
///
/// A log is complete, cut off because its program was killed, or still growing. In each case this has its
/// contents up to the last whole block; [`refresh`](Self::refresh) adds what has been appended
/// since. Times are those that the merged file would have, by the clock readings in the log so
/// far: the latest ones may change slightly with the next reading. Every interval takes 24 bytes of
/// memory.
///
/// ```
/// use scope_profiler::profile::Source;
/// use scope_profiler::{LogSource, Profiler, ProfilingConfig, merge::find_logs};
///
/// # let directory = tempfile::tempdir()?;
/// # let file = directory.path().join("run.h5");
/// let profiler = Profiler::new(ProfilingConfig::new().file_path(&file).verbose(false))?;
/// profiler.profile("solve", || ());
/// profiler.flush()?;
///
/// let mut log = LogSource::open(&find_logs(&[directory.path().join("run.h5.d")])?[0])?;
/// assert_eq!(log.rows()[0].intervals, 1);
/// profiler.profile("solve", || ());
/// profiler.flush()?;
/// assert!(log.refresh()?);
/// assert_eq!(log.rows()[0].intervals, 2);
/// # profiler.finalize()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LogSource {
    path: PathBuf,
    log: LogReader,
    said: Said,
    timeline: Timeline,
    clock: ClockCorrection,
    catalog: Catalog,
    /// The region of each row.
    regions: Vec<u32>,
}

impl LogSource {
    /// Opens a log and reads what is in it.
    ///
    /// # Errors
    ///
    /// When there is no such file, it cannot be read, it is no rank log, or one of a version that this
    /// version does not read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut source = Self {
            path: path.into(),
            log: LogReader::open(path)?,
            said: Said::default(),
            timeline: Timeline::default(),
            clock: ClockCorrection::default(),
            catalog: Catalog::default(),
            regions: Vec::new(),
        };
        source.read_on()?;
        source.describe();
        Ok(source)
    }

    /// Reads what has been appended to the log. Returns whether there was anything; if so, there may be
    /// more rows, and more intervals in them.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or has become shorter.
    pub fn refresh(&mut self) -> Result<bool> {
        self.log
            .resume()
            .map_err(|error| cannot_read(&self.path, error))?;
        let position = self.log.position();
        if self.log.length() < position {
            let message = "the log has become shorter; it was replaced or damaged";
            return Err(Error::format(&self.path, message));
        }
        self.read_on()?;
        let has_grown = self.log.position() > position;
        if has_grown {
            self.describe();
        }
        Ok(has_grown)
    }

    /// The log's path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The rank whose log it is.
    #[must_use]
    pub fn rank(&self) -> u32 {
        self.catalog.ranks.first().copied().unwrap_or(0)
    }

    /// What is known about the run.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.catalog.metadata
    }

    /// Whether recording ended normally. If not, the program still runs or was killed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.said.complete
    }

    fn read_on(&mut self) -> Result<()> {
        while let Some(block) = self.log.next().map_err(|error| cannot_read(&self.path, error))? {
            self.said.take(block);
        }
        Ok(())
    }

    /// Recomputes the catalog.
    fn describe(&mut self) {
        let said = &mut self.said;
        self.timeline = Timeline::new(said.anchors.clone());
        let (first, last) = self.timeline.ends_ns();
        self.clock = ClockCorrection::new(&said.measurements, first, last);
        let rank = match said.facts.get("rank") {
            Some(Value::Int(rank)) => u32::try_from(*rank).ok(),
            _ => None,
        };
        let rank = rank
            .or_else(|| run_directory::rank_of_log(&self.path))
            .unwrap_or(0);
        said.put_in_order();
        let mut region_names = RegionNames::default();
        self.catalog = Catalog {
            format: "rank log".into(),
            of_one_rank: true,
            ranks: vec![rank],
            of_rank: BTreeMap::from([(rank, rank_entry(said, &self.timeline, &self.clock))]),
            metadata: metadata(said, rank),
            ..Catalog::default()
        };
        self.regions.clear();
        for (&number, region) in &said.regions {
            let name = region_names.of(region.name.as_deref(), number);
            let (row, mut site) = region.row(rank, self.catalog.names.len(), |ticks| {
                self.timeline.length_ns(ticks)
            });
            let mut clock = TickTimes::new(&self.timeline, &self.clock);
            site.open_spans = region.open_spans(|tick| clock.ns(tick));
            for number in region.ticks.fields() {
                let field = said.fields.get(&number);
                let name = field.map_or_else(|| format!("field {number}"), |field| field.name().to_owned());
                let unit = || Ok(field.and_then(Field::unit).map(String::from));
                site.fields.extend(self.catalog.field(&name, unit));
            }
            self.catalog.names.push(name.into_owned());
            self.catalog.rows.push(row);
            self.catalog.sites.push(site);
            self.regions.push(number);
        }
        let has_spans = said.regions.values().any(|region| region.ticks.has_spans());
        self.catalog
            .add_columns(has_spans.then_some(Intervals::SPAN).into_iter());
        self.catalog.sort_fields();
        (self.catalog.counters, self.catalog.counter_rows) = said.counters.describe(rank);
    }

    fn region(&self, row: usize) -> &Region {
        &self.said.regions[&self.regions[row]]
    }
}

fn cannot_read(path: &Path, error: io::Error) -> Error {
    Error::io(path, "cannot read the rank log", error)
}

/// The root attributes that the merged file would have.
fn metadata(said: &Said, rank: u32) -> Metadata {
    let mut facts = said.facts.clone();
    for of_the_rank in [
        "rank",
        names::CLOCK_ID,
        names::RECORDED,
        names::LOST_NUMBERS,
        names::RECORDED_SAMPLES,
    ] {
        facts.remove(of_the_rank);
    }
    if !said.complete {
        facts.insert(names::INCOMPLETE_RANKS.into(), Value::Text(rank.to_string()));
    }
    facts
}

/// The attributes of the rank that the merged file would have.
fn rank_entry(said: &Said, timeline: &Timeline, clock: &ClockCorrection) -> RankEntry {
    let mut facts = Metadata::from([
        (names::SORTED.into(), Value::Int(1)),
        (names::COMPLETE.into(), Value::Int(said.complete.into())),
    ]);
    for key in [
        names::RECORDED,
        names::LOST_NUMBERS,
        names::RECORDED_SAMPLES,
        names::ENDED_BY,
    ] {
        facts.extend(said.facts.get(key).map(|value| (key.into(), value.clone())));
    }
    let is_over = said.complete || said.facts.contains_key(names::ENDED_BY);
    let lost = i64::try_from(said.span_numbers.lost(is_over)).unwrap_or(i64::MAX);
    if lost > 0 {
        let stated = int(&facts, names::LOST_NUMBERS).unwrap_or(0);
        facts.insert(
            names::LOST_NUMBERS.into(),
            Value::Int(stated.saturating_add(lost)),
        );
    }
    if let Some((start, end)) = timeline.span_ns() {
        for (key, ns) in [(names::SESSION_START, start), (names::SESSION_END, end)] {
            facts.insert(key.into(), Value::Int(clock.apply(ns)));
        }
    }
    let text = |key: &str| match said.facts.get(key) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let is_alone = matches!(said.facts.get("size"), None | Some(Value::Int(..=1)));
    RankEntry {
        facts,
        clock: (!is_alone).then(|| RankClock {
            host: text(names::HOST),
            id: text(names::CLOCK_ID),
            bound_ns: clock.bound(),
            added: clock.points().to_vec(),
        }),
        threads: Some(said.threads.clone()),
    }
}

impl Decoder for LogSource {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let mut clock = TickTimes::new(&self.timeline, &self.clock);
        let Catalog { fields, sites, .. } = &self.catalog;
        let columns = sites[row].fields.iter().map(|&field| fields[field].column());
        let ticks = &self.region(row).ticks;
        ticks.read(range, |tick| clock.ns(tick), ticks.fields().zip(columns), into);
        Ok(())
    }

    fn span_facts(&self, rank: u32) -> Result<Vec<SpanFacts>> {
        Source::span_facts(self, rank)
    }

    fn read_samples(&self, row: usize, range: Range<u64>) -> Result<RawSamples> {
        let mut samples = Samples::new();
        self.read_counter(row, range, &mut samples)?;
        Ok(RawSamples {
            times: samples.times().to_vec(),
            values: samples.values().clone(),
            threads: samples.threads().to_vec(),
        })
    }

    fn place(&self, row: usize) -> String {
        format!("region {}", self.regions[row])
    }
}

impl Source for LogSource {
    fn names(&self) -> &[String] {
        &self.catalog.names
    }

    fn rows(&self) -> &[Row] {
        &self.catalog.rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        Decoder::read(self, row, range, into)
    }

    fn columns(&self) -> &[&'static str] {
        &self.catalog.columns
    }

    fn fields(&self) -> &[Field] {
        &self.catalog.fields
    }

    fn fields_of(&self, row: usize) -> &[usize] {
        &self.catalog.sites[row].fields
    }

    fn counters(&self) -> &[Counter] {
        &self.catalog.counters
    }

    fn counter_rows(&self) -> &[CounterRow] {
        &self.catalog.counter_rows
    }

    fn read_counter(&self, row: usize, range: Range<u64>, into: &mut Samples) -> Result<()> {
        let mut clock = TickTimes::new(&self.timeline, &self.clock);
        let counter = self.catalog.counter_rows[row].counter;
        self.said
            .counters
            .read(counter, range, |tick| clock.ns(tick), into);
        Ok(())
    }

    fn title(&self) -> String {
        self.catalog.title(&self.path)
    }

    fn call_cost_ns(&self) -> Option<f64> {
        self.catalog.call_cost_ns()
    }

    fn ranks(&self) -> Vec<u32> {
        self.catalog.ranks.clone()
    }

    fn row_facts(&self, row: usize) -> RowFacts {
        run::row_facts(&self.catalog, row)
    }

    fn open_spans(&self, row: usize) -> Vec<OpenSpan> {
        self.catalog.sites[row].open_spans.clone()
    }

    fn span_facts(&self, _: u32) -> Result<Vec<SpanFacts>> {
        let mut clock = TickTimes::new(&self.timeline, &self.clock);
        Ok(self.said.spans.facts(|tick| clock.ns(tick)))
    }

    fn origin(&self, row: usize) -> Origin {
        Origin::from(&self.catalog.sites[row])
    }

    fn metadata(&self) -> Metadata {
        self.catalog.metadata.clone()
    }

    fn run(&self) -> RunFacts {
        run::facts(&self.catalog)
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        Ok(self.catalog.thread_names(rank))
    }
}
