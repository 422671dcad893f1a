//! However many files are made of a profile: each interval is read once, and the files are those that are made one by
//! one.

use crate::common::{NoTotals, OwnClocks, Run, golden};
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::analysis::distributions::Effort;
use scope_profiler::chart::{CHARTS, ChartOptions};
use scope_profiler::export::json;
use scope_profiler::plot::Outputs;
use scope_profiler::profile::{
    Call, ClockAgreement, Intervals, OpenSpan, Profile, Row, RowFacts, RunFacts, Source, SpanFacts,
};
use scope_profiler::{PlotOptions, ProfilingH5Reader, RegionFilter, Result, plot_durations, plot_gantt};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Counts how often each interval of a source is read.
struct Counted<'a> {
    source: &'a dyn Source,
    reads: RefCell<Vec<Vec<u32>>>,
}

impl<'a> Counted<'a> {
    fn new(source: &'a dyn Source) -> Self {
        let rows = source.rows().iter();
        let reads = rows.map(|row| vec![0; row.intervals as usize]);
        Self {
            source,
            reads: RefCell::new(reads.collect()),
        }
    }

    /// How often intervals of the rows that `keeps` chooses were read: every number that there is.
    fn reads(&self, keeps: impl Fn(&Row) -> bool) -> Vec<u32> {
        let reads = self.reads.borrow();
        let rows = self.source.rows().iter().zip(reads.iter());
        let chosen = rows.filter(|(row, _)| keeps(row)).flat_map(|(_, reads)| reads);
        let all: BTreeSet<u32> = chosen.copied().collect();
        all.into_iter().collect()
    }
}

impl Source for Counted<'_> {
    fn names(&self) -> &[String] {
        self.source.names()
    }

    fn rows(&self) -> &[Row] {
        self.source.rows()
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let counted = range.start as usize..range.end as usize;
        self.reads.borrow_mut()[row][counted]
            .iter_mut()
            .for_each(|reads| *reads += 1);
        self.source.read(row, range, into)
    }

    fn columns(&self) -> &[&'static str] {
        self.source.columns()
    }

    fn title(&self) -> String {
        self.source.title()
    }

    fn call_cost_ns(&self) -> Option<f64> {
        self.source.call_cost_ns()
    }

    fn clocks(&self, ranks: &[u32]) -> ClockAgreement {
        self.source.clocks(ranks)
    }

    fn ranks(&self) -> Vec<u32> {
        self.source.ranks()
    }

    fn row_facts(&self, row: usize) -> RowFacts {
        self.source.row_facts(row)
    }

    fn open_spans(&self, row: usize) -> Vec<OpenSpan> {
        self.source.open_spans(row)
    }

    fn span_facts(&self, rank: u32) -> Result<Vec<SpanFacts>> {
        self.source.span_facts(rank)
    }

    fn run(&self) -> RunFacts {
        self.source.run()
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.source.thread_names(rank)
    }
}

const PAGE: &str = "page.html";
const STATISTICS: &str = "statistics.json";

/// Writes every chart as PNG and SVG, the page and, of what a reader reads, the statistics.
fn write_all(
    source: &dyn Source,
    reader: Option<&ProfilingH5Reader>,
    filter: &RegionFilter,
    into: &Path,
) -> Vec<PathBuf> {
    let mut outputs = Outputs::new(source, filter, ChartOptions::new()).unwrap();
    // No source here has counters.
    for chart in CHARTS.iter().filter(|chart| chart.name() != "counters") {
        for format in ["png", "svg"] {
            let path = into.join(chart.name()).with_extension(format);
            outputs.add_chart(*chart, path).unwrap();
        }
    }
    outputs.add_page(into.join(PAGE)).unwrap();
    if let Some(reader) = reader {
        outputs.add_statistics(reader, into.join(STATISTICS)).unwrap();
    }
    let mut written = Vec::new();
    let outputs = outputs.read().unwrap();
    let outcome: scope_profiler::Result<()> = outputs.write_all(|path| {
        written.push(path.to_owned());
        Ok(())
    });
    outcome.unwrap();
    written
}

/// The same file by itself.
fn write_one(reader: &ProfilingH5Reader, filter: &RegionFilter, path: &Path) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let options = PlotOptions::new().filter(filter.clone()).filepath(path);
    if name == STATISTICS {
        json::write_region_statistics(reader, filter, path).unwrap();
    } else if name == PAGE || name.starts_with("gantt") {
        plot_gantt(reader, &options).unwrap();
    } else if name.starts_with("durations") {
        plot_durations(reader, &options).unwrap();
    }
}

/// A run of one rank whose file says when it began and ended, with a span that is polled again and again.
fn own_file() -> (Run, ProfilingH5Reader) {
    let run = Run::new();
    tracing::dispatcher::with_default(&tracing::Dispatch::new(run.profiler.subscriber()), || {
        let polled = tracing::info_span!("polled");
        (0..5).for_each(|_| polled.in_scope(|| run.clock.advance(20)));
    });
    for step in 0..40 {
        run.region("step", 10 + step, || {
            run.region("solve", 90, || run.region("solve", 5, || ()));
            run.region("io", 7, || ());
        });
    }
    let reader = run.read();
    (run, reader)
}

#[test]
fn all_files_of_a_run_take_one_reading_of_every_interval() {
    let (_run, reader) = own_file();
    let directory = tempfile::tempdir().unwrap();
    let counted = Counted::new(&reader);
    let everything = RegionFilter::new();
    let files = write_all(&counted, Some(&reader), &everything, directory.path());
    // All charts but that of counters, in two formats; the page and the statistics.
    assert_eq!(files.len(), 2 * (CHARTS.len() - 1) + 2);
    assert_eq!(counted.reads(|_| true), [1]);
}

#[test]
fn a_table_with_percentiles_takes_one_reading_of_every_interval() {
    let (_run, reader) = own_file();
    for effort in [Effort::Little, Effort::Enough, Effort::Exact] {
        let counted = Counted::new(&reader);
        let tree = CallTree::with_distributions(&counted, &RegionFilter::new(), effort).unwrap();
        assert_eq!(tree.distribution("solve").unwrap().calls(), 80);
        assert_eq!(counted.reads(|_| true), [1]);
    }
}

#[test]
fn what_is_left_out_of_the_charts_is_read_for_nesting_alone() {
    let (_run, reader) = own_file();
    let directory = tempfile::tempdir().unwrap();
    let counted = Counted::new(&reader);
    let filter = RegionFilter::new().include(["solve"]).unwrap();
    write_all(&counted, Some(&reader), &filter, directory.path());
    assert_eq!(counted.reads(|_| true), [1]);
}

#[test]
fn ranks_that_are_left_out_are_not_read_where_the_file_says_how_long_it_ran() {
    let mut profile = Profile::builder().session(0, 0, 10_000).session(1, 0, 10_000);
    for n in 0..90 {
        profile.push(Call::new("a", 100 * n..100 * n + 40));
        profile.push(Call::new("a", 100 * n..100 * n + 30).rank(1));
    }
    let profile = profile.build();
    let directory = tempfile::tempdir().unwrap();
    let counted = Counted::new(&profile);
    write_all(&counted, None, &RegionFilter::new().ranks([1]), directory.path());
    assert_eq!(counted.reads(|row| row.rank == 1), [1]);
    assert_eq!(counted.reads(|row| row.rank == 0), [0]);
}

#[test]
fn what_has_to_be_known_before_takes_one_more_reading_for_all_files_together() {
    let call = |rank| Call::new("a", 10 * i64::from(rank)..500).rank(rank);
    let profile = Profile::builder().interval(call(0)).interval(call(1)).build();
    let reads = |source: &dyn Source, filter: RegionFilter| {
        let directory = tempfile::tempdir().unwrap();
        let counted = Counted::new(source);
        write_all(&counted, None, &filter, directory.path());
        counted.reads(|_| true)
    };
    // Neither totals nor when the run began and ended: that comes out of the one reading.
    let no_totals = NoTotals::of(&profile);
    assert_eq!(reads(&no_totals, RegionFilter::new()), [1]);
    // The axis is that of all ranks.
    assert_eq!(reads(&no_totals, RegionFilter::new().ranks([1])), [2]);
    // Ranks whose clocks were never compared begin at 0 each, so that their starts come first.
    assert_eq!(reads(&OwnClocks(profile), RegionFilter::new()), [2]);
    let python = ProfilingH5Reader::open(golden("py018_mpi4.h5")).unwrap();
    assert_eq!(reads(&python, RegionFilter::new()), [2]);
}

#[test]
fn a_rank_of_very_many_regions_is_read_once_more() {
    let mut profile = Profile::builder().session(0, 0, 100_000);
    for n in 0..4_000 {
        let name = format!("region {}", n % 1_300);
        profile.push(Call::new(&name, 20 * n..20 * n + 15));
    }
    let profile = profile.build();
    let directory = tempfile::tempdir().unwrap();
    let counted = Counted::new(&profile);
    write_all(&counted, None, &RegionFilter::new(), directory.path());
    assert_eq!(counted.reads(|_| true), [2]);
}

#[test]
fn files_made_together_are_those_made_one_by_one() {
    let (_run, own) = own_file();
    let others = [
        "ours.h5",
        "py018_mpi4.h5",
        "py075_threads.h5",
        "py075_nested.h5",
        "s1_asym.h5",
    ];
    let mut readers: Vec<ProfilingH5Reader> = others
        .map(|name| ProfilingH5Reader::open(golden(name)).unwrap())
        .into();
    readers.push(own);
    for reader in &readers {
        let first = reader.names()[0].clone();
        let one_rank = RegionFilter::new().ranks([reader.ranks()[0]]);
        let one_region = RegionFilter::new().include([format!("{first}$")]).unwrap();
        for filter in [RegionFilter::new(), one_rank, one_region] {
            let (together, apart) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            for file in write_all(reader, Some(reader), &filter, together.path()) {
                let alone = apart.path().join(file.file_name().unwrap());
                write_one(reader, &filter, &alone);
                // Charts of the list that have no function of their own cannot be made alone.
                if let Ok(alone) = fs::read(alone) {
                    assert!(
                        fs::read(&file).unwrap() == alone,
                        "{} of {}",
                        file.display(),
                        reader.title()
                    );
                }
            }
        }
    }
}
