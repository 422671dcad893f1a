//! Several files from one reading of a source.

use super::data;
use super::format::Format;
use super::writing::ReadOutputs;
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
use crate::chart::{Chart, ChartOptions, GrowingChart, GrowingFacts, Subject};
use crate::error::Result;
use crate::export::json::RegionStatistics;
use crate::page::GrowingPage;
use crate::profile::Source;
use crate::store::reader::ProfilingH5Reader;
use std::path::PathBuf;

/// Charts, the interactive page and the statistics of one choice of regions and ranks, whose intervals are read once
/// for all of them; what has to be known before and is not stated by the source is read once more.
///
/// ```
/// use scope_profiler::chart::{CHARTS, ChartOptions, Subject};
/// use scope_profiler::plot::Outputs;
/// use scope_profiler::{ProfilingH5Reader, RegionFilter};
///
/// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
/// let everything = RegionFilter::new();
/// let directory = tempfile::tempdir()?;
///
/// let mut outputs = Outputs::new(&reader, &everything, ChartOptions::new())?;
/// let subject = Subject::new(&reader, &everything)?;
/// for chart in CHARTS.iter().filter(|chart| chart.is_possible_for(&subject)) {
///     let path = directory.path().join(chart.file_stem());
///     outputs.add_chart(*chart, path.with_extension("svg"))?;
///     outputs.add_data(*chart, path.with_extension("csv"))?;
/// }
/// outputs.add_statistics(&reader, directory.path().join("statistics.json"))?;
/// outputs.read()?.write_all(|path| {
///     assert!(path.exists());
///     Ok::<(), scope_profiler::Error>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Outputs<'a> {
    subject: Subject<'a>,
    options: ChartOptions,
    charts: Vec<Growing<'a>>,
    files: Vec<(PathBuf, Content<'a>)>,
    needs_tree: bool,
}

/// A chart that may go to several files.
struct Growing<'a> {
    name: &'static str,
    chart: Box<dyn GrowingChart + 'a>,
}

/// What a file has.
pub(super) enum Content<'a> {
    /// Which of the charts.
    Chart(usize),
    /// The numbers of which of the charts.
    Data(usize),
    Page(Box<GrowingPage<'a>>),
    Statistics(Box<RegionStatistics<'a>>, &'a ProfilingH5Reader),
}

impl<'a> Outputs<'a> {
    /// No files yet, of what `filter` chooses.
    ///
    /// # Errors
    ///
    /// When a chosen rank is not there, or no region is left.
    pub fn new(source: &'a dyn Source, filter: &'a RegionFilter, options: ChartOptions) -> Result<Self> {
        Ok(Self {
            subject: Subject::new(source, filter)?,
            options,
            charts: Vec::new(),
            files: Vec::new(),
            needs_tree: false,
        })
    }

    /// Adds a picture of a chart; the extension of `path` says how, `png` or `svg`.
    ///
    /// # Errors
    ///
    /// When the extension is another, or the chart has nothing to draw.
    pub fn add_chart(&mut self, chart: &dyn Chart, path: impl Into<PathBuf>) -> Result<()> {
        let path = path.into();
        Format::of_picture(&path)?;
        let index = self.growing(chart)?;
        self.files.push((path, Content::Chart(index)));
        Ok(())
    }

    /// Adds the numbers of a chart, as [`save_data`](super::save_data) writes them: `path` ends in `csv`.
    ///
    /// # Errors
    ///
    /// When the extension is another, or the chart has nothing to draw.
    pub fn add_data(&mut self, chart: &dyn Chart, path: impl Into<PathBuf>) -> Result<()> {
        let path = path.into();
        data::check_extension(&path)?;
        let index = self.growing(chart)?;
        self.files.push((path, Content::Data(index)));
        Ok(())
    }

    /// Which of the charts it is; it is begun where it is none of them yet.
    fn growing(&mut self, chart: &dyn Chart) -> Result<usize> {
        let mut known = self.charts.iter();
        if let Some(index) = known.position(|known| known.name == chart.name()) {
            return Ok(index);
        }
        self.charts.push(Growing {
            name: chart.name(),
            chart: chart.observe(&self.subject, &self.options)?,
        });
        self.needs_tree |= chart.needs_tree();
        Ok(self.charts.len() - 1)
    }

    /// Adds the interactive page.
    ///
    /// # Errors
    ///
    /// When there is nothing to draw.
    pub fn add_page(&mut self, path: impl Into<PathBuf>) -> Result<()> {
        let page = GrowingPage::new(&self.subject, &self.options)?;
        self.needs_tree = true;
        self.files.push((path.into(), Content::Page(Box::new(page))));
        Ok(())
    }

    /// Adds the [statistics](crate::export::json) of what `reader` reads.
    ///
    /// # Errors
    ///
    /// Those of [`RegionStatistics::new`].
    pub fn add_statistics(&mut self, reader: &'a ProfilingH5Reader, path: impl Into<PathBuf>) -> Result<()> {
        let statistics = RegionStatistics::new(self.subject.source(), self.subject.filter())?;
        self.needs_tree = true;
        let content = Content::Statistics(Box::new(statistics), reader);
        self.files.push((path.into(), content));
        Ok(())
    }

    /// Reads the source.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or there was nothing to draw.
    pub fn read(mut self) -> Result<ReadOutputs<'a>> {
        let mut facts = GrowingFacts::new(&self.subject, self.needs_tree)?;
        let mut observers = facts.observers();
        for growing in &mut self.charts {
            observers.extend(growing.chart.observers());
        }
        for (_, content) in &mut self.files {
            observers.extend(content.observers());
        }
        pass::run(self.subject.source(), &mut observers)?;
        let facts = facts.finish();
        let charts = self.charts.into_iter();
        let figures = charts.map(|growing| growing.chart.finish(&facts));
        let figures = figures.collect::<Result<_>>()?;
        Ok(ReadOutputs::new(facts, figures, self.files))
    }
}

impl Content<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        match self {
            Self::Chart(_) | Self::Data(_) => Vec::new(),
            Self::Page(page) => page.observers(),
            Self::Statistics(statistics, _) => vec![statistics.observer()],
        }
    }
}
